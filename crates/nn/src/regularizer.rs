//! What keeps kernels small: penalties that are part of the training loss, and a bound on the norm of each unit's weights.

use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, Scalar};
use serde::{Deserialize, Serialize};

/// The penalty l1·Σ|w| + l2·Σw² on a kernel (Keras's `L1L2`: no ½).
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Regularizer {
    /// Factor on the sum of absolute values.
    pub l1: f64,
    /// Factor on the sum of squares.
    pub l2: f64,
}

impl Regularizer {
    /// l1·Σ|w| + l2·Σw²
    pub(crate) fn penalty<T: Scalar>(self, isa: Isa, w: &[T]) -> f64 {
        // A chunk has few enough terms a lane that f32 sums keep their digits; chunks are added in f64, in order.
        let chunk = |w: &[T]| T::dispatch(isa, Penalty(self, w)).to_f64();
        w.chunks(4096).map(chunk).sum()
    }

    /// dw ← dw + l1·sign(w) + 2·l2·w
    pub(crate) fn add_gradient<T: Scalar>(self, isa: Isa, w: &[T], dw: &mut [T]) {
        T::dispatch(isa, Gradient(self, w, dw));
    }
}

struct Penalty<'a, T>(Regularizer, &'a [T]);

impl<T: Scalar> LaneKernel<T> for Penalty<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let (l1, l2) = (s.constant(self.0.l1), s.constant(self.0.l2));
        let mut total = s.splat(T::ZERO);
        for i in (0..self.1.len()).step_by(T::LANES) {
            let w = s.load_at(self.1, i);
            let square = s.mul(l2, s.mul(w, w));
            total = s.add(total, s.fma(l1, s.abs(w), square));
        }
        s.sum(total)
    }
}

struct Gradient<'a, T>(Regularizer, &'a [T], &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Gradient<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Gradient(Regularizer { l1, l2 }, w, dw) = self;
        let (zero, l1, two_l2) = (s.splat(T::ZERO), s.constant(l1), s.constant(2.0 * l2));
        for i in (0..dw.len()).step_by(T::LANES) {
            let v = s.load_at(w, i);
            let sign = s.select(s.eq(v, zero), zero, s.copysign(l1, v));
            s.store_at(dw, i, s.fma(two_l2, v, s.add(s.load_at(dw, i), sign)));
        }
    }
}

/// Scales each column of `w`, `[inputs, units]`, whose norm exceeds `bound` down to it (Keras's `MaxNorm` along axis 0).
pub(crate) fn limit_norms<T: Scalar>(isa: Isa, bound: f64, units: usize, w: &mut [T]) {
    T::dispatch(isa, LimitNorms { bound, units, w });
}

struct LimitNorms<'a, T> {
    bound: f64,
    units: usize,
    w: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for LimitNorms<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let LimitNorms { bound, units, w } = self;
        let (one, bound) = (s.splat(T::ONE), s.constant(bound));
        for j in (0..units).step_by(T::LANES) {
            let mut square = s.splat(T::ZERO);
            for row in w.chunks_exact(units) {
                let v = s.load_at(row, j);
                square = s.fma(v, v, square);
            }
            let norm = s.sqrt(square);
            let exceeds = s.lt(bound, norm);
            let factor = s.select(exceeds, s.div(bound, norm), one);
            for row in w.chunks_exact_mut(units) {
                let v = s.mul(s.load_at(row, j), factor);
                s.store_at(row, j, v);
            }
        }
    }
}
