//! Delimited text as a source of rows. Rows come from pieces of the text that are parsed at the same time (`pass`, `piece`). If the columns and their
//! kinds are given, each pass parses the text again, and memory does not depend on its length; if not, it is parsed once, kept as columns (`survey`,
//! `held`), and its kinds are settled by all of its cells (`kinds`).
//!
//! Cells are trimmed; fields may be quoted with `"`, doubled inside. Numbers keep their whole decimal (hi + lo). Infinite cells are errors.
//! Every error names file, line and field.

mod cut;
mod dialect;
mod field;
mod held;
mod kinds;
mod pass;
mod piece;
mod recent;
mod spelling;
mod survey;
#[cfg(test)]
mod tests;
mod text;

use crate::error::IoError;
use crate::input::Input;
use crate::table_options::{TableOptions, WishedKind};
use held::Held;
use kinds::Settling;
use pass::Pass;
use piece::{Cells, Fault, FaultKind, Parsed, Want};
use planish_tabular::{
    BLOCK_ROWS, Column, ColumnSchema, Dictionary, Kind, LeftOut, RowSource, Schema, Table, TextColumn,
    parse_date, parse_formatted,
};
use planish_tensor::Dd;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use survey::Survey;
use text::Text;

/// Rows of a delimited text.
pub(crate) struct DelimitedSource {
    text: Text,
    schema: Schema,
    /// The field of each column of the schema.
    fields: Vec<usize>,
    rows: Rows,
    /// The piece that rows are taken from, and the next of its rows.
    current: Option<(Arc<Parsed>, usize)>,
    warnings: Vec<String>,
    left_out: Vec<LeftOut>,
}

/// Where rows come from.
enum Rows {
    /// A pass over the text.
    Parsed(Box<Pass>),
    /// Columns, the next piece, and how the cells of a text column are to be read.
    Held { columns: Held, next: usize, readings: Vec<Reading> },
}

/// How the text of a column is read.
enum Reading {
    /// It is no text, or unused.
    None,
    Text(Arc<Dictionary>),
    /// The number of each text.
    Numbers(Vec<Dd>),
}

impl DelimitedSource {
    /// Opens a table of these columns; of all of them, of kinds that its cells have, if none are given.
    pub(crate) fn open(input: Input, options: &TableOptions) -> Result<DelimitedSource, IoError> {
        let (text, cutter, mut warnings) = Text::start(input, options)?;
        let pass = Pass::new(cutter, text.workers.clone());
        match &options.columns {
            Some(schema) => {
                let schema = options.others.beside(schema.clone(), &text.input.name, &text.names)?;
                Self::of_columns(text, pass, schema, warnings)
            }
            None => {
                let mut source = Self::surveyed(text, pass, options)?;
                warnings.append(&mut source.warnings);
                Ok(DelimitedSource { warnings, ..source })
            }
        }
    }

    /// Reads these columns of the file.
    fn of_columns(
        mut text: Text,
        pass: Pass,
        schema: Schema,
        warnings: Vec<String>,
    ) -> Result<DelimitedSource, IoError> {
        let places: HashMap<&str, usize> =
            text.names.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
        let field = |c: &ColumnSchema| {
            places.get(c.name.as_str()).copied().ok_or_else(|| text.missing_column(&c.name))
        };
        let fields = schema.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        text.plan.strict = true;
        text.plan.take_missing(schema.missing.clone());
        text.plan.wants.fill(Want::Nothing);
        for (column, &field) in schema.columns.iter().zip(&fields) {
            text.plan.wants[field] = match column.kind {
                Kind::Number => Want::Numbers,
                Kind::Category | Kind::Formatted(_) | Kind::Date(_) => Want::Text,
            };
        }
        let rows = Rows::Parsed(Box::new(pass));
        Ok(DelimitedSource { text, schema, fields, rows, current: None, warnings, left_out: Vec::new() })
    }

    /// Reads all columns of the file, of the kinds that its cells have.
    fn surveyed(text: Text, pass: Pass, options: &TableOptions) -> Result<DelimitedSource, IoError> {
        for (column, _) in &options.kinds {
            text.place(column)?;
        }
        let is_category = |name: &str| {
            options.kinds.iter().rev().find(|(column, _)| column == name).map(|(_, wish)| *wish)
                == Some(WishedKind::Category)
        };
        let fields = 0..text.names.len();
        let as_text = |&field: &usize| options.decimal.is_some() || is_category(&text.names[field]);
        let found = Survey {
            plan: text.plan.clone(),
            texts: fields.clone().filter(as_text).collect(),
            limit: columns_of(options.memory.unwrap_or_else(half_of_memory)),
            again: &|| text.pass(),
            describe: &|fault| text.describe(fault),
        }
        .run(pass)?;
        text.input.check_unchanged()?;
        if found.rows == 0 {
            return Err(IoError::file(&text.input.name, "there are no rows below the header"));
        }
        let settled = Settling {
            file: &text.input.name,
            names: &text.names,
            is_first_unnamed: text.is_first_unnamed,
            found: &found,
            options,
        }
        .run()?;
        let readings = found.fields.into_iter().zip(&settled.kinds).map(|(facts, kind)| {
            if facts.is_text() { Reading::of(facts.dictionary, *kind) } else { Reading::None }
        });
        let column = |(name, kind): (&String, &Kind)| ColumnSchema { name: name.clone(), kind: *kind };
        let columns = text.names.iter().zip(&settled.kinds).map(column).collect();
        let schema = Schema { columns, missing: text.plan.missing.clone() };
        let rows = Rows::Held { readings: readings.collect(), columns: found.held, next: 0 };
        Ok(DelimitedSource {
            fields: fields.collect(),
            text,
            schema,
            rows,
            current: None,
            warnings: settled.warnings,
            left_out: settled.left_out,
        })
    }

    /// Makes the next piece the current one; whether there is one.
    fn advance(&mut self) -> Result<bool, IoError> {
        let DelimitedSource { text, rows, current, .. } = self;
        let piece = match rows {
            Rows::Parsed(pass) => match pass.next(&text.plan, |fault| text.describe(fault))? {
                Some(piece) => Arc::new(piece),
                None => {
                    text.input.check_unchanged()?;
                    return Ok(false);
                }
            },
            Rows::Held { columns, next, .. } if *next < columns.pieces() => {
                *next += 1;
                columns.piece(*next - 1)?
            }
            Rows::Held { .. } => return Ok(false),
        };
        *current = Some((piece, 0));
        Ok(true)
    }

    /// Appends rows of a piece to a table.
    fn append(&self, table: &mut Table, piece: &Parsed, rows: std::ops::Range<usize>) -> Result<(), IoError> {
        for (position, (&field, column)) in self.fields.iter().zip(&self.schema.columns).enumerate() {
            let cells = &piece.columns[field];
            match (table.column_mut(position), cells) {
                (Column::Number(to), Cells::Numbers { hi, lo, .. }) => {
                    let lo = if lo.is_empty() { &[] } else { &lo[rows.clone()] };
                    to.extend(&hi[rows.clone()], lo);
                }
                (Column::Number(to), Cells::Text { codes, dictionary }) => {
                    let codes = &codes[rows.clone()];
                    match &self.rows {
                        Rows::Held { readings, .. } => match &readings[field] {
                            Reading::Numbers(numbers) => extend_by(to, codes, numbers),
                            Reading::None | Reading::Text(_) => unreachable!("text is read as numbers"),
                        },
                        Rows::Parsed(_) => {
                            let lines = |row: usize| piece.lines.at(rows.start + row);
                            self.extend_checked(to, codes, dictionary, (field, column), lines)?;
                        }
                    }
                }
                (Column::Text(to), Cells::Text { codes, dictionary }) => {
                    let dictionary = match &self.rows {
                        Rows::Held { readings, .. } => match &readings[field] {
                            Reading::Text(dictionary) => dictionary,
                            Reading::None | Reading::Numbers(_) => unreachable!("text is read as text"),
                        },
                        Rows::Parsed(_) => dictionary,
                    };
                    to.extend(&codes[rows.clone()], dictionary);
                }
                (Column::Number(_), Cells::Nothing)
                | (Column::Text(_), Cells::Nothing | Cells::Numbers { .. }) => {
                    unreachable!("columns are parsed by their kinds")
                }
            }
        }
        table.end_rows(rows.map(|row| piece.lines.at(row)));
        Ok(())
    }

    /// Appends the numbers of texts; one that is none is an error.
    fn extend_checked(
        &self,
        to: &mut planish_tabular::NumberColumn,
        codes: &[u32],
        dictionary: &Dictionary,
        (field, column): (usize, &ColumnSchema),
        line: impl Fn(usize) -> u64,
    ) -> Result<(), IoError> {
        // A format with numbers of its own writes them plainly, whatever the marks of the column elsewhere.
        let is_plain = self.text.input.is_canonical() && column.kind.is_numbers();
        let read = |t: &String| match is_plain.then(|| Dd::parse_decimal(t)).flatten() {
            Some(plain) => Some(plain),
            None => number(t, column.kind),
        };
        let numbers: Vec<Option<Dd>> = dictionary.texts().iter().map(read).collect();
        let is_wrong = |code: &u32| *code != TextColumn::MISSING && numbers[*code as usize].is_none();
        if let Some(row) = codes.iter().position(is_wrong) {
            let expected = match column.kind {
                Kind::Date(order) => order.needed(),
                Kind::Number | Kind::Formatted(_) | Kind::Category => "number",
            };
            let found = dictionary.text(codes[row]).unwrap_or_default().to_owned();
            let what = FaultKind::NoValue { field, found, expected };
            return Err(self.text.describe(Fault { line: line(row), what }));
        }
        let numbers: Vec<Dd> = numbers.into_iter().map(Option::unwrap_or_default).collect();
        extend_by(to, codes, &numbers);
        Ok(())
    }
}

/// The number that a text stands for in a column of this kind.
fn number(text: &str, kind: Kind) -> Option<Dd> {
    match kind {
        Kind::Number => Dd::parse_decimal(text),
        Kind::Formatted(mark) => parse_formatted(text, mark),
        Kind::Date(order) => parse_date(text, order).map(Dd::from),
        Kind::Category => None,
    }
}

/// Appends the numbers of codes.
fn extend_by(to: &mut planish_tabular::NumberColumn, codes: &[u32], numbers: &[Dd]) {
    let missing = Dd { hi: f64::NAN, lo: 0.0 };
    let at = |code: &u32| if *code == TextColumn::MISSING { missing } else { numbers[*code as usize] };
    let hi: Vec<f64> = codes.iter().map(|c| at(c).hi).collect();
    let lo: Vec<f64> = codes.iter().map(|c| at(c).lo).collect();
    to.extend(&hi, &lo);
}

impl Reading {
    /// How a column of these texts is read as this kind, which all of them fit.
    fn of(dictionary: Dictionary, kind: Kind) -> Reading {
        if kind == Kind::Category {
            return Reading::Text(Arc::new(dictionary));
        }
        let number = |text: &String| number(text, kind).unwrap_or_default();
        Reading::Numbers(dictionary.texts().iter().map(number).collect())
    }
}

impl RowSource for DelimitedSource {
    type Error = IoError;

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn next(&mut self, table: &mut Table) -> Result<(), IoError> {
        table.clear();
        while table.rows() < BLOCK_ROWS {
            let Some((piece, at)) = self.current.take() else {
                if self.advance()? {
                    continue;
                }
                break;
            };
            let end = piece.lines.len().min(at + BLOCK_ROWS - table.rows());
            self.append(table, &piece, at..end)?;
            self.current = (end < piece.lines.len()).then_some((piece, end));
        }
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), IoError> {
        self.current = None;
        match &mut self.rows {
            Rows::Parsed(pass) if pass.is_fresh() => {}
            Rows::Parsed(pass) => **pass = self.text.pass()?,
            Rows::Held { next, .. } => *next = 0,
        }
        Ok(())
    }

    fn name(&self) -> &str {
        &self.text.input.name
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn ignored(&self) -> Vec<&str> {
        let used: HashSet<usize> = self.fields.iter().copied().collect();
        let names = &self.text.names;
        (0..names.len()).filter(|i| !used.contains(i)).map(|i| names[i].as_str()).collect()
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}

/// What is left for columns of this much memory: the pieces in hand, and the program itself, need some, too.
fn columns_of(memory: u64) -> u64 {
    memory - (memory / 8).min(64 << 20)
}

/// Half of the machine's memory, in bytes.
fn half_of_memory() -> u64 {
    let kib = |text: String| {
        let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        total.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    std::fs::read_to_string("/proc/meminfo").ok().and_then(kib).map_or(4 << 30, |kib| kib * 512)
}
