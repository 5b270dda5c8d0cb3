//! The passes of a plan: forward through its stages, the loss, and backward; and what goes with a training pass. They are compiled
//! behind `element`, whose methods have the same names.

use crate::batch::{Arenas, Batch, Input, Mode, Step};
use crate::layers::context::{BackwardPass, ForwardPass, Values};
use crate::layers::{DenseOutput, DenseStep};
use crate::loss::Loss;
use crate::plan::Plan;
use crate::regularizer::limit_norms;
use crate::stage::{Op, Stage};
use crate::updates::Weights;
use crate::workspace::Workspace;
use planish_tensor::{Exec, Isa, MatRef, Scalar};

/// A training pass: what it runs on, the loss that is to become small, and which step of training it is.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Which code, on how many threads.
    pub exec: Exec,
    /// What training makes small.
    pub loss: Loss,
    /// The step.
    pub step: Step,
}

/// The output for a batch; without the last activation if `activate_last` is false.
pub(crate) fn forward<'w, T: Scalar>(
    plan: &Plan,
    exec: Exec,
    mode: Mode,
    arenas: Arenas<'_, T>,
    x: Input<'_, T>,
    ws: &'w mut Workspace<T>,
    activate_last: bool,
) -> MatRef<'w, T> {
    check(plan, mode, arenas, x, ws.rows);
    let (rows, last) = (x.rows(), plan.stages.len() - 1);
    if exec.isa != Isa::PORTABLE && ws.is_narrow() {
        narrow_forward(plan, exec.isa, mode, arenas.params, x.numbers, ws, activate_last);
        return MatRef::new(&ws.outputs[last], rows, plan.outputs());
    }
    for (i, stage) in plan.stages.iter().enumerate().filter(|(_, stage)| stage.has_output()) {
        let (before, rest) = ws.outputs.split_at_mut(i);
        let values = Values { input: x, outputs: before };
        let is_training = matches!(mode, Mode::Training(_));
        stage.forward(ForwardPass {
            exec,
            mode,
            arenas,
            values,
            x: values.read(stage.input, stage.inputs),
            out: &mut rest[0][..rows * stage.units],
            saved: is_training.then(|| &mut ws.saved[i][..stage.saved_len(rows)]),
            packed: ws.packed.get(i).and_then(Option::as_ref),
            activate: activate_last || i < last,
            scratch: &mut ws.scratch,
        });
    }
    MatRef::new(&ws.outputs[last], rows, plan.outputs())
}

/// Panics where the shapes do not match.
fn check<T: Scalar>(plan: &Plan, mode: Mode, arenas: Arenas<'_, T>, x: Input<'_, T>, most: usize) {
    let (rows, state) = (x.rows(), plan.state_layout().len);
    assert_eq!(x.numbers.cols(), plan.inputs(), "the network takes rows of {} numbers", plan.inputs());
    assert_eq!(x.codes.len(), rows * plan.codes(), "the network takes {} codes a row", plan.codes());
    assert!(rows <= most, "a batch of {rows} rows in a workspace of {most}");
    assert!(
        matches!(mode, Mode::Training(_)) || arenas.state.len() == state,
        "a state arena of {} elements for one of {state}",
        arenas.state.len()
    );
}

/// The forward pass of a narrow network.
fn narrow_forward<T: Scalar>(
    plan: &Plan,
    isa: Isa,
    mode: Mode,
    params: &[T],
    x: MatRef<'_, T>,
    ws: &mut Workspace<T>,
    activate_last: bool,
) {
    let (i, n) = (plan.stages.len() - 1, x.rows() * plan.outputs());
    let (last, Workspace { outputs, saved, narrow, .. }) = (plan.output_activation(), ws);
    let out = &mut outputs[i][..n];
    narrow.as_mut().expect("a narrow network").forward(isa, plan, params, x, out);
    if matches!(mode, Mode::Training(_)) && plan.stages[i].saved_len(x.rows()) > 0 {
        saved[i][..n].copy_from_slice(out);
    }
    if activate_last {
        last.forward(isa, plan.outputs(), out);
    }
}

/// The loss of a batch, without penalties; in the workspace it leaves the gradient at the output, or where the loss works on logits, at
/// these.
pub(crate) fn loss<T: Scalar>(
    plan: &Plan,
    exec: Exec,
    loss: Loss,
    mode: Mode,
    arenas: Arenas<'_, T>,
    batch: &Batch<'_, T>,
    ws: &mut Workspace<T>,
) -> f64 {
    let (units, last) = (plan.outputs(), plan.output_activation());
    forward(plan, exec, mode, arenas, batch.x, ws, !loss.is_fused(last));
    let n = batch.x.rows() * units;
    let out = &ws.outputs[plan.stages.len() - 1][..n];
    loss.gradient(exec.isa, (units, last), out, batch, &mut ws.delta[..n], &mut ws.delta_next)
}

/// The loss with penalties, and the gradient at every parameter, or the update of kernels by it.
pub(crate) fn backward<T: Scalar>(
    plan: &Plan,
    Pass { exec, loss, step }: Pass,
    mut weights: Weights<'_, T>,
    batch: &Batch<'_, T>,
    grads: &mut [T],
    ws: &mut Workspace<T>,
) -> f64 {
    let isa = exec.isa;
    // A training pass reads no state.
    let arenas = Arenas { params: weights.params(), state: &[] };
    let mut value = self::loss(plan, exec, loss, Mode::Training(step), arenas, batch, ws);
    value += penalty(plan, isa, weights.params());
    if !weights.begin(value) {
        return value;
    }
    let (rows, last) = (batch.x.rows(), plan.stages.len() - 1);
    let Workspace { outputs, saved, waiting, delta, delta_next, sums, scratch, narrow, .. } = ws;
    let values = Values { input: batch.x, outputs };
    let saved = |i: usize| saved_of(&plan.stages[i], &outputs[i], &saved[i], rows);
    if let Op::Dense(dense) = &plan.stages[last].op {
        let dy = &mut delta[..rows * dense.output.units];
        if !loss.is_fused(dense.output.activation) {
            dense.output.backward(isa, saved(last), dy, grads);
        } else {
            dense.output.backward_bias(isa, dy, grads);
        }
    }
    if isa != Isa::PORTABLE
        && let Some(narrow) = narrow
    {
        let dz = &delta[..rows * plan.outputs()];
        narrow.backward(isa, plan, batch.x.numbers, dz, grads);
        plan.dense_steps().for_each(|dense| dense.finish_kernel(isa, &mut weights, grads));
        return value;
    }
    for i in (plan.first..=last).rev() {
        let stage = &plan.stages[i];
        let (dy, dx) = (&mut delta[..rows * stage.units], &mut delta_next[..rows * stage.inputs]);
        stage.backward(BackwardPass {
            exec,
            weights: &mut weights,
            codes: batch.x.codes,
            x: values.read(stage.input, stage.inputs),
            saved: saved(i),
            saved_below: if i > 0 { saved(i - 1) } else { &[] },
            dy,
            dx: (i > plan.first).then_some(dx),
            waiting,
            grads,
            sums,
            scratch,
        });
        if stage.writes_dx() {
            std::mem::swap(delta, delta_next);
        }
    }
    value
}

/// What the backward pass of a stage needs beside its input: what it saved, or its output.
fn saved_of<'a, T: Scalar>(stage: &Stage, output: &'a [T], saved: &'a [T], rows: usize) -> &'a [T] {
    if stage.keeps_output() { &output[..rows * stage.units] } else { &saved[..stage.saved_len(rows)] }
}

/// The penalty of all regularizers.
pub(crate) fn penalty<T: Scalar>(plan: &Plan, isa: Isa, params: &[T]) -> f64 {
    if !plan.is_penalized {
        return 0.0;
    }
    let penalty = |d: &DenseStep| d.regularizer.map(|r| r.penalty(isa, &params[d.kernel.clone()]));
    plan.dense_steps().filter_map(penalty).sum()
}

/// Makes the parameters keep their bounds.
pub(crate) fn constrain<T: Scalar>(plan: &Plan, isa: Isa, params: &mut [T]) {
    if !plan.is_constrained {
        return;
    }
    for DenseStep { kernel, max_norm, output: DenseOutput { units, .. }, .. } in plan.dense_steps() {
        if let Some(bound) = *max_norm {
            limit_norms(isa, bound, *units, &mut params[kernel.clone()]);
        }
    }
}

/// Blends the statistics of the workspace's last training pass into the state.
pub(crate) fn keep_statistics<T: Scalar>(plan: &Plan, isa: Isa, ws: &Workspace<T>, state: &mut [T]) {
    if plan.state_layout().len == 0 {
        return;
    }
    for (stage, saved) in plan.stages.iter().zip(&ws.saved) {
        if let Op::BatchNorm(norm) = &stage.op {
            norm.keep(isa, saved, state);
        }
    }
}
