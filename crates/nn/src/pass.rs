//! The passes of a plan: forward through the stages, the loss, and backward.
//!
//! Chains of dense layers are fused: bias and activation in the epilogue of x·W, and on the way back the derivative of the layer
//! below and its bias gradient in the epilogue of dz·Wᵀ. Other stages are loops over lanes between the products.

use crate::activation::Saves;
use crate::build::{Op, Stage, Value};
use crate::dense::DenseStep;
use crate::element::Element;
use crate::inputs::Input;
use crate::loss::Loss;
use crate::plan::{Arenas, Batch, Mode, Plan, Step};
use crate::residual;
use crate::updates::{Apply, Updates};
use crate::workspace::Workspace;
use planish_tensor::gemm::Scratch;
use planish_tensor::{AlignedVec, Exec, Isa, MatRef, Scalar};
use std::ops::Range;

impl Plan {
    /// The forward pass; without the last activation if `activate_last` is false.
    pub(crate) fn forward_pass<'w, T: Scalar>(
        &self,
        exec: Exec,
        mode: Mode,
        arenas: Arenas<'_, T>,
        x: Input<'_, T>,
        ws: &'w mut Workspace<T>,
        activate_last: bool,
    ) -> MatRef<'w, T> {
        let rows = x.rows();
        assert_eq!(x.numbers.cols(), self.numbers, "the network takes rows of {} numbers", self.numbers);
        assert_eq!(x.codes.len(), rows * self.codes(), "the network takes {} codes a row", self.codes());
        assert!(rows <= ws.rows, "a batch of {rows} rows in a workspace of {}", ws.rows);
        assert!(
            matches!(mode, Mode::Training(_)) || arenas.state.len() == self.state_layout().len,
            "a state arena of {} elements for one of {}",
            arenas.state.len(),
            self.state_layout().len
        );
        let last = self.stages.len() - 1;
        if exec.isa != Isa::PORTABLE && ws.narrow.is_some() {
            self.narrow_forward(exec, mode, arenas.params, x.numbers, ws, activate_last);
            return MatRef::new(&ws.outputs[last], rows, self.outputs());
        }
        for (i, stage) in self.stages.iter().enumerate() {
            if let Op::Begin { .. } = stage.op {
                continue;
            }
            let (before, rest) = ws.outputs.split_at_mut(i);
            let out = &mut rest[0][..rows * stage.units];
            let read = |value| read(value, before, x, stage.inputs);
            let saved = if let Mode::Training(_) = mode {
                Some(&mut ws.saved[i][..stage.saved_len(rows)])
            } else {
                None
            };
            if let Op::Dense(dense) = &stage.op {
                let activate = activate_last || i < last;
                let inputs = saved.filter(|_| dense.activation.saves() == Saves::Input);
                let packed = ws.packed.get(i).and_then(Option::as_ref);
                let x = read(stage.input);
                dense.forward(exec, arenas.params, packed, x, out, inputs, activate, &mut ws.scratch);
                if activate && !dense.activation.is_elementwise() {
                    dense.activation.forward(exec.isa, dense.units, out);
                }
            } else {
                stage.forward(exec, mode, arenas, x, read, out, saved);
            }
        }
        MatRef::new(&ws.outputs[last], rows, self.outputs())
    }

    /// The forward pass of a narrow network.
    fn narrow_forward<T: Scalar>(
        &self,
        exec: Exec,
        mode: Mode,
        params: &[T],
        x: MatRef<'_, T>,
        ws: &mut Workspace<T>,
        activate_last: bool,
    ) {
        let (last, n) = (self.stages.len() - 1, x.rows() * self.outputs());
        let Workspace { outputs, saved, narrow, .. } = ws;
        let out = &mut outputs[last][..n];
        narrow.as_mut().expect("a narrow network").forward(exec.isa, self, params, x, out);
        if matches!(mode, Mode::Training(_)) && self.last.saves() == Saves::Input {
            saved[last][..n].copy_from_slice(out);
        }
        if activate_last {
            self.last.forward(exec.isa, self.outputs(), out);
        }
    }

    /// The training loss of a batch, penalties included, and its gradient with respect to every parameter.
    ///
    /// Sigmoid with binary cross-entropy and softmax with cross-entropy are computed from the logits.
    ///
    /// # Shapes
    /// x `[rows, inputs]`, targets as [`Targets`](crate::Targets) says, weights one a row; `params` and `grads` are arenas of
    /// [`Layout::len`](crate::Layout::len) elements.
    ///
    /// # Panics
    /// If shapes do not match, the loss does not fit the output (see [`Loss::check`]), a code or a class is too large, or the
    /// batch is larger than the workspace.
    pub fn backward<T: Element>(
        &self,
        exec: Exec,
        loss: Loss,
        step: Step,
        params: &[T],
        batch: &Batch<'_, T>,
        grads: &mut [T],
        ws: &mut Workspace<T>,
    ) -> f64 {
        T::backward(self, exec, loss, step, Weights::Kept(params), batch, grads, ws)
    }

    /// As [`Plan::backward`], and kernels are updated on the way: their gradients are not left in `grads`, those of all else are. Which
    /// kernels these may be, [`Plan::tiled_kernels`] says, and which they are, `updates`. If the loss is not finite, nothing is
    /// changed.
    ///
    /// # Panics
    /// As [`Plan::backward`].
    pub fn backward_with<T: Element>(
        &self,
        exec: Exec,
        loss: Loss,
        step: Step,
        params: &mut [T],
        updates: &mut dyn Updates<T>,
        batch: &Batch<'_, T>,
        grads: &mut [T],
        ws: &mut Workspace<T>,
    ) -> f64 {
        T::backward(self, exec, loss, step, Weights::Updated(params, updates), batch, grads, ws)
    }

    /// The ranges of the kernels that [`Plan::backward_with`] may update.
    pub fn tiled_kernels(&self) -> impl Iterator<Item = Range<usize>> {
        self.dense_steps().filter(|d| d.may_be_updated_by_tiles()).map(|d| d.kernel.clone())
    }

    pub(crate) fn backward_pass<T: Scalar>(
        &self,
        exec: Exec,
        loss: Loss,
        step: Step,
        mut weights: Weights<'_, T>,
        batch: &Batch<'_, T>,
        grads: &mut [T],
        ws: &mut Workspace<T>,
    ) -> f64 {
        // A training pass reads no state.
        let arenas = Arenas { params: weights.params(), state: &[] };
        let mut value = self.data_loss(exec, loss, Mode::Training(step), arenas, batch, ws);
        value += self.penalty_of(exec.isa, weights.params());
        if let Weights::Updated(_, updates) = &mut weights {
            if !value.is_finite() {
                return value;
            }
            updates.begin();
        }
        let (x, rows, last) = (batch.x, batch.x.rows(), self.stages.len() - 1);
        let Workspace { outputs, saved, waiting, delta, delta_next, sums, scratch, narrow, .. } = ws;
        let kept = |i: usize| {
            let stage: &Stage = &self.stages[i];
            let needs_input =
                matches!(&stage.op, Op::Dense(dense) if dense.activation.saves() == Saves::Output);
            let from = if needs_input { &outputs[i] } else { &saved[i] };
            &from[..if needs_input { rows * stage.units } else { stage.saved_len(rows) }]
        };
        if exec.isa != Isa::PORTABLE
            && let (Some(narrow), Op::Dense(dense)) = (narrow, &self.stages[last].op)
        {
            let dy = &mut delta[..rows * dense.units];
            dense.backward_output(exec, kept(last), dy, loss.is_fused(self.last), grads);
            narrow.backward(exec.isa, self, x.numbers, dy, grads);
            self.dense_steps().for_each(|dense| weights.step_by_gradient(exec.isa, dense, grads));
            return value;
        }
        // Whether the layer above has already made dz and db of a dense layer.
        let mut is_done = false;
        for i in (self.first..=last).rev() {
            let stage = &self.stages[i];
            let input = |value| read(value, outputs, x, stage.inputs);
            let n = rows * stage.units;
            match &stage.op {
                Op::Dense(dense) => {
                    if !is_done {
                        let is_dz = i == last && loss.is_fused(self.last);
                        dense.backward_output(exec, kept(i), &mut delta[..n], is_dz, grads);
                    }
                    let dz = MatRef::new(delta, rows, stage.units);
                    is_done = false;
                    // What is below needs W as it was.
                    if i > self.first {
                        let (params, dx) = (weights.params(), &mut delta_next[..rows * stage.inputs]);
                        if let Op::Dense(below) = &self.stages[i - 1].op {
                            let kept = kept(i - 1);
                            dense.backward_below(exec, params, dz, below, kept, dx, grads, (sums, scratch));
                            is_done = true;
                        } else {
                            dense.backward_input(exec, params, dz, dx, scratch);
                        }
                    }
                    weights.step(exec, dense, input(stage.input), dz, grads, scratch);
                    if i > self.first {
                        std::mem::swap(delta, delta_next);
                    }
                }
                Op::Begin { slot } => {
                    residual::backward_begin(exec.isa, &waiting[*slot][..n], &mut delta[..n]);
                }
                Op::End { slot, .. } => residual::backward_end(&delta[..n], &mut waiting[*slot][..n]),
                op => {
                    let (dy, dx) = (&mut delta[..n], &mut delta_next[..]);
                    if op.backward(
                        exec,
                        weights.params(),
                        x.codes,
                        input(stage.input),
                        kept(i),
                        dy,
                        dx,
                        grads,
                    ) {
                        std::mem::swap(delta, delta_next);
                    }
                }
            }
        }
        value
    }

    /// The loss of a batch, without penalties; of gradients it leaves only the one at the output, in the workspace.
    ///
    /// # Panics
    /// As [`Plan::backward`]. The workspace must have been made by [`Workspace::new`].
    pub fn loss<'a, T: Element>(
        &self,
        exec: Exec,
        loss: Loss,
        mode: Mode,
        arenas: impl Into<Arenas<'a, T>>,
        batch: &Batch<'_, T>,
        ws: &mut Workspace<T>,
    ) -> f64 {
        T::loss(self, exec, loss, mode, arenas.into(), batch, ws)
    }

    pub(crate) fn data_loss<T: Scalar>(
        &self,
        exec: Exec,
        loss: Loss,
        mode: Mode,
        arenas: Arenas<'_, T>,
        batch: &Batch<'_, T>,
        ws: &mut Workspace<T>,
    ) -> f64 {
        self.forward_pass(exec, mode, arenas, batch.x, ws, !loss.is_fused(self.last));
        let n = batch.x.rows() * self.outputs();
        loss.gradient(
            exec.isa,
            (self.outputs(), self.last),
            &ws.outputs[self.stages.len() - 1][..n],
            batch.y,
            batch.weights,
            &mut ws.delta[..n],
            &mut ws.delta_next,
        )
    }
}

/// The parameters of a backward pass.
pub enum Weights<'a, T: Scalar> {
    /// They stay as they are.
    Kept(&'a [T]),
    /// Some kernels are updated.
    Updated(&'a mut [T], &'a mut dyn Updates<T>),
}

impl<T: Scalar> Weights<'_, T> {
    fn params(&self) -> &[T] {
        match self {
            Weights::Kept(params) => params,
            Weights::Updated(params, _) => params,
        }
    }

    /// The update of a layer's kernel, or its gradient.
    fn step(
        &mut self,
        exec: Exec,
        dense: &DenseStep,
        x: MatRef<'_, T>,
        dz: MatRef<'_, T>,
        grads: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        if let Weights::Updated(params, updates) = self
            && dense.may_be_updated_by_tiles()
            && let Some(update) = updates.kernel(dense.kernel.clone())
        {
            return dense.update_kernel(exec, update, params, x, dz, grads, scratch);
        }
        dense.backward_kernel(exec, self.params(), x, dz, grads, scratch);
    }

    /// The update of a layer's kernel by the gradient that is there without its penalty, or the penalty's part of it.
    fn step_by_gradient(&mut self, isa: Isa, dense: &DenseStep, grads: &mut [T]) {
        let range = dense.kernel.clone();
        if let Some(regularizer) = dense.regularizer {
            regularizer.add_gradient(isa, &self.params()[range.clone()], &mut grads[range]);
        } else if let Weights::Updated(params, updates) = self
            && let Some(update) = updates.kernel(range.clone())
        {
            let dw = MatRef::new(&grads[range.clone()], dense.inputs, dense.units);
            Apply::new(isa, update, &mut params[range], dense.inputs, dense.units).whole(dw);
        }
    }
}

/// A value as rows of `units` numbers.
fn read<'a, T: Scalar>(
    value: Value,
    outputs: &'a [AlignedVec<T>],
    x: Input<'a, T>,
    units: usize,
) -> MatRef<'a, T> {
    match value {
        Value::X => x.numbers,
        Value::Output(i) => MatRef::new(&outputs[i], x.rows(), units),
    }
}

impl Stage {
    /// The forward pass of all but dense layers.
    fn forward<'a, T: Scalar>(
        &self,
        exec: Exec,
        mode: Mode,
        Arenas { params, state }: Arenas<'_, T>,
        x: Input<'a, T>,
        read: impl Fn(Value) -> MatRef<'a, T>,
        out: &mut [T],
        saved: Option<&mut [T]>,
    ) {
        let isa = exec.isa;
        let input = || read(self.input);
        match (&self.op, mode, saved) {
            (Op::Join(join), ..) => join.forward(params, x, out),
            (Op::Dropout(dropout), Mode::Training(step), Some(saved)) => {
                dropout.forward(isa, step, input(), out, saved)
            }
            (Op::Dropout(_), ..) => crate::columns::copy_rows(input(), out),
            (Op::BatchNorm(norm), _, Some(saved)) => norm.forward_training(isa, params, input(), out, saved),
            (Op::BatchNorm(norm), ..) => norm.forward(isa, (params, state), input(), out),
            (Op::LayerNorm(norm), _, saved) => norm.forward(isa, params, input(), out, saved),
            (Op::Scale(scale), ..) => scale.forward(isa, params, input(), out),
            (Op::Parametric(f), _, saved) => f.forward(isa, params, input(), out, saved),
            (Op::End { skip, .. }, ..) => residual::forward(isa, read(*skip), input(), out),
            (Op::Dense(_) | Op::Begin { .. }, ..) => {}
        }
    }
}

impl Op {
    /// The backward pass of all but dense layers and residual blocks. Returns whether the gradient at the input is in `dx`, not in
    /// `dy`.
    fn backward<T: Scalar>(
        &self,
        exec: Exec,
        params: &[T],
        codes: &[u32],
        x: MatRef<'_, T>,
        saved: &[T],
        dy: &mut [T],
        dx: &mut [T],
        grads: &mut [T],
    ) -> bool {
        let isa = exec.isa;
        let n = dy.len();
        match self {
            Op::Join(join) => join.backward(codes, dy, grads),
            Op::Dropout(dropout) => dropout.backward(isa, saved, dy),
            Op::BatchNorm(norm) => norm.backward(isa, params, x, saved, dy, grads),
            Op::LayerNorm(norm) => norm.backward(isa, params, x, saved, dy, grads),
            Op::Scale(scale) => {
                scale.backward(isa, params, x, dy, &mut dx[..n], grads);
                return true;
            }
            Op::Parametric(f) => {
                f.backward(isa, params, x, saved, dy, &mut dx[..n], grads);
                return true;
            }
            Op::Dense(_) | Op::Begin { .. } | Op::End { .. } => {}
        }
        false
    }
}
