//! What the passes of a layer are given: the same for every layer, which takes what it needs.

use crate::batch::{Arenas, Input, Mode};
use crate::updates::Weights;
use planish_tensor::gemm::{PackedB, Scratch};
use planish_tensor::{AlignedVec, Exec, MatRef, Scalar};

/// What a stage of a pass reads.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Value {
    /// The numbers of the network's input.
    X,
    /// The output of an earlier stage.
    Output(usize),
}

/// The values that may be read: the network's input and the outputs of stages.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a, T: Scalar> {
    pub(crate) input: Input<'a, T>,
    pub(crate) outputs: &'a [AlignedVec<T>],
}

impl<'a, T: Scalar> Values<'a, T> {
    /// A value as rows of `units` numbers.
    pub(crate) fn read(self, value: Value, units: usize) -> MatRef<'a, T> {
        match value {
            Value::X => self.input.numbers,
            Value::Output(i) => MatRef::new(&self.outputs[i], self.input.rows(), units),
        }
    }
}

/// What a layer's forward pass is given.
pub(crate) struct ForwardPass<'a, T: Scalar> {
    pub(crate) exec: Exec,
    pub(crate) mode: Mode,
    pub(crate) arenas: Arenas<'a, T>,
    pub(crate) values: Values<'a, T>,
    /// The layer's input, `[rows, inputs]`.
    pub(crate) x: MatRef<'a, T>,
    /// Takes the output, `[rows, units]`.
    pub(crate) out: &'a mut [T],
    /// In training, takes what the backward pass needs beside input and output.
    pub(crate) saved: Option<&'a mut [T]>,
    /// The layer's kernel, if it was packed.
    pub(crate) packed: Option<&'a PackedB<T>>,
    /// Whether the layer's activation is applied: not where the loss works on its input.
    pub(crate) activate: bool,
    pub(crate) scratch: &'a mut Scratch<T>,
}

/// What a layer's backward pass is given. `'w` is the life of the weights.
pub(crate) struct BackwardPass<'a, 'w, T: Scalar> {
    pub(crate) exec: Exec,
    pub(crate) weights: &'a mut Weights<'w, T>,
    /// The category codes of the network's input.
    pub(crate) codes: &'a [u32],
    /// The layer's input, `[rows, inputs]`.
    pub(crate) x: MatRef<'a, T>,
    /// What its forward pass kept: what it saved, or its output.
    pub(crate) saved: &'a [T],
    /// The same of the stage below.
    pub(crate) saved_below: &'a [T],
    /// The gradient at the output, `[rows, units]`. A layer that keeps the width may make it the gradient at the input in place.
    pub(crate) dy: &'a mut [T],
    /// Takes the gradient at the input, `[rows, inputs]`, of layers that do not work in place; nothing where nobody needs it.
    pub(crate) dx: Option<&'a mut [T]>,
    /// Gradients that wait for the beginning of their residual block.
    pub(crate) waiting: &'a mut [AlignedVec<T>],
    /// Takes the gradients at the parameters.
    pub(crate) grads: &'a mut [T],
    /// Room for sums over columns.
    pub(crate) sums: &'a mut [T],
    pub(crate) scratch: &'a mut Scratch<T>,
}
