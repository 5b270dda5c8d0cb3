//! Predictions as a table: one row a row of input, in order, behind the columns of the input that are kept. The format follows from the file's name
//! (`format`); a row's cells are made by `rows`, its text by `csv` or `json_lines`, with numbers in their shortest form (`number`).

mod csv;
mod format;
mod json_lines;
mod known;
mod number;
mod rows;

use crate::error::IoError;
use flate2::Compression;
use flate2::write::GzEncoder;
pub use format::PredictionFormat;
use format::Text;
pub use json_lines::push_kept_json;
pub(crate) use known::are_predictions;
pub(crate) use number::number_text;
use planish_model::{Intervals, Model, Predictions};
use planish_tabular::{Table, shown};
use rayon::prelude::*;
pub use rows::PredictionBlock;
use rows::{KeptColumn, Rows, kept_column};
use std::io::Write;

/// The first column of predictions.
const FIRST: &str = "prediction";
/// What the column of a class's probability begins with.
const PROBABILITY: &str = "probability_";
/// The columns of intervals.
const LIMITS: [&str; 4] = ["mean_ci_lower", "mean_ci_upper", "obs_ci_lower", "obs_ci_upper"];

/// Rows that one thread turns into text at a time.
const PART: usize = 512;

/// The columns of predictions, and their format.
#[derive(Clone, Debug)]
pub struct PredictionLayout {
    format: PredictionFormat,
    kept: Vec<String>,
    classes: Vec<String>,
    /// The columns of the predictions themselves.
    own: Vec<String>,
}

impl Default for PredictionLayout {
    /// For numbers, as CSV.
    fn default() -> PredictionLayout {
        PredictionLayout::of(Vec::new(), false)
    }
}

impl PredictionLayout {
    /// For predictions of this model as CSV: `prediction`, and for classes `probability_NAME` each; or with intervals `prediction` and the limits of the mean's
    /// confidence interval and of the prediction interval.
    pub fn new(model: &Model, intervals: bool) -> PredictionLayout {
        let classes = if intervals { Vec::new() } else { model.target().classes().to_vec() };
        PredictionLayout::of(classes, intervals)
    }

    fn of(classes: Vec<String>, intervals: bool) -> PredictionLayout {
        let limits = LIMITS.iter().filter(|_| intervals).map(|l| (*l).to_owned());
        let probabilities = classes.iter().map(|c| format!("{PROBABILITY}{c}"));
        let own = std::iter::once(FIRST.to_owned()).chain(limits).chain(probabilities).collect();
        PredictionLayout { format: PredictionFormat::default(), kept: Vec::new(), classes, own }
    }

    /// In this format.
    #[must_use]
    pub fn format(self, format: PredictionFormat) -> PredictionLayout {
        PredictionLayout { format, ..self }
    }

    /// With these columns of the input in front.
    ///
    /// # Errors
    /// A column that is named as one of the predictions, or twice.
    pub fn keep(self, kept: &[String]) -> Result<PredictionLayout, String> {
        for (i, name) in kept.iter().enumerate() {
            if self.own.contains(name) {
                return Err(format!(
                    "column {} cannot be kept: predictions have a column of this name",
                    shown(name)
                ));
            }
            if kept[..i].contains(name) {
                return Err(format!("column {} is named twice", shown(name)));
            }
        }
        Ok(PredictionLayout { kept: kept.to_vec(), ..self })
    }

    fn header(&self) -> Vec<&str> {
        self.kept.iter().chain(&self.own).map(String::as_str).collect()
    }
}

/// Writes predictions block by block. Numbers have their shortest form that reads back as the same number.
pub struct PredictionWriter<W: Write> {
    out: Out<W>,
    name: String,
    layout: PredictionLayout,
    text: Text,
    buffer: Vec<u8>,
}

enum Out<W: Write> {
    Plain(W),
    Gzip(Box<GzEncoder<W>>),
}

impl<W: Write> PredictionWriter<W> {
    /// A writer of CSV for this model.
    ///
    /// # Errors
    /// An output that cannot be written; `name` is used in messages.
    pub fn new(name: &str, out: W, model: &Model) -> Result<Self, IoError> {
        PredictionWriter::with_layout(name, out, PredictionLayout::new(model, false))
    }

    /// A writer of CSV for predictions with intervals.
    ///
    /// # Errors
    /// An output that cannot be written; `name` is used in messages.
    pub fn with_intervals(name: &str, out: W) -> Result<Self, IoError> {
        PredictionWriter::with_layout(name, out, PredictionLayout::of(Vec::new(), true))
    }

    /// A writer of these columns.
    ///
    /// # Errors
    /// An output that cannot be written; `name` is used in messages.
    pub fn with_layout(name: &str, out: W, layout: PredictionLayout) -> Result<Self, IoError> {
        let out = if layout.format.is_gzip() {
            Out::Gzip(Box::new(GzEncoder::new(out, Compression::default())))
        } else {
            Out::Plain(out)
        };
        let text = layout.format.text(&layout.header());
        let mut writer = PredictionWriter { out, name: name.to_owned(), layout, text, buffer: Vec::new() };
        writer.text.head(&writer.layout.header(), &mut writer.buffer);
        writer.write_buffer()?;
        Ok(writer)
    }

    /// Writes a block with its intervals.
    ///
    /// # Errors
    /// An output that cannot be written.
    pub fn write_intervals(&mut self, block: &Intervals) -> Result<(), IoError> {
        self.write_rows(Vec::new(), PredictionBlock::Intervals(block))
    }

    /// Writes a block.
    ///
    /// # Errors
    /// An output that cannot be written.
    pub fn write(&mut self, predictions: &Predictions) -> Result<(), IoError> {
        self.write_rows(Vec::new(), PredictionBlock::Predictions(predictions))
    }

    /// Writes a block behind the kept columns of its table.
    ///
    /// # Errors
    /// An output that cannot be written, or a column that the table has not.
    pub fn write_kept(&mut self, table: &Table, block: PredictionBlock<'_>) -> Result<(), IoError> {
        let column =
            |name: &String| kept_column(table, name).map_err(|e| IoError::file(&self.name, e.to_string()));
        let kept = self.layout.kept.iter().map(column).collect::<Result<_, _>>()?;
        self.write_rows(kept, block)
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// An output that cannot be written.
    pub fn finish(self) -> Result<(), IoError> {
        let mut out = match self.out {
            Out::Plain(out) => out,
            Out::Gzip(encoder) => encoder.finish().map_err(IoError::system(&self.name, "write"))?,
        };
        out.flush().map_err(IoError::system(&self.name, "write"))
    }

    /// The text of the rows, in parts side by side where there is a pool of threads, and in their order.
    fn write_rows(&mut self, kept: Vec<KeptColumn<'_>>, own: PredictionBlock<'_>) -> Result<(), IoError> {
        let (text, rows) = (&self.text, Rows { kept, classes: &self.layout.classes, own });
        if rayon::current_thread_index().is_none() || rows.len() <= PART {
            (0..rows.len()).for_each(|row| text.row(&rows, row, &mut self.buffer));
            return self.write_buffer();
        }
        let part = |start: usize| {
            let mut out = Vec::new();
            (start..(start + PART).min(rows.len())).for_each(|row| text.row(&rows, row, &mut out));
            out
        };
        let parts: Vec<Vec<u8>> =
            (0..rows.len().div_ceil(PART)).into_par_iter().map(|i| part(i * PART)).collect();
        parts.iter().for_each(|part| self.buffer.extend_from_slice(part));
        self.write_buffer()
    }

    fn write_buffer(&mut self) -> Result<(), IoError> {
        let written = match &mut self.out {
            Out::Plain(out) => out.write_all(&self.buffer),
            Out::Gzip(encoder) => encoder.write_all(&self.buffer),
        };
        self.buffer.clear();
        written.map_err(IoError::system(&self.name, "write"))
    }
}

#[cfg(test)]
mod tests;
