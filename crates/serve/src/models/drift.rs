//! Drift: how far the rows that are asked for lie from the training rows, as the population stability index of each column.
//!
//! The index is that of `planish_tabular::stability_index`, of the last rows asked for. Parts are bins of numbers and missing cells, or the levels that at
//! least one training row in a hundred had and all other cells. Rows that come already encoded are not counted.

use planish_model::Model;
use planish_tabular::{Bins, CellProfile, Column, Levels, Table, stability_index};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Rows of a window; the index is of the last one that is full and the one that is being filled.
const WINDOW: u64 = 10_000;
/// Rows below which nothing is said.
const FEW: u64 = 200;
/// Levels with a smaller share are one part.
const RARE: f64 = 0.01;

/// What is counted for one version of a model.
#[derive(Debug)]
pub(crate) struct Drift {
    columns: Vec<ColumnDrift>,
    windows: Mutex<[Window; 2]>,
}

/// A column whose shares in training are known.
#[derive(Debug)]
struct ColumnDrift {
    name: String,
    /// Where it stands in a table of the model's columns.
    position: usize,
    parts: Parts,
    expected: Vec<f64>,
    /// Its first part among those of all columns.
    first: usize,
}

/// The part to which a cell belongs.
#[derive(Debug)]
enum Parts {
    Numbers(Bins),
    /// The frequent levels, missing cells if they are one, and the place of all others.
    Levels {
        frequent: HashMap<String, usize>,
        missing: usize,
        other: usize,
    },
}

#[derive(Debug)]
struct Window {
    rows: u64,
    counts: Vec<u64>,
}

impl Drift {
    pub(crate) fn new(model: &Model) -> Drift {
        let mut columns: Vec<ColumnDrift> = Vec::new();
        let mut first = 0;
        for (position, profile) in model.profiles().into_iter().enumerate() {
            let (parts, expected) = match profile.cells {
                CellProfile::Number { bins: Some(bins), .. } => {
                    (Parts::Numbers(bins.clone()), bins.shares().to_vec())
                }
                CellProfile::Number { bins: None, .. } => continue,
                CellProfile::Category(levels) => of_levels(levels),
            };
            let name = profile.column.to_owned();
            let count = expected.len();
            columns.push(ColumnDrift { name, position, parts, expected, first });
            first += count;
        }
        let window = || Window { rows: 0, counts: vec![0; first] };
        Drift { columns, windows: Mutex::new([window(), window()]) }
    }

    /// Counts the rows of a table of the model's columns.
    pub(crate) fn observe(&self, table: &Table) {
        let mut windows = self.lock();
        for row in 0..table.rows() {
            if windows[1].rows == WINDOW {
                windows.swap(0, 1);
                windows[1].rows = 0;
                windows[1].counts.fill(0);
            }
            windows[1].rows += 1;
            for of in &self.columns {
                windows[1].counts[of.first + of.parts.place(table.column_at(of.position), row)] += 1;
            }
        }
    }

    /// The index of each column; nothing while there are few rows.
    pub(crate) fn indices(&self) -> Vec<(&str, f64)> {
        let windows = self.lock();
        let rows = windows[0].rows + windows[1].rows;
        if rows < FEW {
            return Vec::new();
        }
        let count = |part: usize| windows[0].counts[part] + windows[1].counts[part];
        let index = |of: &ColumnDrift| stability_index(&of.expected, |part| count(of.first + part), rows);
        self.columns.iter().map(|of| (of.name.as_str(), index(of))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, [Window; 2]> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    fn place(&self, column: &Column, row: usize) -> usize {
        match (self, column) {
            (Parts::Numbers(bins), Column::Number(c)) => bins.place(c.at(row).map(|x| x.hi)),
            (Parts::Levels { frequent, missing, other }, Column::Text(c)) => match c.at(row) {
                Some(text) => frequent.get(text).copied().unwrap_or(*other),
                None => *missing,
            },
            (Parts::Numbers(_), Column::Text(_)) | (Parts::Levels { .. }, Column::Number(_)) => {
                unreachable!("the table has the model's columns")
            }
        }
    }
}

/// The parts of a category, and their shares in training.
fn of_levels(levels: &Levels) -> (Parts, Vec<f64>) {
    let (mut frequent, mut expected) = (HashMap::new(), Vec::new());
    let mut missing = None;
    for (i, &share) in levels.shares().iter().enumerate().filter(|(_, s)| **s >= RARE) {
        match levels.known().get(i) {
            Some(name) => drop(frequent.insert(name.clone(), expected.len())),
            None => missing = Some(expected.len()),
        }
        expected.push(share);
    }
    let other = expected.len();
    expected.push((1.0 - expected.iter().sum::<f64>()).max(0.0));
    (Parts::Levels { frequent, missing: missing.unwrap_or(other), other }, expected)
}
