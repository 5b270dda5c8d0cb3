//! What the cells of a row must be for it to be fitted or scored.

use crate::error::ModelError;
use planish_tabular::{Kind, Schema, Table};
use planish_tensor::Dd;
use std::collections::BTreeMap;

/// How the numbers of target and weights are written, where that is not plainly.
///
/// # Errors
/// Dates, of which neither can be; an unknown column.
pub(crate) fn written(
    schema: &Schema,
    target: &str,
    weights: Option<&str>,
) -> Result<BTreeMap<String, Kind>, ModelError> {
    let mut found = BTreeMap::new();
    for name in std::iter::once(target).chain(weights) {
        match schema.columns[schema.position(name)?].kind {
            Kind::Number | Kind::Category => {}
            kind @ Kind::Formatted(_) => drop(found.insert(name.to_owned(), kind)),
            Kind::Date(_) => {
                let role = if name == target { "predicted" } else { "weights of rows" };
                return Err(ModelError::Dates { column: name.to_owned(), role });
            }
        }
    }
    Ok(found)
}

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

/// Refuses a target of the gamma loss that is not above 0.
pub(crate) fn check_positive(table: &Table, row: usize, column: &str, y: Dd) -> Result<(), ModelError> {
    if y.hi > 0.0 {
        return Ok(());
    }
    let (column, line) = (column.to_owned(), table.line(row));
    Err(ModelError::TargetNotAboveZero { column, line, found: y.to_f64() })
}
