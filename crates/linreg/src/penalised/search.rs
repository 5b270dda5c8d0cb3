//! The way to the minimum for a penalty: along coordinates, or by the active set where rows are fewer than columns.

use super::active_set::ActiveSet;
use super::centred::Centred;
use super::descent::Descent;
use super::point::{Ended, Penalties, Point};

/// A search that goes on from one penalty to the next.
pub(super) enum Search<'a> {
    Descent(Descent<'a>),
    ActiveSet(ActiveSet<'a>),
}

impl<'a> Search<'a> {
    /// Starts from β = 0.
    pub(super) fn new(centred: &'a Centred) -> Search<'a> {
        match centred.is_rows() {
            true => Search::ActiveSet(ActiveSet::new(centred)),
            false => Search::Descent(Descent::new(centred)),
        }
    }

    /// Goes on until the duality gap is at most `tolerance`, or for `limit` sweeps or changes.
    pub(super) fn solve(&mut self, at: Penalties, tolerance: f64, limit: usize) -> Ended {
        match self {
            Search::Descent(descent) => descent.solve(at, tolerance, limit),
            Search::ActiveSet(set) => set.solve(at, tolerance, limit),
        }
    }

    /// Where it is.
    pub(super) fn beta(&self) -> &[f64] {
        let point: &Point<'_> = match self {
            Search::Descent(descent) => &descent.point,
            Search::ActiveSet(set) => &set.point,
        };
        &point.beta
    }
}
