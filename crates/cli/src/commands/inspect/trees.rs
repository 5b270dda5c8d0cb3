//! What `planish inspect` says of boosted trees: which columns they rest on, how many rounds were enough, and with `--tree` the questions and leaves of one
//! of them.

use super::super::train::trees::rounds;
use crate::args::{InspectArgs, usage};
use crate::print;
use clap::error::ErrorKind;
use planish_model::{Model, TreesPredictor};
use planish_tabular::{Target, calendar, listed_names};
use planish_train::History;
use planish_trees::{Bins, Test, Tree};
use serde_json::{Value, json};

/// Columns of the table of importance.
const SHOWN: usize = 20;
/// Letters of its bars.
const BAR: usize = 24;
/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// The place of the tree that is asked for.
pub(super) fn place(a: &InspectArgs, model: &Model, number: u64) -> usize {
    let Some(t) = model.trees() else {
        let what = format!(
            "--tree has no effect with {}, a {} model: it is for boosted trees",
            a.model.display(),
            model.kind()
        );
        usage(ErrorKind::ArgumentConflict, &what)
    };
    let trees = t.forest.trees();
    match usize::try_from(number) {
        Ok(number) if number <= trees => number - 1,
        _ => usage(ErrorKind::ValueValidation, &format!("--tree {number}: the model has {trees} trees")),
    }
}

/// Each column with the share of the gain that its splits had, the largest first.
pub(crate) fn importance(t: &TreesPredictor) -> Vec<(String, f64)> {
    let gains = t.forest.gain_by_column(&t.binner);
    let all: f64 = gains.iter().sum();
    let share = |gain: f64| if all > 0.0 { gain / all } else { 0.0 };
    let mut named: Vec<(String, f64)> =
        t.features.names().into_iter().zip(gains).map(|(name, gain)| (name, share(gain))).collect();
    named.sort_by(|a, b| b.1.total_cmp(&a.1));
    named
}

/// The importance of the columns, as bars.
pub(super) fn text(t: &TreesPredictor) -> String {
    let all = importance(t);
    let most = all.first().map_or(0.0, |(_, share)| *share);
    let line = |(name, share): &(String, f64)| {
        let letters = if most > 0.0 { (share / most * BAR as f64).round() as usize } else { 0 };
        vec![name.clone(), format!("{:.1} %", 100.0 * share), format!("{:<BAR$}", "█".repeat(letters))]
    };
    let mut out = "\nshare of what the splits of a column gained:\n".to_owned();
    out += &print::columns(&all.iter().take(SHOWN).map(line).collect::<Vec<_>>());
    if all.len() > SHOWN {
        out += &format!("  and {} more (--json has all of them)\n", all.len() - SHOWN);
    }
    out
}

/// How many rounds were enough.
pub(super) fn search(t: &TreesPredictor, h: &History) -> String {
    format!(
        "\ntrained on {} rows, {} held out; {}",
        print::count(h.rows as u64),
        print::count(h.validation_rows as u64),
        rounds(t, h, "")
    )
}

pub(super) fn add_json(t: &TreesPredictor, out: &mut Value) {
    let gains = t.forest.gain_by_column(&t.binner);
    let named = t.features.names().into_iter().zip(gains);
    let mut importance: Vec<(String, f64)> = named.collect();
    importance.sort_by(|a, b| b.1.total_cmp(&a.1));
    let all: f64 = importance.iter().map(|(_, gain)| gain).sum();
    let share = |gain: f64| if all > 0.0 { gain / all } else { 0.0 };
    out["trees"] = json!(t.forest.trees());
    out["rounds"] = json!(t.forest.rounds());
    out["features"] = json!(t.features.names());
    out["loss"] = json!(t.forest.loss);
    out["base"] = json!(t.forest.base);
    out["importance"] = importance
        .iter()
        .map(|(column, gain)| json!({ "column": column, "gain": gain, "share": share(*gain) }))
        .collect();
}

/// A question of a node in words.
struct Question {
    text: String,
    /// Where a row without a value goes; none if the question says it.
    missing: Option<&'static str>,
}

/// What is asked with the names of columns and levels.
struct Names<'t> {
    t: &'t TreesPredictor,
    columns: Vec<String>,
    levels: Vec<Option<&'t [String]>>,
    days: Vec<bool>,
    classes: &'t [String],
}

impl<'t> Names<'t> {
    fn of(t: &'t TreesPredictor, target: &'t Target) -> Names<'t> {
        let f = &t.features;
        Names { t, columns: f.names(), levels: f.levels(), days: f.is_of_days(), classes: target.classes() }
    }

    fn question(&self, tree: &Tree<'_>, node: usize) -> Question {
        let column = &self.t.binner.columns[tree.nodes[node].column as usize];
        let source = column.source as usize;
        let name = &self.columns[source];
        match (tree.nodes[node].test(), &column.bins) {
            (Test::In { set }, bins) => {
                Question { text: self.in_levels(name, source, bins, &tree.sets[set as usize]), missing: None }
            }
            (Test::AtMost { bin, missing_left }, Bins::Means { class, edges, .. }) => {
                let of = match class.and_then(|c| self.classes.get(c as usize)) {
                    Some(class) => format!("share of {class} by {name}"),
                    None if self.classes.is_empty() => format!("mean of the target by {name}"),
                    None => format!("share of {} by {name}", self.classes[self.classes.len() - 1]),
                };
                self.at_most(&of, edges, (bin, missing_left), print::score)
            }
            (Test::AtMost { bin, missing_left }, Bins::Numbers { edges }) => {
                let shown: fn(f64) -> String =
                    if self.days[source] { |days| calendar::text(days * DAY) } else { |x| x.to_string() };
                self.at_most(name, edges, (bin, missing_left), shown)
            }
            (Test::AtMost { bin, missing_left }, Bins::Levels { .. }) => {
                self.at_most(name, &[], (bin, missing_left), print::score)
            }
        }
    }

    fn at_most(
        &self,
        name: &str,
        edges: &[f64],
        (bin, missing_left): (u8, bool),
        shown: fn(f64) -> String,
    ) -> Question {
        let edge = usize::from(bin).checked_sub(1).map(|at| edges.get(at));
        match edge {
            None => Question { text: format!("{name} is missing"), missing: None },
            Some(None) => Question { text: format!("{name} is there"), missing: None },
            Some(Some(edge)) => {
                let missing = Some(if missing_left { "yes" } else { "no" });
                Question { text: format!("{name} <= {}", shown(*edge)), missing }
            }
        }
    }

    /// `city is one of Bonn, Kiel`, the levels whose bins are in the set.
    fn in_levels(&self, name: &str, source: usize, bins: &Bins, set: &[u64; 4]) -> String {
        let has = |bin: u8| set[usize::from(bin >> 6)] >> (bin & 63) & 1 == 1;
        let of_codes: &[u8] = match bins {
            Bins::Levels { bins, .. } => bins,
            Bins::Numbers { .. } | Bins::Means { .. } => &[],
        };
        let levels = self.levels[source].unwrap_or_default().iter().zip(of_codes);
        let mut within: Vec<&str> =
            levels.filter(|(_, bin)| **bin > 0 && has(**bin)).map(|(level, _)| level.as_str()).collect();
        if has(0) {
            within.push("(missing or another)");
        }
        listed_names(&format!("{name} is one of: "), within.into_iter())
    }
}

/// Whose tree it is.
fn head(t: &TreesPredictor, target: &Target, place: usize) -> String {
    let outputs = t.forest.outputs();
    let class = match target.classes().get(place % outputs) {
        Some(class) if outputs > 1 => format!(", for class {class}"),
        _ => String::new(),
    };
    format!("tree {} of {} (round {}{class})", place + 1, t.forest.trees(), place / outputs + 1)
}

/// A tree as indented lines.
pub(super) fn tree_text(t: &TreesPredictor, target: &Target, place: usize) -> String {
    let (tree, names) = (t.forest.tree(place), Names::of(t, target));
    let mut out = format!("\n{}\n", head(t, target, place));
    // Deep trees need no deep stack.
    let mut next = vec![(0_usize, 1_usize, "")];
    while let Some((at, depth, answer)) = next.pop() {
        out += &"  ".repeat(depth);
        out += answer;
        match at.checked_sub(tree.nodes.len()) {
            Some(leaf) => {
                let (value, rows) = (tree.leaves[leaf], print::rows(u64::from(tree.covers[leaf])));
                let sign = if value < 0.0 { "" } else { "+" };
                out += &format!("{sign}{} ({rows})\n", print::score(value));
            }
            None => {
                let Question { text, missing } = names.question(&tree, at);
                let missing = missing.map_or(String::new(), |way| format!(" (missing: {way})"));
                out += &format!("{text}?{missing}\n");
                let [yes, no] = tree.nodes[at].children.map(usize::from);
                next.push((no, depth + 1, "no: "));
                next.push((yes, depth + 1, "yes: "));
            }
        }
    }
    out
}

/// A tree as lists of nodes and leaves; a child is a node's number, or from the number of nodes on a leaf's.
pub(super) fn tree_json(t: &TreesPredictor, target: &Target, place: usize) -> Value {
    let (tree, names) = (t.forest.tree(place), Names::of(t, target));
    let node = |at: usize| {
        let Question { text, missing } = names.question(&tree, at);
        let [yes, no] = tree.nodes[at].children;
        json!({ "question": text, "missing": missing, "yes": yes, "no": no, "gain": tree.gains[at] })
    };
    let leaf = |(value, rows): (&f64, &u32)| json!({ "value": value, "rows": rows });
    json!({
        "tree": place + 1,
        "round": place / t.forest.outputs() + 1,
        "class": target.classes().get(place % t.forest.outputs()).filter(|_| t.forest.outputs() > 1),
        "nodes": (0..tree.nodes.len()).map(node).collect::<Vec<_>>(),
        "leaves": tree.leaves.iter().zip(tree.covers).map(leaf).collect::<Vec<_>>(),
    })
}
