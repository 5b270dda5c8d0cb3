//! Rows as the columns of a Parquet file (zstd): doubles for numbers, texts for all else, dates among them as ISO 8601 writes them. Rows are held until a group of
//! them is full, so that memory does not depend on their number.

use super::layout::PredictionLayout;
use super::rows::{Cell, Rows};
use crate::error::IoError;
use arrow_array::builder::{Float64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

/// Cells of a group of rows.
const GROUP_CELLS: usize = 1 << 20;

/// Writes rows by columns.
pub(super) struct ParquetWriter<W: Write> {
    name: String,
    out: W,
    /// What is known once the first rows are there. The bytes are handed on to `out` group by group.
    columns: Option<Columns>,
}

struct Columns {
    writer: ArrowWriter<Vec<u8>>,
    schema: SchemaRef,
}

impl<W: Write> ParquetWriter<W> {
    /// `name` is used in messages.
    pub(super) fn new(name: &str, out: W) -> Self {
        ParquetWriter { name: name.to_owned(), out, columns: None }
    }

    /// Adds rows, whose columns have the kinds of the first ones.
    pub(super) fn write(
        &mut self,
        layout: &PredictionLayout,
        rows: &Rows<'_>,
    ) -> std::result::Result<(), IoError> {
        let columns = self.columns.take().map_or_else(|| Columns::new(layout, &rows.are_numbers()), Ok);
        let mut columns = columns.map_err(|e| self.failed(e))?;
        let bytes = columns.add(rows).map_err(|e| self.failed(e))?;
        self.columns = Some(columns);
        self.out.write_all(&bytes).map_err(IoError::system(&self.name, "write"))
    }

    /// Writes the last group and the index of all.
    pub(super) fn finish(mut self, layout: &PredictionLayout) -> std::result::Result<(), IoError> {
        let columns = self.columns.take().map_or_else(|| Columns::new(layout, &layout.are_numbers()), Ok);
        let bytes = columns.and_then(|columns| columns.writer.into_inner()).map_err(|e| self.failed(e))?;
        self.out.write_all(&bytes).map_err(IoError::system(&self.name, "write"))?;
        self.out.flush().map_err(IoError::system(&self.name, "write"))
    }

    fn failed(&self, e: ParquetError) -> IoError {
        IoError::file(&self.name, format!("cannot be written as Parquet: {e}"))
    }
}

impl Columns {
    fn new(layout: &PredictionLayout, are_numbers: &[bool]) -> Result<Columns> {
        let field = |(name, &is_number): (&str, &bool)| {
            Field::new(name, if is_number { DataType::Float64 } else { DataType::Utf8 }, true)
        };
        let fields: Vec<Field> = layout.header().into_iter().zip(are_numbers).map(field).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_CELLS.div_ceil(fields.len().max(1))))
            .build();
        let schema = Arc::new(Schema::new(fields));
        Ok(Columns { writer: ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))?, schema })
    }

    /// Adds rows, and gives the bytes of the groups that they fill.
    fn add(&mut self, rows: &Rows<'_>) -> Result<Vec<u8>> {
        let empty = |field: &Arc<Field>| match field.data_type() == &DataType::Float64 {
            true => Filled::Numbers(Float64Builder::with_capacity(rows.len())),
            false => Filled::Texts(StringBuilder::new()),
        };
        let mut filled: Vec<Filled> = self.schema.fields().iter().map(empty).collect();
        for row in 0..rows.len() {
            let mut columns = filled.iter_mut();
            rows.each_cell(row, |cell| {
                if let Some(column) = columns.next() {
                    column.push(cell);
                }
            });
        }
        let arrays = filled.into_iter().map(Filled::finish).collect();
        self.writer.write(&RecordBatch::try_new(self.schema.clone(), arrays)?)?;
        Ok(std::mem::take(self.writer.inner_mut()))
    }
}

/// The names of a file's columns, if it is one.
pub(super) fn names(file: File) -> Option<Vec<String>> {
    let reader = SerializedFileReader::new(file).ok()?;
    let columns = reader.metadata().file_metadata().schema_descr().columns();
    Some(columns.iter().map(|column| column.name().to_owned()).collect())
}

/// A column that is being filled.
enum Filled {
    Numbers(Float64Builder),
    Texts(StringBuilder),
}

impl Filled {
    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Filled::Numbers(all), Cell::Number(x)) => all.append_value(x),
            (Filled::Numbers(all), Cell::Missing | Cell::Text(_) | Cell::Made(_)) => all.append_null(),
            (Filled::Texts(all), Cell::Text(text)) => all.append_value(text),
            (Filled::Texts(all), Cell::Made(text)) => all.append_value(text),
            (Filled::Texts(all), Cell::Missing | Cell::Number(_)) => all.append_null(),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Filled::Numbers(mut all) => Arc::new(all.finish()),
            Filled::Texts(mut all) => Arc::new(all.finish()),
        }
    }
}
