//! A parametric activation: y = x + α·(f(x) − x), a weight α a unit, forward and backward side by side. At α = 1, where it starts, it
//! is f; at 0 it is linear.
//!
//! # Shapes
//! x, y, dy `[rows, units]`, α `[units]`.
//!
//! # Source
//! RealMLP (Holzmüller, Grinsztajn and Steinwart, 2024).

use super::columns::{Factor, add, col_dots, copy_rows, rows_of, scale_cols};
use super::context::{BackwardPass, ForwardPass};
use crate::activation::{Activation, Saves};
use crate::rates::Rates;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{MatRef, Scalar};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// y = x + α·(f(x) − x), α a unit, first 1.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parametric {
    /// f
    pub activation: Activation,
    /// Its name; `parametric_1` … if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How α is updated.
    #[serde(default, skip_serializing_if = "Rates::is_default")]
    pub rates: Rates,
}

impl Parametric {
    /// The layer of this f.
    pub fn new(activation: Activation) -> Parametric {
        Parametric { activation, name: None, rates: Rates::default() }
    }
}

/// The layer with its place in the arena.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ParametricStep {
    pub(crate) activation: Activation,
    pub(crate) alpha: Range<usize>,
}

impl ParametricStep {
    /// out ← x + α·(f(x) − x), saving f(x) if there is a place for it.
    pub(crate) fn forward<T: Scalar>(&self, pass: ForwardPass<'_, T>) {
        let ForwardPass { x, out, saved, .. } = pass;
        let isa = pass.exec.isa;
        copy_rows(x, out);
        self.activation.forward(isa, self.alpha.len(), out);
        if let Some(saved) = saved {
            saved.copy_from_slice(out);
        }
        T::dispatch(isa, Mix { alpha: &pass.arenas.params[self.alpha.clone()], x, out });
    }

    /// dα ← Σ dy·(f(x) − x) over rows, dx ← dy·α·f′ + dy·(1 − α).
    pub(crate) fn backward<T: Scalar>(&self, pass: BackwardPass<'_, '_, T>) {
        let BackwardPass { x, saved, dy, .. } = pass;
        let (isa, units, alpha) =
            (pass.exec.isa, self.alpha.len(), &pass.weights.params()[self.alpha.clone()]);
        let f = rows_of(saved, units);
        col_dots(isa, rows_of(dy, units), Difference { f, x }, &mut pass.grads[self.alpha.clone()]);
        let Some(dx) = pass.dx else { return };
        scale_cols(isa, rows_of(dy, units), alpha, dx);
        T::dispatch(isa, Remainder { alpha, dy });
        match self.activation.saves() {
            Saves::Output => self.activation.backward(isa, units, saved, dx),
            Saves::Input => {
                for (i, dx) in dx.chunks_exact_mut(units).enumerate() {
                    self.activation.backward(isa, units, x.row(i), dx);
                }
            }
        }
        add(isa, dx, dy);
    }
}

/// out ← x + α·(out − x)
struct Mix<'a, T> {
    alpha: &'a [T],
    x: MatRef<'a, T>,
    out: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Mix<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        for (i, y) in self.out.chunks_exact_mut(self.alpha.len()).enumerate() {
            for j in (0..y.len()).step_by(T::LANES) {
                let x = s.load_at(self.x.row(i), j);
                let v = s.fma(s.load_at(self.alpha, j), s.sub(s.load_at(y, j), x), x);
                s.store_at(y, j, v);
            }
        }
    }
}

/// dy ← dy·(1 − α)
struct Remainder<'a, T> {
    alpha: &'a [T],
    dy: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Remainder<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let one = s.splat(T::ONE);
        for dy in self.dy.chunks_exact_mut(self.alpha.len()) {
            for j in (0..dy.len()).step_by(T::LANES) {
                let v = s.mul(s.load_at(dy, j), s.sub(one, s.load_at(self.alpha, j)));
                s.store_at(dy, j, v);
            }
        }
    }
}

/// f − x
struct Difference<'a, T> {
    f: MatRef<'a, T>,
    x: MatRef<'a, T>,
}

impl<T: Scalar> Factor<T> for Difference<'_, T> {
    #[inline(always)]
    fn at<S: LaneMath<T>>(&self, s: S, i: usize, j: usize) -> S::V {
        s.sub(s.load_at(self.f.row(i), j), s.load_at(self.x.row(i), j))
    }
}
