//! The history of a training run as a file that grows by a line an epoch: JSON lines (`.jsonl`) or CSV (`.csv`), by the file's name.
//!
//! A line is written in one piece, so a run that is killed leaves at most one torn line, the last. A resumed run writes the file anew from
//! its checkpoint's epochs, and it ends as that of a run that was never disturbed. An epoch is one flat object, `epoch`, `loss`,
//! `val_loss` and the metrics; in CSV the first epoch names the columns.

use crate::error::IoError;
use crate::predictions::number_text;
use planish_train::Epoch;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// A history being written.
#[derive(Debug)]
pub struct HistoryFile {
    file: File,
    name: String,
    /// Of CSV: the columns, once they are known.
    columns: Option<Vec<String>>,
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Format {
    JsonLines,
    Csv,
}

impl HistoryFile {
    /// Checks that a history can have this name, before the work whose record it is to be.
    ///
    /// # Errors
    /// A name that ends in neither `.jsonl` nor `.csv`.
    pub fn check_name(path: &Path) -> Result<(), IoError> {
        named(path).map(drop)
    }

    /// Begins a new file; one that is there is replaced.
    ///
    /// # Errors
    /// A name that ends in neither `.jsonl` nor `.csv`, or a file that cannot be written.
    pub fn create(path: &Path) -> Result<HistoryFile, IoError> {
        let (name, format) = named(path)?;
        let file = File::create(path).map_err(IoError::system(&name, "write"))?;
        Ok(HistoryFile { file, name, columns: None, format })
    }

    /// Appends an epoch; when this returns, the operating system has its line.
    ///
    /// # Errors
    /// A file that cannot be written, or in CSV a metric without a column.
    pub fn write(&mut self, epoch: &Epoch) -> Result<(), IoError> {
        let fields = flat(epoch);
        let line = match self.format {
            Format::JsonLines => Value::Object(fields).to_string() + "\n",
            Format::Csv => self.csv_lines(&fields)?,
        };
        self.file.write_all(line.as_bytes()).map_err(IoError::system(&self.name, "write"))
    }

    /// The epoch's line, before it the header if there is none yet.
    fn csv_lines(&mut self, fields: &Map<String, Value>) -> Result<String, IoError> {
        let new = self.columns.is_none();
        let columns = self.columns.get_or_insert_with(|| columns_of(fields));
        if let Some(unknown) = fields.keys().find(|k| !columns.contains(k)) {
            return Err(IoError::file(&self.name, format!("there is no column {unknown:?} in its header")));
        }
        let cells: Vec<String> =
            columns.iter().map(|c| fields.get(c).map(cell).unwrap_or_default()).collect();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let rows = [Some(&*columns).filter(|_| new), Some(&cells)];
        rows.into_iter().flatten().try_for_each(|row| writer.write_record(row)).expect("a buffer takes all");
        Ok(String::from_utf8(writer.into_inner().expect("a buffer takes all")).expect("text was written"))
    }
}

/// Whether a file of this name that begins with these bytes is a history: its first line has an epoch and a loss.
pub(crate) fn is_history(path: &Path, head: &[u8]) -> bool {
    let line = head.split(|&b| b == b'\n').next().unwrap_or_default();
    let name = path.display().to_string();
    match named(path) {
        Ok((_, Format::JsonLines)) => serde_json::from_slice::<Value>(line)
            .is_ok_and(|v| v["epoch"].is_u64() && v.get("loss").is_some()),
        Ok((_, Format::Csv)) => {
            header(&name, line).is_ok_and(|columns| columns.get(1).is_some_and(|c| c == "loss"))
        }
        Err(_) => false,
    }
}

fn named(path: &Path) -> Result<(String, Format), IoError> {
    let name = path.display().to_string();
    match path.extension().and_then(|e| e.to_str()) {
        Some("jsonl") => Ok((name, Format::JsonLines)),
        Some("csv") => Ok((name, Format::Csv)),
        _ => Err(IoError::file(&name, "a history's name must end in .jsonl or .csv")),
    }
}

/// One object without objects in it. A number that is none is null.
fn flat(epoch: &Epoch) -> Map<String, Value> {
    let Ok(Value::Object(fields)) = serde_json::to_value(epoch) else {
        unreachable!("an epoch is an object with text as keys")
    };
    let mut out = Map::new();
    for (key, value) in fields {
        if let Value::Object(inner) = value {
            out.extend(inner);
        } else {
            out.insert(key, value);
        }
    }
    out
}

/// `epoch` and the losses first, then the others by name.
fn columns_of(fields: &Map<String, Value>) -> Vec<String> {
    let first = ["epoch", "loss", "val_loss"];
    let mut columns: Vec<String> = fields.keys().cloned().collect();
    columns.sort_by_key(|c| (first.iter().position(|f| f == c).unwrap_or(first.len()), c.clone()));
    columns
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(n) if n.is_f64() => number_text(n.as_f64().unwrap_or(f64::NAN)),
        Value::Number(_) | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

fn header(name: &str, line: &[u8]) -> Result<Vec<String>, IoError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line);
    let columns: Option<Vec<String>> =
        reader.records().next().and_then(Result::ok).map(|record| record.iter().map(str::to_owned).collect());
    columns
        .filter(|c: &Vec<String>| c.first().is_some_and(|c| c == "epoch"))
        .ok_or_else(|| IoError::row(name, 1, "the header of a history begins with the column epoch"))
}

#[cfg(test)]
mod tests;
