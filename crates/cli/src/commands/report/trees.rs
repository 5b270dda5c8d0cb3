//! The part of a report about boosted trees: what each column gained and contributed, and how predictions depend on the columns that gained most.

use super::blocks::section;
use crate::commands::inspect::trees::importance;
use crate::print;
use planish_model::{Dependence, Model, TreeDiagnostics};
use planish_report::{Block, Estimate, Figure, Section, dependence, forest};

/// Columns of a picture.
const SHOWN: usize = 20;

pub(super) fn sections(model: &Model, found: Option<&TreeDiagnostics>) -> Vec<Section> {
    let Some(t) = model.trees() else { return Vec::new() };
    let mut figures = vec![bars(
        "Gain",
        &importance(t),
        "share of the gain",
        "By how much the splits of each column lowered the loss, as a share of all splits.",
    )];
    let mut depends = Vec::new();
    if let Some(found) = found.filter(|f| f.rows > 0) {
        let note = format!(
            "Each column's part in the score of a row, without its sign, in the mean of {} rows (Shapley values; the score is before the link).",
            print::count(found.rows as u64)
        );
        figures.push(bars("Contributions", &found.contributions, "mean part in the score", &note));
        depends.extend(found.dependence.iter().filter_map(|d| picture(model, found, d)));
    }
    let depends = if depends.is_empty() { Vec::new() } else { vec![Block::Figures(depends)] };
    section("Columns", vec![Block::Figures(figures)])
        .into_iter()
        .chain(section("Dependence on single columns", depends))
        .collect()
}

fn bars(title: &str, all: &[(String, f64)], label: &str, note: &str) -> Figure {
    let shown = all.iter().take(SHOWN);
    let estimates = shown.map(|(name, value)| Estimate { name: name.clone(), value: *value, interval: None });
    let part = if all.len() > SHOWN {
        format!(" The {SHOWN} largest of {} columns.", all.len())
    } else {
        String::new()
    };
    forest(title, estimates.collect(), label, &format!("{note}{part}"))
}

/// How predictions depend on a column; none if it has but one value.
fn picture(model: &Model, found: &TreeDiagnostics, d: &Dependence) -> Option<Figure> {
    let target = model.target();
    let y = match found.class {
        Some(class) => format!("probability of {}", target.classes()[class]),
        None => format!("predicted {}", target.column()),
    };
    let note =
        "The mean prediction of up to 500 rows, all of them with this value and everything else as it is.";
    match (&d.numbers[..], &d.levels[..]) {
        ([_, _, ..], _) => Some(dependence(&d.column, d.numbers.clone(), &y, note)),
        (_, [_, _, ..]) => Some(bars(&d.column, &d.levels, &y, note)),
        _ => None,
    }
}
