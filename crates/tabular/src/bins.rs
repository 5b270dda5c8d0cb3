//! How the numbers of a column lay in the training rows: about ten bins of equal shares, and the share of missing cells.
//!
//! A service compares them with the rows that it is asked for. Edges have five digits, since nothing is computed with them, and are deciles of
//! at most some thousands of numbers at even steps.

use planish_tensor::Thinned;
use serde::{Deserialize, Serialize};

/// Bins that a column is cut into at most.
const BINS: usize = 10;
/// Numbers that are kept at most.
const SAMPLE: usize = 8192;

/// Bins of a column's numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Bins {
    /// Where a bin ends and the next begins, ascending; a number at an edge belongs to the next.
    edges: Vec<f64>,
    /// The share of the training rows in each bin, then that of missing cells.
    shares: Vec<f64>,
}

impl Bins {
    /// The shares of the training rows: a bin after the other, then missing cells.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The place in the shares of a cell.
    pub fn place(&self, cell: Option<f64>) -> usize {
        match cell {
            Some(x) => self.edges.partition_point(|edge| *edge <= x),
            None => self.edges.len() + 1,
        }
    }

    /// A number as they lay: `which` in [0, 1) says in which bin, `where_in` where between its ends; the outer ones end at `ends`. None for a missing cell.
    pub fn draw(&self, ends: [f64; 2], which: f64, where_in: f64) -> Option<f64> {
        let mut left = which;
        let place = self.shares.iter().position(|share| {
            left -= share;
            left < 0.0
        })?;
        if place > self.edges.len() {
            return None;
        }
        let low = if place == 0 { ends[0] } else { self.edges[place - 1] };
        let high = self.edges.get(place).copied().unwrap_or(ends[1]);
        Some(low + (high - low) * where_in)
    }

    /// Checks bins that were read from outside.
    pub(crate) fn validate(&self) -> Result<(), &'static str> {
        let ascending = self.edges.windows(2).all(|pair| pair[0] < pair[1]);
        let finite = self.edges.iter().all(|x| x.is_finite());
        let shares = self.shares.iter().all(|s| (0.0..=1.0).contains(s));
        let fits = self.shares.len() == self.edges.len() + 2;
        (ascending && finite && shares && fits).then_some(()).ok_or("the bins of a column are not in order")
    }
}

/// Numbers of a column at even steps, and how many cells were missing.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    numbers: Thinned,
    missing: u64,
}

impl Sample {
    pub(crate) fn new() -> Sample {
        Sample { numbers: Thinned::new(1, SAMPLE), missing: 0 }
    }

    pub(crate) fn push(&mut self, cell: Option<f64>) {
        match cell {
            Some(x) => self.numbers.push(std::iter::once(x)),
            None => self.missing += 1,
        }
    }

    /// Takes numbers that are there.
    pub(crate) fn extend(&mut self, numbers: &[f64]) {
        self.numbers.extend(numbers);
    }

    /// Takes note of missing cells.
    pub(crate) fn add_missing(&mut self, cells: u64) {
        self.missing += cells;
    }

    /// The bins; none without numbers.
    pub(crate) fn finish(self) -> Option<Bins> {
        self.finish_with(rounded)
    }

    /// The bins of dates, whose seconds have more digits that matter.
    pub(crate) fn finish_dates(self) -> Option<Bins> {
        self.finish_with(|seconds| seconds.round())
    }

    fn finish_with(self, edge: impl Fn(f64) -> f64) -> Option<Bins> {
        let mut sorted: Vec<f64> = self.numbers.rows().map(|row| row[0]).collect();
        let n = sorted.len();
        sorted.sort_by(f64::total_cmp);
        let least = *sorted.first()?;
        let decile = |k: usize| edge(sorted[k * n / BINS]);
        let mut edges: Vec<f64> = (1..BINS).map(decile).filter(|x| x.is_finite()).collect();
        edges.dedup();
        // An edge at or below the least number would begin an empty bin.
        edges.retain(|edge| *edge > least);
        let cells = (self.numbers.seen() + self.missing) as f64;
        let present = self.numbers.seen() as f64 / cells;
        let below = |edge: f64| sorted.partition_point(|x| *x < edge);
        let ends: Vec<usize> = edges.iter().map(|&edge| below(edge)).chain([n]).collect();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let mut shares: Vec<f64> =
            starts.zip(&ends).map(|(a, b)| rounded((b - a) as f64 / n as f64 * present)).collect();
        shares.push(rounded(self.missing as f64 / cells));
        Some(Bins { edges, shares })
    }
}

/// To five significant digits.
fn rounded(x: f64) -> f64 {
    format!("{x:.4e}").parse().expect("a number that was just written")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(cells: impl Iterator<Item = Option<f64>>) -> Bins {
        let mut sample = Sample::new();
        cells.for_each(|c| sample.push(c));
        sample.finish().unwrap()
    }

    #[test]
    fn bins_of_many_numbers_have_equal_shares_and_a_place_for_every_cell() {
        let b = bins((0..100_000).map(|i| Some(f64::from(i * 7919 % 100_000))));
        assert!(b.validate().is_ok() && b.shares().len() == BINS + 1);
        assert!(b.shares()[..BINS].iter().all(|s| (s - 0.1).abs() < 0.01), "{:?}", b.shares());
        assert_eq!((b.place(Some(-1e9)), b.place(Some(1e9)), b.place(None)), (0, BINS - 1, BINS));
    }

    #[test]
    fn ties_share_a_bin_and_missing_cells_have_their_own() {
        let b = bins((0..100).map(|i| if i < 20 { None } else { Some(f64::from(i / 80)) }));
        // 60 zeros, 20 ones, 20 missing.
        assert_eq!(b.shares(), [0.6, 0.2, 0.2]);
        assert_eq!((b.place(Some(0.0)), b.place(Some(1.0)), b.place(None)), (0, 1, 2));
        assert_eq!(bins([Some(5.0)].into_iter()).shares(), [1.0, 0.0]);
        assert!(Sample::new().finish().is_none());
        assert!(Bins { edges: vec![1.0, 1.0], shares: vec![0.0; 4] }.validate().is_err());
    }
}
