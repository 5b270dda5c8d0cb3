//! The text that is made of other formats: commas, a header, quotes as in RFC 4180, nothing for what is missing, and `""` for a missing
//! cell that is alone in its row, so that no row is an empty line.

use crate::error::IoError;
use std::io::{Read, Write};

/// Text made in one piece before it is handed out.
pub(super) const PIECE: usize = 1 << 16;

/// Rows of cells as text.
#[derive(Default)]
pub(super) struct Lines {
    text: Vec<u8>,
    /// Where the row begins.
    start: usize,
    cells: usize,
}

impl Lines {
    /// One more cell of the row, which writes itself; what it writes needs no quotes.
    pub(super) fn cell(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.cells > 0 {
            self.text.push(b',');
        }
        self.cells += 1;
        write(&mut self.text);
    }

    pub(super) fn missing(&mut self) {
        self.cell(|_| {});
    }

    pub(super) fn text(&mut self, cell: &str) {
        self.cell(|out| quoted(out, cell));
    }

    pub(super) fn end_row(&mut self) {
        if self.text.len() == self.start {
            self.text.extend_from_slice(b"\"\"");
        }
        self.text.push(b'\n');
        (self.start, self.cells) = (self.text.len(), 0);
    }

    pub(super) fn header<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        names.into_iter().for_each(|name| self.text(name));
        self.end_row();
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn into_text(self) -> Vec<u8> {
        self.text
    }

    fn clear(&mut self) {
        self.text.clear();
        self.start = 0;
    }
}

/// A text between quotes if it needs some.
pub(super) fn quoted(out: &mut Vec<u8>, text: &str) {
    let needs = |b: u8| matches!(b, b',' | b'"' | b'\n' | b'\r');
    if !text.bytes().any(needs) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// The shortest decimal that is this number again when it is read.
pub(super) fn double(out: &mut Vec<u8>, x: f64) {
    shortest(out, zmij::Buffer::new().format(x));
}

/// As [`double`], for a number of half the digits.
#[cfg(feature = "columnar")]
pub(super) fn single(out: &mut Vec<u8>, x: f32) {
    shortest(out, zmij::Buffer::new().format(x));
}

fn shortest(out: &mut Vec<u8>, digits: &str) {
    out.extend_from_slice(digits.strip_suffix(".0").unwrap_or(digits).as_bytes());
}

/// A number between 0 and 99 in two digits.
pub(super) fn two_digits(out: &mut Vec<u8>, n: u8) {
    out.extend_from_slice(&[b'0' + n / 10 % 10, b'0' + n % 10]);
}

/// `2024-01-31`.
pub(super) fn date(out: &mut Vec<u8>, year: i64, month: u8, day: u8) {
    let _ = write!(out, "{year:04}-");
    two_digits(out, month);
    out.push(b'-');
    two_digits(out, day);
}

/// `12:30:00`, and with this many digits of a second where they are not all zero.
pub(super) fn time(out: &mut Vec<u8>, second: u32, fraction: u64, digits: usize) {
    two_digits(out, (second / 3600) as u8);
    out.push(b':');
    two_digits(out, (second / 60 % 60) as u8);
    out.push(b':');
    two_digits(out, (second % 60) as u8);
    if fraction > 0 {
        let text = format!("{fraction:0digits$}");
        out.push(b'.');
        out.extend_from_slice(text.trim_end_matches('0').as_bytes());
    }
}

/// What adds some rows, and says whether there may be more.
pub(super) type More = Box<dyn FnMut(&mut Lines) -> Result<bool, IoError> + Send>;

/// Reads text while it is made.
pub(super) struct LinesReader {
    more: More,
    lines: Lines,
    /// How much of the text is read.
    read: usize,
    is_done: bool,
}

impl LinesReader {
    pub(super) fn new(more: More) -> LinesReader {
        LinesReader { more, lines: Lines::default(), read: 0, is_done: false }
    }
}

impl Read for LinesReader {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.read == self.lines.len() && !self.is_done {
            self.lines.clear();
            self.read = 0;
            self.is_done = !(self.more)(&mut self.lines)?;
        }
        let rest = &self.lines.text[self.read..];
        let n = out.len().min(rest.len());
        out[..n].copy_from_slice(&rest[..n]);
        self.read += n;
        Ok(n)
    }
}

/// Calls a library that reads what others wrote. One that panics on a damaged file costs no more than this file.
pub(super) fn guarded<T>(
    name: &str,
    format: &str,
    read: impl FnOnce() -> Result<T, IoError>,
) -> Result<T, IoError> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    caught.unwrap_or_else(|_| Err(IoError::file(name, format!("the {format} data are damaged"))))
}

/// What is said of data that the reader of a format cannot make sense of.
#[cfg(feature = "columnar")]
pub(super) fn damaged(name: &str, format: &str, reason: impl std::fmt::Display) -> IoError {
    IoError::file(name, format!("the {format} data are damaged ({reason})"))
}
