//! A delimited text as far as its start tells it: dialect, header and the names of its columns; and how it is parsed.

use super::cut::{Cutter, Piece};
use super::dialect::Dialect;
use super::field;
use super::pass::{Pass, Workers};
use super::piece::{Fault, Plan, Want};
use crate::error::IoError;
use crate::input::{Input, holds_names};
use crate::table_options::{Header, TableOptions};
use planish_tabular::{MissingWords, did_you_mean};
use planish_tensor::Exec;
use std::collections::HashMap;

/// Bytes of a piece, but at least so many records.
const PIECE_BYTES: usize = 1 << 18;
const PIECE_RECORDS: usize = 256;
const LARGEST_PIECE: usize = 1 << 24;

/// A text with what was found at its start.
pub(super) struct Text {
    pub(super) input: Input,
    pub(super) plan: Plan,
    /// All columns of the file, in order.
    pub(super) names: Vec<String>,
    pub(super) is_first_unnamed: bool,
    piece_size: usize,
    pub(super) workers: Workers,
}

impl Text {
    /// Finds delimiter, header and names, and gives the text from its beginning.
    pub(super) fn start(
        input: Input,
        options: &TableOptions,
    ) -> Result<(Text, Cutter, Vec<String>), IoError> {
        let dialect = Dialect::detect(&input, options)?;
        let mut cutter = Cutter::new(&input, &dialect, PIECE_BYTES)?;
        let empty = || IoError::file(&input.name, "the file is empty");
        let piece = cutter.next()?.ok_or_else(empty)?;
        let start = Start::of(&piece, &dialect).ok_or_else(empty)?;
        let file = input.name.clone();
        let not_utf8 = |field: usize| {
            let what = format!("field {} is not UTF-8 text; {}", field + 1, Input::ENCODING_ADVICE);
            IoError::row(&file, start.line, what)
        };
        let cells: Vec<String> = (0..)
            .zip(start.first.clone())
            .map(|(i, cell)| String::from_utf8(cell).map_err(|_| not_utf8(i)))
            .collect::<Result<_, _>>()?;
        let has_header = match options.header {
            _ if input.is_canonical() => true,
            Header::Yes => true,
            Header::No => false,
            Header::Auto => holds_names(&cells),
        };
        let mut warnings = input.notes.clone();
        let (names, is_first_unnamed) = if has_header {
            named(&file, start.line, cells, start.second.as_deref())?
        } else {
            if options.header == Header::Auto {
                warnings.push(format!("{file}: the first row holds a number, so it is taken as data and columns are called column_1 …; if it is the header, say --header yes"));
            }
            ((1..=cells.len()).map(numbered).collect(), false)
        };
        let exec = options.exec.unwrap_or_else(Exec::best);
        let mut plan = Plan {
            dialect,
            wants: vec![Want::Numbers; names.len()],
            missing: MissingWords::default(),
            has_missing_numbers: false,
            has_header,
            strict: false,
            rests: !options.without_rests,
            isa: exec.isa,
        };
        plan.take_missing(MissingWords { more: options.na.clone(), less: Vec::new() });
        let piece_size = (start.bytes * PIECE_RECORDS).clamp(PIECE_BYTES, LARGEST_PIECE);
        cutter.resize(piece_size);
        cutter.put_back(piece);
        let workers = Workers::new(exec);
        Ok((Text { input, plan, names, is_first_unnamed, piece_size, workers }, cutter, warnings))
    }

    /// A pass over the whole text.
    pub(super) fn pass(&self) -> Result<Pass, IoError> {
        // The first piece is cut as it was when the text was opened, so that all passes have the same pieces.
        let mut cutter = Cutter::new(&self.input, &self.plan.dialect, PIECE_BYTES)?;
        if let Some(piece) = cutter.next()? {
            cutter.put_back(piece);
        }
        cutter.resize(self.piece_size);
        Ok(Pass::new(cutter, self.workers.clone()))
    }

    pub(super) fn describe(&self, fault: Fault) -> IoError {
        let (file, line) = self.input.place(fault.line);
        Fault { line, ..fault }.describe(&file, &self.names)
    }

    pub(super) fn place(&self, column: &str) -> Result<usize, IoError> {
        self.names.iter().position(|n| n == column).ok_or_else(|| {
            let near = did_you_mean(self.names.iter().map(String::as_str), column);
            IoError::file(&self.input.name, format!("there is no column {column:?}{near}"))
        })
    }

    pub(super) fn missing_column(&self, name: &str) -> IoError {
        let near = did_you_mean(self.names.iter().map(String::as_str), name);
        let what = format!("the model needs column {name:?}, which the file has not{near}");
        IoError::file(&self.input.name, what)
    }
}

/// The first records of a text.
struct Start {
    line: u64,
    first: Vec<Vec<u8>>,
    second: Option<Vec<Vec<u8>>>,
    /// Bytes of the longer of them.
    bytes: usize,
}

impl Start {
    /// Those of its first piece; `None` if there are none.
    fn of(piece: &Piece, dialect: &Dialect) -> Option<Start> {
        let (bytes, len) = (piece.bytes(), piece.len());
        let (mut at, mut line) = (0, piece.line);
        let mut records: Vec<(u64, Vec<Vec<u8>>, usize)> = Vec::new();
        while at < len && records.len() < 2 {
            let (fields, after) = field::record(bytes, at, dialect);
            if fields.len() > 1 || !fields[0].is_empty() {
                records.push((line, fields, after - at));
            }
            line += bytes[at..after].iter().filter(|b| **b == dialect.terminator).count() as u64;
            at = after;
        }
        let bytes = records.iter().map(|r| r.2).max()?;
        let mut records = records.into_iter();
        let (line, first, _) = records.next()?;
        Some(Start { line, first, second: records.next().map(|r| r.1), bytes })
    }
}

fn numbered(place: usize) -> String {
    format!("column_{place}")
}

/// The names of the columns, and whether the first has none of its own: it is empty, as pandas and R write it above the names of rows, or left
/// out, so that the rows have a field more.
fn named(
    file: &str,
    line: u64,
    mut cells: Vec<String>,
    second: Option<&[Vec<u8>]>,
) -> Result<(Vec<String>, bool), IoError> {
    let is_left_out =
        second.is_some_and(|row| row.len() == cells.len() + 1 && row.last().is_some_and(|c| !c.is_empty()));
    if is_left_out {
        cells.insert(0, "rownames".to_owned());
    }
    let is_first_unnamed = is_left_out || cells[0].is_empty();
    let names: Vec<String> =
        (1..).zip(cells).map(|(i, c)| if c.is_empty() { numbered(i) } else { c }).collect();
    let mut places = HashMap::new();
    for (i, name) in names.iter().enumerate() {
        if let Some(j) = places.insert(name, i) {
            let what = format!("columns {} and {} have the same name {name:?}", j + 1, i + 1);
            return Err(IoError::row(file, line, what));
        }
    }
    Ok((names, is_first_unnamed))
}
