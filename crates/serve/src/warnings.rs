//! What a person should know of a row beside its prediction: categories that training did not have, numbers
//! outside what training had or beyond all reason, and values that were filled in.

use crate::served::Served;
use planish_model::Predictor;
use planish_tabular::{CellProfile, Column, Table};
use serde::Serialize;

/// What is unusual in a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Warning<'a> {
    pub(crate) column: &'a str,
    pub(crate) kind: Unusual,
}

/// How it is unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unusual {
    /// The average of the training rows stands for it.
    UnknownCategory,
    /// A typical value stands for it.
    Imputed,
    /// A number a million standard deviations from the training rows; a nearer one stands for it.
    CutOff,
    /// A number less or greater than all in training.
    OutsideRange,
}

/// The warnings of each row.
pub(crate) fn warnings<'a>(served: &'a Served, table: &Table) -> Vec<Vec<Warning<'a>>> {
    let mut all = vec![Vec::new(); table.rows()];
    let encoder = match served.model.predictor() {
        Predictor::Network(n) => Some(&n.encoder),
        _ => None,
    };
    let profiles = served.model.profiles();
    for (i, column) in served.features.columns.iter().enumerate() {
        let levels = served.model.levels(&column.name);
        let known: Vec<bool> = match (table.column_at(i), levels) {
            (Column::Text(c), Some(levels)) => {
                c.dictionary().iter().map(|text| levels.known().binary_search(text).is_ok()).collect()
            }
            _ => Vec::new(),
        };
        let range = profiles.iter().find(|p| p.column == column.name).and_then(|p| match p.cells {
            CellProfile::Number { range, .. } => range,
            CellProfile::Category(_) => None,
        });
        let missing_is_known = levels.is_some_and(|l| l.has_missing());
        for (row, warnings) in all.iter_mut().enumerate() {
            let kind = match table.column_at(i) {
                column if column.is_missing(row) => (!missing_is_known).then_some(Unusual::Imputed),
                Column::Text(c) => (!known[c.codes()[row] as usize]).then_some(Unusual::UnknownCategory),
                Column::Number(c) => {
                    let x = c.values()[row];
                    let far = encoder.is_some_and(|e| e.cuts_off(&column.name, x));
                    let outside = range.is_some_and(|[least, greatest]| x < least || x > greatest);
                    far.then_some(Unusual::CutOff).or(outside.then_some(Unusual::OutsideRange))
                }
            };
            warnings.extend(kind.map(|kind| Warning { column: &column.name, kind }));
        }
    }
    all
}
