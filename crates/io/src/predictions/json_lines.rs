//! Rows as JSON lines: an object a row, with the names of the columns as keys. A missing value, and a number that is not finite, is null.

use super::number::push_number;
use super::rows::{Cell, Rows, kept_cell, kept_column};
use planish_tabular::{Table, TabularError};

/// The key of each column with what stands before it: `{"a":`, `,"b":`.
pub(super) fn keys(names: &[&str]) -> Vec<Vec<u8>> {
    let key = |(i, name): (usize, &&str)| {
        let mut key = vec![if i == 0 { b'{' } else { b',' }];
        push_text(&mut key, name);
        key.push(b':');
        key
    };
    names.iter().enumerate().map(key).collect()
}

/// Appends a row.
pub(super) fn row(keys: &[Vec<u8>], rows: &Rows<'_>, row: usize, out: &mut Vec<u8>) {
    let mut keys = keys.iter();
    rows.each_cell(row, |cell| {
        keys.next().into_iter().for_each(|key| out.extend_from_slice(key));
        push_cell(out, &cell);
    });
    out.extend_from_slice(b"}\n");
}

/// Appends these columns of a table's row as they stand in an object, each with a comma behind it: `"id":"x1","age":39,`.
///
/// # Errors
/// A column that the table has not.
pub fn push_kept_json(
    out: &mut Vec<u8>,
    table: &Table,
    names: &[String],
    row: usize,
) -> Result<(), TabularError> {
    for name in names {
        push_text(out, name);
        out.push(b':');
        push_cell(out, &kept_cell(kept_column(table, name)?, row));
        out.push(b',');
    }
    Ok(())
}

fn push_cell(out: &mut Vec<u8>, cell: &Cell<'_>) {
    match cell {
        Cell::Number(x) if x.is_finite() => push_number(out, *x),
        Cell::Missing | Cell::Number(_) => out.extend_from_slice(b"null"),
        Cell::Text(text) => push_text(out, text),
        Cell::Made(text) => push_text(out, text),
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    // A string is always JSON, and a vector takes all that is written.
    let written = serde_json::to_writer(out, text);
    debug_assert!(written.is_ok());
}
