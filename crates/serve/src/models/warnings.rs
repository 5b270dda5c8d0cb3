//! What a person should know of a row beside its prediction: categories that training did not have, numbers
//! outside what training had or beyond all reason, and values that were filled in.

use crate::models::served::Served;
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
    let encoder = served.model.network().map(|n| &n.encoder);
    for (i, profile) in served.model.profiles().into_iter().enumerate() {
        let unusual = |row: usize| match (table.column_at(i), profile.cells) {
            (Column::Number(c), _) if c.at(row).is_none() => Some(Unusual::Imputed),
            (Column::Number(c), CellProfile::Number { range, .. }) => {
                let x = c.values()[row];
                let within = range.is_some_and(|[least, greatest]| (least..=greatest).contains(&x));
                let far = !within && encoder.is_some_and(|e| e.cuts_off(profile.column, x));
                let outside = range.is_some() && !within;
                far.then_some(Unusual::CutOff).or(outside.then_some(Unusual::OutsideRange))
            }
            (Column::Text(c), CellProfile::Category(levels)) => match c.at(row) {
                None => (!levels.has_missing()).then_some(Unusual::Imputed),
                Some(text) => {
                    let known = levels.known().binary_search_by(|level| level.as_str().cmp(text)).is_ok();
                    (!known).then_some(Unusual::UnknownCategory)
                }
            },
            (Column::Number(_), CellProfile::Category(_)) | (Column::Text(_), CellProfile::Number { .. }) => {
                unreachable!("the table has the model's columns")
            }
        };
        for (row, warnings) in all.iter_mut().enumerate() {
            warnings.extend(unusual(row).map(|kind| Warning { column: profile.column, kind }));
        }
    }
    all
}
