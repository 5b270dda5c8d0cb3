//! A learnable diagonal: y = x·w, a weight a unit, forward and backward side by side.
//!
//! # Shapes
//! x, y, dy `[rows, units]`, w `[units]`, first all 1.

use super::columns::{col_dots, rows_of, scale_cols};
use super::context::{BackwardPass, ForwardPass};
use crate::rates::Rates;
use planish_tensor::Scalar;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// y = x·w, a weight a unit, first 1.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scale {
    /// Its name; `scale_1`, `scale_2` … if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How w is updated.
    #[serde(skip_serializing_if = "Rates::is_default")]
    pub rates: Rates,
}

/// The layer with its place in the arena.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ScaleStep {
    pub(crate) weight: Range<usize>,
}

impl ScaleStep {
    /// out ← x·w
    pub(crate) fn forward<T: Scalar>(&self, pass: ForwardPass<'_, T>) {
        scale_cols(pass.exec.isa, pass.x, &pass.arenas.params[self.weight.clone()], pass.out);
    }

    /// dw ← Σ dy·x over rows, dx ← dy·w
    pub(crate) fn backward<T: Scalar>(&self, pass: BackwardPass<'_, '_, T>) {
        let (isa, dy) = (pass.exec.isa, rows_of(pass.dy, self.weight.len()));
        col_dots(isa, dy, pass.x, &mut pass.grads[self.weight.clone()]);
        if let Some(dx) = pass.dx {
            scale_cols(isa, dy, &pass.weights.params()[self.weight.clone()], dx);
        }
    }
}
