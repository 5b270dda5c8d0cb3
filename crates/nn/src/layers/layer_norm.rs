//! Layer normalisation: y = γ·(x − mean)/√(variance + ε) + β, with the mean and the (biased) variance of each row. Forward and
//! backward side by side.
//!
//! # Shapes
//! x, y, dy `[rows, units]`, γ and β `[units]`; saved are the mean and 1/√(variance + ε) of each row, `[rows, 2]`.
//!
//! # Source
//! Ba, Kiros and Hinton, 2016; defaults as Keras.

use super::columns::{Factor, col_dots, rows_of};
use super::context::{BackwardPass, ForwardPass};
use crate::rates::Rates;
use planish_tensor::reduce::col_sums;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{MatRef, Scalar};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Each row shifted and scaled to mean 0 and variance 1, then by a learnt scale γ and offset β a unit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayerNorm {
    /// Added to the variance.
    pub epsilon: f64,
    /// Its name; `layer_norm_1` … if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How γ and β are updated.
    #[serde(skip_serializing_if = "Rates::is_default")]
    pub rates: Rates,
}

impl Default for LayerNorm {
    /// ε = 1e−3
    fn default() -> LayerNorm {
        LayerNorm { epsilon: 1e-3, name: None, rates: Rates::default() }
    }
}

/// The layer with its place in the arena.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LayerNormStep {
    pub(crate) epsilon: f64,
    pub(crate) gamma: Range<usize>,
    pub(crate) beta: Range<usize>,
}

impl LayerNormStep {
    /// out ← γ·(x − mean)/√(variance + ε) + β
    pub(crate) fn forward<T: Scalar>(&self, pass: ForwardPass<'_, T>) {
        let ForwardPass { x, out, saved, arenas, .. } = pass;
        let (gamma, beta) = (&arenas.params[self.gamma.clone()], &arenas.params[self.beta.clone()]);
        T::dispatch(pass.exec.isa, Forward { epsilon: self.epsilon, gamma, beta, x, out, saved });
    }

    /// dγ ← Σ dy·x̂ and dβ ← Σ dy over rows; dy ← dx = (dy·γ − mean(dy·γ) − x̂·mean(dy·γ·x̂))/√(variance + ε).
    pub(crate) fn backward<T: Scalar>(&self, pass: BackwardPass<'_, '_, T>) {
        let BackwardPass { x, saved, dy, grads, .. } = pass;
        let (isa, rows) = (pass.exec.isa, rows_of(dy, x.cols()));
        col_dots(isa, rows, Unit { x, saved }, &mut grads[self.gamma.clone()]);
        col_sums(isa, rows, &mut grads[self.beta.clone()]);
        T::dispatch(isa, Backward { gamma: &pass.weights.params()[self.gamma.clone()], x, saved, dy });
    }
}

struct Forward<'a, T> {
    epsilon: f64,
    gamma: &'a [T],
    beta: &'a [T],
    x: MatRef<'a, T>,
    out: &'a mut [T],
    saved: Option<&'a mut [T]>,
}

impl<T: Scalar> LaneKernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Forward { epsilon, gamma, beta, x, out, mut saved } = self;
        let units = gamma.len();
        let (n, epsilon) = (T::from_f64(units as f64), T::from_f64(epsilon));
        for (r, y) in out.chunks_exact_mut(units).enumerate() {
            let x = x.row(r);
            let (mut sum, mut square) = (s.splat(T::ZERO), s.splat(T::ZERO));
            for j in (0..units).step_by(T::LANES) {
                sum = s.add(sum, s.load_at(x, j));
            }
            let mean = s.sum(sum) / n;
            let shift = s.splat(mean);
            for j in (0..units).step_by(T::LANES) {
                let d = s.sub(s.load_at_or(x, j, mean), shift);
                square = s.fma(d, d, square);
            }
            let scale = T::ONE / (s.sum(square) / n + epsilon).sqrt();
            for j in (0..units).step_by(T::LANES) {
                let unit = s.mul(s.sub(s.load_at(x, j), shift), s.splat(scale));
                s.store_at(y, j, s.fma(unit, s.load_at(gamma, j), s.load_at(beta, j)));
            }
            if let Some(saved) = &mut saved {
                (saved[2 * r], saved[2 * r + 1]) = (mean, scale);
            }
        }
    }
}

/// x̂ = (x − mean)/√(variance + ε), from the saved statistics of the rows.
struct Unit<'a, T> {
    x: MatRef<'a, T>,
    saved: &'a [T],
}

impl<T: Scalar> Factor<T> for Unit<'_, T> {
    #[inline(always)]
    fn at<S: LaneMath<T>>(&self, s: S, i: usize, j: usize) -> S::V {
        let (mean, scale) = (s.splat(self.saved[2 * i]), s.splat(self.saved[2 * i + 1]));
        s.mul(s.sub(s.load_at(self.x.row(i), j), mean), scale)
    }
}

struct Backward<'a, T> {
    gamma: &'a [T],
    x: MatRef<'a, T>,
    saved: &'a [T],
    dy: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Backward { gamma, x, saved, dy } = self;
        let units = gamma.len();
        let n = T::from_f64(units as f64);
        for (r, dy) in dy.chunks_exact_mut(units).enumerate() {
            let (x, mean, scale) = (x.row(r), s.splat(saved[2 * r]), s.splat(saved[2 * r + 1]));
            let (mut sum, mut dot) = (s.splat(T::ZERO), s.splat(T::ZERO));
            for j in (0..units).step_by(T::LANES) {
                // Zero past the end, where dy and γ are.
                let g = s.mul(s.load_at(dy, j), s.load_at(gamma, j));
                let unit = s.mul(s.sub(s.load_at(x, j), mean), scale);
                sum = s.add(sum, g);
                dot = s.fma(g, unit, dot);
            }
            let (sum, dot) = (s.splat(s.sum(sum) / n), s.splat(s.sum(dot) / n));
            for j in (0..units).step_by(T::LANES) {
                let g = s.mul(s.load_at(dy, j), s.load_at(gamma, j));
                let unit = s.mul(s.sub(s.load_at(x, j), mean), scale);
                let inner = s.fma(s.neg(unit), dot, s.sub(g, sum));
                s.store_at(dy, j, s.mul(scale, inner));
            }
        }
    }
}
