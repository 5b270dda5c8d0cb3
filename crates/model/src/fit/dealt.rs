//! By what rows are held out or dealt to folds: the groups, times and words of a table's columns as numbers.

use crate::error::ModelError;
use crate::hold_out::HoldOut;
use planish_tabular::{Column, Table};
use planish_train::TrainError;
use planish_train::split::{Folds, HoldBy};
use std::collections::{BTreeMap, BTreeSet};

/// By what the rows of a table are dealt.
pub(super) enum Dealt {
    Chance,
    Groups(Vec<u32>),
    Times(Vec<f64>),
    Rows(Vec<bool>),
}

impl Dealt {
    /// What the settings say of this table, of whose rows this many at the end are held out.
    pub(super) fn new(table: &Table, hold_out: &HoldOut, last: Option<usize>) -> Result<Dealt, ModelError> {
        Ok(match hold_out {
            _ if last.is_some() => {
                let from = table.rows() - last.unwrap_or_default();
                Dealt::Rows((0..table.rows()).map(|row| row >= from).collect())
            }
            HoldOut { column: Some(name), .. } => Dealt::Rows(said(table, name)?),
            HoldOut { group: Some(name), .. } => Dealt::Groups(codes(table, name)?),
            HoldOut { time: Some(name), .. } => Dealt::Times(times(table, name)?),
            _ => Dealt::Chance,
        })
    }

    /// As held-out rows are chosen by it.
    pub(super) fn hold_by(&self) -> HoldBy<'_> {
        match self {
            Dealt::Chance => HoldBy::Chance,
            Dealt::Groups(groups) => HoldBy::Groups(groups),
            Dealt::Times(times) => HoldBy::Times(times),
            Dealt::Rows(rows) => HoldBy::Rows(rows),
        }
    }

    /// So many folds of rows, of which these are the classes.
    pub(super) fn folds(
        &self,
        rows: usize,
        classes: Option<&[u32]>,
        folds: usize,
        seed: u64,
    ) -> Result<Folds, TrainError> {
        match (self, classes) {
            (Dealt::Groups(groups), _) => Folds::grouped(groups, folds, seed),
            (Dealt::Times(times), _) => Folds::by_time(times, folds),
            (Dealt::Chance | Dealt::Rows(_), Some(classes)) => Folds::stratified(classes, folds, seed),
            (Dealt::Chance | Dealt::Rows(_), None) => Folds::plain(rows, folds, seed),
        }
    }
}

/// A fold in which the training rows have every class of the held-out ones: rows of a class that would be held out whole stay with the training
/// rows. By group or time they cannot, and are left out.
pub(super) fn learnable(
    (mut rows, held): (Vec<u32>, Vec<u32>),
    classes: Option<&[u32]>,
    dealt: &Dealt,
) -> (Vec<u32>, Vec<u32>) {
    let Some(classes) = classes else { return (rows, held) };
    let of = |row: &u32| classes[*row as usize];
    let known: BTreeSet<u32> = rows.iter().map(of).collect();
    let (held, alone): (Vec<u32>, Vec<u32>) = held.into_iter().partition(|row| known.contains(&of(row)));
    match dealt {
        Dealt::Chance | Dealt::Rows(_) => {
            rows.extend(alone);
            rows.sort_unstable();
        }
        Dealt::Groups(_) | Dealt::Times(_) => {}
    }
    (rows, held)
}

/// The time of each row; of texts the place in their order.
fn times(table: &Table, name: &str) -> Result<Vec<f64>, ModelError> {
    no_cell_missing(table, name)?;
    match table.column(name)? {
        Column::Number(n) => Ok(n.values().to_vec()),
        Column::Text(_) => Ok(codes(table, name)?.into_iter().map(f64::from).collect()),
    }
}

/// The place of each row's cell among the column's different cells in order.
fn codes(table: &Table, name: &str) -> Result<Vec<u32>, ModelError> {
    no_cell_missing(table, name)?;
    let keys: Vec<String> = match table.column(name)? {
        Column::Number(n) => n.values().iter().map(f64::to_string).collect(),
        Column::Text(t) => (0..table.rows()).map(|r| t.at(r).unwrap_or_default().to_owned()).collect(),
    };
    let mut order: BTreeMap<&str, u32> = keys.iter().map(|k| (k.as_str(), 0)).collect();
    order.values_mut().zip(0..).for_each(|(place, i)| *place = i);
    Ok(keys.iter().map(|k| order[k.as_str()]).collect())
}

/// Whether the column says of each row that it is held out.
fn said(table: &Table, name: &str) -> Result<Vec<bool>, ModelError> {
    no_cell_missing(table, name)?;
    let column = table.column(name)?;
    let cell = |row: usize| match column {
        Column::Number(n) => n.values()[row].to_string(),
        Column::Text(t) => t.at(row).unwrap_or_default().to_owned(),
    };
    let word = |row: usize| match cell(row).to_lowercase().as_str() {
        "1" | "true" | "yes" | "validation" | "valid" | "val" => Ok(true),
        "0" | "false" | "no" | "train" | "training" => Ok(false),
        _ => {
            Err(ModelError::HeldOutCell { column: name.to_owned(), line: table.line(row), found: cell(row) })
        }
    };
    (0..table.rows()).map(word).collect()
}

fn no_cell_missing(table: &Table, name: &str) -> Result<(), ModelError> {
    let column = table.column(name)?;
    match (0..table.rows()).find(|&row| column.is_missing(row)) {
        Some(row) => Err(ModelError::FoldCell { column: name.to_owned(), line: table.line(row) }),
        None => Ok(()),
    }
}
