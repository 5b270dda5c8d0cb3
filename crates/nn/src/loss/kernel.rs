//! The arithmetic of the losses: value and slope of each element in one loop over lanes.

use super::Loss;
use crate::activation::Activation;
use crate::batch::{Batch, Targets};
use planish_tensor::math::rows;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, MatRef, Scalar};

/// Keras's guard of logarithms and quotients.
const EPSILON: f64 = 1e-7;

impl Loss {
    /// The value for a batch; `delta` becomes the gradient at `out` (at logits if [`Loss::is_fused`] after `last`). `spare` has
    /// room for a batch of targets.
    pub(crate) fn gradient<T: Scalar>(
        self,
        isa: Isa,
        (units, last): (usize, Activation),
        out: &[T],
        batch: &Batch<'_, T>,
        delta: &mut [T],
        spare: &mut [T],
    ) -> f64 {
        let (rows, targets, weights) = (out.len() / units, batch.y, batch.weights);
        assert_eq!(targets.rows(), rows, "targets for {} rows, a batch of {rows}", targets.rows());
        assert!(weights.is_none_or(|w| w.len() == rows), "one weight a row");
        if let Targets::Values(y) = targets {
            assert_eq!(y.cols(), units, "targets of {} columns for {units} outputs", y.cols());
        }
        if rows == 0 {
            return 0.0;
        }
        let scale = 1.0 / rows as f64;
        match (self, targets) {
            (Loss::CategoricalCrossentropy, Targets::Classes(classes)) => {
                rows::softmax_cross_entropy(isa, units, out, classes, weights, scale, delta) * scale
            }
            _ if self.is_fused(last) && last == Activation::Softmax => {
                let spare = &mut spare[..out.len()];
                self.distributions(units, targets, spare);
                let entropy = if self == Loss::KlDivergence {
                    negative_entropy(isa, units, spare, weights)
                } else {
                    0.0
                };
                let cross = rows::softmax_cross_entropy_soft(isa, units, out, spare, weights, scale, delta);
                (cross + entropy) * scale
            }
            (_, Targets::Classes(_)) => panic!("{} takes numbers, not class indices", self.name()),
            (_, Targets::Values(y)) => self.elementwise(isa, units, out, y, weights, delta),
        }
    }

    /// The target distributions, smoothed: `out` ← y·(1 − s) + s/K.
    fn distributions<T: Scalar>(self, units: usize, targets: Targets<'_, T>, out: &mut [T]) {
        let s = if let Loss::SmoothCategoricalCrossentropy { label_smoothing } = self {
            label_smoothing
        } else {
            0.0
        };
        let (keep, share) = (T::from_f64(1.0 - s), T::from_f64(s / units as f64));
        for (i, row) in out.chunks_exact_mut(units).enumerate() {
            match targets {
                Targets::Classes(classes) => {
                    row.fill(share);
                    row[classes[i] as usize] += keep;
                }
                Targets::Values(y) => {
                    row.iter_mut().zip(y.row(i)).for_each(|(t, &y)| *t = y * keep + share);
                }
            }
        }
    }

    fn elementwise<T: Scalar>(
        self,
        isa: Isa,
        units: usize,
        out: &[T],
        y: MatRef<'_, T>,
        weights: Option<&[T]>,
        delta: &mut [T],
    ) -> f64 {
        let rows = out.len() / units;
        let divisor = if self.is_sum() {
            1.0
        } else if self == Loss::KlDivergence {
            rows as f64
        } else {
            out.len() as f64
        };
        let scale = T::from_f64(1.0 / divisor);
        if units == 1 {
            // One column is one long row with a weight an element.
            let (y, weight) = (y.t().row(0), weights.map_or(Weight::One, Weight::Each));
            return T::dispatch(isa, Elementwise { loss: self, out, y, weight, scale, delta }).to_f64()
                / divisor;
        }
        let mut total = 0.0;
        for i in 0..rows {
            let row = i * units..(i + 1) * units;
            let weight = weights.map_or(Weight::One, |w| Weight::All(w[i]));
            let (out, delta) = (&out[row.clone()], &mut delta[row]);
            total +=
                T::dispatch(isa, Elementwise { loss: self, out, y: y.row(i), weight, scale, delta }).to_f64();
        }
        total / divisor
    }
}

#[derive(Clone, Copy)]
enum Weight<'a, T> {
    One,
    All(T),
    Each(&'a [T]),
}

/// Σ w·l, and delta ← w·scale·l′, element by element.
struct Elementwise<'a, T> {
    loss: Loss,
    out: &'a [T],
    y: &'a [T],
    weight: Weight<'a, T>,
    scale: T,
    delta: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Elementwise<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let Elementwise { loss, out, y, weight, scale, delta } = self;
        let scale = s.splat(scale);
        let (zero, one, two, half) = (s.splat(T::ZERO), s.splat(T::ONE), s.constant(2.0), s.constant(0.5));
        let mut total = zero;
        // The loop, for value and slope from output and target. A macro, because a closure may not be compiled with the
        // token's instructions.
        macro_rules! each {
            (|$out:ident, $y:ident| $f:expr) => {
                for i in (0..out.len()).step_by(T::LANES) {
                    let w = match weight {
                        Weight::One => one,
                        Weight::All(w) => s.splat(w),
                        Weight::Each(w) => s.load_at(w, i),
                    };
                    let ($out, $y) = (s.load_at(out, i), s.load_at(y, i));
                    let (value, slope) = $f;
                    // Lanes past the end count as nothing.
                    let (w, value) = if out.len() - i < T::LANES {
                        let inside = s.lt(s.iota(), s.constant((out.len() - i) as f64));
                        (s.select(inside, w, zero), s.select(inside, value, zero))
                    } else {
                        (w, value)
                    };
                    total = s.fma(w, value, total);
                    s.store_at(delta, i, s.mul(s.mul(w, scale), slope));
                }
            };
        }
        match loss {
            Loss::Sse | Loss::Mse => each!(|out, y| {
                let e = s.sub(out, y);
                (s.mul(e, e), s.mul(two, e))
            }),
            Loss::Mae => each!(|out, y| {
                let e = s.sub(out, y);
                (s.abs(e), s.select(s.eq(e, zero), zero, s.copysign(one, e)))
            }),
            Loss::Huber { delta } => {
                let (d, offset) = (s.constant(delta), s.constant(-0.5 * delta * delta));
                each!(|out, y| {
                    let e = s.sub(out, y);
                    let a = s.abs(e);
                    let near = s.le(a, d);
                    let value = s.select(near, s.mul(half, s.mul(e, e)), s.fma(d, a, offset));
                    (value, s.select(near, e, s.copysign(d, e)))
                })
            }
            // |e| + softplus(−2|e|) − ln 2 = ln cosh e
            Loss::LogCosh => each!(|out, y| {
                let e = s.sub(out, y);
                let a = s.abs(e);
                let value = s.add(s.softplus(s.neg(s.add(a, a))), s.constant(-std::f64::consts::LN_2));
                (s.add(a, value), s.tanh(e))
            }),
            Loss::Quantile { q } => {
                let (above, below) = (s.constant(1.0 - q), s.constant(-q));
                each!(|out, y| {
                    let e = s.sub(out, y);
                    let slope = s.select(s.lt(zero, e), above, below);
                    (s.mul(e, slope), s.select(s.eq(e, zero), zero, slope))
                })
            }
            Loss::SmoothBinaryCrossentropy { label_smoothing } => {
                let (keep, share) = (s.constant(1.0 - label_smoothing), s.constant(0.5 * label_smoothing));
                each!(|z, y| s.sigmoid_bce(z, s.fma(y, keep, share)))
            }
            Loss::KlDivergence => {
                let (low, unity) = (s.constant(EPSILON), one);
                each!(|out, y| {
                    let p = s.min(unity, s.max(low, out));
                    let inside = s.select(s.eq(p, out), s.neg(s.div(y, p)), zero);
                    let value = s.sub(y_log_y(s, y), s.mul(y, s.log(p)));
                    (value, inside)
                })
            }
            Loss::Poisson => {
                let guard = s.constant(EPSILON);
                each!(|out, y| {
                    let p = s.add(out, guard);
                    (s.sub(out, s.mul(y, s.log(p))), s.sub(one, s.div(y, p)))
                })
            }
            Loss::Hinge => each!(|out, y| {
                let y = s.select(s.eq(y, zero), s.neg(one), y);
                let margin = s.sub(one, s.mul(y, out));
                (s.max(zero, margin), s.select(s.lt(zero, margin), s.neg(y), zero))
            }),
            Loss::SquaredHinge => each!(|out, y| {
                let y = s.select(s.eq(y, zero), s.neg(one), y);
                let margin = s.max(zero, s.sub(one, s.mul(y, out)));
                (s.mul(margin, margin), s.mul(s.mul(s.neg(two), y), margin))
            }),
            Loss::BinaryCrossentropy
            | Loss::CategoricalCrossentropy
            | Loss::SmoothCategoricalCrossentropy { .. } => each!(|z, y| s.sigmoid_bce(z, y)),
        }
        s.sum(total)
    }
}

/// y·ln y, and 0 at 0.
#[inline(always)]
fn y_log_y<T: Scalar, S: LaneMath<T>>(s: S, y: S::V) -> S::V {
    let is_zero = s.eq(y, s.splat(T::ZERO));
    s.mul(y, s.log(s.select(is_zero, s.splat(T::ONE), y)))
}

/// Σ wᵢ·Σⱼ yᵢⱼ·ln yᵢⱼ
fn negative_entropy<T: Scalar>(isa: Isa, units: usize, y: &[T], weights: Option<&[T]>) -> f64 {
    let row = |(i, y): (usize, &[T])| {
        weights.map_or(1.0, |w| w[i].to_f64()) * T::dispatch(isa, NegativeEntropy(y)).to_f64()
    };
    y.chunks_exact(units).enumerate().map(row).sum()
}

/// Σ y·ln y of a row.
struct NegativeEntropy<'a, T>(&'a [T]);

impl<T: Scalar> LaneKernel<T> for NegativeEntropy<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let mut total = s.splat(T::ZERO);
        for i in (0..self.0.len()).step_by(T::LANES) {
            total = s.add(total, y_log_y(s, s.load_at(self.0, i)));
        }
        s.sum(total)
    }
}
