//! Whether a file holds predictions that were written here, by the names of its columns: then newer ones may take its place.

use super::format::Form;
use super::layout::{FIRST, LIMITS, PROBABILITY, PredictionLayout};
use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

/// The longest first line that is looked at: one of a hundred thousand classes with long names.
const LONGEST: u64 = 16 << 20;

/// Whether a file holds predictions in the layout's format: behind the kept columns the names that predictions have, of whatever model.
pub(crate) fn are_predictions(file: File, layout: &PredictionLayout) -> bool {
    let form = layout.format.form();
    let names = if layout.format.is_gzip() {
        first_line(MultiGzDecoder::new(file), form)
    } else {
        match form {
            Form::Csv | Form::JsonLines => first_line(file, form),
            #[cfg(feature = "columnar")]
            Form::Parquet => super::parquet::names(file),
        }
    };
    let Some(names) = names else { return false };
    // The keys of an object have no order.
    let mut others: Vec<&str> = names.iter().map(String::as_str).collect();
    let kept = if form == Form::JsonLines {
        others.retain(|name| layout.kept.iter().all(|kept| kept != name));
        others.sort_by_key(|name| *name != FIRST);
        others.len() + layout.kept.len() == names.len()
    } else {
        others.len() >= layout.kept.len() && {
            let rest = others.split_off(layout.kept.len());
            std::mem::replace(&mut others, rest) == layout.kept
        }
    };
    let is_own = |name: &&str| name.starts_with(PROBABILITY) || LIMITS.contains(name);
    kept && others.first() == Some(&FIRST) && others[1..].iter().all(is_own)
}

/// The names of the columns, from the first line of a text.
fn first_line(file: impl Read, form: Form) -> Option<Vec<String>> {
    let file = file.take(LONGEST);
    if form == Form::JsonLines {
        let mut line = String::new();
        BufReader::new(file).read_line(&mut line).ok()?;
        let row: Map<String, Value> = serde_json::from_str(&line).ok()?;
        return Some(row.keys().cloned().collect());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
    let header = reader.records().next()?.ok()?;
    Some(header.iter().map(str::to_owned).collect())
}
