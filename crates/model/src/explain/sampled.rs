//! Shapley values by sampling (Štrumbelj and Kononenko 2014): columns are given their own values one after the other, in random orders, from rows
//! that are drawn column by column as training rows lay; what a column's own value changes is its part. Each order is also walked backwards
//! (antithetic pairs), which halves the error of most models.

use crate::error::ModelError;
use planish_tabular::{CellProfile, Column, ColumnProfile, Table};
use planish_tensor::rng::{Purpose, Stream};

/// Pairs of orders.
const PAIRS: usize = 16;
/// How far apart the two random numbers of a column lie in a pair's stream.
const DRAWS: u64 = 1 << 20;

/// What sampling found.
pub(super) struct Found {
    pub(super) base: f64,
    /// Each column's part, with its standard error.
    pub(super) parts: Vec<(f64, f64)>,
}

/// The parts of a row whose prediction is `own`.
pub(super) fn parts(
    profiles: &[ColumnProfile<'_>],
    table: &Table,
    row: usize,
    own: f64,
    predict: &dyn Fn(&Table) -> Result<Vec<f64>, ModelError>,
) -> Result<Found, ModelError> {
    let columns = profiles.len();
    let (mut base, mut of_pairs) = (0.0, vec![vec![0.0; PAIRS]; columns]);
    for pair in 0..PAIRS {
        let order = order(columns, pair);
        let mut place = vec![0; columns];
        order.iter().enumerate().for_each(|(at, &column)| place[column] = at);
        let mut rows = Table::new(table.schema().clone());
        for given in 0..columns {
            push(&mut rows, profiles, (table, row), pair, |column| place[column] < given);
        }
        for given in 0..columns {
            push(&mut rows, profiles, (table, row), pair, |column| columns - 1 - place[column] < given);
        }
        let said = predict(&rows)?;
        let (forwards, backwards) = said.split_at(columns);
        for (steps, is_backwards) in [(forwards, false), (backwards, true)] {
            base += steps.first().copied().unwrap_or(own) / (2 * PAIRS) as f64;
            for at in 0..columns {
                let after = steps.get(at + 1).copied().unwrap_or(own);
                let column = order[if is_backwards { columns - 1 - at } else { at }];
                of_pairs[column][pair] += (after - steps[at]) / 2.0;
            }
        }
    }
    let part = |values: Vec<f64>| {
        let mean = values.iter().sum::<f64>() / PAIRS as f64;
        let square = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
        (mean, (square / (PAIRS * (PAIRS - 1)) as f64).sqrt())
    };
    Ok(Found { base, parts: of_pairs.into_iter().map(part).collect() })
}

fn order(columns: usize, pair: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..columns).collect();
    Stream::new(0, Purpose::Permutation, pair as u32).shuffle(&mut order);
    order
}

/// Adds a row with the own cells of the columns that are `given`, and drawn ones elsewhere: of a pair always the same.
fn push(
    rows: &mut Table,
    profiles: &[ColumnProfile<'_>],
    (table, row): (&Table, usize),
    pair: usize,
    given: impl Fn(usize) -> bool,
) {
    let stream = Stream::new(0, Purpose::Sample, pair as u32);
    for (position, profile) in profiles.iter().enumerate() {
        let at = |place: u64| stream.uniform(position as u64 + place * DRAWS);
        match (given(position), table.column_at(position), profile.cells) {
            (true, Column::Number(c), _) => rows.push_decimal(position, c.at(row)),
            (true, Column::Text(c), _) => rows.push_text(position, c.at(row)),
            (false, _, CellProfile::Number { typical, range, bins, .. }) => {
                let drawn = match (range, bins) {
                    (Some(ends), Some(bins)) => bins.draw(ends, at(0), at(1)),
                    _ => Some(typical),
                };
                rows.push_number(position, drawn);
            }
            (false, _, CellProfile::Category(levels)) => {
                let mut left = at(0);
                let drawn = levels.known().iter().zip(levels.shares()).find(|(_, share)| {
                    left -= **share;
                    left < 0.0
                });
                rows.push_text(position, drawn.map(|(level, _)| level.as_str()));
            }
        }
    }
    rows.end_row(0);
}
