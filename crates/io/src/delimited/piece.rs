//! Parses a piece of delimited text into columns. A cell of a column of numbers is read where it lies, in one go with finding its end; whatever
//! is not a plain decimal takes a slower way. Text becomes codes into a dictionary of the piece.

use super::cut::Piece;
use super::dialect::Dialect;
use super::field;
use super::recent::{Recent, Short};
use planish_tabular::{Dictionary, MissingWords, TextColumn};
use planish_tensor::decimal::{Decimals, Form, scan};
use planish_tensor::{Dd, Isa};
use std::sync::Arc;

/// What is wanted of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Want {
    Nothing,
    /// Numbers; a cell that is none is a fault, or, where kinds are still to be found, makes the column one of text.
    Numbers,
    Text,
}

/// How pieces are parsed.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) dialect: Dialect,
    /// What is wanted of each field.
    pub(super) wants: Vec<Want>,
    pub(super) missing: MissingWords,
    /// Whether some number stands for a missing value, so that each must be looked at as text.
    pub(super) has_missing_numbers: bool,
    /// Whether the first record is a header.
    pub(super) has_header: bool,
    /// Whether a cell that is no number is a fault.
    pub(super) strict: bool,
    /// Whether the rests of numbers are kept.
    pub(super) rests: bool,
    pub(super) isa: Isa,
}

/// The columns of a piece, one a field.
pub(super) struct Parsed {
    pub(super) columns: Vec<Cells>,
    pub(super) lines: Lines,
}

/// The lines of the rows of a piece.
#[derive(Clone, Debug)]
pub(super) enum Lines {
    /// One after the other, from the first on: so many.
    Run(u64, usize),
    Each(Vec<u64>),
}

impl Lines {
    fn new(lines: Vec<u64>) -> Lines {
        let Some(&first) = lines.first() else { return Lines::Run(0, 0) };
        let is_run = (first..).zip(&lines).all(|(a, b)| a == *b);
        if is_run { Lines::Run(first, lines.len()) } else { Lines::Each(lines) }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Lines::Run(_, n) => *n,
            Lines::Each(lines) => lines.len(),
        }
    }

    /// The line of a row.
    pub(super) fn at(&self, row: usize) -> u64 {
        match self {
            Lines::Run(first, _) => first + row as u64,
            Lines::Each(lines) => lines[row],
        }
    }
}

/// A column of a piece.
#[derive(Clone, Debug)]
pub(super) enum Cells {
    Nothing,
    Numbers { hi: Vec<f64>, lo: Vec<f64>, facts: NumberFacts },
    Text { codes: Vec<u32>, dictionary: Arc<Dictionary> },
}

/// What the numbers of a column look like.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberFacts {
    /// All are written by digits alone.
    pub(super) integers: bool,
    /// One begins with a zero that has no meaning: `007`.
    pub(super) leading_zero: bool,
    /// They are integers beyond 2⁵³, not all of which are different numbers.
    pub(super) large: bool,
}

/// Integers up to this one are told apart.
const LARGEST_INTEGER: f64 = 9_007_199_254_740_992.0;

impl Default for NumberFacts {
    fn default() -> Self {
        NumberFacts { integers: true, leading_zero: false, large: false }
    }
}

impl NumberFacts {
    /// Those of both.
    pub(super) fn and(self, other: NumberFacts) -> NumberFacts {
        NumberFacts {
            integers: self.integers && other.integers,
            leading_zero: self.leading_zero || other.leading_zero,
            large: self.large || other.large,
        }
    }
}

/// What is wrong in a piece.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) what: FaultKind,
}

#[derive(Debug)]
pub(super) enum FaultKind {
    /// A row with this many fields.
    Ragged(usize),
    /// A field that is not UTF-8.
    NotUtf8 { field: usize },
    /// A cell that is no number.
    NoNumber { field: usize, found: String },
    /// A cell that is not what its column has.
    NoValue { field: usize, found: String, expected: &'static str },
}

/// A column that grows.
enum Growing {
    Nothing,
    Numbers {
        decimals: Decimals,
        form: Form,
    },
    /// Numbers were wanted and something else was found.
    Conflict,
    Text {
        codes: Vec<u32>,
        dictionary: Dictionary,
        recent: Recent,
    },
}

impl Plan {
    /// Lets these words stand for a missing value.
    pub(super) fn take_missing(&mut self, words: MissingWords) {
        self.has_missing_numbers = words.more.iter().any(|word| Dd::parse_decimal(word).is_some());
        self.missing = words;
    }

    /// The columns of a piece.
    pub(super) fn parse(&self, piece: &Piece) -> Result<Parsed, Fault> {
        let mut first = Scan::new(self, piece, &self.wants);
        first.run()?;
        let lines = Lines::new(std::mem::take(&mut first.lines));
        let is_conflict = |c: &Growing| matches!(c, Growing::Conflict);
        let again: Vec<Want> =
            first.columns.iter().map(|c| if is_conflict(c) { Want::Text } else { Want::Nothing }).collect();
        let mut columns: Vec<Cells> = first.columns.into_iter().map(|c| self.finish(c)).collect();
        if again.contains(&Want::Text) {
            let mut second = Scan::new(self, piece, &again);
            second.run()?;
            for (column, text) in columns.iter_mut().zip(second.columns) {
                if matches!(text, Growing::Text { .. }) {
                    *column = self.finish(text);
                }
            }
        }
        Ok(Parsed { columns, lines })
    }

    fn finish(&self, column: Growing) -> Cells {
        match column {
            Growing::Nothing | Growing::Conflict => Cells::Nothing,
            Growing::Numbers { decimals, form } => {
                let (mut hi, mut lo) = (Vec::new(), Vec::new());
                decimals.convert(self.isa, &mut hi, self.rests.then_some(&mut lo));
                let integers = form.is_integer();
                let large = integers && hi.iter().any(|x| x.abs() >= LARGEST_INTEGER);
                let facts = NumberFacts { integers, leading_zero: form.has_leading_zero(), large };
                if lo.iter().all(|x| *x == 0.0) {
                    lo = Vec::new();
                }
                Cells::Numbers { hi, lo, facts }
            }
            Growing::Text { mut codes, dictionary, .. } => {
                let is_missing: Vec<bool> = dictionary.texts().iter().map(|t| self.missing.has(t)).collect();
                if is_missing.contains(&true) {
                    for code in codes.iter_mut().filter(|code| is_missing[**code as usize]) {
                        *code = TextColumn::MISSING;
                    }
                }
                Cells::Text { codes, dictionary: Arc::new(dictionary) }
            }
        }
    }
}

/// A walk over the records of a piece.
struct Scan<'a> {
    plan: &'a Plan,
    piece: &'a Piece,
    columns: Vec<Growing>,
    lines: Vec<u64>,
    line: u64,
}

impl<'a> Scan<'a> {
    fn new(plan: &'a Plan, piece: &'a Piece, wants: &[Want]) -> Scan<'a> {
        let column = |want: &Want| match want {
            Want::Nothing => Growing::Nothing,
            Want::Numbers => Growing::Numbers { decimals: Decimals::default(), form: Form::default() },
            Want::Text => Growing::Text {
                codes: Vec::new(),
                dictionary: Dictionary::default(),
                recent: Recent::default(),
            },
        };
        let columns = wants.iter().map(column).collect();
        Scan { plan, piece, columns, lines: Vec::new(), line: piece.line }
    }

    fn run(&mut self) -> Result<(), Fault> {
        let (bytes, len) = (self.piece.bytes(), self.piece.len());
        let mut at = 0;
        let mut is_header = self.plan.has_header && self.piece.number == 0;
        while at < len {
            if let Some(end) = self.blank_line(bytes, at) {
                self.line += 1;
                at = end + 1;
            } else if is_header {
                let after = field::record(bytes, at, &self.plan.dialect).1;
                let is_end = |b: &&u8| **b == self.plan.dialect.terminator;
                self.line += bytes[at..after].iter().filter(is_end).count() as u64;
                (at, is_header) = (after, false);
            } else {
                let start = at;
                at = self.record(bytes, at)?;
                if self.lines.len() == 1 {
                    self.reserve((len - start) / (at - start));
                }
            }
        }
        Ok(())
    }

    /// Makes room for about so many rows.
    fn reserve(&mut self, rows: usize) {
        let rows = rows + rows / 8;
        self.lines.reserve(rows);
        for column in &mut self.columns {
            match column {
                Growing::Numbers { decimals, .. } => decimals.reserve(rows),
                Growing::Text { codes, .. } => codes.reserve(rows),
                Growing::Nothing | Growing::Conflict => {}
            }
        }
    }

    /// The end of the line that begins here, if nothing is in it.
    #[inline(always)]
    fn blank_line(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let Dialect { terminator, delimiter, .. } = self.plan.dialect;
        if bytes[at] == terminator {
            return Some(at);
        }
        if !bytes[at].is_ascii_whitespace() || bytes[at] == delimiter {
            return None;
        }
        let end = at + memchr::memchr(terminator, &bytes[at..])?;
        let is_blank = bytes[at..end].trim_ascii().is_empty() && !bytes[at..end].contains(&delimiter);
        // In a table of one column it is a row without a value.
        (is_blank && (self.columns.len() > 1 || bytes[at..end] == *b"\r")).then_some(end)
    }

    /// Takes a record; returns the byte after its line end.
    #[inline(always)]
    fn record(&mut self, bytes: &[u8], start: usize) -> Result<usize, Fault> {
        let (plan, line) = (self.plan, self.line);
        let (terminator, last) = (plan.dialect.terminator, self.columns.len() - 1);
        let (mut at, mut lines) = (start, 1);
        for (number, column) in self.columns.iter_mut().enumerate() {
            let end = match column {
                Growing::Numbers { decimals, form } => match number_at(plan, bytes, at, decimals, form) {
                    Some(end) => end,
                    None => {
                        let slow = slow_number(plan, bytes, at, column);
                        lines += slow.lines;
                        if let (Some(found), true) = (slow.found, plan.strict) {
                            return Err(Fault { line, what: FaultKind::NoNumber { field: number, found } });
                        }
                        slow.end
                    }
                },
                Growing::Text { codes, dictionary, recent } => {
                    let field = field::read(bytes, at, &plan.dialect);
                    lines += field.lines;
                    let code = code(&field.text, dictionary, recent)
                        .ok_or(Fault { line, what: FaultKind::NotUtf8 { field: number } })?;
                    codes.push(code);
                    field.end
                }
                Growing::Nothing | Growing::Conflict => {
                    let field = field::read(bytes, at, &plan.dialect);
                    lines += field.lines;
                    field.end
                }
            };
            at = end + 1;
            if (bytes[end] == terminator) != (number == last) {
                let fields = field::record(bytes, start, &plan.dialect).0.len();
                return Err(Fault { line, what: FaultKind::Ragged(fields) });
            }
        }
        self.lines.push(line);
        self.line += lines;
        Ok(at)
    }
}

/// Takes a plain decimal, or nothing, that begins at this byte and goes up to the end of its field, which is returned; `None` if it does not.
#[inline(always)]
fn number_at(
    plan: &Plan,
    bytes: &[u8],
    at: usize,
    decimals: &mut Decimals,
    form: &mut Form,
) -> Option<usize> {
    if plan.has_missing_numbers {
        return None;
    }
    let Dialect { delimiter, terminator, .. } = plan.dialect;
    let ends = |end: usize| {
        if bytes[end] == delimiter || bytes[end] == terminator {
            return Some(end);
        }
        (bytes[end] == b'\r' && bytes[end + 1] == terminator).then_some(end + 1)
    };
    if let Some(end) = ends(at) {
        decimals.push_missing();
        return Some(end);
    }
    let (decimal, seen, end) = scan(bytes, at)?;
    let end = ends(end)?;
    form.add(seen);
    decimals.push(decimal);
    Some(end)
}

/// A cell that was not read the quick way.
struct Slow {
    end: usize,
    lines: u64,
    /// What it is, if it is no number.
    found: Option<String>,
}

#[cold]
fn slow_number(plan: &Plan, bytes: &[u8], at: usize, column: &mut Growing) -> Slow {
    let field = field::read(bytes, at, &plan.dialect);
    let mut slow = Slow { end: field.end, lines: field.lines, found: None };
    let Growing::Numbers { decimals, form } = column else { return slow };
    let text = std::str::from_utf8(&field.text).ok();
    if text.is_some_and(|t| plan.missing.has(t)) {
        decimals.push_missing();
    } else if let Some((text, number)) = text.and_then(|t| Some((t, Dd::parse_decimal(t)?))) {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let integer = digits.bytes().all(|b| b.is_ascii_digit());
        form.add(match integer {
            true if digits.len() > 1 && digits.starts_with('0') => Form::LEADING_ZERO,
            true => Form::INTEGER,
            false => Form::FRACTION,
        });
        decimals.push_known(number);
    } else {
        slow.found = Some(String::from_utf8_lossy(&field.text).into_owned());
        *column = Growing::Conflict;
    }
    slow
}

/// The code of a text; `None` if it is not UTF-8.
#[inline(always)]
fn code(text: &[u8], dictionary: &mut Dictionary, recent: &mut Recent) -> Option<u32> {
    let short = Short::of(text);
    if let Some(code) = short.and_then(|text| recent.code(text)) {
        return Some(code);
    }
    let code = dictionary.code_of_bytes(text).ok()?;
    if let Some(text) = short {
        recent.keep(text, code);
    }
    Some(code)
}
