//! `planish predict`: one prediction a row, in order, block by block.

use crate::args::{PredictArgs, exec};
use crate::report;
use planish_io::{CsvSource, IoError, PredictionWriter, load_model, write_file};
use planish_model::{Model, ModelError, Predictions};
use planish_tabular::{Notes, RowSource, Table};
use planish_tensor::Exec;
use serde_json::{Value, json};
use std::io::Write;

pub(crate) fn run(a: &PredictArgs) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    let model = load_model(&a.model)?;
    let mut source = CsvSource::open_with(&a.data, &model.features(), &a.table.options())?;
    let ignored: Vec<&str> = source.ignored().into_iter().filter(|c| *c != model.target().column()).collect();
    report::ignored(&ignored);
    let mut notes = Notes::default();
    let rows = match &a.output {
        _ if a.json => json_predictions(exec, &model, &mut source, &mut notes)?,
        Some(path) => {
            let mut rows = 0;
            write_file(path, |w| -> Result<(), Failure> {
                rows =
                    csv_predictions(exec, &model, &mut source, &path.display().to_string(), w, &mut notes)?;
                Ok(())
            })?;
            report::print(&format!("{} predictions; {}\n", report::count(rows), report::wrote(path)))?;
            rows
        }
        None => csv_predictions(
            exec,
            &model,
            &mut source,
            "standard output",
            std::io::stdout().lock(),
            &mut notes,
        )?,
    };
    if rows == 0 {
        report::note("the table has no rows below its header");
    }
    report::notes(&notes);
    Ok(())
}

/// Why predictions could not be written.
#[derive(Debug)]
enum Failure {
    Io(IoError),
    Model(String, ModelError),
}

impl From<IoError> for Failure {
    fn from(e: IoError) -> Self {
        Failure::Io(e)
    }
}

impl From<Failure> for anyhow::Error {
    fn from(f: Failure) -> Self {
        match f {
            Failure::Io(e) => e.into(),
            Failure::Model(file, e) => anyhow::Error::from(e).context(file),
        }
    }
}

/// Hands the predictions of each block to `take`; returns the number of rows.
fn each_block(
    exec: Exec,
    model: &Model,
    source: &mut CsvSource,
    notes: &mut Notes,
    mut take: impl FnMut(&Predictions) -> Result<(), IoError>,
) -> Result<u64, Failure> {
    let mut table = Table::new(source.schema().clone());
    let mut rows = 0;
    loop {
        source.next(&mut table)?;
        if table.rows() == 0 {
            return Ok(rows);
        }
        rows += table.rows() as u64;
        take(&model.predict(exec, &table, notes).map_err(|e| Failure::Model(source.name().to_owned(), e))?)?;
    }
}

fn csv_predictions(
    exec: Exec,
    model: &Model,
    source: &mut CsvSource,
    name: &str,
    out: impl Write,
    notes: &mut Notes,
) -> Result<u64, Failure> {
    let mut writer = PredictionWriter::new(name, out, model)?;
    let rows = each_block(exec, model, source, notes, |predictions| writer.write(predictions))?;
    writer.finish()?;
    Ok(rows)
}

fn json_predictions(
    exec: Exec,
    model: &Model,
    source: &mut CsvSource,
    notes: &mut Notes,
) -> anyhow::Result<u64> {
    let names = model.target().classes();
    let mut list: Vec<Value> = Vec::new();
    let rows = each_block(exec, model, source, notes, |predictions| {
        for i in 0..predictions.rows() {
            list.push(match (predictions, predictions.class(i)) {
                (Predictions::Probabilities(p), Some(c)) => {
                    let probabilities: serde_json::Map<String, Value> =
                        names.iter().zip(p.row(i)).map(|(n, &x)| (n.clone(), json!(x))).collect();
                    json!({ "prediction": names[c], "probabilities": probabilities })
                }
                (Predictions::Numbers(y), _) => json!({ "prediction": y[i] }),
                _ => unreachable!("probabilities have a class"),
            });
        }
        Ok(())
    })?;
    report::print_json(&json!({ "task": model.task().name(), "rows": rows, "predictions": list }))?;
    Ok(rows)
}
