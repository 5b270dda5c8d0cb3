//! What the cells of a row must be for it to be fitted or scored.

use crate::error::ModelError;
use planish_tabular::Table;
use planish_tensor::Dd;

/// A row's weight, which must be there and not be negative.
pub(crate) fn weight(table: &Table, row: usize, column: &str) -> Result<f64, ModelError> {
    let weight = table.numbers(column)?.at(row);
    weight.filter(|w| w.hi >= 0.0).map(|w| w.to_f64()).ok_or_else(|| ModelError::SampleWeight {
        column: column.to_owned(),
        line: table.line(row),
        found: weight.map_or("nothing".to_owned(), |w| w.to_f64().to_string()),
    })
}

/// Refuses a target of Poisson's loss that is negative.
pub(crate) fn check_count(table: &Table, row: usize, column: &str, y: Dd) -> Result<(), ModelError> {
    if y.hi < 0.0 {
        let (column, line) = (column.to_owned(), table.line(row));
        return Err(ModelError::NegativeTarget { column, line, found: y.to_f64() });
    }
    Ok(())
}
