//! The dense layer: y = f(x·W + b), forward and backward side by side.
//!
//! # Shapes
//! x `[rows, inputs]`, W `[inputs, units]`, b `[units]`, y and dy `[rows, units]`. With W stored so, x·W and xᵀ·dy read
//! their operands in place; only dy·Wᵀ packs.

use crate::activation::Activation;
use crate::fused::{Activate, Differentiate};
use crate::init::Initializer;
use crate::predictor::PACKED_ROWS;
use crate::rates::Rates;
use crate::regularizer::Regularizer;
use crate::updates::{Apply, KernelUpdate};
use planish_tensor::gemm::{ColSums, Operand, PackedB, Scratch, Start, matmul, matmul_with};
use planish_tensor::reduce::col_sums;
use planish_tensor::{Exec, MatMut, MatRef, Scalar};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A fully connected layer, f(x·W + b) with W of shape `[inputs, units]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// The number of outputs.
    pub units: usize,
    /// f
    pub activation: Activation,
    /// Whether there is a b.
    #[serde(default = "yes")]
    pub use_bias: bool,
    /// How W is filled before training; b starts at zero.
    #[serde(default)]
    pub kernel_initializer: Initializer,
    /// A penalty on W that is part of the training loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_regularizer: Option<Regularizer>,
    /// A bound on the norm of each unit's weights, kept after each update by scaling them down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_max_norm: Option<f64>,
    /// Its name; `dense_1`, `dense_2` … if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How W is updated.
    #[serde(default, skip_serializing_if = "Rates::is_default")]
    pub kernel_rates: Rates,
    /// How b is updated.
    #[serde(default, skip_serializing_if = "Rates::is_default")]
    pub bias_rates: Rates,
}

fn yes() -> bool {
    true
}

impl Dense {
    /// A layer with Keras's defaults: a bias, and glorot_uniform kernels.
    pub fn new(units: usize, activation: Activation) -> Dense {
        Dense {
            units,
            activation,
            use_bias: true,
            kernel_initializer: Initializer::default(),
            kernel_regularizer: None,
            kernel_max_norm: None,
            name: None,
            kernel_rates: Rates::default(),
            bias_rates: Rates::default(),
        }
    }
}

/// A dense layer with its place in the arena.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct DenseStep {
    pub(crate) inputs: usize,
    pub(crate) units: usize,
    pub(crate) activation: Activation,
    pub(crate) kernel: Range<usize>,
    pub(crate) bias: Option<Range<usize>>,
    pub(crate) regularizer: Option<Regularizer>,
    pub(crate) max_norm: Option<f64>,
}

impl DenseStep {
    /// W
    pub(crate) fn kernel_of<'a, T: Scalar>(&self, params: &'a [T]) -> MatRef<'a, T> {
        MatRef::new(&params[self.kernel.clone()], self.inputs, self.units)
    }

    /// out ← f(x·W + b) if `activate`, else x·W + b; `inputs` takes x·W + b where the activation's backward needs it. Softmax
    /// works on whole rows and is not applied here.
    pub(crate) fn forward<T: Scalar>(
        &self,
        exec: Exec,
        params: &[T],
        packed: Option<&PackedB<T>>,
        x: MatRef<'_, T>,
        out: &mut [T],
        inputs: Option<&mut [T]>,
        activate: bool,
        scratch: &mut Scratch<T>,
    ) {
        let w: Operand<'_, T> = match packed {
            Some(packed) if x.rows() >= PACKED_ROWS => packed.into(),
            _ => self.kernel_of(params).into(),
        };
        let start = self.bias.clone().map_or(Start::Zero, |b| Start::Bias(&params[b]));
        let out = MatMut::new(out, x.rows(), self.units);
        if activate && self.activation.is_elementwise() {
            let inputs = inputs.map(|z| MatMut::new(z, x.rows(), self.units));
            let epilogue = Activate { activation: self.activation, inputs };
            matmul_with(exec, x, w, out, start, epilogue, scratch);
        } else {
            matmul(exec, x, w, out, start, scratch);
        }
    }

    /// From dz, the gradient at x·W + b: dW ← xᵀ·dz, and the penalty's gradient.
    pub(crate) fn backward_kernel<T: Scalar>(
        &self,
        exec: Exec,
        params: &[T],
        x: MatRef<'_, T>,
        dz: MatRef<'_, T>,
        grads: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let dw = MatMut::new(&mut grads[self.kernel.clone()], self.inputs, self.units);
        matmul(exec, x.t(), dz, dw, Start::Zero, scratch);
        if let Some(regularizer) = self.regularizer {
            let range = self.kernel.clone();
            regularizer.add_gradient(exec.isa, &params[range.clone()], &mut grads[range]);
        }
    }

    /// From dz: the update of W by dW = xᵀ·dz.
    pub(crate) fn update_kernel<T: Scalar>(
        &self,
        exec: Exec,
        update: KernelUpdate<'_, T>,
        params: &mut [T],
        x: MatRef<'_, T>,
        dz: MatRef<'_, T>,
        grads: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let dw = MatMut::new(&mut grads[self.kernel.clone()], self.inputs, self.units);
        let w = &mut params[self.kernel.clone()];
        let apply = Apply::new(exec.isa, update, w, self.inputs, self.units);
        matmul_with(exec, x.t(), dz, dw, Start::Zero, apply, scratch);
    }

    /// Whether the update of W may be applied to tiles of dW = xᵀ·dz: nothing is added to it.
    pub(crate) fn may_be_updated_by_tiles(&self) -> bool {
        self.regularizer.is_none()
    }

    /// dx ← dz·Wᵀ, where the layer below is not dense.
    pub(crate) fn backward_input<T: Scalar>(
        &self,
        exec: Exec,
        params: &[T],
        dz: MatRef<'_, T>,
        dx: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let wt = self.kernel_of(params).t();
        matmul(exec, dz, wt, MatMut::new(dx, dz.rows(), self.inputs), Start::Zero, scratch);
    }

    /// Where a layer has dy, the gradient at its output, alone: dy ← dz = dy·f′ (unless `is_dz`), and db ← Σ dz over rows.
    pub(crate) fn backward_output<T: Scalar>(
        &self,
        exec: Exec,
        saved: &[T],
        dy: &mut [T],
        is_dz: bool,
        grads: &mut [T],
    ) {
        if !is_dz {
            self.activation.backward(exec.isa, self.units, saved, dy);
        }
        if let Some(b) = &self.bias {
            col_sums(exec.isa, MatRef::new(dy, dy.len() / self.units, self.units), &mut grads[b.clone()]);
        }
    }

    /// From dz: what the layer below needs. dy ← dz·Wᵀ, and in the same pass, if that layer's activation is elementwise,
    /// its dz ← dy·f′ and db ← Σ dz over rows.
    pub(crate) fn backward_below<T: Scalar>(
        &self,
        exec: Exec,
        params: &[T],
        dz: MatRef<'_, T>,
        below: &DenseStep,
        saved: &[T],
        dx: &mut [T],
        grads: &mut [T],
        (sums, scratch): (&mut [T], &mut Scratch<T>),
    ) {
        let rows = dz.rows();
        let wt = self.kernel_of(params).t();
        let out = MatMut::new(dx, rows, self.inputs);
        if !below.activation.is_elementwise() {
            matmul(exec, dz, wt, out, Start::Zero, scratch);
            return below.backward_output(exec, saved, dx, false, grads);
        }
        let saved = MatRef::new(saved, rows, self.inputs);
        let differentiate = Differentiate { activation: below.activation, saved };
        match &below.bias {
            None => matmul_with(exec, dz, wt, out, Start::Zero, differentiate, scratch),
            Some(b) => {
                let epilogue = (differentiate, ColSums::new(sums, rows, self.inputs));
                matmul_with(exec, dz, wt, out, Start::Zero, epilogue, scratch);
                ColSums::add_up(sums, rows, &mut grads[b.clone()]);
            }
        }
    }
}
