//! A residual block: y = x + f(x), where f is a list of layers that keeps the width. Forward and backward side by side.
//!
//! In a plan it is two steps around those of f: the first remembers x, the second adds.
//!
//! # Shapes
//! x, f(x), y, dy `[rows, units]`.
//!
//! # Source
//! He et al., 2016.

use crate::columns::{add, copy_rows};
use crate::layer::Layer;
use planish_tensor::{Isa, MatRef, Scalar};
use serde::{Deserialize, Serialize};

/// y = x + f(x)
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// f, first layer to last.
    pub layers: Vec<Layer>,
    /// Its name; `residual_1` … if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Residual {
    /// The block around these layers.
    pub fn new(layers: impl Into<Vec<Layer>>) -> Residual {
        Residual { layers: layers.into(), name: None }
    }
}

/// out ← x + f
pub(crate) fn forward<T: Scalar>(isa: Isa, x: MatRef<'_, T>, f: MatRef<'_, T>, out: &mut [T]) {
    copy_rows(x, out);
    let units = x.cols();
    for (i, y) in out.chunks_exact_mut(units).enumerate() {
        add(isa, y, f.row(i));
    }
}

/// At the block's end: the gradient at y is that at f(x), and waits to be added to that at x.
pub(crate) fn backward_end<T: Scalar>(dy: &[T], waiting: &mut [T]) {
    waiting.copy_from_slice(dy);
}

/// At the block's beginning: dx ← dx + dy
pub(crate) fn backward_begin<T: Scalar>(isa: Isa, waiting: &[T], dx: &mut [T]) {
    add(isa, dx, waiting);
}
