//! A table in memory: typed columns of equal length.
//!
//! A number is kept as hi + lo, the `f64` and the rest of its decimal; `lo` is stored only for columns where some rest
//! is not zero. Text is kept as codes into the column's own dictionary. A missing number is NaN, missing text has
//! the code [`TextColumn::MISSING`].

use crate::date::parse_date;
use crate::dictionary::Dictionary;
use crate::error::TabularError;
use crate::formatted::parse_formatted;
use crate::schema::{Kind, Schema};
use planish_tensor::Dd;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// A missing number.
const MISSING: Dd = Dd { hi: f64::NAN, lo: 0.0 };

/// Numbers; NaN is missing.
#[derive(Clone, Debug, Default)]
pub struct NumberColumn {
    hi: Vec<f64>,
    /// Empty while every rest is zero.
    lo: Vec<f64>,
}

/// Text, as codes into a dictionary, which may be shared with other columns.
#[derive(Clone, Debug, Default)]
pub struct TextColumn {
    codes: Vec<u32>,
    dictionary: Arc<Dictionary>,
}

/// A column.
#[derive(Clone, Debug)]
pub enum Column {
    /// Numbers.
    Number(NumberColumn),
    /// Text.
    Text(TextColumn),
}

/// A table with a schema.
#[derive(Clone, Debug)]
pub struct Table {
    schema: Schema,
    columns: Vec<Column>,
    /// The position of each column, by name; looked up, never walked.
    positions: HashMap<String, usize>,
    /// The line of each row in its file, 0 if there is none.
    lines: Vec<u64>,
}

impl NumberColumn {
    fn push(&mut self, x: Option<Dd>) {
        let x = x.unwrap_or(MISSING);
        if x.lo != 0.0 && self.lo.is_empty() {
            self.lo.resize(self.hi.len(), 0.0);
        }
        if x.lo != 0.0 || !self.lo.is_empty() {
            self.lo.push(x.lo);
        }
        self.hi.push(x.hi);
    }

    /// Appends numbers with their rests, or without if `lo` is empty.
    ///
    /// # Panics
    /// If there are rests, but not one a number.
    pub fn extend(&mut self, hi: &[f64], lo: &[f64]) {
        assert!(lo.is_empty() || lo.len() == hi.len(), "one rest a number");
        let has_rests = lo.iter().any(|x| *x != 0.0);
        if has_rests && self.lo.is_empty() {
            self.lo.resize(self.hi.len(), 0.0);
        }
        self.hi.extend_from_slice(hi);
        if has_rests {
            self.lo.extend_from_slice(lo);
        } else if !self.lo.is_empty() {
            self.lo.resize(self.hi.len(), 0.0);
        }
    }

    /// The number in this row, `None` if missing.
    pub fn at(&self, row: usize) -> Option<Dd> {
        let hi = self.hi[row];
        (!hi.is_nan()).then(|| Dd { hi, lo: self.lo.get(row).copied().unwrap_or(0.0) })
    }

    /// The leading parts; NaN is missing.
    pub fn values(&self) -> &[f64] {
        &self.hi
    }

    /// The rests of the decimals; none if all are zero.
    pub fn rests(&self) -> Option<&[f64]> {
        (!self.lo.is_empty()).then_some(&self.lo)
    }
}

impl FromIterator<Option<Dd>> for NumberColumn {
    fn from_iter<I: IntoIterator<Item = Option<Dd>>>(numbers: I) -> NumberColumn {
        let mut column = NumberColumn::default();
        numbers.into_iter().for_each(|x| column.push(x));
        column
    }
}

impl TextColumn {
    /// The code of missing text.
    pub const MISSING: u32 = u32::MAX;

    /// Codes into this dictionary of different texts.
    pub(crate) fn coded(codes: Vec<u32>, texts: Vec<String>) -> TextColumn {
        TextColumn { codes, dictionary: Arc::new(texts.iter().collect()) }
    }

    fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(Self::MISSING, |t| self.code(t));
        self.codes.push(code);
    }

    /// The code of this text, which gets one if it has none.
    fn code(&mut self, text: &str) -> u32 {
        match self.dictionary.place(text) {
            Some(code) => code,
            None => Arc::make_mut(&mut self.dictionary).code(text),
        }
    }

    /// Appends the texts that these codes have in a dictionary; each is looked up once. A column without rows takes over the dictionary.
    pub fn extend(&mut self, codes: &[u32], dictionary: &Arc<Dictionary>) {
        self.append(codes, dictionary, 0..codes.len());
    }

    fn append(&mut self, from: &[u32], dictionary: &Arc<Dictionary>, rows: impl Iterator<Item = usize>) {
        if self.codes.is_empty() {
            self.dictionary = dictionary.clone();
        }
        if Arc::ptr_eq(&self.dictionary, dictionary) {
            self.codes.extend(rows.map(|row| from[row]));
            return;
        }
        let mut known = vec![Self::MISSING; dictionary.len()];
        for row in rows {
            let code = match dictionary.text(from[row]) {
                None => Self::MISSING,
                Some(text) => {
                    let known = &mut known[from[row] as usize];
                    if *known == Self::MISSING {
                        *known = self.code(text);
                    }
                    *known
                }
            };
            self.codes.push(code);
        }
    }

    /// The text in this row, `None` if missing.
    pub fn at(&self, row: usize) -> Option<&str> {
        self.dictionary.text(self.codes[row])
    }

    /// The code of each row.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The dictionary.
    pub fn dictionary(&self) -> &[String] {
        self.dictionary.texts()
    }
}

impl Column {
    fn new(kind: Kind) -> Column {
        match kind {
            Kind::Number | Kind::Formatted(_) | Kind::Date(_) => Column::Number(NumberColumn::default()),
            Kind::Category => Column::Text(TextColumn::default()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Column::Number(c) => c.hi.len(),
            Column::Text(c) => c.codes.len(),
        }
    }

    /// The rows that have a value; none if all have one.
    pub fn with_values(&self) -> Option<Vec<u32>> {
        let missing = match self {
            Column::Number(c) => c.hi.iter().fold(false, |any, x| any | x.is_nan()),
            Column::Text(c) => c.codes.iter().fold(false, |any, &code| any | (code == TextColumn::MISSING)),
        };
        missing.then(|| (0..self.len() as u32).filter(|&r| !self.is_missing(r as usize)).collect())
    }

    /// Whether the value in this row is missing.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Column::Number(c) => c.hi[row].is_nan(),
            Column::Text(c) => c.codes[row] == TextColumn::MISSING,
        }
    }
}

impl Table {
    /// An empty table.
    pub fn new(schema: Schema) -> Table {
        let columns = schema.columns.iter().map(|c| Column::new(c.kind)).collect();
        let positions = schema.columns.iter().enumerate().map(|(i, c)| (c.name.clone(), i)).collect();
        Table { schema, columns, positions, lines: Vec::new() }
    }

    /// A table of one row, all of whose cells are missing: of a pipeline, its typical row.
    pub fn of_missing(schema: Schema) -> Table {
        let mut row = Table::new(schema);
        (0..row.columns.len()).for_each(|position| row.push_missing(position));
        row.end_row(0);
        row
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The number of finished rows.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The line of this row in its file, 0 if there is none.
    pub fn line(&self, row: usize) -> u64 {
        self.lines[row]
    }

    /// The column at this position.
    pub fn column_at(&self, position: usize) -> &Column {
        &self.columns[position]
    }

    /// The column with this name.
    ///
    /// # Errors
    /// An unknown name.
    pub fn column(&self, name: &str) -> Result<&Column, TabularError> {
        match self.positions.get(name) {
            Some(&i) => Ok(&self.columns[i]),
            None => self.schema.position(name).map(|i| &self.columns[i]), // for its error
        }
    }

    /// The number column with this name.
    ///
    /// # Errors
    /// An unknown name, or a column of text; the error names the first text that is no number.
    pub fn numbers(&self, name: &str) -> Result<&NumberColumn, TabularError> {
        match self.column(name)? {
            Column::Number(c) => Ok(c),
            Column::Text(c) => {
                let bad = (0..self.rows()).find(|&i| c.at(i).is_some_and(|t| Dd::parse_decimal(t).is_none()));
                let (line, found) = bad.map_or((0, ""), |i| (self.lines[i], c.at(i).unwrap_or("")));
                Err(TabularError::WrongKind {
                    column: name.to_owned(),
                    expected: "numbers",
                    line,
                    found: found.to_owned(),
                })
            }
        }
    }

    /// The text column with this name.
    ///
    /// # Errors
    /// An unknown name, or a column of numbers.
    pub fn text(&self, name: &str) -> Result<&TextColumn, TabularError> {
        match self.column(name)? {
            Column::Text(c) => Ok(c),
            Column::Number(_) => Err(TabularError::WrongKind {
                column: name.to_owned(),
                expected: "text",
                line: 0,
                found: String::new(),
            }),
        }
    }

    /// Adds a number to the unfinished row.
    ///
    /// # Panics
    /// If the column does not hold numbers.
    pub fn push_number(&mut self, position: usize, value: Option<f64>) {
        self.push_decimal(position, value.map(Dd::from));
    }

    /// Adds a number with the rest of its decimal to the unfinished row.
    ///
    /// # Panics
    /// If the column does not hold numbers.
    pub fn push_decimal(&mut self, position: usize, value: Option<Dd>) {
        match &mut self.columns[position] {
            Column::Number(c) => c.push(value),
            Column::Text(_) => panic!("column {position} holds text"),
        }
    }

    /// Adds text to the unfinished row.
    ///
    /// # Panics
    /// If the column does not hold text.
    pub fn push_text(&mut self, position: usize, value: Option<&str>) {
        match &mut self.columns[position] {
            Column::Text(c) => c.push(value),
            Column::Number(_) => panic!("column {position} holds numbers"),
        }
    }

    /// Adds a missing value to the unfinished row.
    pub fn push_missing(&mut self, position: usize) {
        match &mut self.columns[position] {
            Column::Number(c) => c.push(None),
            Column::Text(c) => c.push(None),
        }
    }

    /// Adds the value that a cell of text stands for to the unfinished row, by the column's kind; the schema says
    /// what stands for a missing one.
    ///
    /// # Errors
    /// What the column needs instead, such as `number`.
    pub fn push_cell(&mut self, position: usize, cell: &str) -> Result<(), &'static str> {
        if self.schema.missing.has(cell) {
            self.push_missing(position);
            return Ok(());
        }
        match self.schema.columns[position].kind {
            Kind::Number => {
                let infinite = || if cell.parse::<f64>().is_ok() { "finite number" } else { "number" };
                self.push_decimal(position, Some(Dd::parse_decimal(cell).ok_or_else(infinite)?));
            }
            Kind::Formatted(mark) => {
                self.push_decimal(position, Some(parse_formatted(cell, mark).ok_or("number")?));
            }
            Kind::Date(order) => {
                self.push_number(position, Some(parse_date(cell, order).ok_or(order.needed())?));
            }
            Kind::Category => self.push_text(position, Some(cell)),
        }
        Ok(())
    }

    /// The column at this position, to be extended; every column must get equally many rows, whose lines [`Table::end_rows`] then tells.
    pub fn column_mut(&mut self, position: usize) -> &mut Column {
        &mut self.columns[position]
    }

    /// Finishes rows that were appended to every column, which came from these lines.
    ///
    /// # Panics
    /// If a column has not got exactly one value for each.
    pub fn end_rows(&mut self, lines: impl Iterator<Item = u64>) {
        self.lines.extend(lines);
        let rows = self.lines.len();
        assert!(self.columns.iter().all(|c| c.len() == rows), "every column needs one value a row");
    }

    /// Finishes the row, which came from this line (0: from no file).
    ///
    /// # Panics
    /// If a column has not got exactly one value for it.
    pub fn end_row(&mut self, line: u64) {
        self.lines.push(line);
        let rows = self.lines.len();
        assert!(self.columns.iter().all(|c| c.len() == rows), "every column needs one value a row");
    }

    /// Removes all rows; dictionaries stay while they are small.
    pub fn clear(&mut self) {
        self.lines.clear();
        for c in &mut self.columns {
            match c {
                Column::Number(c) => {
                    c.hi.clear();
                    c.lo.clear();
                }
                Column::Text(c) if c.dictionary.len() > 1 << 16 => *c = TextColumn::default(),
                Column::Text(c) => c.codes.clear(),
            }
        }
    }

    /// Appends the rows of a table with the same schema.
    ///
    /// # Panics
    /// If the schemas differ.
    pub fn append(&mut self, other: &Table) {
        assert_eq!(self.schema, other.schema, "only tables of one schema can be joined");
        self.append_range(other, 0..other.rows());
    }

    /// The rows that have a value in this column.
    ///
    /// # Errors
    /// An unknown name.
    pub fn with_values(&self, column: &str) -> Result<Cow<'_, Table>, TabularError> {
        let rows = self.column(column)?.with_values();
        Ok(rows.map_or(Cow::Borrowed(self), |rows| Cow::Owned(self.select(&rows))))
    }

    /// The table of these rows alone.
    pub fn select(&self, rows: &[u32]) -> Table {
        let mut out = Table::new(self.schema.clone());
        out.append_rows(self, rows.iter().map(|&r| r as usize));
        out
    }

    /// Appends rows that follow each other in a table with the same schema.
    pub(crate) fn append_range(&mut self, other: &Table, rows: Range<usize>) {
        for (to, from) in self.columns.iter_mut().zip(&other.columns) {
            match (to, from) {
                (Column::Number(to), Column::Number(from)) => {
                    let lo = from.rests().map_or(&[][..], |lo| &lo[rows.clone()]);
                    to.extend(&from.hi[rows.clone()], lo);
                }
                (Column::Text(to), Column::Text(from)) => {
                    to.extend(&from.codes[rows.clone()], &from.dictionary)
                }
                (Column::Number(_), Column::Text(_)) | (Column::Text(_), Column::Number(_)) => {
                    unreachable!("the schemas are equal")
                }
            }
        }
        self.lines.extend_from_slice(&other.lines[rows]);
    }

    /// Appends rows of a table with the same schema.
    fn append_rows(&mut self, other: &Table, rows: impl Iterator<Item = usize> + Clone) {
        for (to, from) in self.columns.iter_mut().zip(&other.columns) {
            match (to, from) {
                (Column::Number(to), Column::Number(from)) => rows.clone().for_each(|r| to.push(from.at(r))),
                (Column::Text(to), Column::Text(from)) => {
                    to.append(&from.codes, &from.dictionary, rows.clone())
                }
                (Column::Number(_), Column::Text(_)) | (Column::Text(_), Column::Number(_)) => {
                    unreachable!("the schemas are equal")
                }
            }
        }
        self.lines.extend(rows.map(|r| other.lines[r]));
    }
}
