//! Rows as comma-separated values (RFC 4180): a field with a comma, a quote or a line end stands in quotes, and lines end in a line feed.

use super::number::push_number;
use super::rows::{Cell, Rows};

/// Appends the names of the columns.
pub(super) fn head(names: &[&str], out: &mut Vec<u8>) {
    for (i, name) in names.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        push_text(out, name);
    }
    out.push(b'\n');
}

/// Appends a row.
pub(super) fn row(rows: &Rows<'_>, row: usize, out: &mut Vec<u8>) {
    rows.each_cell(row, |cell| {
        match cell {
            Cell::Missing => {}
            Cell::Number(x) => push_number(out, x),
            Cell::Text(text) => push_text(out, text),
            Cell::Made(text) => push_text(out, &text),
        }
        out.push(b',');
    });
    out.pop();
    out.push(b'\n');
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for b in text.bytes() {
        if b == b'"' {
            out.push(b'"');
        }
        out.push(b);
    }
    out.push(b'"');
}
