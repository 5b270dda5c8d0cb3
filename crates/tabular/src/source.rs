//! Where rows come from: blocks of a fixed size, in order, as often as wanted.

use crate::schema::Schema;
use crate::table::Table;

/// Rows of a block.
pub const BLOCK_ROWS: usize = 4096;

/// A source of rows that can be read more than once.
pub trait RowSource {
    /// What can go wrong while reading.
    type Error;
    /// The columns.
    fn schema(&self) -> &Schema;
    /// Replaces the table's rows with the next [`BLOCK_ROWS`]; fewer, or none, at the end.
    ///
    /// # Errors
    /// Rows that cannot be read.
    fn next(&mut self, table: &mut Table) -> Result<(), Self::Error>;
    /// Goes back to the first row.
    ///
    /// # Errors
    /// A source that cannot be read again.
    fn rewind(&mut self) -> Result<(), Self::Error>;

    /// All rows in one table.
    ///
    /// # Errors
    /// Rows that cannot be read.
    fn read_all(&mut self) -> Result<Table, Self::Error> {
        self.rewind()?;
        let (mut all, mut block) = (Table::new(self.schema().clone()), Table::new(self.schema().clone()));
        loop {
            self.next(&mut block)?;
            if block.rows() == 0 {
                return Ok(all);
            }
            all.append(&block);
        }
    }
}

/// A table as a source.
#[derive(Clone, Debug)]
pub struct TableSource<'a> {
    table: &'a Table,
    next: usize,
}

impl<'a> TableSource<'a> {
    /// The rows of this table.
    pub fn new(table: &'a Table) -> Self {
        TableSource { table, next: 0 }
    }
}

impl RowSource for TableSource<'_> {
    type Error = std::convert::Infallible;

    fn schema(&self) -> &Schema {
        self.table.schema()
    }

    fn next(&mut self, table: &mut Table) -> Result<(), Self::Error> {
        table.clear();
        let end = (self.next + BLOCK_ROWS).min(self.table.rows());
        table.append_rows(self.table, self.next..end);
        self.next = end;
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), Self::Error> {
        self.next = 0;
        Ok(())
    }
}
