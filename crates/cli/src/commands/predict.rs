//! `planish predict`: one prediction a row, in order, block by block.

use crate::args::{PredictArgs, exec, usage};
use crate::print;
use anyhow::Context;
use clap::error::ErrorKind;
use planish_io::{
    IoError, OutputKind, Outputs, PredictionWriter, TableRows, is_standard_output, load_model, open_table,
    write_file,
};
use planish_model::{Intervals, Model, Predictions};
use planish_tabular::{Notes, RowSource};
use planish_tensor::Exec;
use serde_json::json;
use std::io::{BufWriter, Write};
use std::path::Path;

pub(crate) fn run(a: &PredictArgs) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    let mut outputs = Outputs::of_reading([a.model.as_path(), Path::new(&a.data)])?.overwrite(a.overwrite);
    a.output.as_deref().map_or(Ok(()), |path| outputs.write(path, &OutputKind::Predictions))?;
    let model = load_model(&a.model)?;
    if a.interval.is_some() && !model.has_intervals() {
        let what = format!(
            "--interval has no effect with {}, a {} model: it is for least squares",
            a.model.display(),
            model.kind()
        );
        usage(ErrorKind::ArgumentConflict, &what);
    }
    let mut source = open_table(&a.data, &a.table.options().with_columns(model.features()))?;
    source.warnings().iter().for_each(|w| print::note(w));
    let ignored: Vec<&str> = source.ignored().into_iter().filter(|c| *c != model.target().column()).collect();
    print::ignored(&ignored);
    let mut job = Job {
        exec,
        model: &model,
        source: &mut source,
        notes: Notes::default(),
        rows: 0,
        interval: a.interval,
    };
    exec.install(|| match &a.output {
        _ if a.json => job.json(BufWriter::new(std::io::stdout())),
        Some(path) => {
            write_file(path, |w| job.csv(&path.display().to_string(), w).map_err(Failure)).map_err(|f| f.0)
        }
        None => job.csv("standard output", std::io::stdout()),
    })?;
    if let Some(path) = a.output.as_deref().filter(|path| !is_standard_output(path)) {
        print::print(&format!("{} predictions; {}\n", print::count(job.rows), print::wrote(path)))?;
    }
    if job.rows == 0 {
        print::note("the table has no rows below its header");
    }
    print::notes(&job.notes);
    Ok(())
}

/// Any error, on its way through the writing of a file.
struct Failure(anyhow::Error);

impl From<IoError> for Failure {
    fn from(e: IoError) -> Self {
        Failure(e.into())
    }
}

/// The rows to predict, and what was learned of them on the way.
struct Job<'a> {
    exec: Exec,
    model: &'a Model,
    source: &'a mut TableRows,
    notes: Notes,
    rows: u64,
    /// The level of the intervals that are wanted.
    interval: Option<f64>,
}

/// What is said of a block of rows.
enum Said {
    Predictions(Predictions),
    Intervals(Intervals),
}

impl Job<'_> {
    /// Hands the predictions of each block to `take`.
    fn each_block(&mut self, mut take: impl FnMut(&Said) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let (exec, model, notes) = (self.exec, self.model, &mut self.notes);
        let name = self.source.name().to_owned();
        self.source.for_each_block(anyhow::Error::from, |table| {
            self.rows += table.rows() as u64;
            let said = match self.interval {
                Some(level) => model.predict_intervals(exec, table, notes, level).map(Said::Intervals),
                None => model.predict(exec, table, notes).map(Said::Predictions),
            };
            take(&said.with_context(|| name.clone())?)
        })
    }

    fn csv(&mut self, name: &str, out: impl Write) -> anyhow::Result<()> {
        let mut writer = match self.interval {
            Some(_) => PredictionWriter::with_intervals(name, out)?,
            None => PredictionWriter::new(name, out, self.model)?,
        };
        self.each_block(|said| {
            match said {
                Said::Predictions(p) => writer.write(p)?,
                Said::Intervals(i) => writer.write_intervals(i)?,
            }
            Ok(())
        })?;
        Ok(writer.finish()?)
    }

    /// One JSON object, written as it comes.
    fn json(&mut self, mut out: impl Write) -> anyhow::Result<()> {
        let classes = self.model.target().classes();
        write!(out, "{{\"task\":\"{}\",\"predictions\":[", self.model.task().name())?;
        let mut separator = "";
        self.each_block(|said| {
            let rows = match said {
                Said::Predictions(p) => p.rows(),
                Said::Intervals(all) => all.prediction.len(),
            };
            for i in 0..rows {
                let row = match said {
                    Said::Predictions(p) => serde_json::to_string(&p.named(classes, i))?,
                    Said::Intervals(all) => {
                        let row = json!({ "prediction": all.prediction[i], "mean_ci": all.mean_ci[i], "obs_ci": all.obs_ci[i] });
                        row.to_string()
                    }
                };
                write!(out, "{separator}{row}")?;
                separator = ",";
            }
            Ok(())
        })?;
        let notes = json!({ "unknown_categories": self.notes.unknown, "missing_values_filled": self.notes.imputed, "numbers_cut_off": self.notes.clamped });
        writeln!(out, "],\"rows\":{},\"notes\":{notes}}}", self.rows)?;
        Ok(out.flush()?)
    }
}
