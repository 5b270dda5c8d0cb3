//! The dense layer: y = f(x·W + b), forward and backward side by side.
//!
//! # Shapes
//! x `[rows, inputs]`, W `[inputs, units]`, b `[units]`, y and dy `[rows, units]`. With W stored so, x·W and xᵀ·dy read
//! their operands in place; only dy·Wᵀ packs.

use crate::activation::Activation;
use planish_tensor::gemm::{Scratch, Start, matmul};
use planish_tensor::reduce::col_sums;
use planish_tensor::{Exec, MatMut, MatRef, Scalar};
use std::ops::Range;

/// A dense layer with its place in the arena.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct DenseStep {
    pub(crate) inputs: usize,
    pub(crate) units: usize,
    pub(crate) activation: Activation,
    pub(crate) kernel: Range<usize>,
    pub(crate) bias: Option<Range<usize>>,
}

impl DenseStep {
    /// z ← x·W + b, without the activation.
    pub(crate) fn forward<T: Scalar>(
        &self,
        exec: Exec,
        params: &[T],
        x: MatRef<'_, T>,
        z: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let w = MatRef::new(&params[self.kernel.clone()], self.inputs, self.units);
        let start = self.bias.clone().map_or(Start::Zero, |b| Start::Bias(&params[b]));
        matmul(exec, x, w, MatMut::new(z, x.rows(), self.units), start, scratch);
    }

    /// From dz, the gradient at x·W + b: dW ← xᵀ·dz, db ← Σ dz over rows.
    pub(crate) fn backward_params<T: Scalar>(
        &self,
        exec: Exec,
        x: MatRef<'_, T>,
        dz: MatRef<'_, T>,
        grads: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let dw = MatMut::new(&mut grads[self.kernel.clone()], self.inputs, self.units);
        matmul(exec, x.t(), dz, dw, Start::Zero, scratch);
        if let Some(b) = &self.bias {
            col_sums(exec.isa, dz, &mut grads[b.clone()]);
        }
    }

    /// dx ← dz·Wᵀ
    pub(crate) fn backward_input<T: Scalar>(
        &self,
        exec: Exec,
        params: &[T],
        dz: MatRef<'_, T>,
        dx: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let w = MatRef::new(&params[self.kernel.clone()], self.inputs, self.units);
        matmul(exec, dz, w.t(), MatMut::new(dx, dz.rows(), self.inputs), Start::Zero, scratch);
    }
}
