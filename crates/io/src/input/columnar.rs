//! Parquet and Arrow's own formats (the file, which is Feather version 2, and the stream), read by the crates of the Arrow project, a batch
//! of rows at a time. Columns that are not asked for are not read, and stand empty.

mod cells;
mod framed;

use super::bytes::{Bytes, Step};
use super::canonical::{Lines, LinesReader, damaged, guarded};
use super::recognise::Format;
use super::stream::{Reader, Seekable};
use crate::error::IoError;
use crate::table_options::TableOptions;
use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use cells::{cell_of, fault_of};
use framed::Framed;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::reader::ChunkReader;
use std::io::{BufReader, Cursor};
use std::sync::Arc;

/// Rows that are read in one piece.
const BATCH: usize = 1024;

/// A table stored by columns.
#[derive(Clone, Debug)]
pub(super) struct Columnar {
    bytes: Bytes,
    format: Format,
    names: Arc<Vec<String>>,
    /// Which of the columns are read.
    used: Arc<Vec<bool>>,
}

/// Bytes of the mark at the start of Arrow's files.
const MARK: u64 = 8;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

impl Columnar {
    /// Looks at the columns.
    pub(super) fn open(bytes: Bytes, format: Format, options: &TableOptions) -> Result<Columnar, IoError> {
        let (schema, _) = guarded(&bytes.name, format.name(), || batches(&bytes, format, None))?;
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let used: Vec<bool> = names.iter().map(|name| options.uses(name)).collect();
        if names.is_empty() {
            return Err(IoError::file(&bytes.name, "it has no columns"));
        }
        check_types(&bytes.name, &schema, &used)?;
        Ok(Columnar { bytes, format, names: names.into(), used: used.into() })
    }

    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The rows as text.
    pub(super) fn reader(&self, header: bool) -> Result<Reader, IoError> {
        let (table, mut header) = (self.clone(), header);
        let (name, format) = (self.bytes.name.clone(), self.format.name());
        let (_, mut batches) =
            guarded(&name, format, || batches(&self.bytes, self.format, Some(&self.used)))?;
        let more = move |lines: &mut Lines| {
            if std::mem::take(&mut header) {
                lines.header(table.names.iter().map(String::as_str));
            }
            guarded(&name, format, || {
                let Some(batch) = batches.next() else { return Ok(false) };
                let batch = batch.map_err(|e| damaged(&name, format, e))?;
                write(&batch, &table.used, lines).map_err(|what| IoError::file(&name, what))?;
                Ok(true)
            })
        };
        Ok(Box::new(LinesReader::new(Box::new(more))))
    }
}

/// The columns, and the rows of those that are used.
fn batches(bytes: &Bytes, format: Format, used: Option<&[bool]>) -> Result<(SchemaRef, Batches), IoError> {
    let name = &bytes.name;
    let chosen = used.map(|used| (0..used.len()).filter(|&i| used[i]).collect::<Vec<usize>>());
    if format == Format::Parquet {
        return match bytes.seekable(format.name())? {
            Seekable::File(file) => parquet(name, file, chosen),
            Seekable::Memory(cursor) => parquet(name, bytes::Bytes::from_owner(cursor.into_inner()), chosen),
        };
    }
    // Of what is read once, the columns are seen in the bytes that are kept.
    let source = if bytes.is_read_once() && used.is_none() {
        Box::new(Cursor::new(bytes.head()?))
    } else {
        bytes.reader(0)?
    };
    // A file is a stream between a mark and an index of it, and can be read as one.
    let mark = if format == Format::ArrowFile { MARK } else { 0 };
    let source = Framed::new(name, Step::Skip(mark).through(name, source)?);
    let failed = |e| damaged(name, format.name(), e);
    let reader = StreamReader::try_new(BufReader::new(source), chosen).map_err(failed)?;
    Ok((reader.schema(), Box::new(reader)))
}

fn parquet<R: ChunkReader + 'static>(
    name: &str,
    reader: R,
    chosen: Option<Vec<usize>>,
) -> Result<(SchemaRef, Batches), IoError> {
    let failed = |e: ParquetError| damaged(name, Format::Parquet.name(), e);
    let mut builder =
        ParquetRecordBatchReaderBuilder::try_new_with_options(reader, ArrowReaderOptions::new())
            .map_err(failed)?
            .with_batch_size(BATCH);
    if let Some(chosen) = chosen {
        let mask = ProjectionMask::roots(builder.parquet_schema(), chosen);
        builder = builder.with_projection(mask);
    }
    let schema = builder.schema().clone();
    Ok((schema, Box::new(builder.build().map_err(failed)?)))
}

/// Names all columns that cannot be read, and what they hold.
fn check_types(name: &str, schema: &Schema, used: &[bool]) -> Result<(), IoError> {
    let fields = schema.fields().iter().zip(used).filter(|(_, used)| **used);
    let faults: Vec<String> = fields
        .filter_map(|(field, _)| {
            Some(format!("column {:?} holds {}", field.name(), fault_of(field.data_type())?))
        })
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    let more = if faults.len() > 10 { format!(" and {} more", faults.len() - 10) } else { String::new() };
    let first = faults[..faults.len().min(10)].join(", ");
    let what = format!(
        "{first}{more}; only numbers, texts, dates, times, true and false can be read; leave others out by --drop NAME"
    );
    Err(IoError::file(name, what))
}

/// Adds the rows of a batch, which has the used columns alone.
fn write(batch: &RecordBatch, used: &[bool], lines: &mut Lines) -> Result<(), String> {
    let mut read = batch.columns().iter();
    let mut cells = Vec::with_capacity(used.len());
    for &is_used in used {
        let array = if is_used { read.next() } else { None };
        cells.push(array.map(|array| cell_of(array)).transpose()?);
    }
    for row in 0..batch.num_rows() {
        for cell in &cells {
            match cell {
                Some(cell) => lines.cell(|out| cell(row, out)),
                None => lines.missing(),
            }
        }
        lines.end_row();
    }
    Ok(())
}
