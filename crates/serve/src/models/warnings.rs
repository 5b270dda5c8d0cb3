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
    /// The relation that is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) relation: Option<String>,
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
    /// The interval is that of the average of the training rows, not of a category that they did not have.
    IntervalOfUnknown,
    /// The row breaks a relation that aliased terms kept in training, so that nothing there supports the prediction.
    OffRelation,
}

/// The warnings of each row, of a prediction with intervals or without.
pub(crate) fn warnings<'a>(served: &'a Served, table: &Table, has_intervals: bool) -> Vec<Vec<Warning<'a>>> {
    let mut all = vec![Vec::new(); table.rows()];
    let fills = served.model.fills_missing();
    let encoder = served.model.network().map(|n| &n.encoder);
    for (i, profile) in served.model.profiles().into_iter().enumerate() {
        let unusual = |row: usize| match (table.column_at(i), profile.cells) {
            (Column::Number(c), _) if c.at(row).is_none() => fills.then_some(Unusual::Imputed),
            (Column::Number(c), CellProfile::Number { range, .. }) => {
                let x = c.values()[row];
                let within = range.is_some_and(|[least, greatest]| (least..=greatest).contains(&x));
                let far = !within && encoder.is_some_and(|e| e.cuts_off(profile.column, x));
                let outside = range.is_some() && !within;
                far.then_some(Unusual::CutOff).or(outside.then_some(Unusual::OutsideRange))
            }
            (Column::Text(c), CellProfile::Category(levels)) => match c.at(row) {
                None => (fills && !levels.has_missing()).then_some(Unusual::Imputed),
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
            let found = unusual(row);
            let unknown = found.filter(|kind| has_intervals && *kind == Unusual::UnknownCategory);
            let both = found.into_iter().chain(unknown.map(|_| Unusual::IntervalOfUnknown));
            warnings.extend(both.map(|kind| Warning { column: profile.column, kind, relation: None }));
        }
    }
    // The table has the model's columns.
    for broken in served.model.broken_relations(table).unwrap_or_default() {
        let column = served.features.columns.iter().find(|c| c.name == broken.column);
        let (column, relation) = (column.map_or("", |c| c.name.as_str()), Some(broken.relation));
        all[broken.row].push(Warning { column, kind: Unusual::OffRelation, relation });
    }
    all
}
