//! `planish predict`: one prediction a row, in order, block by block.

use crate::args::{PredictArgs, exec, usage};
use crate::print;
use anyhow::Context;
use clap::error::ErrorKind;
use planish_io::{
    IoError, OtherColumns, OutputKind, Outputs, PredictionBlock, PredictionFormat, PredictionLayout,
    PredictionWriter, TableOptions, TableRows, is_standard_output, load_model, open_table, push_kept_json,
    write_file,
};
use planish_model::{Intervals, Model, Predictions};
use planish_tabular::{Notes, RowSource, Table};
use planish_tensor::Exec;
use serde_json::json;
use std::io::{BufWriter, Write};
use std::path::Path;

pub(crate) fn run(a: &PredictArgs) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    let mut outputs = Outputs::of_reading([a.model.as_path(), Path::new(&a.data)])?.overwrite(a.overwrite);
    let format = a.output.as_deref().map_or(Ok(PredictionFormat::default()), PredictionFormat::of_name)?;
    let model = load_model(&a.model)?;
    if a.interval.is_some() && !model.has_intervals() {
        let what = format!(
            "--interval has no effect with {}, a {} model: it is for least squares",
            a.model.display(),
            model.kind()
        );
        usage(ErrorKind::ArgumentConflict, &what);
    }
    let options = TableOptions {
        others: a.keep.clone().unwrap_or_default(),
        ..a.table.options(exec).with_columns(model.features())
    };
    let plain = PredictionLayout::new(&model, a.interval.is_some()).format(format);
    let mut check = |layout: &PredictionLayout| {
        a.output.as_deref().map_or(Ok(()), |path| outputs.write(path, &OutputKind::Predictions(layout)))
    };
    if options.others == OtherColumns::None {
        check(&plain)?; // before the table is opened, whose columns do not matter
    }
    let mut source = open_table(&a.data, &options)?;
    let kept = kept(&options.others, &source);
    let layout = plain.keep(&kept);
    let layout = layout.unwrap_or_else(|what| usage(ErrorKind::ValueValidation, &format!("--keep: {what}")));
    check_json_keys(a, &kept);
    if options.others != OtherColumns::None {
        check(&layout)?;
    }
    source.warnings().iter().for_each(|w| print::note(w));
    let ignored: Vec<&str> = source.ignored().into_iter().filter(|c| *c != model.target().column()).collect();
    print::ignored(&ignored);
    let mut job = Job {
        exec,
        model: &model,
        source: &mut source,
        layout,
        kept,
        notes: Notes::default(),
        rows: 0,
        interval: a.interval,
    };
    exec.install(|| match &a.output {
        _ if a.json => job.json(BufWriter::new(std::io::stdout())),
        Some(path) => {
            write_file(path, |w| job.table(&path.display().to_string(), w).map_err(Failure)).map_err(|f| f.0)
        }
        None => job.table("standard output", std::io::stdout()),
    })?;
    if let Some(path) = a.output.as_deref().filter(|path| !is_standard_output(path)) {
        print::print(&format!("{} predictions; {}\n", print::count(job.rows), print::wrote(path)))?;
    }
    if job.rows == 0 {
        print::note("the table has no rows below its header");
    }
    print::notes(&job.notes);
    if a.interval.is_some() {
        print::intervals_of_unknown(&job.notes).iter().for_each(|text| print::note(text));
    }
    Ok(())
}

/// The columns to keep by name; where all are wanted, those that the source reads.
fn kept(others: &OtherColumns, source: &TableRows) -> Vec<String> {
    match others {
        OtherColumns::None => Vec::new(),
        OtherColumns::Named(names) => names.clone(),
        OtherColumns::All => source.schema().columns.iter().map(|c| c.name.clone()).collect(),
    }
}

/// Refuses kept columns that would stand for what JSON has beside them.
fn check_json_keys(a: &PredictArgs, kept: &[String]) {
    let own = ["probabilities", "mean_ci", "obs_ci"];
    if let Some(name) = kept.iter().find(|name| a.json && own.contains(&name.as_str())) {
        let what =
            format!("--keep: column {name} cannot be kept: predictions in JSON have a key of this name");
        usage(ErrorKind::ValueValidation, &what);
    }
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
    layout: PredictionLayout,
    /// Columns of the table that stand before the predictions.
    kept: Vec<String>,
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
    fn each_block(
        &mut self,
        mut take: impl FnMut(&Table, &Said) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let (exec, model, notes) = (self.exec, self.model, &mut self.notes);
        let name = self.source.name().to_owned();
        self.source.for_each_block(anyhow::Error::from, |table| {
            self.rows += table.rows() as u64;
            let said = match self.interval {
                Some(level) => model.predict_intervals(exec, table, notes, level).map(Said::Intervals),
                None => model.predict(exec, table, notes).map(Said::Predictions),
            };
            take(table, &said.with_context(|| name.clone())?)
        })
    }

    /// A table in the layout's format.
    fn table(&mut self, name: &str, out: impl Write) -> anyhow::Result<()> {
        let mut writer = PredictionWriter::with_layout(name, out, self.layout.clone())?;
        self.each_block(|table, said| {
            let block = match said {
                Said::Predictions(p) => PredictionBlock::Predictions(p),
                Said::Intervals(i) => PredictionBlock::Intervals(i),
            };
            Ok(writer.write_kept(table, block)?)
        })?;
        Ok(writer.finish()?)
    }

    /// One JSON object, written as it comes.
    fn json(&mut self, mut out: impl Write) -> anyhow::Result<()> {
        let classes = self.model.target().classes();
        write!(out, "{{\"task\":\"{}\",\"predictions\":[", self.model.task().name())?;
        let mut separator = "";
        let kept = self.kept.clone();
        self.each_block(|table, said| {
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
                write!(out, "{separator}{{")?;
                let mut before = Vec::new();
                push_kept_json(&mut before, table, &kept, i)?;
                out.write_all(&before)?;
                // What was predicted, but for the brace that is written already.
                out.write_all(&row.as_bytes()[1..])?;
                separator = ",";
            }
            Ok(())
        })?;
        let mut notes = json!({
            "unknown_categories": self.notes.unknown, "missing_values_filled": self.notes.imputed,
            "numbers_cut_off": self.notes.clamped, "off_relation": self.notes.off_relation,
        });
        if self.interval.is_some() {
            notes["intervals_of_unknown_categories"] = json!(self.notes.unknown);
        }
        writeln!(out, "],\"rows\":{},\"notes\":{notes}}}", self.rows)?;
        Ok(out.flush()?)
    }
}
