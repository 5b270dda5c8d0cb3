//! `planish evaluate`: a model's scores on a table whose target is known.

use crate::args::{EvaluateArgs, exec};
use crate::print;
use planish_io::{Outputs, load_model, open_table};
use planish_model::Evaluation;
use planish_tabular::RowSource;
use planish_train::metrics::ConfusionMatrix;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn run(a: &EvaluateArgs) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    Outputs::of_reading([a.model.as_path(), Path::new(&a.data)])?;
    let model = load_model(&a.model)?;
    let mut source = open_table(
        &a.data,
        &a.table.options(exec).with_columns(model.weighted_columns(a.weights.as_deref())),
    )?;
    source.warnings().iter().for_each(|w| print::note(w));
    print::ignored(&source.ignored());
    let name = source.name().to_owned();
    let evaluation = exec
        .install(|| model.evaluate_weighted(exec, &mut source, a.weights.as_deref()))
        .map_err(|e| print::of_file(e, name))?;
    print::notes(&evaluation.notes);
    if evaluation.rows_without_target > 0 {
        print::note(&format!("{} rows without a target were left out", evaluation.rows_without_target));
    }
    if a.json {
        return print::print_json(&Output::new(&evaluation, model.target().classes()));
    }
    let mut text = format!(
        "{} rows{}\n{}",
        print::count(evaluation.rows),
        print::weighted_by(a.weights.as_deref()),
        print::score_table(&evaluation.metrics)
    );
    if let Some(confusion) = &evaluation.confusion {
        text += &print::confusion(confusion, model.target().classes());
    }
    print::print(&text)
}

/// The evaluation as JSON, in the order in which a reader wants it.
#[derive(Serialize)]
pub(super) struct Output<'a> {
    task: &'a str,
    rows: u64,
    metrics: &'a BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confusion_matrix: Option<Confusion<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    rows_without_target: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unknown_categories: &'a BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    missing_values_filled: &'a BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    numbers_cut_off: &'a BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    off_relation: &'a BTreeMap<String, u64>,
}

/// Classes whose matrix is written: it has their square of numbers.
const MATRIX_CLASSES: usize = 1000;

/// How often each class was taken for each; at `[i][j]`, rows of class `i` taken for class `j`.
#[derive(Serialize)]
struct Confusion<'a> {
    classes: &'a [String],
    rows: Vec<Vec<u64>>,
}

impl<'a> Confusion<'a> {
    fn new(matrix: &ConfusionMatrix, classes: &'a [String]) -> Self {
        let row = |truth| (0..classes.len()).map(|p| (matrix.at(truth, p) + 0.5).floor() as u64).collect();
        Confusion { classes, rows: (0..classes.len()).map(row).collect() }
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl<'a> Output<'a> {
    pub(super) fn new(e: &'a Evaluation, classes: &'a [String]) -> Self {
        Output {
            task: e.task.name(),
            rows: e.rows,
            metrics: &e.metrics,
            confusion_matrix: e
                .confusion
                .as_ref()
                .filter(|_| classes.len() <= MATRIX_CLASSES)
                .map(|matrix| Confusion::new(matrix, classes)),
            rows_without_target: e.rows_without_target,
            unknown_categories: &e.notes.unknown,
            missing_values_filled: &e.notes.imputed,
            numbers_cut_off: &e.notes.clamped,
            off_relation: &e.notes.off_relation,
        }
    }
}
