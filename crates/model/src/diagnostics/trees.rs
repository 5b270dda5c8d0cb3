//! What boosted trees made of the columns in the rows at hand: each column's mean part in the scores (Shapley values, see
//! `planish_trees::Forest::contributions`), and for those that gained most what the prediction is, in the mean, when all rows have one value
//! there: partial dependence (Friedman 2001).

use crate::trees_predictor::TreesPredictor;
use planish_tensor::{Exec, Thinned};
use planish_trees::{BinnedRows, Bins};
use serde::Serialize;

/// Rows whose parts are added up.
const ROWS: usize = 1000;
/// Rows that are given one value.
const GIVEN: usize = 500;
/// Columns whose dependence is shown.
const COLUMNS: usize = 6;
/// Values of a column of numbers, and levels of a category.
const VALUES: usize = 24;
const LEVELS: usize = 12;

/// What trees made of the columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TreeDiagnostics {
    /// Rows that were looked at, taken evenly.
    pub rows: usize,
    /// Each column's mean part in the scores, without sign, the largest first; of several classes the mean over them.
    pub contributions: Vec<(String, f64)>,
    /// Of several classes the one whose probability the dependence is of.
    pub class: Option<usize>,
    /// The columns that gained most.
    pub dependence: Vec<Dependence>,
}

/// The mean prediction by the value of one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dependence {
    /// The column.
    pub column: String,
    /// Numbers with mean predictions, in the target's units, or probabilities.
    pub numbers: Vec<[f64; 2]>,
    /// Levels with mean predictions.
    pub levels: Vec<(String, f64)>,
}

/// Rows that are kept.
pub(super) struct TreeRows {
    kept: Thinned,
}

impl TreeRows {
    pub(super) fn new(t: &TreesPredictor) -> TreeRows {
        TreeRows { kept: Thinned::new(t.binner.columns.len().max(1), ROWS) }
    }

    pub(super) fn push(&mut self, rows: &BinnedRows) {
        for row in 0..rows.rows() {
            self.kept.push(rows.row(row)[..rows.columns()].iter().map(|&bin| f64::from(bin)));
        }
    }

    pub(super) fn finish(self, exec: Exec, t: &TreesPredictor) -> TreeDiagnostics {
        let columns = t.binner.columns.len();
        let mut rows = BinnedRows::new(self.kept.len(), columns);
        for (i, row) in self.kept.rows().enumerate() {
            row.iter().enumerate().for_each(|(column, &bin)| rows.set(column, i, bin as u8));
        }
        let given = rows.select(0..rows.rows().min(GIVEN));
        let class = most_likely(t, &t.forest.predict(exec, &given));
        let mean = |rows: &BinnedRows| mean_prediction(t, &t.forest.predict(exec, rows), class);
        let mut order: Vec<(usize, f64)> =
            t.forest.gain_by_column(&t.binner).into_iter().enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let names = t.features.names();
        let of_column = |&(source, _): &(usize, f64)| Dependence {
            column: names[source].clone(),
            numbers: numbers(t, source, &given, &mean),
            levels: levels(t, source, &given, &mean),
        };
        let most = order.iter().filter(|(_, gain)| *gain > 0.0).take(COLUMNS);
        TreeDiagnostics {
            rows: rows.rows(),
            contributions: contributions(exec, t, &rows),
            class,
            dependence: if given.rows() == 0 { Vec::new() } else { most.map(of_column).collect() },
        }
    }
}

/// Each column's mean part without sign.
fn contributions(exec: Exec, t: &TreesPredictor, rows: &BinnedRows) -> Vec<(String, f64)> {
    let names = t.features.names();
    let parts = t.forest.contributions(exec, &t.binner, rows);
    let mut sums = vec![0.0; names.len()];
    for of_output in parts.chunks_exact(names.len() + 1) {
        sums.iter_mut().zip(of_output).for_each(|(sum, part)| *sum += part.abs());
    }
    let count = (rows.rows() * t.forest.outputs()).max(1) as f64;
    let mut named: Vec<(String, f64)> = names.into_iter().zip(sums.into_iter().map(|s| s / count)).collect();
    named.sort_by(|a, b| b.1.total_cmp(&a.1));
    named
}

/// Of more than two classes the one with the highest mean probability, of two the second.
fn most_likely(t: &TreesPredictor, predicted: &[f64]) -> Option<usize> {
    let outputs = t.forest.outputs();
    if outputs == 1 {
        return t.forest.loss.is_for_classes().then_some(1);
    }
    let sum = |k: usize| predicted.iter().skip(k).step_by(outputs).sum::<f64>();
    let sums: Vec<f64> = (0..outputs).map(sum).collect();
    Some((1..outputs).fold(0, |best, k| if sums[k] > sums[best] { k } else { best }))
}

fn mean_prediction(t: &TreesPredictor, predicted: &[f64], class: Option<usize>) -> f64 {
    let outputs = t.forest.outputs();
    let output = if outputs == 1 { 0 } else { class.unwrap_or(0) };
    let sum: f64 = predicted.iter().skip(output).step_by(outputs).sum();
    sum / (predicted.len() / outputs) as f64
}

/// The dependence on a column of numbers: at bins that rows have, each at its middle.
fn numbers(
    t: &TreesPredictor,
    source: usize,
    rows: &BinnedRows,
    mean: &dyn Fn(&BinnedRows) -> f64,
) -> Vec<[f64; 2]> {
    let of_source = |c: &planish_trees::BinnedColumn| c.source as usize == source;
    let Some(column) = t.binner.columns.iter().position(of_source) else { return Vec::new() };
    let Bins::Numbers { edges } = &t.binner.columns[column].bins else { return Vec::new() };
    let mut bins: Vec<u8> = (0..rows.rows()).map(|r| rows.row(r)[column]).filter(|&bin| bin > 0).collect();
    bins.sort_unstable();
    bins.dedup();
    let step = bins.len().div_ceil(VALUES).max(1);
    let point = |&bin: &u8| {
        let at = usize::from(bin);
        let (low, high) = (edges.get(at.wrapping_sub(2)), edges.get(at - 1));
        let x = match (low, high) {
            (Some(low), Some(high)) => low / 2.0 + high / 2.0,
            (Some(edge), None) | (None, Some(edge)) => *edge,
            (None, None) => return None,
        };
        let mut all = rows.clone();
        all.set_column(column, bin);
        Some([x, mean(&all)])
    };
    bins.iter().step_by(step).filter_map(point).filter(|p| p[0].is_finite()).collect()
}

/// The dependence on a category: at its most frequent levels.
fn levels(
    t: &TreesPredictor,
    source: usize,
    rows: &BinnedRows,
    mean: &dyn Fn(&BinnedRows) -> f64,
) -> Vec<(String, f64)> {
    let Some(names) = t.features.levels()[source] else { return Vec::new() };
    let own: Vec<usize> =
        (0..t.binner.columns.len()).filter(|&c| t.binner.columns[c].source as usize == source).collect();
    // Levels have their bins in the order of their frequency.
    let frequency = |bins: &Bins, code: usize| match bins {
        Bins::Levels { bins, .. } => bins.get(code).copied().filter(|&bin| bin > 0),
        Bins::Numbers { .. } | Bins::Means { .. } => None,
    };
    let place = |code: usize| own.iter().find_map(|&c| frequency(&t.binner.columns[c].bins, code));
    let mut codes: Vec<(u8, usize)> =
        (0..names.len()).filter_map(|code| Some((place(code)?, code))).collect();
    codes.sort_unstable();
    let of_level = |&(_, code): &(u8, usize)| {
        let mut all = rows.clone();
        for &column in &own {
            all.set_column(column, t.binner.columns[column].bins.of_code(code as u32));
        }
        (names[code].clone(), mean(&all))
    };
    codes.iter().take(LEVELS).map(of_level).collect()
}
