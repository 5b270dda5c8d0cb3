//! Which rows a round learns from and which columns a tree may use: a function of seed and number alone.

use crate::settings::Settings;
use planish_tensor::rng::{Purpose, Stream};

/// The rows of a round, and those of the others that it leaves out.
pub(super) fn rows(settings: &Settings, rows: &[u32], round: usize) -> (Vec<u32>, Vec<u32>) {
    if settings.subsample >= 1.0 {
        return (rows.to_vec(), Vec::new());
    }
    let stream = Stream::new(settings.seed, Purpose::Subsample, round as u32);
    let limit = (settings.subsample * f64::from(u32::MAX)) as u32;
    let (mut taken, mut left_out) = (Vec::with_capacity(rows.len()), Vec::new());
    for (four, rows) in rows.chunks(4).enumerate() {
        for (&row, word) in rows.iter().zip(stream.words(four as u64)) {
            if word <= limit { taken.push(row) } else { left_out.push(row) }
        }
    }
    if taken.is_empty() { (left_out, taken) } else { (taken, left_out) }
}

/// Which columns a tree may use.
pub(super) fn columns(settings: &Settings, columns: usize, tree: usize) -> Vec<bool> {
    let wanted = ((settings.colsample * columns as f64).round() as usize).clamp(columns.min(1), columns);
    let mut may_use = vec![true; wanted];
    may_use.resize(columns, false);
    Stream::new(settings.seed, Purpose::Colsample, tree as u32).shuffle(&mut may_use);
    may_use
}
