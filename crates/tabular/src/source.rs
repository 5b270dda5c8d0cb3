//! Where rows come from: blocks of a fixed size, in order, as often as wanted. Whoever reads rows asks for this and knows no file format.

use crate::schema::Schema;
use crate::table::Table;

/// Rows of a block.
pub const BLOCK_ROWS: usize = 4096;

/// Why a column is no feature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It numbers or names the rows.
    Index,
    /// It has no values.
    Empty,
    /// It has one value in every row.
    Constant,
    /// It equals an earlier column.
    Copy(String),
    /// Its texts are all different, or nearly so.
    Identifier,
    /// Its texts are written for people to read.
    FreeText,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Index => f.write_str("numbers or names the rows"),
            Reason::Empty => f.write_str("empty"),
            Reason::Constant => f.write_str("constant"),
            Reason::Copy(other) => write!(f, "equals {other:?}"),
            Reason::Identifier => f.write_str("its texts tell the rows apart"),
            Reason::FreeText => f.write_str("free text"),
        }
    }
}

/// A column that is there and that is no feature unless it is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The column.
    pub column: String,
    /// Why.
    pub reason: Reason,
}

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

    /// The name that messages give it.
    fn name(&self) -> &str {
        "the table"
    }

    /// What a reader should know of the rows, a sentence each.
    fn warnings(&self) -> &[String] {
        &[]
    }

    /// Columns that are there and that the schema does not use.
    fn ignored(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Columns that should be no features, as far as the rows show it.
    fn left_out(&self) -> &[LeftOut] {
        &[]
    }

    /// Hands the rows from here on to `take`, a block at a time; `failed` makes the error of rows that cannot be read.
    ///
    /// # Errors
    /// Rows that cannot be read, and those of `take`.
    fn for_each_block<E>(
        &mut self,
        failed: impl Fn(Self::Error) -> E,
        mut take: impl FnMut(&Table) -> Result<(), E>,
    ) -> Result<(), E>
    where
        Self: Sized,
    {
        let mut block = Table::new(self.schema().clone());
        loop {
            self.next(&mut block).map_err(&failed)?;
            if block.rows() == 0 {
                return Ok(());
            }
            take(&block)?;
        }
    }

    /// All rows in one table.
    ///
    /// # Errors
    /// Rows that cannot be read.
    fn read_all(&mut self) -> Result<Table, Self::Error>
    where
        Self: Sized,
    {
        self.rewind()?;
        let mut all = Table::new(self.schema().clone());
        self.for_each_block(
            |e| e,
            |block| {
                all.append(block);
                Ok(())
            },
        )?;
        Ok(all)
    }
}

/// A source whose format is known only when it is opened. One call is made a block, so that rows are still read by code of their format.
impl<S: RowSource + ?Sized> RowSource for Box<S> {
    type Error = S::Error;

    fn schema(&self) -> &Schema {
        (**self).schema()
    }

    fn next(&mut self, table: &mut Table) -> Result<(), S::Error> {
        (**self).next(table)
    }

    fn rewind(&mut self) -> Result<(), S::Error> {
        (**self).rewind()
    }

    fn name(&self) -> &str {
        (**self).name()
    }

    fn warnings(&self) -> &[String] {
        (**self).warnings()
    }

    fn ignored(&self) -> Vec<&str> {
        (**self).ignored()
    }

    fn left_out(&self) -> &[LeftOut] {
        (**self).left_out()
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
        table.append_range(self.table, self.next..end);
        self.next = end;
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), Self::Error> {
        self.next = 0;
        Ok(())
    }
}
