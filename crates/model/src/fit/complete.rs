//! Complete cases: the rows of a source or table that have a value in every feature. Rows without a target pass, since they are left out, and counted, for that.

use crate::error::{Failed, ModelError};
use crate::linear_settings::LinearSettings;
use crate::missing::{Missing, all_but, first_missing};
use crate::model::Model;
use planish_tabular::{RowSource, Schema, Table, TabularError};
use std::borrow::Cow;

/// The complete rows of another source.
pub(crate) struct CompleteRows<'s, S: RowSource> {
    source: &'s mut S,
    target: usize,
    features: Vec<usize>,
    block: Table,
    count: Count,
}

/// Rows of the pass at hand.
#[derive(Default)]
struct Count {
    kept: u64,
    left_out: u64,
    /// Rows left out for each column of the table, the first in them that has no value.
    by_column: Vec<u64>,
}

impl<'s, S: RowSource> CompleteRows<'s, S> {
    fn new(source: &'s mut S, settings: &LinearSettings) -> Result<Self, TabularError> {
        let schema = source.schema();
        let target = schema.position(&settings.target)?;
        let others = settings.no_features();
        let others: Vec<&str> = others.iter().chain([&settings.target]).map(String::as_str).collect();
        let (features, block) = (all_but(schema, &others), Table::new(schema.clone()));
        Ok(CompleteRows { source, target, features, block, count: Count::default() })
    }
}

impl<S: RowSource> RowSource for CompleteRows<'_, S> {
    type Error = S::Error;

    fn schema(&self) -> &Schema {
        self.source.schema()
    }

    fn next(&mut self, table: &mut Table) -> Result<(), S::Error> {
        table.clear();
        while table.rows() == 0 {
            self.source.next(&mut self.block)?;
            if self.block.rows() == 0 {
                return Ok(());
            }
            let rows = self.count.take(&self.block, self.target, &self.features);
            table.append(&self.block.select(&rows));
        }
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), S::Error> {
        self.count = Count::default();
        self.source.rewind()
    }

    fn name(&self) -> &str {
        self.source.name()
    }
}

impl Count {
    /// The rows of the table that pass; others are counted.
    fn take(&mut self, table: &Table, target: usize, features: &[usize]) -> Vec<u32> {
        self.by_column.resize(table.schema().columns.len(), 0);
        let mut pass = Vec::new();
        for row in 0..table.rows() {
            let has_target = !table.column_at(target).is_missing(row);
            match first_missing(table, row, features).filter(|_| has_target) {
                Some(column) => {
                    self.left_out += 1;
                    self.by_column[column] += 1;
                }
                None => {
                    self.kept += u64::from(has_target);
                    pass.push(row as u32);
                }
            }
        }
        pass
    }

    /// Why no row with a target passed, if that is so.
    fn fault(&self, schema: &Schema) -> Option<ModelError> {
        let (column, &rows) = self.by_column.iter().enumerate().rev().max_by_key(|(_, n)| **n)?;
        (self.kept == 0 && rows > 0).then(|| ModelError::NoCompleteRow {
            rows: self.left_out,
            column: schema.columns[column].name.clone(),
        })
    }
}

/// Fits a linear model by `fit` on the rows that the settings want.
pub(crate) fn fit_complete<S: RowSource>(
    source: &mut S,
    settings: &LinearSettings,
    fit: impl FnOnce(&mut CompleteRows<'_, S>) -> Result<Model, Failed<S::Error>>,
) -> Result<Model, Failed<S::Error>> {
    let mut rows = CompleteRows::new(source, settings)?;
    let fitted = fit(&mut rows);
    match (fitted, rows.count.fault(rows.source.schema())) {
        (Err(Failed::Model(_)), Some(fault)) => Err(fault.into()),
        (Ok(mut model), _) => {
            model.record_mut().rows_incomplete = rows.count.left_out;
            Ok(model)
        }
        (failed @ Err(_), _) => failed,
    }
}

/// The complete rows of a table in which every row has a target, and which they are, if not all.
pub(crate) fn complete_rows<'t>(
    table: Cow<'t, Table>,
    missing: Missing,
    target: &str,
    leave_out: &[&str],
) -> Result<(Cow<'t, Table>, Option<Vec<u32>>), ModelError> {
    match missing {
        Missing::Fill => return Ok((table, None)),
        Missing::DropRows => {}
    }
    let schema = table.schema();
    let mut count = Count::default();
    let rows = count.take(&table, schema.position(target)?, &all_but(schema, leave_out));
    match count.fault(schema) {
        Some(fault) => Err(fault),
        None if count.left_out == 0 => Ok((table, None)),
        None => Ok((Cow::Owned(table.select(&rows)), Some(rows))),
    }
}
