//! Predictions as CSV: one row a row of input, in order.

use crate::error::IoError;
use planish_model::{Intervals, Model, Predictions};
use std::io::{Read, Write};

/// The first column of predictions.
const FIRST: &str = "prediction";
/// What the column of a class's probability begins with.
const PROBABILITY: &str = "probability_";
/// The columns of intervals.
const LIMITS: [&str; 4] = ["mean_ci_lower", "mean_ci_upper", "obs_ci_lower", "obs_ci_upper"];

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
        let header = std::iter::once(FIRST.to_owned())
            .chain(writer.classes.iter().map(|c| format!("{PROBABILITY}{c}")));
        let header: Vec<String> = header.collect();
        writer.row(&header)?;
        Ok(writer)
    }

    /// A writer for predictions with intervals: `prediction`, then the limits of the mean's confidence interval and of the prediction
    /// interval.
    ///
    /// # Errors
    /// An output that cannot be written; `name` is used in messages.
    pub fn with_intervals(name: &str, out: W) -> Result<Self, IoError> {
        let mut writer = PredictionWriter {
            csv: csv::Writer::from_writer(out),
            name: name.to_owned(),
            classes: Vec::new(),
        };
        let header: Vec<String> = std::iter::once(FIRST).chain(LIMITS).map(str::to_owned).collect();
        writer.row(&header)?;
        Ok(writer)
    }

    /// Writes a block with its intervals.
    ///
    /// # Errors
    /// An output that cannot be written.
    pub fn write_intervals(&mut self, block: &Intervals) -> Result<(), IoError> {
        for ((y, mean), obs) in block.prediction.iter().zip(&block.mean_ci).zip(&block.obs_ci) {
            let numbers = [*y, mean[0], mean[1], obs[0], obs[1]];
            self.row(&numbers.map(number_text))?;
        }
        Ok(())
    }

    /// Writes a block.
    ///
    /// # Errors
    /// An output that cannot be written.
    pub fn write(&mut self, predictions: &Predictions) -> Result<(), IoError> {
        for i in 0..predictions.rows() {
            let fields: Vec<String> = match (predictions, predictions.class(i)) {
                (Predictions::Probabilities(p), Some(c)) => std::iter::once(self.classes[c].clone())
                    .chain(p.row(i).iter().map(|&x| number_text(x)))
                    .collect(),
                (Predictions::Numbers(y), _) => vec![number_text(y[i])],
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
        self.csv.write_record(fields).map_err(|e| {
            if let csv::ErrorKind::Io(reason) = e.into_kind() {
                IoError::System { file: self.name.clone(), action: "write", reason }
            } else {
                IoError::file(&self.name, "cannot be written")
            }
        })
    }
}

/// The longest header that is looked at: one of a hundred thousand classes with long names.
const LONGEST: u64 = 16 << 20;

/// Whether a file is one that [`PredictionWriter`] wrote, by its header.
pub(crate) fn is_predictions(file: impl Read) -> bool {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file.take(LONGEST));
    let Some(Ok(header)) = reader.records().next() else { return false };
    let mut columns = header.iter();
    columns.next() == Some(FIRST) && columns.all(|c| c.starts_with(PROBABILITY) || LIMITS.contains(&c))
}

/// The shortest text that reads back as the same number, with an exponent where there would be many zeros.
pub(crate) fn number_text(x: f64) -> String {
    if x != 0.0 && x.is_finite() && !(1e-5..1e16).contains(&x.abs()) {
        format!("{x:e}")
    } else {
        x.to_string()
    }
}
