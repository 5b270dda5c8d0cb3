//! Leverage: how much of a row's fitted value is the row's own response, from 0 to 1.
//!
//! A row far from all others has a leverage near one, and what counts is what is left of one: its residual is 1 − h times what it would be
//! without the row in the fit. A difference of `f64` numbers has no digits of that, so 1 − h is kept beside h, from double-double numbers where h is
//! [`NEAR`] one.

use crate::linalg::powers::pow2;

/// A row with less than this left of one is looked at in double-double; of others the difference has 12 digits.
pub(crate) const NEAR: f64 = 1e-3;

/// In `f64` a row with at most this left of one cannot be told from one that alone determines a coefficient.
pub(crate) const FULL_LEVERAGE: f64 = 1e-10;

/// The same in double-double, for so many columns of this condition number.
pub(crate) fn least_rest(rank: usize, condition: f64) -> f64 {
    (rank as f64 * condition * pow2(-100)).min(FULL_LEVERAGE)
}

/// The leverage h of a row, and what is left of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leverage {
    /// h
    pub value: f64,
    /// 1 − h; zero for a row that alone determines a coefficient: its residual is zero whatever its response.
    pub rest: f64,
}

impl Leverage {
    /// From h alone, in `f64`.
    pub(crate) fn new(value: f64) -> Leverage {
        let value = value.min(1.0);
        Leverage { value, rest: 1.0 - value }.unless_full(FULL_LEVERAGE)
    }

    /// With nothing left of one if that is at most this.
    pub(crate) fn unless_full(self, least: f64) -> Leverage {
        if self.rest <= least { Leverage { rest: 0.0, ..self } } else { self }
    }
}

/// e²·h/(1 − h)²: Cook's distance times k·s². `None` for a row of leverage one.
pub fn cook_times_variance(e: f64, leverage: Leverage) -> Option<f64> {
    let moved = e / leverage.rest;
    (leverage.rest > 0.0).then_some(moved * moved * leverage.value)
}
