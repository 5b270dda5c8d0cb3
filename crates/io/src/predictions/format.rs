//! The formats of predictions, by the endings of files' names: `.jsonl` and `.jsonl.gz` are JSON lines, `.csv.gz` is compressed CSV, all else is CSV.

use super::rows::Rows;
use super::{csv, json_lines};
use crate::error::IoError;
use std::path::Path;

/// A format of predictions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PredictionFormat {
    lines: Lines,
    gzip: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Lines {
    #[default]
    Csv,
    Json,
}

/// How rows become text.
pub(super) enum Text {
    Csv,
    /// With the columns' keys.
    Json(Vec<Vec<u8>>),
}

impl PredictionFormat {
    /// The format for a file of this name.
    ///
    /// # Errors
    /// A name that ends as those of a format that predictions cannot be written in.
    pub fn of_name(path: &Path) -> Result<PredictionFormat, IoError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        for other in [".parquet", ".arrow", ".feather", ".xlsx", ".zst"] {
            if name.ends_with(other) {
                let what =
                    format!("predictions are not written as {other}: use .csv, .csv.gz, .jsonl or .jsonl.gz");
                return Err(IoError::file(&path.display().to_string(), what));
            }
        }
        let (stem, gzip) = name.strip_suffix(".gz").map_or((name.as_str(), false), |stem| (stem, true));
        let is_json = stem.ends_with(".jsonl") || stem.ends_with(".ndjson");
        Ok(PredictionFormat { lines: if is_json { Lines::Json } else { Lines::Csv }, gzip })
    }

    pub(super) fn is_gzip(self) -> bool {
        self.gzip
    }

    pub(super) fn lines(self) -> Lines {
        self.lines
    }

    pub(super) fn text(self, names: &[&str]) -> Text {
        match self.lines {
            Lines::Csv => Text::Csv,
            Lines::Json => Text::Json(json_lines::keys(names)),
        }
    }
}

impl Text {
    /// Appends what stands before the first row.
    pub(super) fn head(&self, names: &[&str], out: &mut Vec<u8>) {
        match self {
            Text::Csv => csv::head(names, out),
            Text::Json(_) => {}
        }
    }

    /// Appends a row.
    pub(super) fn row(&self, rows: &Rows<'_>, row: usize, out: &mut Vec<u8>) {
        match self {
            Text::Csv => csv::row(rows, row, out),
            Text::Json(keys) => json_lines::row(keys, rows, row, out),
        }
    }
}
