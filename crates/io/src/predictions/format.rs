//! The formats of predictions, by the endings of files' names: `.jsonl` and `.jsonl.gz` are JSON lines, `.parquet` is Parquet, `.csv.gz` is compressed CSV, all
//! else is CSV.

use crate::error::IoError;
use std::path::Path;

/// Endings of formats that predictions are not written in; Parquet is not packed once more.
const REFUSED: [&str; 5] = [".arrow", ".feather", ".parquet", ".xlsx", ".zst"];

/// A format of predictions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PredictionFormat {
    form: Form,
    gzip: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Form {
    #[default]
    Csv,
    JsonLines,
    #[cfg(feature = "columnar")]
    Parquet,
}

impl PredictionFormat {
    /// The format for a file of this name.
    ///
    /// # Errors
    /// A name that ends as those of a format that predictions cannot be written in.
    pub fn of_name(path: &Path) -> Result<PredictionFormat, IoError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let (stem, gzip) = name.strip_suffix(".gz").map_or((name.as_str(), false), |stem| (stem, true));
        if stem.ends_with(".parquet") && !gzip {
            return parquet(path);
        }
        if let Some(other) = REFUSED.iter().find(|other| stem.ends_with(**other)) {
            let packed = if gzip { ".gz" } else { "" };
            let what = format!(
                "predictions are not written as {other}{packed}: use .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet"
            );
            return Err(IoError::file(&path.display().to_string(), what));
        }
        let is_json = stem.ends_with(".jsonl") || stem.ends_with(".ndjson");
        Ok(PredictionFormat { form: if is_json { Form::JsonLines } else { Form::Csv }, gzip })
    }

    pub(super) fn is_gzip(self) -> bool {
        self.gzip
    }

    pub(super) fn form(self) -> Form {
        self.form
    }
}

#[cfg(feature = "columnar")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it is refused")]
fn parquet(_: &Path) -> Result<PredictionFormat, IoError> {
    Ok(PredictionFormat { form: Form::Parquet, gzip: false })
}

#[cfg(not(feature = "columnar"))]
fn parquet(path: &Path) -> Result<PredictionFormat, IoError> {
    let what =
        "this program was built without Parquet: build it with --features full, or write .csv or .jsonl";
    Err(IoError::file(&path.display().to_string(), what))
}
