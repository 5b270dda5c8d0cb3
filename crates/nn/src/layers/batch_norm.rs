//! Batch normalisation: y = γ·(x − mean)/√(variance + ε) + β, forward and backward side by side. In training mean and (biased)
//! variance are those of the batch's column; otherwise those that training kept: kept ← momentum·kept + (1 − momentum)·batch's.
//!
//! # Shapes
//! x, y, dy `[rows, units]`, γ and β `[units]`; kept in the state arena are mean and variance, `[units]` each; saved for the
//! backward pass are the batch's mean, variance and 1/√(variance + ε), `[3, units]`.
//!
//! # Numerics
//! Sums for mean and variance carry their rounding errors along (Knuth's exact sum of two), rows in order.
//!
//! # Source
//! Ioffe and Szegedy, 2015; defaults and the biased variance as Keras.

use super::context::{BackwardPass, ForwardPass};
use crate::batch::Arenas;
use crate::rates::Rates;
use planish_tensor::reduce::ROW_CHUNK;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, MatRef, Scalar};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Each column shifted and scaled to mean 0 and variance 1 over the batch, then by a learnt scale γ and offset β a unit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchNorm {
    /// The share of the kept statistics that a step leaves.
    pub momentum: f64,
    /// Added to the variance.
    pub epsilon: f64,
    /// Its name; `batch_norm_1` … if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How γ and β are updated.
    #[serde(skip_serializing_if = "Rates::is_default")]
    pub rates: Rates,
}

impl Default for BatchNorm {
    /// Momentum 0.99, ε = 1e−3.
    fn default() -> BatchNorm {
        BatchNorm { momentum: 0.99, epsilon: 1e-3, name: None, rates: Rates::default() }
    }
}

/// The layer with its places in both arenas.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct BatchNormStep {
    pub(crate) momentum: f64,
    pub(crate) epsilon: f64,
    pub(crate) gamma: Range<usize>,
    pub(crate) beta: Range<usize>,
    /// In the state arena.
    pub(crate) mean: Range<usize>,
    pub(crate) variance: Range<usize>,
}

impl BatchNormStep {
    /// out ← γ·(x − mean)/√(variance + ε) + β, in training with the batch's statistics, which are saved, else with the kept ones.
    pub(crate) fn forward<T: Scalar>(&self, pass: ForwardPass<'_, T>) {
        let ForwardPass { x, out, saved, arenas: Arenas { params, state }, .. } = pass;
        let (isa, epsilon) = (pass.exec.isa, self.epsilon);
        let (gamma, beta) = (&params[self.gamma.clone()], &params[self.beta.clone()]);
        if let Some(saved) = saved {
            T::dispatch(isa, Train { epsilon, gamma, beta, x, out, saved });
        } else {
            let (mean, variance) = (&state[self.mean.clone()], &state[self.variance.clone()]);
            T::dispatch(isa, Infer { epsilon, gamma, beta, mean, variance, x, out });
        }
    }

    /// dγ ← Σ dy·x̂ and dβ ← Σ dy over rows; dy ← dx = γ/√(variance + ε)·(dy − mean(dy) − x̂·mean(dy·x̂)).
    pub(crate) fn backward<T: Scalar>(&self, pass: BackwardPass<'_, '_, T>) {
        let BackwardPass { x, saved, dy, .. } = pass;
        let gamma = &pass.weights.params()[self.gamma.clone()];
        let (low, high) = pass.grads.split_at_mut(self.beta.start);
        let (dgamma, dbeta) = (&mut low[self.gamma.clone()], &mut high[..self.beta.len()]);
        T::dispatch(pass.exec.isa, Backward { gamma, x, saved, dy, dgamma, dbeta });
    }

    /// kept ← momentum·kept + (1 − momentum)·the batch's, for mean and variance.
    pub(crate) fn keep<T: Scalar>(&self, isa: Isa, saved: &[T], state: &mut [T]) {
        let (units, momentum) = (self.gamma.len(), self.momentum);
        let (mean, variance) = (&saved[..units], &saved[units..2 * units]);
        T::dispatch(isa, Blend { momentum, batch: mean, kept: &mut state[self.mean.clone()] });
        T::dispatch(isa, Blend { momentum, batch: variance, kept: &mut state[self.variance.clone()] });
    }
}

/// A sum and the rounding errors that it has made.
struct Exact<V> {
    sum: V,
    lost: V,
}

impl<V: Copy> Exact<V> {
    #[inline(always)]
    fn add<T: Scalar, S: LaneMath<T, V = V>>(&mut self, s: S, x: V) {
        let t = s.add(self.sum, x);
        let part = s.sub(t, self.sum);
        let error = s.add(s.sub(self.sum, s.sub(t, part)), s.sub(x, part));
        (self.sum, self.lost) = (t, s.add(self.lost, error));
    }

    #[inline(always)]
    fn total<T: Scalar, S: LaneMath<T, V = V>>(&self, s: S) -> V {
        s.add(self.sum, self.lost)
    }
}

struct Train<'a, T> {
    epsilon: f64,
    gamma: &'a [T],
    beta: &'a [T],
    x: MatRef<'a, T>,
    out: &'a mut [T],
    saved: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Train<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Train { epsilon, gamma, beta, x, out, saved } = self;
        let units = gamma.len();
        let (means, rest) = saved.split_at_mut(units);
        let (variances, scales) = rest.split_at_mut(units);
        let (zero, one, n) = (s.splat(T::ZERO), s.splat(T::ONE), s.constant(x.rows() as f64));
        for j in (0..units).step_by(T::LANES) {
            let mut sum = Exact { sum: zero, lost: zero };
            for i in 0..x.rows() {
                sum.add(s, s.load_at(x.row(i), j));
            }
            let mean = s.div(sum.total(s), n);
            // The rounded mean leaves a sum of differences, whose square is taken off.
            let (mut squares, mut rest) = (Exact { sum: zero, lost: zero }, zero);
            for i in 0..x.rows() {
                let d = s.sub(s.load_at(x.row(i), j), mean);
                squares.add(s, s.mul(d, d));
                rest = s.add(rest, d);
            }
            let excess = s.div(s.mul(rest, rest), n);
            // The order of the operands keeps NaN.
            let variance = s.div(s.max(zero, s.sub(squares.total(s), excess)), n);
            let scale = s.div(one, s.sqrt(s.add(variance, s.constant(epsilon))));
            s.store_at(means, j, mean);
            s.store_at(variances, j, variance);
            s.store_at(scales, j, scale);
            let (gamma, beta) = (s.load_at(gamma, j), s.load_at(beta, j));
            for (i, y) in out.chunks_exact_mut(units).enumerate() {
                let unit = s.mul(s.sub(s.load_at(x.row(i), j), mean), scale);
                s.store_at(y, j, s.fma(unit, gamma, beta));
            }
        }
    }
}

struct Infer<'a, T> {
    epsilon: f64,
    gamma: &'a [T],
    beta: &'a [T],
    mean: &'a [T],
    variance: &'a [T],
    x: MatRef<'a, T>,
    out: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Infer<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Infer { epsilon, gamma, beta, mean, variance, x, out } = self;
        let units = gamma.len();
        for j in (0..units).step_by(T::LANES) {
            let spread = s.sqrt(s.add(s.load_at(variance, j), s.constant(epsilon)));
            let scale = s.div(s.splat(T::ONE), spread);
            let (mean, gamma, beta) = (s.load_at(mean, j), s.load_at(gamma, j), s.load_at(beta, j));
            for (i, y) in out.chunks_exact_mut(units).enumerate() {
                let unit = s.mul(s.sub(s.load_at(x.row(i), j), mean), scale);
                s.store_at(y, j, s.fma(unit, gamma, beta));
            }
        }
    }
}

struct Backward<'a, T> {
    gamma: &'a [T],
    x: MatRef<'a, T>,
    saved: &'a [T],
    dy: &'a mut [T],
    dgamma: &'a mut [T],
    dbeta: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Backward { gamma, x, saved, dy, dgamma, dbeta } = self;
        let units = gamma.len();
        let (zero, n) = (s.splat(T::ZERO), s.constant(x.rows() as f64));
        for j in (0..units).step_by(T::LANES) {
            let (mean, scale) = (s.load_at(&saved[..units], j), s.load_at(&saved[2 * units..], j));
            let (mut sum, mut dot) = (zero, zero);
            for start in (0..x.rows()).step_by(ROW_CHUNK) {
                let (mut chunk_sum, mut chunk_dot) = (zero, zero);
                for i in start..(start + ROW_CHUNK).min(x.rows()) {
                    let d = s.load_at(&dy[i * units..(i + 1) * units], j);
                    let unit = s.mul(s.sub(s.load_at(x.row(i), j), mean), scale);
                    chunk_sum = s.add(chunk_sum, d);
                    chunk_dot = s.fma(d, unit, chunk_dot);
                }
                (sum, dot) = (s.add(sum, chunk_sum), s.add(dot, chunk_dot));
            }
            s.store_at(dbeta, j, sum);
            s.store_at(dgamma, j, dot);
            let factor = s.mul(s.load_at(gamma, j), scale);
            let (sum, dot) = (s.div(sum, n), s.div(dot, n));
            for (i, dy) in dy.chunks_exact_mut(units).enumerate() {
                let unit = s.mul(s.sub(s.load_at(x.row(i), j), mean), scale);
                let inner = s.fma(s.neg(unit), dot, s.sub(s.load_at(dy, j), sum));
                s.store_at(dy, j, s.mul(factor, inner));
            }
        }
    }
}

/// kept ← momentum·kept + (1 − momentum)·batch
struct Blend<'a, T> {
    momentum: f64,
    batch: &'a [T],
    kept: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Blend<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let (old, new) = (s.constant(self.momentum), s.constant(1.0 - self.momentum));
        for j in (0..self.kept.len()).step_by(T::LANES) {
            let v = s.fma(new, s.load_at(self.batch, j), s.mul(old, s.load_at(self.kept, j)));
            s.store_at(self.kept, j, v);
        }
    }
}
