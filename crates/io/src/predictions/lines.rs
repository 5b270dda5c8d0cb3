//! Rows as lines of text, CSV or JSON, compressed if wanted. Where there is a pool of threads, parts of a block become text side by side.

use super::rows::Rows;
use super::{csv, json_lines};
use crate::error::IoError;
use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;
use std::io::Write;

/// Rows that one thread turns into text at a time.
pub(super) const PART: usize = 512;

/// Writes rows as text.
pub(super) struct LinesWriter<W: Write> {
    name: String,
    out: Out<W>,
    text: Text,
    buffer: Vec<u8>,
}

enum Out<W: Write> {
    Plain(W),
    Gzip(Box<GzEncoder<W>>),
}

/// How rows become text.
enum Text {
    Csv,
    /// With the columns' keys.
    Json(Vec<Vec<u8>>),
}

impl<W: Write> LinesWriter<W> {
    /// CSV below this header, which is written at once; `name` is used in messages.
    pub(super) fn csv(name: &str, out: W, gzip: bool, header: &[&str]) -> Result<Self, IoError> {
        let mut writer = LinesWriter::new(name, out, gzip, Text::Csv);
        csv::head(header, &mut writer.buffer);
        writer.write_buffer()?;
        Ok(writer)
    }

    /// Objects with these keys.
    pub(super) fn json(name: &str, out: W, gzip: bool, keys: &[&str]) -> Self {
        LinesWriter::new(name, out, gzip, Text::Json(json_lines::keys(keys)))
    }

    fn new(name: &str, out: W, gzip: bool, text: Text) -> Self {
        let out = if gzip {
            Out::Gzip(Box::new(GzEncoder::new(out, Compression::default())))
        } else {
            Out::Plain(out)
        };
        LinesWriter { name: name.to_owned(), out, text, buffer: Vec::new() }
    }

    /// The text of the rows, in their order.
    pub(super) fn write(&mut self, rows: &Rows<'_>) -> Result<(), IoError> {
        let text = &self.text;
        if rayon::current_thread_index().is_none() || rows.len() <= PART {
            (0..rows.len()).for_each(|row| text.row(rows, row, &mut self.buffer));
            return self.write_buffer();
        }
        let part = |start: usize| {
            let mut out = Vec::new();
            (start..(start + PART).min(rows.len())).for_each(|row| text.row(rows, row, &mut out));
            out
        };
        let parts: Vec<Vec<u8>> =
            (0..rows.len().div_ceil(PART)).into_par_iter().map(|i| part(i * PART)).collect();
        parts.iter().for_each(|part| self.buffer.extend_from_slice(part));
        self.write_buffer()
    }

    pub(super) fn finish(self) -> Result<(), IoError> {
        let mut out = match self.out {
            Out::Plain(out) => out,
            Out::Gzip(encoder) => encoder.finish().map_err(IoError::system(&self.name, "write"))?,
        };
        out.flush().map_err(IoError::system(&self.name, "write"))
    }

    fn write_buffer(&mut self) -> Result<(), IoError> {
        let written = match &mut self.out {
            Out::Plain(out) => out.write_all(&self.buffer),
            Out::Gzip(encoder) => encoder.write_all(&self.buffer),
        };
        self.buffer.clear();
        written.map_err(IoError::system(&self.name, "write"))
    }
}

impl Text {
    fn row(&self, rows: &Rows<'_>, row: usize, out: &mut Vec<u8>) {
        match self {
            Text::Csv => csv::row(rows, row, out),
            Text::Json(keys) => json_lines::row(keys, rows, row, out),
        }
    }
}
