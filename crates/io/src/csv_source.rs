//! CSV files as a source of rows: delimiter and header are detected, columns typed by a first pass over all cells, and
//! every error names file, line and field.
//!
//! Cells are trimmed; empty cells, `NA` and `?` are missing; fields may be quoted with `"`, doubled inside. Numbers keep their
//! whole decimal (hi + lo). Infinite and not-a-number cells are errors.

use crate::error::IoError;
use crate::input::Input;
use crate::table_options::{Header, TableOptions};
use csv::{ByteRecord, Reader, ReaderBuilder, Trim};
use planish_tabular::{BLOCK_ROWS, ColumnGuess, ColumnSchema, RowSource, Schema, Table, is_missing, nearest};
use planish_tensor::Dd;
use std::collections::{HashMap, HashSet};
use std::io::{BufReader, Read};

/// Rows of a CSV file.
pub(crate) struct CsvSource {
    input: Input,
    delimiter: u8,
    has_header: bool,
    /// All columns of the file, in order.
    names: Vec<String>,
    schema: Schema,
    /// The field of each column of the schema.
    fields: Vec<usize>,
    reader: Reader<Box<dyn Read + Send>>,
    record: ByteRecord,
    /// Line and byte at which the last record starts.
    last: (u64, u64),
    warnings: Vec<String>,
}

impl CsvSource {
    /// Opens a table of these columns; of all of them, of kinds that a first pass over all cells finds, if none are given.
    pub(crate) fn open(input: Input, options: &TableOptions) -> Result<CsvSource, IoError> {
        let source = Self::start(input, options)?;
        match &options.columns {
            Some(schema) => source.with_schema(schema),
            None => source.inferred(),
        }
    }

    /// Reads these columns of the file.
    fn with_schema(mut self, schema: &Schema) -> Result<CsvSource, IoError> {
        let places: HashMap<&str, usize> =
            self.names.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
        let field = |c: &ColumnSchema| {
            places.get(c.name.as_str()).copied().ok_or_else(|| self.missing_column(&c.name))
        };
        self.fields = schema.columns.iter().map(field).collect::<Result<_, _>>()?;
        self.schema = schema.clone();
        Ok(self)
    }

    /// Reads all columns of the file, of the kinds that its cells have.
    fn inferred(mut self) -> Result<CsvSource, IoError> {
        self.fields = (0..self.names.len()).collect();
        let mut guesses = vec![ColumnGuess::default(); self.names.len()];
        let mut rows = 0_u64;
        while let Some(line) = self.read_record()? {
            rows += 1;
            for (i, guess) in guesses.iter_mut().enumerate() {
                let cell = self.cell(i, line)?;
                if !is_missing(cell) {
                    guess.see(cell, line);
                }
            }
        }
        if rows == 0 {
            return Err(IoError::file(&self.input.name, "there are no rows below the header"));
        }
        let column =
            |(name, guess): (&String, &ColumnGuess)| ColumnSchema { name: name.clone(), kind: guess.kind() };
        self.schema = Schema { columns: self.names.iter().zip(&guesses).map(column).collect() };
        for (name, guess) in self.names.iter().zip(&guesses) {
            if let Some((line, text)) = guess.suspicious_text() {
                let file = &self.input.name;
                self.warnings.push(format!("{file}:{line}: column {name:?} is taken as categories because of {text:?}; nearly all of its other values are numbers"));
            }
        }
        self.rewind()?;
        Ok(self)
    }

    /// Finds delimiter and header and readies the reader; no schema yet.
    fn start(input: Input, options: &TableOptions) -> Result<CsvSource, IoError> {
        let delimiter = match options.delimiter {
            Some(d) => d,
            None => detect_delimiter(&input)?,
        };
        let reader = open_reader(&input, delimiter)?;
        let mut source = CsvSource {
            input,
            delimiter,
            has_header: true,
            names: Vec::new(),
            schema: Schema::default(),
            fields: Vec::new(),
            reader,
            record: ByteRecord::new(),
            last: (1, 0),
            warnings: Vec::new(),
        };
        let Some(line) = source.read_record()? else {
            return Err(IoError::file(&source.input.name, "the file is empty"));
        };
        let cells = (0..source.record.len())
            .map(|i| source.cell(i, line).map(str::to_owned))
            .collect::<Result<Vec<_>, _>>()?;
        source.has_header = match options.header {
            Header::Yes => true,
            Header::No => false,
            Header::Auto => !cells.iter().any(|c| Dd::parse_decimal(c).is_some()),
        };
        let numbered = |i: usize| format!("column_{}", i + 1);
        if source.has_header {
            // A column without a name, as pandas writes its index, gets one.
            source.names = cells
                .into_iter()
                .enumerate()
                .map(|(i, c)| if c.is_empty() { numbered(i) } else { c })
                .collect();
            check_names(&source.input.name, line, &source.names)?;
        } else {
            source.names = (0..cells.len()).map(numbered).collect();
            if options.header == Header::Auto {
                let file = &source.input.name;
                source.warnings.push(format!("{file}: the first row holds a number, so it is taken as data and columns are called column_1 …; if it is the header, say --header yes"));
            }
            source.rewind()?;
        }
        Ok(source)
    }

    fn missing_column(&self, name: &str) -> IoError {
        let near = nearest(self.names.iter().map(String::as_str), name);
        let near = near.map_or(String::new(), |n| format!("; is it {n:?}?"));
        IoError::file(
            &self.input.name,
            format!("the model needs column {name:?}, which the file has not{near}"),
        )
    }

    /// Reads the next record and returns its line; `None` at the end. Lines without any text are skipped.
    fn read_record(&mut self) -> Result<Option<u64>, IoError> {
        loop {
            if !self.reader.read_byte_record(&mut self.record).map_err(|e| self.read_error(e))? {
                // A quote that is never closed swallows the rest of the file into the last record.
                let (line, byte) = self.last;
                return self.unclosed_quote(line, byte)?.map_or(Ok(None), Err);
            }
            self.last = self.record.position().map_or((0, 0), |p| (p.line(), p.byte()));
            let (fields, expected) = (self.record.len(), self.names.len());
            if expected == 0 || fields == expected {
                return Ok(Some(self.last.0));
            }
            let blank = fields == 1 && self.record[0].is_empty();
            if !blank {
                let (line, byte) = self.last;
                let ragged = IoError::row(
                    &self.input.name,
                    line,
                    format!("the row has {fields} fields, the header {expected}"),
                );
                return Err(self.unclosed_quote(line, byte)?.unwrap_or(ragged));
            }
        }
    }

    fn read_error(&self, e: csv::Error) -> IoError {
        if let csv::ErrorKind::Io(reason) = e.into_kind() {
            IoError::System { file: self.input.name.clone(), action: "read", reason }
        } else {
            IoError::file(&self.input.name, "it cannot be read as CSV")
        }
    }

    /// The error of a quote that is opened in the record at this byte and not closed before the end of the file, if there is one.
    fn unclosed_quote(&self, mut line: u64, byte: u64) -> Result<Option<IoError>, IoError> {
        if self.input.is_read_once() {
            return Ok(None);
        }
        let mut open = None;
        for b in BufReader::new(self.input.reader(byte)?).bytes() {
            let b = b.map_err(IoError::system(&self.input.name, "read"))?;
            match (b, open) {
                (b'"', None) => open = Some(line),
                (b'"', Some(_)) => open = None,
                (b'\n', None) => return Ok(None), // the record ends outside quotes
                _ => {}
            }
            line += u64::from(b == b'\n');
        }
        Ok(open.map(|l| IoError::row(&self.input.name, l, "a quote is opened here and never closed")))
    }

    /// A cell of the current record as text.
    fn cell(&self, field: usize, line: u64) -> Result<&str, IoError> {
        std::str::from_utf8(&self.record[field]).map_err(|_| {
            let column = self.names.get(field).map_or(String::new(), |n| format!(" in column {n:?}"));
            IoError::row(&self.input.name, line, format!("field {}{column} is not UTF-8 text", field + 1))
        })
    }

    /// Puts the current record into the table.
    fn push_record(&self, table: &mut Table, line: u64) -> Result<(), IoError> {
        for (position, (&field, column)) in self.fields.iter().zip(&self.schema.columns).enumerate() {
            let cell = self.cell(field, line)?;
            table.push_cell(position, cell).map_err(|expected| IoError::Cell {
                file: self.input.name.clone(),
                line,
                column_number: field + 1,
                column: column.name.clone(),
                expected,
                found: cell.chars().take(60).collect(),
            })?;
        }
        table.end_row(line);
        Ok(())
    }
}

impl RowSource for CsvSource {
    type Error = IoError;

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn next(&mut self, table: &mut Table) -> Result<(), IoError> {
        table.clear();
        while table.rows() < BLOCK_ROWS {
            let Some(line) = self.read_record()? else { break };
            self.push_record(table, line)?;
        }
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), IoError> {
        self.reader = open_reader(&self.input, self.delimiter)?;
        if self.has_header {
            self.reader.read_byte_record(&mut self.record).map_err(|e| self.read_error(e))?;
        }
        Ok(())
    }

    fn name(&self) -> &str {
        &self.input.name
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn ignored(&self) -> Vec<&str> {
        let used: HashSet<usize> = self.fields.iter().copied().collect();
        (0..self.names.len()).filter(|i| !used.contains(i)).map(|i| self.names[i].as_str()).collect()
    }
}

fn open_reader(input: &Input, delimiter: u8) -> Result<Reader<Box<dyn Read + Send>>, IoError> {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true).trim(Trim::All).buffer_capacity(1 << 16);
    Ok(builder.from_reader(input.reader(0)?))
}

/// The most frequent of comma, semicolon, tab and bar in the first line, outside quotes; a comma if there is none.
fn detect_delimiter(input: &Input) -> Result<u8, IoError> {
    let start = input.head()?;
    let candidates = [b',', b';', b'\t', b'|'];
    let (mut counts, mut quoted) = ([0_usize; 4], false);
    for &b in start.iter().skip_while(|b| b.is_ascii_whitespace()) {
        match b {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if !quoted => candidates.iter().zip(&mut counts).for_each(|(&c, n)| *n += usize::from(c == b)),
            _ => {}
        }
    }
    let best = (0..4).fold(0, |best, i| if counts[i] > counts[best] { i } else { best });
    Ok(candidates[best])
}

fn check_names(file: &str, line: u64, names: &[String]) -> Result<(), IoError> {
    let mut places = HashMap::new();
    for (i, name) in names.iter().enumerate() {
        if let Some(j) = places.insert(name, i) {
            return Err(IoError::row(
                file,
                line,
                format!("columns {} and {} have the same name {name:?}", j + 1, i + 1),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
