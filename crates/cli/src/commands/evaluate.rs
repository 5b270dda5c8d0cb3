//! `planish evaluate`: a model's scores on a table whose target is known.

use crate::args::{EvaluateArgs, exec};
use crate::report;
use planish_io::{CsvSource, load_model};
use planish_model::{Evaluation, Failed};
use serde::Serialize;
use std::collections::BTreeMap;

pub(crate) fn run(a: &EvaluateArgs) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    let model = load_model(&a.model)?;
    let mut source = CsvSource::open_with(&a.data, &model.features_and_target(), &a.table.options())?;
    source.warnings().iter().for_each(|w| report::note(w));
    report::ignored(&source.ignored());
    let name = source.name().to_owned();
    let evaluation = exec.install(|| model.evaluate(exec, &mut source)).map_err(|e| match e {
        Failed::Source(e) => anyhow::Error::from(e),
        Failed::Model(e) => anyhow::Error::from(e).context(name),
    })?;
    report::notes(&evaluation.notes);
    if evaluation.rows_without_target > 0 {
        report::note(&format!("{} rows without a target were left out", evaluation.rows_without_target));
    }
    if a.json {
        return report::print_json(&Output::new(&evaluation));
    }
    report::print(&format!(
        "{} rows: {}\n",
        report::count(evaluation.rows),
        report::scores(&evaluation.metrics)
    ))
}

/// The evaluation as JSON, in the order in which a reader wants it.
#[derive(Serialize)]
struct Output<'a> {
    task: &'a str,
    rows: u64,
    metrics: &'a BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "is_zero")]
    rows_without_target: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unknown_categories: &'a BTreeMap<String, u64>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl<'a> Output<'a> {
    fn new(e: &'a Evaluation) -> Self {
        Output {
            task: e.task.name(),
            rows: e.rows,
            metrics: &e.metrics,
            rows_without_target: e.rows_without_target,
            unknown_categories: &e.notes.unknown,
        }
    }
}
