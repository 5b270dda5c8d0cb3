//! Predictions as CSV: one row a row of input, in order.

use crate::error::IoError;
use planish_model::{Model, Predictions};
use std::io::Write;

/// Writes predictions block by block. Numbers have their shortest form that reads back as the same number.
pub struct PredictionWriter<W: Write> {
    csv: csv::Writer<W>,
    name: String,
    classes: Vec<String>,
}

impl<W: Write> PredictionWriter<W> {
    /// A writer for this model, with a header: `prediction`, and for classes `probability_NAME` each.
    ///
    /// # Errors
    /// An output that cannot be written; `name` is used in messages.
    pub fn new(name: &str, out: W, model: &Model) -> Result<Self, IoError> {
        let classes = model.target().classes().to_vec();
        let mut writer =
            PredictionWriter { csv: csv::Writer::from_writer(out), name: name.to_owned(), classes };
        let header = std::iter::once("prediction".to_owned())
            .chain(writer.classes.iter().map(|c| format!("probability_{c}")));
        let header: Vec<String> = header.collect();
        writer.row(&header)?;
        Ok(writer)
    }

    /// Writes a block.
    ///
    /// # Errors
    /// An output that cannot be written.
    pub fn write(&mut self, predictions: &Predictions) -> Result<(), IoError> {
        for i in 0..predictions.rows() {
            let fields: Vec<String> = match (predictions, predictions.class(i)) {
                (Predictions::Probabilities(p), Some(c)) => std::iter::once(self.classes[c].clone())
                    .chain(p.row(i).iter().map(f64::to_string))
                    .collect(),
                (Predictions::Numbers(y), _) => vec![y[i].to_string()],
                _ => unreachable!("probabilities have a class"),
            };
            self.row(&fields)?;
        }
        Ok(())
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// An output that cannot be written.
    pub fn finish(mut self) -> Result<(), IoError> {
        self.csv.flush().map_err(IoError::system(&self.name, "write"))
    }

    fn row(&mut self, fields: &[String]) -> Result<(), IoError> {
        self.csv.write_record(fields).map_err(|e| match e.into_kind() {
            csv::ErrorKind::Io(source) => {
                IoError::System { file: self.name.clone(), action: "write", source }
            }
            _ => IoError::file(&self.name, "cannot be written"),
        })
    }
}
