//! What is printed: results on standard output in one write, notes on standard error.

use crate::log;
use planish_linreg::ols::Covariance;
use planish_linreg::summary::{Summary, Why};
use planish_model::{BlendRecord, Failed, Model};
use planish_tabular::{Notes, Target, listed, listed_names, shown};
use planish_train::Metric;
use planish_train::metrics::ConfusionMatrix;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Writes a result; a reader who has gone away is not an error worth a panic.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Writes what is said about a file that was written: to standard error if the file itself went to standard output.
pub(crate) fn print_beside(output: &Path, text: &str) -> anyhow::Result<()> {
    if planish_io::is_standard_output(output) {
        say(text.trim_end());
        return Ok(());
    }
    print(text)
}

/// Writes one JSON object on a line.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&(serde_json::to_string(value)? + "\n"))
}

/// Writes a line to standard error; if nobody reads it, that is no reason to stop.
pub(crate) fn say(line: &str) {
    log::write(format!("{line}\n").as_bytes());
}

/// Writes a note to the person at the terminal.
pub(crate) fn note(text: &str) {
    say(&format!("note: {text}"));
}

/// What was unusual in the rows.
pub(crate) fn notes(notes: &Notes) {
    unusual(notes).iter().for_each(|text| note(text));
}

/// What was unusual in the rows, a sentence a kind.
pub(crate) fn unusual(notes: &Notes) -> Vec<String> {
    let kinds = [
        (
            "a category that the model does not know, for which the average of the training rows was used",
            &notes.unknown,
        ),
        ("a number more than a million standard deviations from the mean, which was cut off", &notes.clamped),
        ("no value, for which the training rows' typical value was used", &notes.imputed),
    ];
    let relations =
        notes.off_relation.iter().map(|(relation, n)| format!("{} in {}", cut(relation), rows(*n)));
    let off =
        "off a relation that held in every row of the fit, so that nothing there supports the prediction: ";
    let off = (relations.len() > 0).then(|| listed(off, relations));
    kinds.into_iter().filter_map(|(what, columns)| counted(what, columns)).chain(off).collect()
}

/// A sentence about intervals of rows with a category that the model does not know, if there are some.
pub(crate) fn intervals_of_unknown(notes: &Notes) -> Option<String> {
    let what = "an interval does not hold for a category that the model does not know: it is that of the average of the training rows";
    counted(what, &notes.unknown)
}

/// `what: a in 12 rows, b in 1 row`, the columns with most rows first; none if there are no columns.
pub(crate) fn counted(what: &str, columns: &BTreeMap<String, u64>) -> Option<String> {
    let mut columns: Vec<(&String, u64)> = columns.iter().map(|(column, n)| (column, *n)).collect();
    columns.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let item = |(column, n): &(&String, u64)| format!("{} in {}", shown(column), rows(*n));
    (!columns.is_empty()).then(|| listed(&format!("{what}: "), columns.iter().map(item)))
}

/// `1 row` or `12 rows`.
pub(crate) fn rows(n: u64) -> String {
    format!("{} {}", count(n), if n == 1 { "row" } else { "rows" })
}

/// How rows count, if not alike, as the end of a phrase.
pub(crate) fn weighted_by(column: Option<&str>) -> String {
    column.map_or(String::new(), |column| format!(" weighted by {}", shown(column)))
}

/// `1 round` or `12 rounds`.
pub(crate) fn counted_of(what: &str, n: usize) -> String {
    format!("{} {what}{}", count(n as u64), if n == 1 { "" } else { "s" })
}

/// Columns of the file that the model does not use.
pub(crate) fn ignored(columns: &[&str]) {
    if !columns.is_empty() {
        let before = if columns.len() == 1 { "ignored column: " } else { "ignored columns: " };
        note(&listed_names(before, columns.iter().copied()));
    }
}

/// A whole number with thousands separated.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

/// A score with as many digits as a reader wants.
pub(crate) fn score(x: f64) -> String {
    match x.abs() {
        a if a >= 1e9 || (a > 0.0 && a < 1e-3) => format!("{x:.3e}"),
        a if a >= 1000.0 => format!("{x:.1}"),
        _ => format!("{x:.4}"),
    }
}

/// Scores in one line, the most asked for first.
pub(crate) fn scores(metrics: &BTreeMap<String, f64>) -> String {
    let order = ["accuracy", "log_loss", "auc", "rmse", "mae", "r2"];
    let known = order.iter().filter_map(|k| metrics.get(*k).map(|v| format!("{k} {}", score(*v))));
    known.collect::<Vec<_>>().join("   ")
}

/// A line a score, all that there are, the most asked for first.
pub(crate) fn score_table(metrics: &BTreeMap<String, f64>) -> String {
    columns(&score_cells(metrics).map(|cells| cells.to_vec()).collect::<Vec<_>>())
}

/// Names and values of all scores that there are, the most asked for first.
pub(crate) fn score_cells(metrics: &BTreeMap<String, f64>) -> impl Iterator<Item = [String; 2]> {
    let known = Metric::ALL.iter().filter_map(|m| metrics.get(m.name()).map(|v| (m.name(), v)));
    known.map(|(name, v)| [name.to_owned(), score(*v)])
}

/// Classes of a confusion matrix that is shown whole, and the letters of their names.
pub(crate) const SHOWN_CLASSES: usize = 12;
const SHOWN_LETTERS: usize = 12;

/// How often each class was taken for each: the matrix, or of many classes the most frequent mistakes.
pub(crate) fn confusion(matrix: &ConfusionMatrix, classes: &[String]) -> String {
    let name = |class: usize| match classes[class].char_indices().nth(SHOWN_LETTERS) {
        Some((end, _)) => format!("{}…", &classes[class][..end]),
        None => classes[class].clone(),
    };
    if classes.len() <= SHOWN_CLASSES {
        let cell = |truth, predicted| count((matrix.at(truth, predicted) + 0.5).floor() as u64);
        let mut rows = vec![vec!["true \\ predicted".to_owned()]];
        rows[0].extend((0..classes.len()).map(name));
        for truth in 0..classes.len() {
            rows.push(vec![name(truth)]);
            rows[truth + 1].extend((0..classes.len()).map(|predicted| cell(truth, predicted)));
        }
        return columns(&rows);
    }
    let rows = mistakes(matrix, name);
    if rows.len() == 1 { String::new() } else { columns(&rows) }
}

/// The most frequent mistakes under their head, with `name` for a class.
pub(crate) fn mistakes(matrix: &ConfusionMatrix, name: impl Fn(usize) -> String) -> Vec<Vec<String>> {
    let mut mistakes: Vec<_> = matrix.cells().filter(|(truth, predicted, _)| truth != predicted).collect();
    mistakes.sort_by(|a, b| b.2.total_cmp(&a.2));
    let head = ["most frequent mistakes: true", "predicted", "rows"].map(str::to_owned).to_vec();
    let mistake = |&(truth, predicted, rows): &(usize, usize, f64)| {
        vec![name(truth), name(predicted), count((rows + 0.5).floor() as u64)]
    };
    std::iter::once(head).chain(mistakes.iter().take(SHOWN_CLASSES).map(mistake)).collect()
}

/// The target and task in words.
pub(crate) fn target(target: &Target) -> String {
    match target {
        Target::Number { column, .. } => format!("target {}: a number (regress)", shown(column)),
        Target::Classes { column, names, .. } => {
            let before = format!("target {}: {} classes: ", shown(column), names.len());
            listed_names(&before, names.iter().map(String::as_str)) + " (classify)"
        }
    }
}

/// The model in a line.
pub(crate) fn model(model: &Model) -> String {
    let kind = kind_in_words(model.kind());
    if let Some(n) = model.network() {
        let mut shape = vec![n.plan.inputs().to_string()];
        shape.extend(n.plan.widths().map(|w| w.to_string()));
        return format!("{kind} {}: {} parameters", shape.join(" → "), count(model.parameters() as u64));
    }
    if let Some(t) = model.trees() {
        let (trees, leaves) = (t.forest.trees(), t.forest.leaves.len());
        if trees == 0 {
            return format!("{kind}: none, as nothing tells the rows apart better than their mean");
        }
        return format!("{kind}: {} with {} leaves", counted_of("tree", trees), count(leaves as u64));
    }
    if let Some(b) = model.blend() {
        let mut weights: Vec<(&str, f64)> = Vec::new();
        for m in &b.members {
            match weights.iter_mut().find(|(name, _)| *name == m.name) {
                Some((_, weight)) => *weight += m.weight,
                None => weights.push((&m.name, m.weight)),
            }
        }
        let names = weights.iter().map(|(name, weight)| format!("{weight:.2} {name}")).collect::<Vec<_>>();
        return format!("{kind} of {}: {} parameters", names.join(", "), count(model.parameters() as u64));
    }
    let rank = model.least_squares().map_or(String::new(), |fit| format!(", rank {}", fit.rank()));
    format!("{kind}: {} terms{rank}", model.encoded_width())
}

/// A line a candidate: its loss on held-out rows, and its weight.
pub(crate) fn leaderboard(blend: &BlendRecord) -> String {
    columns(&candidates(blend))
}

/// The candidates of a blend with their losses and weights, under a head.
pub(crate) fn candidates(blend: &BlendRecord) -> Vec<Vec<String>> {
    let head = ["candidate", &format!("held-out {}", blend.metric), "± standard error", "weight"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for c in &blend.candidates {
        let number = |x: Option<f64>| x.map_or("-".to_owned(), score);
        let weight = if c.weight > 0.0 { format!("{:.2}", c.weight) } else { "-".to_owned() };
        rows.push(vec![c.name.clone(), number(c.loss), number(c.standard_error), weight]);
    }
    rows
}

/// A line an aliased term, with the combination that it equals where that is known.
pub(crate) fn aliased(model: &Model) -> String {
    let what = match model.least_squares().is_some_and(|fit| fit.min_norm) {
        true => "kept with the coefficients of least norm:",
        false => "dropped",
    };
    let equations = match model.aliased_equations() {
        none if none.is_empty() => model.aliased(),
        equations => equations,
    };
    let mut out: String =
        equations.iter().take(MOST_ALIASES).map(|e| cut(&format!("{what} {e}")) + "\n").collect();
    if equations.len() > MOST_ALIASES {
        out += &format!("and {} more (inspect --json has all of them)\n", equations.len() - MOST_ALIASES);
    }
    out
}

/// A condition number from which on it is said with the model.
const NEARLY_DEPENDENT: f64 = 1e9;

/// What the summary of a least-squares model says of statistics that do not exist or say little, a line each.
pub(crate) fn remarks(s: &Summary) -> Vec<String> {
    let nearly = (s.condition > NEARLY_DEPENDENT).then(|| {
        format!(
            "condition number {:.1e}: terms are nearly combinations of others, and their coefficients hang on the last digits of the cells",
            s.condition
        )
    });
    if s.perfect {
        let perfect = "perfect fit: the residuals are rounding of the target's numbers, so nothing is tested";
        return [Some(perfect.to_owned()), nearly].into_iter().flatten().collect();
    }
    let of = s.residuals.as_ref().map_or(Covariance::Classical, |of| of.covariance).name();
    let errors = s.no_errors.map(|why| format!("there are no {of} standard errors: {why}"));
    let f = s.no_f.filter(|why| s.no_errors.is_none() && *why != Why::NoTerms);
    let f = f.map(|why| format!("there is no F: {why}"));
    let few = s.few_clusters.map(|_| "standard errors by so few clusters say little".to_owned());
    [errors, f, few, nearly].into_iter().flatten().collect()
}

/// Lines of aliased terms, and letters of a line.
const MOST_ALIASES: usize = 10;
const MOST_LETTERS: usize = 200;

/// A line that is not too long.
fn cut(line: &str) -> String {
    match line.char_indices().nth(MOST_LETTERS - 1) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The name of a model's kind in words.
pub(crate) fn kind_in_words(name: &str) -> &str {
    match name {
        "trees" => "boosted trees",
        "linear" => "linear model",
        "ridge" => "ridge regression",
        "elastic-net" => "elastic net",
        "non-negative" => "non-negative least squares",
        "logistic" => "logistic regression",
        "multinomial" => "multinomial regression",
        "poisson" => "Poisson regression",
        other => other,
    }
}

/// A file with its size.
pub(crate) fn wrote(path: &Path) -> String {
    let size = planish_io::file_size(path).unwrap_or(0);
    let size =
        if size < 10_000 { format!("{} bytes", count(size)) } else { format!("{} KB", count(size / 1000)) };
    format!("wrote {} ({size})", path.display())
}

/// The line about a file that was written; none about standard output.
pub(crate) fn wrote_line(output: &Path) -> String {
    if planish_io::is_standard_output(output) { String::new() } else { wrote(output) + "\n" }
}

/// Rows of cells, each column as wide as its widest cell; the first column to the left, others to the right.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (c, cell) in row.iter().enumerate() {
            let pad = " ".repeat(width(c) - cell.chars().count());
            line += &if c == 0 { format!("  {cell}{pad}") } else { format!("  {pad}{cell}") };
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

/// An error with the file's name, unless it names it.
pub(crate) fn of_file<E: std::error::Error + Send + Sync + 'static>(
    e: Failed<E>,
    name: String,
) -> anyhow::Error {
    match e {
        Failed::Source(e) => anyhow::Error::from(e),
        Failed::Model(e) => anyhow::Error::from(e).context(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_columns_are_aligned() {
        assert_eq!((count(7), count(1234567), count(100)), ("7".into(), "1,234,567".into(), "100".into()));
        let rows = [vec!["a".to_owned(), "10".to_owned()], vec!["long".to_owned(), "2".to_owned()]];
        assert_eq!(columns(&rows), "  a     10\n  long   2\n");
    }

    /// The matrix of rows given as true class and predicted class.
    fn matrix(classes: usize, rows: &[(usize, usize)]) -> ConfusionMatrix {
        let mut scores = planish_train::metrics::ClassificationScores::default();
        for &(truth, predicted) in rows {
            let p: Vec<f64> = (0..classes).map(|c| f64::from(u8::from(c == predicted))).collect();
            scores.push(&p, truth);
        }
        scores.confusion().clone()
    }

    #[test]
    fn a_confusion_matrix_has_a_row_a_true_class_and_long_names_are_cut() {
        let names = ["no".to_owned(), "ÄÖÜ_and_more_letters".to_owned()];
        let text = confusion(&matrix(2, &[(0, 0), (0, 1), (0, 1), (1, 1)]), &names);
        let want = "  true \\ predicted  no  ÄÖÜ_and_more…\n  no                 1              2\n  ÄÖÜ_and_more…      0              1\n";
        assert_eq!(text, want);
    }

    #[test]
    fn of_many_classes_the_most_frequent_mistakes_are_shown() {
        let names: Vec<String> = (0..13).map(|c| format!("c{c}")).collect();
        let text = confusion(&matrix(13, &[(0, 0), (0, 1), (7, 12), (7, 12)]), &names);
        let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(
            (&lines[1][..], &lines[2][..], lines.len()),
            (&["c7", "c12", "2"][..], &["c0", "c1", "1"][..], 3)
        );
        assert_eq!(confusion(&matrix(13, &[(0, 0)]), &names), "");
    }
}
