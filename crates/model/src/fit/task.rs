//! The task of a model that was not told, from the rows of a source: the rule of [`Task::infer`], over as few rows as settle it.

use crate::error::Failed;
use planish_tabular::{RowSource, Table, Task, TaskGuess};

/// The task that [`Task::infer`] finds for the source's target. Rows are read until it is settled: of numbers, until a third different one.
///
/// # Errors
/// Rows that cannot be read, and those of [`Task::infer`].
pub fn infer_task<S: RowSource>(source: &mut S, target: &str) -> Result<Task, Failed<S::Error>> {
    source.rewind().map_err(Failed::Source)?;
    let mut guess = TaskGuess::new(target);
    let mut block = Table::new(source.schema().clone());
    loop {
        source.next(&mut block).map_err(Failed::Source)?;
        if block.rows() == 0 || guess.see(&block)? {
            return Ok(guess.finish()?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_tabular::{BLOCK_ROWS, Kind, Schema, TableSource};

    /// A source of whole numbers that counts its blocks.
    struct Counted<'t> {
        rows: TableSource<'t>,
        blocks: usize,
    }

    impl RowSource for Counted<'_> {
        type Error = std::convert::Infallible;

        fn schema(&self) -> &Schema {
            self.rows.schema()
        }

        fn next(&mut self, table: &mut Table) -> Result<(), Self::Error> {
            self.blocks += 1;
            self.rows.next(table)
        }

        fn rewind(&mut self) -> Result<(), Self::Error> {
            self.rows.rewind()
        }
    }

    #[test]
    fn a_third_number_settles_the_task_and_no_further_block_is_read() {
        for (different, want, blocks) in [(2, Task::Classify, 4), (3, Task::Regress, 1)] {
            let mut table = Table::new(Schema::new([("y", Kind::Number)]));
            for i in 0..3 * BLOCK_ROWS {
                table.push_number(0, Some((i % different) as f64));
                table.end_row(0);
            }
            let mut source = Counted { rows: TableSource::new(&table), blocks: 0 };
            assert_eq!(infer_task(&mut source, "y"), Ok(want));
            assert_eq!(source.blocks, blocks);
        }
    }
}
