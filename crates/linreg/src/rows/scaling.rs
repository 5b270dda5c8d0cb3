//! Scaling: the units in which the problem is solved.
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

/// Magnitudes in scaled units stay below two to this power.
const HEADROOM: i32 = 100;

/// Values at or beyond this magnitude are refused.
pub(crate) const LARGEST: f64 = pow2(1000);

/// Shifts and powers of two of the columns of [X Y], and of the square roots of the weights.
#[derive(Clone, Debug)]
pub(crate) struct Scaling {
    pub(crate) intercept: bool,
    pub(crate) shift: Vec<f64>,
    pub(crate) exponents: Vec<Exponent>,
    pub(crate) root: Exponent,
}

impl Scaling {
    /// The scaling by which the first block is shifted.
    pub(crate) fn new(isa: Isa, intercept: bool, block: &Block) -> Scaling {
        let columns = block.x.len() + block.y.len();
        let n = block.rows;
        let mean = |c: usize| reduce::sum(isa, &block.column(c).hi[..n]) / n as f64;
        Scaling {
            intercept,
            shift: (0..columns).map(|c| if intercept { mean(c) } else { 0.0 }).collect(),
            exponents: vec![Exponent::default(); columns],
            root: Exponent::default(),
        }
    }

    /// The same with the powers of two that these rows need.
    pub(crate) fn of_first(isa: Isa, intercept: bool, block: &Block) -> Scaling {
        let mut scaling = Scaling::new(isa, intercept, block);
        for (c, exponent) in scaling.exponents.iter_mut().enumerate() {
            let values = &block.column(c).hi[..block.rows];
            let shift = scaling.shift[c];
            exponent.admit(values.iter().fold(0.0, |m, v| (v - shift).abs().max(m)));
        }
        let weights = block.weights.iter().flat_map(|w| &w[..block.rows]);
        scaling.root.admit(weights.fold(0.0, |m: f64, w| w.sqrt().max(m)));
        scaling
    }

    /// Column c of [X Y] of a block's rows, shifted and scaled.
    pub(crate) fn column<'b>(&self, block: &'b Block, c: usize) -> Column<'b> {
        Column {
            values: block.column(c).first(block.rows),
            shift: self.shift[c],
            scale: self.exponents[c].scale(),
        }
    }

    /// The exponent of column c.
    pub(crate) fn exponent(&self, c: usize) -> i32 {
        self.exponents[c].value()
    }
}

/// A power of two that brings magnitudes near one. Not set while all were zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exponent(Option<i32>);

impl Exponent {
    pub(crate) fn value(self) -> i32 {
        self.0.unwrap_or(0)
    }

    pub(crate) fn scale(self) -> f64 {
        pow2(-self.value())
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

    /// Sets both to the larger exponent. Returns the factors that bring what was measured with each to it.
    pub(crate) fn meet(&mut self, other: &mut Exponent) -> (f64, f64) {
        let of = (*self).max(*other);
        let factor = |g: Exponent| g.0.map_or(1.0, |e| pow2(e - of.value()));
        let factors = (factor(*self), factor(*other));
        (*self, *other) = (of, of);
        factors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponent_grows_only_when_it_must() {
        let mut exponent = Exponent::default();
        assert_eq!(exponent.admit(0.0), 1.0);
        assert_eq!(exponent.admit(5.0), 1.0);
        assert_eq!(exponent.value(), 2);
        assert_eq!(exponent.admit(1e30), 1.0);
        assert_eq!(exponent.value(), 2);
        assert_eq!(exponent.admit(pow2(200)), pow2(-198));
        assert_eq!(exponent.value(), 200);
    }
}
