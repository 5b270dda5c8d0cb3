//! `planish evaluate`: a model's scores on a table whose target is known.

use crate::args::{EvaluateArgs, exec};
use crate::report;
use planish_io::{CsvSource, load_model};
use planish_model::{Evaluation, Failed};
use serde_json::{Value, json};

pub(crate) fn run(a: &EvaluateArgs) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    let model = load_model(&a.model)?;
    let mut source = CsvSource::open_with(&a.data, &model.features_and_target(), &a.table.options())?;
    report::ignored(&source.ignored());
    let name = source.name().to_owned();
    let evaluation = model.evaluate(exec, &mut source).map_err(|e| match e {
        Failed::Source(e) => anyhow::Error::from(e),
        Failed::Model(e) => anyhow::Error::from(e).context(name),
    })?;
    report::notes(&evaluation.notes);
    if evaluation.rows_without_target > 0 {
        report::note(&format!("{} rows without a target were left out", evaluation.rows_without_target));
    }
    if a.json {
        return report::print_json(&to_json(&evaluation));
    }
    report::print(&format!(
        "{} rows: {}\n",
        report::count(evaluation.rows),
        report::scores(&evaluation.metrics)
    ))
}

/// The evaluation as JSON.
pub(crate) fn to_json(e: &Evaluation) -> Value {
    let mut out = json!({ "task": e.task.name(), "rows": e.rows, "metrics": e.metrics });
    if e.rows_without_target > 0 {
        out["rows_without_target"] = json!(e.rows_without_target);
    }
    if !e.notes.unknown.is_empty() {
        out["unknown_categories"] = json!(e.notes.unknown);
    }
    out
}
