//! Cuts a stream of delimited text into pieces of whole records, so that pieces can be parsed at the same time. A cut is made at the last line end
//! of a piece that is not inside quotes; where a quote opens or closes is decided as the parser decides it.

use super::dialect::Dialect;
use crate::error::IoError;
use crate::input::Input;
use memchr::{memchr, memchr_iter, memrchr};
use std::io::Read;

/// Bytes after the records of a piece that may be read but do not count, so that many can be read at once anywhere.
pub(super) const MARGIN: usize = 40;
/// The longest record.
const LONGEST: usize = 1 << 30;

/// Whole records, each with its line end.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// The records, and [`MARGIN`] bytes.
    bytes: Vec<u8>,
    /// The line at which it begins.
    pub(super) line: u64,
    /// The place of the piece among all.
    pub(super) number: usize,
}

impl Piece {
    /// The bytes with the margin.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes are records.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - MARGIN
    }
}

/// A stream that is cut into pieces.
pub(super) struct Cutter {
    name: String,
    dialect: Dialect,
    stream: Box<dyn Read + Send>,
    /// Bytes wanted in a piece.
    size: usize,
    /// What was read after the last cut.
    rest: Vec<u8>,
    line: u64,
    number: usize,
    ended: bool,
    /// A piece that was looked at and is still to come.
    returned: Option<Piece>,
    /// Room of pieces that are no longer needed.
    spare: Vec<Vec<u8>>,
}

impl Cutter {
    /// The pieces of an input from its beginning, of about this many bytes.
    pub(super) fn new(input: &Input, dialect: &Dialect, size: usize) -> Result<Cutter, IoError> {
        Ok(Cutter {
            name: input.name.clone(),
            dialect: dialect.clone(),
            stream: dialect.stream(input)?,
            size,
            rest: Vec::new(),
            line: 1,
            number: 0,
            ended: false,
            returned: None,
            spare: Vec::new(),
        })
    }

    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, IoError> {
        if let Some(piece) = self.returned.take() {
            return Ok(Some(piece));
        }
        let mut bytes = std::mem::take(&mut self.rest);
        let mut quotes = Quotes::default();
        let mut wanted = self.size;
        let end = loop {
            self.fill(&mut bytes, wanted)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            quotes.see(&bytes, &self.dialect);
            match quotes.last_end {
                Some(end) if !self.ended => break end,
                _ if self.ended => break bytes.len(),
                _ if bytes.len() >= LONGEST => return Err(self.unclosed(&bytes, &quotes)),
                _ => wanted = bytes.len() * 2,
            }
        };
        if self.ended && quotes.opened.is_some() {
            return Err(self.unclosed(&bytes, &quotes));
        }
        if let Some(at) = memchr(0, &bytes[..end]) {
            let what =
                "there is a NUL byte: this is not text in UTF-8; if it is UTF-16, say --encoding utf-16le";
            return Err(IoError::row(&self.name, self.line_at(&bytes, at), what));
        }
        self.rest = self.spare.pop().unwrap_or_default();
        self.rest.extend_from_slice(&bytes[end..]);
        bytes.truncate(end);
        let terminator = self.dialect.terminator;
        let (line, number) = (self.line, self.number);
        self.line += memchr_iter(terminator, &bytes).count() as u64;
        self.number += 1;
        bytes.resize(bytes.len() + MARGIN, 0);
        Ok(Some(Piece { bytes, line, number }))
    }

    /// Takes the room of a piece that is no longer needed.
    pub(super) fn recycle(&mut self, piece: Piece) {
        let mut room = piece.bytes;
        room.clear();
        self.spare.push(room);
    }

    /// Gives a piece back, which then comes next.
    pub(super) fn put_back(&mut self, piece: Piece) {
        self.returned = Some(piece);
    }

    /// Pieces of this size from the next on.
    pub(super) fn resize(&mut self, size: usize) {
        self.size = size;
    }

    /// Reads until there are this many bytes, or all.
    fn fill(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> Result<(), IoError> {
        if !self.ended && bytes.len() < wanted {
            let missing = wanted - bytes.len();
            bytes.reserve(missing + 1 + MARGIN);
            let failed = IoError::system(&self.name, "read");
            let read = self.stream.by_ref().take(missing as u64).read_to_end(bytes).map_err(failed)?;
            self.ended = read < missing;
            // The last record ends as all do.
            if self.ended && bytes.last().is_some_and(|b| *b != self.dialect.terminator) {
                bytes.push(self.dialect.terminator);
            }
        }
        Ok(())
    }

    fn unclosed(&self, bytes: &[u8], quotes: &Quotes) -> IoError {
        let line = self.line_at(bytes, quotes.opened.unwrap_or(0));
        let what = if quotes.opened.is_some() {
            "a quote is opened here and never closed"
        } else {
            "a record is longer than a gigabyte"
        };
        IoError::row(&self.name, line, what)
    }

    fn line_at(&self, bytes: &[u8], at: usize) -> u64 {
        self.line + memchr_iter(self.dialect.terminator, &bytes[..at]).count() as u64
    }
}

/// What is known of the quotes in bytes that grow at their end.
#[derive(Default)]
struct Quotes {
    /// How many bytes were looked at.
    seen: usize,
    /// Where the quote was opened that is not closed yet.
    opened: Option<usize>,
    /// The byte after the last line end outside quotes.
    last_end: Option<usize>,
}

impl Quotes {
    /// Looks at the bytes that were not seen before.
    fn see(&mut self, bytes: &[u8], dialect: &Dialect) {
        let mut at = self.seen;
        while at < bytes.len() {
            let next = memchr(b'"', &bytes[at..]).map_or(bytes.len(), |n| at + n);
            if self.opened.is_some() {
                if next == bytes.len() {
                    break;
                }
                // A doubled quote stands for one; whether a last quote is doubled is seen with more bytes.
                match bytes.get(next + 1) {
                    Some(b'"') => at = next + 2,
                    Some(_) => {
                        self.opened = None;
                        at = next + 1;
                    }
                    None => {
                        self.seen = next;
                        return;
                    }
                }
            } else {
                if let Some(end) = memrchr(dialect.terminator, &bytes[at..next]) {
                    self.last_end = Some(at + end + 1);
                }
                if next < bytes.len() && dialect.opens(bytes, next) {
                    self.opened = Some(next);
                }
                at = next + 1;
            }
        }
        self.seen = bytes.len();
    }
}
