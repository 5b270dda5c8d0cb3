//! The door for tables: whatever their format, they are opened here and read as a [`RowSource`]. A new format is a file beside
//! `delimited` and a line in `open`, which tells formats by the name's ending or the first bytes.

use crate::delimited::DelimitedSource;
use crate::error::IoError;
use crate::input::Input;
use crate::table_options::{Header, TableOptions};
use planish_tabular::RowSource;

/// An open table.
pub type TableRows = Box<dyn RowSource<Error = IoError> + Send>;

/// Opens a table (`-`: standard input).
///
/// # Errors
/// A file that cannot be read, is empty, or breaks the rules of its format; a column that is missing.
pub fn open_table(path: &str, options: &TableOptions) -> Result<TableRows, IoError> {
    open(Input::open(path, options)?, options)
}

/// As [`open_table`], for bytes in memory; `name` is used in messages.
///
/// # Errors
/// As [`open_table`].
pub fn open_bytes(name: &str, bytes: Vec<u8>, options: &TableOptions) -> Result<TableRows, IoError> {
    open(Input::memory(name, bytes)?, options)
}

/// As [`open_table`], for rows that are read once: standard input is not kept. A header is needed, and the options' columns.
///
/// # Errors
/// As [`open_table`], and no header.
pub fn open_table_once(path: &str, options: &TableOptions) -> Result<TableRows, IoError> {
    let input = Input::open_once(path, options)?;
    if options.header == Header::No {
        return Err(IoError::file(&input.name, "rows that are read once need a header"));
    }
    open(input, &TableOptions { header: Header::Yes, ..options.clone() })
}

fn open(input: Input, options: &TableOptions) -> Result<TableRows, IoError> {
    Ok(Box::new(DelimitedSource::open(input, options)?))
}
