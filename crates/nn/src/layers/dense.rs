//! The dense layer: y = f(x·W + b), forward and backward side by side.
//!
//! # Shapes
//! x `[rows, inputs]`, W `[inputs, units]`, b `[units]`, y and dy `[rows, units]`. With W stored so, x·W and xᵀ·dy read
//! their operands in place; only dy·Wᵀ packs.
//!
//! Bias and activation are in the epilogue of x·W. Where the layer below is dense too, its derivative and its bias's gradient are in the
//! epilogue of this layer's dz·Wᵀ.

use super::columns::rows_of;
use super::context::{BackwardPass, ForwardPass};
use super::fused::{Activate, Differentiate};
use crate::activation::{Activation, Saves};
use crate::batch::Arenas;
use crate::init::Initializer;
use crate::rates::Rates;
use crate::regularizer::Regularizer;
use crate::updates::{Apply, Weights};
use planish_tensor::gemm::{ColSums, Operand, Start, matmul, matmul_with};
use planish_tensor::reduce::col_sums;
use planish_tensor::{Isa, MatMut, MatRef, Scalar};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Rows from which products read a packed kernel; for fewer, kernels are read where they are.
const PACKED_ROWS: usize = 9;

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
    pub(crate) kernel: Range<usize>,
    pub(crate) output: DenseOutput,
    pub(crate) regularizer: Option<Regularizer>,
    pub(crate) max_norm: Option<f64>,
    /// The output of the layer below, if that is dense too: its dz and db are made in the epilogue of this layer's dz·Wᵀ.
    pub(crate) below: Option<DenseOutput>,
    /// Whether what is above (the loss, or a dense layer) makes dz and db of this layer; else it is given dy and makes them itself.
    pub(crate) is_given_dz: bool,
}

/// What a dense layer makes of x·W: f(x·W + b).
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct DenseOutput {
    pub(crate) units: usize,
    pub(crate) activation: Activation,
    pub(crate) bias: Option<Range<usize>>,
}

impl DenseOutput {
    /// Whether the backward pass needs x·W + b, not f of it.
    pub(crate) fn keeps_input(&self) -> bool {
        self.activation.saves() == Saves::Input
    }

    /// dy ← dz = dy·f′, and db ← Σ dz over rows; `saved` is what the activation saves.
    pub(crate) fn backward<T: Scalar>(&self, isa: Isa, saved: &[T], dy: &mut [T], grads: &mut [T]) {
        self.activation.backward(isa, self.units, saved, dy);
        self.backward_bias(isa, dy, grads);
    }

    /// db ← Σ dz over rows
    pub(crate) fn backward_bias<T: Scalar>(&self, isa: Isa, dz: &[T], grads: &mut [T]) {
        if let Some(b) = &self.bias {
            col_sums(isa, rows_of(dz, self.units), &mut grads[b.clone()]);
        }
    }
}

impl DenseStep {
    /// W
    pub(crate) fn kernel_of<'a, T: Scalar>(&self, params: &'a [T]) -> MatRef<'a, T> {
        MatRef::new(&params[self.kernel.clone()], self.inputs, self.output.units)
    }

    /// out ← f(x·W + b), or x·W + b where the activation is left to the loss; what the activation's backward pass needs of x·W + b is
    /// saved.
    pub(crate) fn forward<T: Scalar>(&self, pass: ForwardPass<'_, T>) {
        let ForwardPass { exec, arenas: Arenas { params, .. }, x, scratch, .. } = pass;
        let DenseOutput { units, activation, bias } = &self.output;
        let w: Operand<'_, T> = match pass.packed {
            Some(packed) if x.rows() >= PACKED_ROWS => packed.into(),
            _ => self.kernel_of(params).into(),
        };
        let start = bias.clone().map_or(Start::Zero, |b| Start::Bias(&params[b]));
        let out = MatMut::new(pass.out, x.rows(), *units);
        if !pass.activate {
            return matmul(exec, x, w, out, start, scratch);
        }
        if !activation.is_elementwise() {
            matmul(exec, x, w, out, start, scratch);
            return activation.forward(exec.isa, *units, pass.out);
        }
        let inputs = pass.saved.filter(|_| self.output.keeps_input());
        let inputs = inputs.map(|z| MatMut::new(z, x.rows(), *units));
        let epilogue = Activate { activation: *activation, inputs };
        matmul_with(exec, x, w, out, start, epilogue, scratch);
    }

    /// From dy, or from dz where it is given: dx ← dz·Wᵀ, and what the layer below needs of it; dW ← xᵀ·dz with the penalty's gradient,
    /// or the update of W by it.
    pub(crate) fn backward<T: Scalar>(&self, mut pass: BackwardPass<'_, '_, T>) {
        if !self.is_given_dz {
            self.output.backward(pass.exec.isa, pass.saved, pass.dy, pass.grads);
        }
        // What is below needs W as it was.
        self.backward_input(&mut pass);
        self.backward_kernel(pass);
    }

    /// dx ← dz·Wᵀ; where the layer below is dense, its dz ← dx·f′ and db ← Σ dz over rows, in the same pass if f is elementwise.
    fn backward_input<T: Scalar>(&self, pass: &mut BackwardPass<'_, '_, T>) {
        let BackwardPass { exec, saved_below, sums, scratch, grads, .. } = pass;
        let Some(dx) = pass.dx.as_deref_mut() else { return };
        let (exec, rows) = (*exec, pass.x.rows());
        let dz = MatRef::new(pass.dy, rows, self.output.units);
        let wt = self.kernel_of(pass.weights.params()).t();
        let out = MatMut::new(dx, rows, self.inputs);
        let Some(below) = &self.below else { return matmul(exec, dz, wt, out, Start::Zero, scratch) };
        if !below.activation.is_elementwise() {
            matmul(exec, dz, wt, out, Start::Zero, scratch);
            return below.backward(exec.isa, saved_below, dx, grads);
        }
        let saved = MatRef::new(saved_below, rows, self.inputs);
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

    /// dW ← xᵀ·dz with the penalty's gradient; or the update of W by xᵀ·dz, tile by tile.
    fn backward_kernel<T: Scalar>(&self, pass: BackwardPass<'_, '_, T>) {
        let BackwardPass { exec, x, grads, scratch, .. } = pass;
        let dz = MatRef::new(pass.dy, x.rows(), self.output.units);
        let dw = MatMut::new(&mut grads[self.kernel.clone()], self.inputs, self.output.units);
        match self.update(exec.isa, pass.weights) {
            Some(apply) => matmul_with(exec, x.t(), dz, dw, Start::Zero, apply, scratch),
            None => {
                matmul(exec, x.t(), dz, dw, Start::Zero, scratch);
                self.add_penalty(exec.isa, pass.weights.params(), grads);
            }
        }
    }

    /// Where dW is there, without the penalty's gradient: adds that, or updates W.
    pub(crate) fn finish_kernel<T: Scalar>(&self, isa: Isa, weights: &mut Weights<'_, T>, grads: &mut [T]) {
        match self.update(isa, weights) {
            Some(apply) => apply.whole(self.kernel_of(grads)),
            None => self.add_penalty(isa, weights.params(), grads),
        }
    }

    /// The update of W inside the backward pass, if it is wanted and nothing is added to xᵀ·dz.
    fn update<'a, T: Scalar>(&self, isa: Isa, weights: &'a mut Weights<'_, T>) -> Option<Apply<'a, T>> {
        if !self.may_be_updated_by_tiles() {
            return None;
        }
        let (w, update) = weights.update(self.kernel.clone())?;
        Some(Apply::new(isa, update, w, self.inputs, self.output.units))
    }

    /// Whether the update of W may be applied to tiles of xᵀ·dz: nothing is added to it.
    pub(crate) fn may_be_updated_by_tiles(&self) -> bool {
        self.regularizer.is_none()
    }

    fn add_penalty<T: Scalar>(&self, isa: Isa, params: &[T], grads: &mut [T]) {
        if let Some(regularizer) = self.regularizer {
            let range = self.kernel.clone();
            regularizer.add_gradient(isa, &params[range.clone()], &mut grads[range]);
        }
    }
}
