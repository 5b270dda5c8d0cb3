//! A stage of a plan, and all that differs between the kinds of stages: one match each.

use crate::layers::context::{BackwardPass, ForwardPass, Value};
use crate::layers::{
    BatchNormStep, DenseStep, DropoutStep, JoinStep, LayerNormStep, ParametricStep, ScaleStep, residual,
};
use planish_tensor::Scalar;

/// One step of a pass.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Stage {
    pub(crate) input: Value,
    /// Numbers in a row of its input.
    pub(crate) inputs: usize,
    /// Numbers in a row of its output.
    pub(crate) units: usize,
    pub(crate) op: Op,
}

/// What a stage does.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Op {
    Join(JoinStep),
    Dense(DenseStep),
    Dropout(DropoutStep),
    BatchNorm(BatchNormStep),
    LayerNorm(LayerNormStep),
    Scale(ScaleStep),
    Parametric(ParametricStep),
    /// The beginning of a residual block: its output is its input.
    Begin {
        slot: usize,
    },
    /// The end of a residual block that began with the value `skip`.
    End {
        slot: usize,
        skip: Value,
    },
}

impl Stage {
    /// The dense layer, if it is one.
    pub(crate) fn dense(&self) -> Option<&DenseStep> {
        if let Op::Dense(dense) = &self.op { Some(dense) } else { None }
    }

    /// Whether it has parameters.
    pub(crate) fn has_params(&self) -> bool {
        !matches!(self.op, Op::Dropout(_) | Op::Begin { .. } | Op::End { .. })
    }

    /// Whether it writes an output.
    pub(crate) fn has_output(&self) -> bool {
        !matches!(self.op, Op::Begin { .. })
    }

    /// Whether its backward pass reads its output.
    pub(crate) fn keeps_output(&self) -> bool {
        matches!(&self.op, Op::Dense(dense) if !dense.output.keeps_input())
    }

    /// Numbers that its backward pass needs beside its input and output, for a batch of this many rows.
    pub(crate) fn saved_len(&self, rows: usize) -> usize {
        match &self.op {
            Op::Dense(dense) if dense.output.keeps_input() => rows * self.units,
            Op::Dropout(_) | Op::Parametric(_) => rows * self.units,
            Op::BatchNorm(_) => 3 * self.units,
            Op::LayerNorm(_) => 2 * rows,
            Op::Dense(_) | Op::Join(_) | Op::Scale(_) | Op::Begin { .. } | Op::End { .. } => 0,
        }
    }

    /// Whether the backward pass writes the gradient at the input to a place of its own, not over that at the output.
    pub(crate) fn writes_dx(&self) -> bool {
        matches!(self.op, Op::Dense(_) | Op::Scale(_) | Op::Parametric(_))
    }

    pub(crate) fn forward<T: Scalar>(&self, pass: ForwardPass<'_, T>) {
        match &self.op {
            Op::Join(join) => join.forward(pass),
            Op::Dense(dense) => dense.forward(pass),
            Op::Dropout(dropout) => dropout.forward(pass),
            Op::BatchNorm(norm) => norm.forward(pass),
            Op::LayerNorm(norm) => norm.forward(pass),
            Op::Scale(scale) => scale.forward(pass),
            Op::Parametric(parametric) => parametric.forward(pass),
            Op::Begin { .. } => {}
            Op::End { skip, .. } => residual::forward(*skip, pass),
        }
    }

    pub(crate) fn backward<T: Scalar>(&self, pass: BackwardPass<'_, '_, T>) {
        match &self.op {
            Op::Join(join) => join.backward(pass),
            Op::Dense(dense) => dense.backward(pass),
            Op::Dropout(dropout) => dropout.backward(pass),
            Op::BatchNorm(norm) => norm.backward(pass),
            Op::LayerNorm(norm) => norm.backward(pass),
            Op::Scale(scale) => scale.backward(pass),
            Op::Parametric(parametric) => parametric.backward(pass),
            Op::Begin { slot } => residual::backward_begin(*slot, pass),
            Op::End { slot, .. } => residual::backward_end(*slot, pass),
        }
    }
}
