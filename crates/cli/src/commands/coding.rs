//! How a linear model's categories are coded: the level of each against which the others are set, and those of one level alone, which have no term.

use crate::print;
use planish_tabular::{Design, Reference, shown};
use serde_json::{Value, json};

/// Letters of a line.
const WIDTH: usize = 100;

/// The lines about categories; none if there are no categories.
pub(crate) fn lines(design: &Design) -> Vec<String> {
    let (alone, others): (Vec<_>, Vec<_>) = design.references().into_iter().partition(|r| r.alone);
    let mut lines = folded("reference levels: ", &others);
    lines.extend(folded("categories of one level, which have no term: ", &alone));
    lines
}

/// `before` and the levels, in lines that are not too long.
fn folded(before: &str, levels: &[Reference<'_>]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for r in levels {
        let level = format!("{}[{}]", shown(r.column), shown(r.level));
        match lines.last_mut() {
            Some(line) if line.chars().count() + level.chars().count() < WIDTH => {
                *line += &format!(", {level}")
            }
            Some(line) => {
                line.push(',');
                lines.push(format!("  {level}"));
            }
            None => lines.push(format!("{before}{level}")),
        }
    }
    lines
}

pub(crate) fn text(design: &Design) -> String {
    let lines: String = lines(design).into_iter().map(|line| line + "\n").collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// A note about categories that have no term, if there are some.
pub(crate) fn note_alone(design: &Design) {
    let alone: Vec<_> = design.references().into_iter().filter(|r| r.alone).collect();
    if !alone.is_empty() {
        let level = |r: &Reference<'_>| format!("{} ({})", shown(r.column), shown(r.level));
        let before = "a category of one level in the rows that are fitted, which has no term: ";
        print::note(&planish_tabular::listed(before, alone.iter().map(level)));
    }
}

/// The same under their keys.
pub(crate) fn add_json(design: &Design, out: &mut Value) {
    let of = |alone: bool| -> Value {
        let some = design.references().into_iter().filter(|r| r.alone == alone);
        some.map(|r| json!({ "column": r.column, "level": r.level })).collect()
    };
    out["reference_levels"] = of(false);
    out["single_levels"] = of(true);
}
