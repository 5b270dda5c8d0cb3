//! Predictions as a table: one row a row of input, in order, behind the columns of the input that are kept (`layout`). The format follows from the file's
//! name (`format`); a row's cells are made by `rows` and written as lines (`lines`: `csv` or `json_lines`, with numbers in their shortest form by `number`) or as
//! Parquet's columns (`parquet`).

mod csv;
mod format;
mod json_lines;
mod known;
mod layout;
mod lines;
mod number;
#[cfg(feature = "columnar")]
mod parquet;
mod rows;

use crate::error::IoError;
use format::Form;
pub use format::PredictionFormat;
pub use json_lines::push_kept_json;
pub(crate) use known::are_predictions;
pub use layout::PredictionLayout;
use lines::LinesWriter;
pub(crate) use number::number_text;
#[cfg(feature = "columnar")]
use parquet::ParquetWriter;
use planish_model::{Intervals, Model, Predictions};
use planish_tabular::Table;
pub use rows::PredictionBlock;
use rows::{KeptColumn, Rows, kept_column};
use std::io::Write;

/// Writes predictions block by block. In text numbers have their shortest form that reads back as the same number.
pub struct PredictionWriter<W: Write> {
    name: String,
    layout: PredictionLayout,
    body: Body<W>,
}

enum Body<W: Write> {
    Lines(LinesWriter<W>),
    #[cfg(feature = "columnar")]
    Parquet(Box<ParquetWriter<W>>),
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
        let (header, gzip) = (layout.header(), layout.format.is_gzip());
        let body = match layout.format.form() {
            Form::Csv => Body::Lines(LinesWriter::csv(name, out, gzip, &header)?),
            Form::JsonLines => Body::Lines(LinesWriter::json(name, out, gzip, &header)),
            #[cfg(feature = "columnar")]
            Form::Parquet => Body::Parquet(Box::new(ParquetWriter::new(name, out))),
        };
        Ok(PredictionWriter { name: name.to_owned(), layout, body })
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
        match self.body {
            Body::Lines(lines) => lines.finish(),
            #[cfg(feature = "columnar")]
            Body::Parquet(columns) => columns.finish(&self.layout),
        }
    }

    fn write_rows(&mut self, kept: Vec<KeptColumn<'_>>, own: PredictionBlock<'_>) -> Result<(), IoError> {
        let rows = Rows { kept, classes: &self.layout.classes, own };
        match &mut self.body {
            Body::Lines(lines) => lines.write(&rows),
            #[cfg(feature = "columnar")]
            Body::Parquet(columns) => columns.write(&self.layout, &rows),
        }
    }
}

#[cfg(test)]
mod tests;
