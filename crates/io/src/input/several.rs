//! Several files as one table: those whose names fit a pattern such as `part-*.csv`, in the order of their names. They must have the same
//! columns in the same order; the headers of all but the first are left out. Keys of JSON may differ: a column is there if any file has it.

use super::bytes::{Bytes, Step};
use super::header::holds_names;
use super::part::Part;
use super::stream::Reader;
use crate::error::IoError;
use crate::table_options::{Header, TableOptions};
use csv::ReaderBuilder;
use std::collections::VecDeque;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The files that a table's name stands for: that file, or if there is none and the name is a pattern, all that fit it.
pub(crate) fn files_of(path: &str) -> Result<Vec<String>, IoError> {
    if path == "-" || !path.contains(['*', '?', '[']) || Path::new(path).exists() {
        return Ok(vec![path.to_owned()]);
    }
    let pattern =
        glob::glob(path).map_err(|e| IoError::file(path, format!("it is no pattern: {}", e.msg)))?;
    let mut files = Vec::new();
    for found in pattern {
        let found = found.map_err(|e| {
            let folder = e.path().display().to_string();
            IoError::system(&folder, "read")(e.into())
        })?;
        if !found.is_dir() {
            files.push(found.display().to_string());
        }
    }
    if files.is_empty() {
        return Err(IoError::file(path, "no file has this name, nor fits it as a pattern"));
    }
    files.sort();
    Ok(files)
}

/// The line at which each part begins, as far as they were read.
pub(super) type Starts = Arc<Mutex<Vec<u64>>>;

/// Parts that are one table, and the bytes and lines of each that are its header, to be left out.
#[derive(Clone, Debug)]
pub(super) struct Several {
    parts: Vec<(Part, u64, u64)>,
    starts: Starts,
}

impl Several {
    /// Checks that the parts have the same columns.
    pub(super) fn new(parts: Vec<Part>, options: &TableOptions) -> Result<Several, IoError> {
        let parts = united(parts, options);
        let (first, rest) = parts.split_first().ok_or_else(|| IoError::file("", "no file"))?;
        let start = Start::of(first, options)?;
        let mut all = vec![(first.clone(), 0, 0)];
        for part in rest {
            if part.is_canonical() != first.is_canonical() {
                let what = format!("its format is another than that of {}", first.name());
                return Err(IoError::file(part.name(), what));
            }
            let own = Start::of(part, options)?;
            check_same(first.name(), &start, part.name(), &own)?;
            let (bytes, lines) = if start.is_header { (own.bytes, own.lines) } else { (0, 0) };
            all.push((part.clone(), bytes, lines));
        }
        Ok(Several { parts: all, starts: Starts::default() })
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().map(|(part, ..)| part)
    }

    /// The text of all.
    pub(super) fn reader(&self) -> Reader {
        if let Ok(mut starts) = self.starts.lock() {
            starts.clear();
        }
        let parts = self.parts.iter().map(|(part, bytes, _)| (part.clone(), *bytes)).collect();
        Box::new(Joined {
            parts,
            is_first: true,
            current: None,
            last: b'\n',
            lines: 0,
            starts: self.starts.clone(),
        })
    }

    /// The file and line of a line of the text, as far as it was read.
    pub(super) fn place(&self, line: u64) -> Option<(String, u64)> {
        let starts = self.starts.lock().ok()?;
        let index = starts.iter().rposition(|&start| start < line)?;
        let (part, _, header) = self.parts.get(index)?;
        Some((part.name().to_owned(), line - starts[index] + header))
    }
}

/// What a part begins with.
struct Start {
    cells: Vec<String>,
    is_header: bool,
    /// The length of the first row.
    bytes: u64,
    lines: u64,
}

impl Start {
    fn of(part: &Part, options: &TableOptions) -> Result<Start, IoError> {
        let Some(text) = part.kept() else {
            let cells = part.names().unwrap_or_default().to_vec();
            return Ok(Start { cells, is_header: true, bytes: 0, lines: 0 });
        };
        let mut start = Start::of_text(text, options)?;
        start.is_header = match options.header {
            _ if part.is_canonical() => true,
            Header::Yes => true,
            Header::No => false,
            Header::Auto => holds_names(&start.cells),
        };
        Ok(start)
    }

    fn of_text(text: &Bytes, options: &TableOptions) -> Result<Start, IoError> {
        let head = text.head()?;
        let line = head.split(|&b| b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
        let count = |sign: u8| line.iter().filter(|&&b| b == sign).count();
        let found = [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|&sign| count(sign));
        let delimiter = options.delimiter.or(found).unwrap_or(b',');
        let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(&head[..]);
        let mut record = csv::ByteRecord::new();
        let is_read = reader.read_byte_record(&mut record).unwrap_or(false);
        let bytes = reader.position().byte();
        if !is_read || (bytes == head.len() as u64 && !head.ends_with(b"\n") && follows(text, bytes)?) {
            return Err(IoError::file(&text.name, "its first row is longer than 64 KiB, or cannot be read"));
        }
        let cell = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
        let cells = record.iter().map(cell).collect();
        let lines = head[..bytes as usize].iter().filter(|&&b| b == b'\n').count() as u64;
        Ok(Start { cells, is_header: true, bytes, lines })
    }
}

/// Whether there is more text from this byte on.
fn follows(text: &Bytes, from: u64) -> Result<bool, IoError> {
    let n = text.reader(from)?.read(&mut [0]).map_err(IoError::system(&text.name, "read"))?;
    Ok(n > 0)
}

fn check_same(first: &str, start: &Start, name: &str, own: &Start) -> Result<(), IoError> {
    let (wanted, found) = (&start.cells, &own.cells);
    if start.is_header
        && let Some((i, (wanted, found))) = wanted.iter().zip(found).enumerate().find(|(_, (a, b))| a != b)
    {
        let what = format!("column {} is {found:?}, and {wanted:?} in {first}", i + 1);
        return Err(IoError::file(name, what));
    }
    if wanted.len() == found.len() {
        return Ok(());
    }
    let what = format!("it has {} columns, and {first} has {}", found.len(), wanted.len());
    Err(IoError::file(name, what))
}

/// The same parts; those of JSON with the columns of all of them.
fn united(parts: Vec<Part>, options: &TableOptions) -> Vec<Part> {
    let mut names: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for part in &parts {
        let fresh = part.names().unwrap_or_default().iter().filter(|name| seen.insert((*name).clone()));
        names.extend(fresh.cloned().collect::<Vec<_>>());
    }
    let unite = |part| {
        if let Part::Json(json) = part { Part::Json(json.with_names(names.clone(), options)) } else { part }
    };
    parts.into_iter().map(unite).collect()
}

/// Reads the parts one after the other.
struct Joined {
    parts: VecDeque<(Part, u64)>,
    is_first: bool,
    current: Option<Reader>,
    last: u8,
    lines: u64,
    starts: Starts,
}

impl Joined {
    fn open(&mut self, part: &Part, header: u64) -> Result<Reader, IoError> {
        if let Ok(mut starts) = self.starts.lock() {
            starts.push(self.lines);
        }
        let reader = part.reader(std::mem::take(&mut self.is_first))?;
        Step::Skip(header).through(part.name(), reader)
    }
}

impl Read for Joined {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(reader) = &mut self.current else {
                let Some((part, header)) = self.parts.pop_front() else { return Ok(0) };
                self.current = Some(self.open(&part, header)?);
                continue;
            };
            let mut n = reader.read(out)?;
            if n == 0 {
                self.current = None;
                // The last line of a part may have no end.
                if self.last != b'\n' {
                    out[0] = b'\n';
                    n = 1;
                }
            }
            if n > 0 {
                self.last = out[n - 1];
                self.lines += out[..n].iter().filter(|&&b| b == b'\n').count() as u64;
                return Ok(n);
            }
        }
    }
}
