//! A residual block: y = x + f(x), where f is a list of layers that keeps the width. Forward and backward side by side; the record is
//! beside the list of layers that it holds, in `sequential`.
//!
//! In a plan it is two steps around those of f: the first remembers x, the second adds.
//!
//! # Shapes
//! x, f(x), y, dy `[rows, units]`.
//!
//! # Source
//! He et al., 2016.

use super::columns::{add, copy_rows};
use super::context::{BackwardPass, ForwardPass, Value};
use planish_tensor::Scalar;

/// out ← skip + x, where x is f(skip)
pub(crate) fn forward<T: Scalar>(skip: Value, pass: ForwardPass<'_, T>) {
    let units = pass.x.cols();
    copy_rows(pass.values.read(skip, units), pass.out);
    for (i, y) in pass.out.chunks_exact_mut(units).enumerate() {
        add(pass.exec.isa, y, pass.x.row(i));
    }
}

/// At the block's end: the gradient at y is that at f(x), and waits to be added to that at x.
pub(crate) fn backward_end<T: Scalar>(slot: usize, pass: BackwardPass<'_, '_, T>) {
    pass.waiting[slot][..pass.dy.len()].copy_from_slice(pass.dy);
}

/// At the block's beginning: dx ← dx + dy
pub(crate) fn backward_begin<T: Scalar>(slot: usize, pass: BackwardPass<'_, '_, T>) {
    add(pass.exec.isa, pass.dy, &pass.waiting[slot][..pass.dy.len()]);
}
