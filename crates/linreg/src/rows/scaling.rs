//! The frame: the units in which the problem is solved.
//!
//! Column c of [X Y] becomes (x − shift)·2^−exponent. The shift is the mean of the first block, rounded to `f64`
//! (zero without an intercept): subtracted in double-double it loses nothing, and makes columns far from zero, such
//! as timestamps, harmless. The power of two is exact and guards against overflow and underflow only: since scaling a
//! column by it scales a column of R exactly, an exponent may grow later without changing a digit. The square roots of the
//! weights have an exponent of their own.

use crate::linalg::kernels::Column;
use crate::linalg::powers::{exponent_of, pow2};
use crate::rows::block::Block;
use planish_tensor::{Isa, reduce};

/// Magnitudes in the frame stay below two to this power.
const HEADROOM: i32 = 100;

/// Values at or beyond this magnitude are refused.
pub(crate) const LARGEST: f64 = pow2(1000);

/// Shifts and powers of two of the columns of [X Y], and of the square roots of the weights.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) intercept: bool,
    pub(crate) shift: Vec<f64>,
    pub(crate) gauge: Vec<Gauge>,
    pub(crate) root: Gauge,
}

impl Frame {
    /// The frame that the first block fixes.
    pub(crate) fn new(isa: Isa, intercept: bool, block: &Block) -> Frame {
        let columns = block.x.len() + block.y.len();
        let n = block.rows;
        let mean = |c: usize| reduce::sum(isa, &block.column(c).hi[..n]) / n as f64;
        Frame {
            intercept,
            shift: (0..columns).map(|c| if intercept { mean(c) } else { 0.0 }).collect(),
            gauge: vec![Gauge::default(); columns],
            root: Gauge::default(),
        }
    }

    /// The frame with the powers of two that the first rows ask for.
    pub(crate) fn of_first(isa: Isa, intercept: bool, block: &Block) -> Frame {
        let mut frame = Frame::new(isa, intercept, block);
        for (c, gauge) in frame.gauge.iter_mut().enumerate() {
            let values = &block.column(c).hi[..block.rows];
            let shift = frame.shift[c];
            gauge.admit(values.iter().fold(0.0, |m, v| (v - shift).abs().max(m)));
        }
        let weights = block.weights.iter().flat_map(|w| &w[..block.rows]);
        frame.root.admit(weights.fold(0.0, |m: f64, w| w.sqrt().max(m)));
        frame
    }

    /// Column c of [X Y] of a block's rows, as seen in the frame.
    pub(crate) fn column<'b>(&self, block: &'b Block, c: usize) -> Column<'b> {
        Column {
            values: block.column(c).first(block.rows),
            shift: self.shift[c],
            scale: self.gauge[c].scale(),
        }
    }

    /// The exponent of column c.
    pub(crate) fn exponent(&self, c: usize) -> i32 {
        self.gauge[c].exponent()
    }
}

/// A power of two that brings magnitudes near one. Not set while all were zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gauge(Option<i32>);

impl Gauge {
    pub(crate) fn exponent(self) -> i32 {
        self.0.unwrap_or(0)
    }

    pub(crate) fn scale(self) -> f64 {
        pow2(-self.exponent())
    }

    /// Makes room for this magnitude. Returns the factor that brings what was measured before to the new scale.
    pub(crate) fn admit(&mut self, largest: f64) -> f64 {
        if largest == 0.0 {
            return 1.0;
        }
        let needed = exponent_of(largest);
        let old = *self.0.get_or_insert(needed);
        if needed - old <= HEADROOM {
            return 1.0;
        }
        self.0 = Some(needed);
        pow2(old - needed)
    }
}

impl Gauge {
    /// Brings two gauges to the larger of their exponents. Returns the factors that bring what was measured by each to it.
    pub(crate) fn meet(&mut self, other: &mut Gauge) -> (f64, f64) {
        let of = (*self).max(*other);
        let factor = |g: Gauge| g.0.map_or(1.0, |e| pow2(e - of.exponent()));
        let factors = (factor(*self), factor(*other));
        (*self, *other) = (of, of);
        factors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_grows_only_when_it_must() {
        let mut gauge = Gauge::default();
        assert_eq!(gauge.admit(0.0), 1.0);
        assert_eq!(gauge.admit(5.0), 1.0);
        assert_eq!(gauge.exponent(), 2);
        assert_eq!(gauge.admit(1e30), 1.0);
        assert_eq!(gauge.exponent(), 2);
        assert_eq!(gauge.admit(pow2(200)), pow2(-198));
        assert_eq!(gauge.exponent(), 200);
    }
}
