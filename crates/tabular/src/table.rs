//! A table in memory: typed columns of equal length.
//!
//! A number is kept as hi + lo, the `f64` and the rest of its decimal; `lo` is stored only for columns where some rest
//! is not zero. Text is kept as codes into the column's own dictionary. A missing number is NaN, missing text has
//! the code [`TextColumn::MISSING`].

use crate::error::TabularError;
use crate::infer::is_missing;
use crate::schema::{Kind, Schema};
use planish_tensor::Dd;
use std::borrow::Cow;
use std::collections::HashMap;

/// A missing number.
const MISSING: Dd = Dd { hi: f64::NAN, lo: 0.0 };

/// Numbers; NaN is missing.
#[derive(Clone, Debug, Default)]
pub struct NumberColumn {
    hi: Vec<f64>,
    /// Empty while every rest is zero.
    lo: Vec<f64>,
}

/// Text, as codes into a dictionary.
#[derive(Clone, Debug, Default)]
pub struct TextColumn {
    codes: Vec<u32>,
    values: Vec<String>,
    index: HashMap<String, u32>,
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

    /// The number in this row, `None` if missing.
    pub fn at(&self, row: usize) -> Option<Dd> {
        let hi = self.hi[row];
        (!hi.is_nan()).then(|| Dd { hi, lo: self.lo.get(row).copied().unwrap_or(0.0) })
    }

    /// The leading parts; NaN is missing.
    pub fn values(&self) -> &[f64] {
        &self.hi
    }
}

impl TextColumn {
    /// The code of missing text.
    pub const MISSING: u32 = u32::MAX;

    fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(Self::MISSING, |t| self.code(t));
        self.codes.push(code);
    }

    /// The code of this text, which gets one if it has none.
    fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.index.get(text) {
            return code;
        }
        let code = self.values.len() as u32;
        self.values.push(text.to_owned());
        self.index.insert(text.to_owned(), code);
        code
    }

    /// Appends rows of another column; each of its texts is looked up once.
    fn append(&mut self, other: &TextColumn, rows: impl Iterator<Item = usize>) {
        let mut codes = vec![Self::MISSING; other.values.len()];
        for row in rows {
            let code = other.at(row).map_or(Self::MISSING, |text| {
                let known = &mut codes[other.codes[row] as usize];
                if *known == Self::MISSING {
                    *known = self.code(text);
                }
                *known
            });
            self.codes.push(code);
        }
    }

    /// The text in this row, `None` if missing.
    pub fn at(&self, row: usize) -> Option<&str> {
        self.values.get(self.codes[row] as usize).map(String::as_str)
    }

    /// The code of each row.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The dictionary.
    pub fn dictionary(&self) -> &[String] {
        &self.values
    }
}

impl Column {
    fn new(kind: Kind) -> Column {
        match kind {
            Kind::Number => Column::Number(NumberColumn::default()),
            Kind::Category => Column::Text(TextColumn::default()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Column::Number(c) => c.hi.len(),
            Column::Text(c) => c.codes.len(),
        }
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

    /// Adds the value that a cell of text stands for to the unfinished row, by the column's kind; nothing, `NA` and `?` stand for a missing one.
    ///
    /// # Errors
    /// What the column needs instead, such as `number`.
    pub fn push_cell(&mut self, position: usize, cell: &str) -> Result<(), &'static str> {
        if is_missing(cell) {
            self.push_missing(position);
            return Ok(());
        }
        match self.schema.columns[position].kind {
            Kind::Number => {
                let infinite = || if cell.parse::<f64>().is_ok() { "finite number" } else { "number" };
                self.push_decimal(position, Some(Dd::parse_decimal(cell).ok_or_else(infinite)?));
            }
            Kind::Category => self.push_text(position, Some(cell)),
        }
        Ok(())
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
                Column::Text(c) if c.values.len() > 1 << 16 => *c = TextColumn::default(),
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
        self.append_rows(other, 0..other.rows());
    }

    /// The rows that have a value in this column.
    ///
    /// # Errors
    /// An unknown name.
    pub fn with_values(&self, column: &str) -> Result<Cow<'_, Table>, TabularError> {
        let column = self.column(column)?;
        let rows: Vec<u32> = (0..self.rows() as u32).filter(|&r| !column.is_missing(r as usize)).collect();
        Ok(if rows.len() < self.rows() { Cow::Owned(self.select(&rows)) } else { Cow::Borrowed(self) })
    }

    /// The table of these rows alone.
    pub fn select(&self, rows: &[u32]) -> Table {
        let mut out = Table::new(self.schema.clone());
        out.append_rows(self, rows.iter().map(|&r| r as usize));
        out
    }

    /// Appends rows of a table with the same schema.
    pub(crate) fn append_rows(&mut self, other: &Table, rows: impl Iterator<Item = usize> + Clone) {
        for (to, from) in self.columns.iter_mut().zip(&other.columns) {
            match (to, from) {
                (Column::Number(to), Column::Number(from)) => rows.clone().for_each(|r| to.push(from.at(r))),
                (Column::Text(to), Column::Text(from)) => to.append(from, rows.clone()),
                (Column::Number(_), Column::Text(_)) | (Column::Text(_), Column::Number(_)) => {
                    unreachable!("the schemas are equal")
                }
            }
        }
        self.lines.extend(rows.map(|r| other.lines[r]));
    }
}
