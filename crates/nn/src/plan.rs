//! A network made ready to run: its layers bound to ranges of the arena, and the workspace of one batch.

use crate::activation::{Activation, Saves};
use crate::dense::DenseStep;
use crate::error::NnError;
use crate::layer::{Layer, Sequential};
use crate::layout::Layout;
use crate::loss::{Loss, Targets};
use planish_tensor::gemm::{ColSums, Scratch};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{AlignedVec, Exec, MatRef, Matrix, Scalar};

/// Rows of one forward pass of [`Plan::predict`].
const PREDICT_ROWS: usize = 512;

/// A checked network with its arena layout.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    inputs: usize,
    steps: Vec<DenseStep>,
    layout: Layout,
}

/// Every intermediate value of a batch: made once for the largest batch, used by prefixes for smaller ones.
#[derive(Debug)]
pub struct Workspace<T: Scalar> {
    rows: usize,
    /// The output of each layer.
    outputs: Vec<AlignedVec<T>>,
    /// The input of each activation that needs it.
    inputs: Vec<AlignedVec<T>>,
    /// The gradient at the current layer's output, and at its input.
    delta: AlignedVec<T>,
    delta_next: AlignedVec<T>,
    /// Column sums of a gradient, a row for each chunk of rows.
    sums: AlignedVec<T>,
    scratch: Scratch<T>,
}

impl<T: Scalar> Workspace<T> {
    /// A workspace for batches of up to `rows` rows, forward and backward.
    pub fn new(plan: &Plan, rows: usize) -> Self {
        let widest = plan.steps.iter().map(|s| s.units.max(s.inputs)).max().unwrap_or(0);
        Workspace {
            delta: AlignedVec::zeros(rows * widest),
            delta_next: AlignedVec::zeros(rows * widest),
            sums: AlignedVec::zeros(ColSums::<T>::len(rows, widest)),
            ..Self::forward_only(plan, rows)
        }
    }

    /// A workspace that serves [`Plan::forward`] alone.
    pub fn forward_only(plan: &Plan, rows: usize) -> Self {
        let input_len = |s: &DenseStep| if s.activation.saves() == Saves::Input { rows * s.units } else { 0 };
        Workspace {
            rows,
            outputs: plan.steps.iter().map(|s| AlignedVec::zeros(rows * s.units)).collect(),
            inputs: plan.steps.iter().map(|s| AlignedVec::zeros(input_len(s))).collect(),
            delta: AlignedVec::default(),
            delta_next: AlignedVec::default(),
            sums: AlignedVec::default(),
            scratch: Scratch::new(),
        }
    }

    /// The largest batch.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

impl Plan {
    /// Checks the network and lays out its arena: the group `kernels`, then the group `biases`.
    ///
    /// # Errors
    /// No layers, zero units, or more parameters than memory can address.
    pub fn new(net: &Sequential) -> Result<Plan, NnError> {
        let zero_units = |layer: String| Err(NnError::ZeroUnits { layer });
        if net.layers.is_empty() {
            return Err(NnError::NoLayers);
        }
        if net.inputs == 0 {
            return zero_units("inputs".to_owned());
        }
        let (mut kernels, mut biases, mut inputs) = (Vec::new(), Vec::new(), net.inputs);
        for (i, Layer::Dense(dense)) in net.layers.iter().enumerate() {
            let name = format!("dense_{}", i + 1);
            if dense.units == 0 {
                return zero_units(name);
            }
            kernels.push((format!("{name}/kernel"), vec![inputs, dense.units], dense.kernel_initializer));
            if dense.use_bias {
                biases.push((format!("{name}/bias"), vec![dense.units], crate::Initializer::Zeros));
            }
            inputs = dense.units;
        }
        let mut layout = Layout::default();
        let kernels = layout.push_group("kernels", &kernels)?;
        let mut biases = layout.push_group("biases", &biases)?.into_iter();
        let mut inputs = net.inputs;
        let mut steps = Vec::new();
        for (Layer::Dense(dense), kernel) in net.layers.iter().zip(kernels) {
            let bias = if dense.use_bias { biases.next() } else { None };
            steps.push(DenseStep { inputs, units: dense.units, activation: dense.activation, kernel, bias });
            inputs = dense.units;
        }
        Ok(Plan { inputs: net.inputs, steps, layout })
    }

    /// Where the parameters lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Numbers in a row of input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Numbers in a row of output.
    pub fn outputs(&self) -> usize {
        self.last().units
    }

    /// The number of outputs of each layer.
    pub fn widths(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().map(|s| s.units)
    }

    /// The activation of the last layer.
    pub fn output_activation(&self) -> Activation {
        self.last().activation
    }

    /// Multiply-adds of the largest matrix product for a batch of this many rows.
    pub fn largest_product(&self, rows: usize) -> usize {
        self.steps.iter().map(|s| s.inputs.saturating_mul(s.units)).max().unwrap_or(0).saturating_mul(rows)
    }

    fn last(&self) -> &DenseStep {
        self.steps.last().expect("a plan has a layer")
    }

    /// Initial parameters for this seed.
    pub fn initialize<T: Scalar>(&self, seed: u64) -> AlignedVec<T> {
        let mut arena = AlignedVec::zeros(self.layout.len);
        for (i, p) in self.layout.params.iter().enumerate() {
            let (fan_in, fan_out) = (p.shape[0], *p.shape.last().expect("a parameter has a shape"));
            p.initializer.fill(
                fan_in,
                fan_out,
                Stream::new(seed, Purpose::Init, i as u32),
                &mut arena[p.range.clone()],
            );
        }
        arena
    }

    /// The network's output for a batch.
    ///
    /// # Shapes
    /// x `[rows, inputs]`; returns `[rows, outputs]`.
    ///
    /// # Panics
    /// If shapes do not match or the batch is larger than the workspace.
    pub fn forward<'w, T: Scalar>(
        &self,
        exec: Exec,
        params: &[T],
        x: MatRef<'_, T>,
        ws: &'w mut Workspace<T>,
    ) -> MatRef<'w, T> {
        self.run(exec, params, x, ws, true)
    }

    /// The network's output for any number of rows, `[rows, outputs]`, computed in chunks.
    ///
    /// # Panics
    /// If x has not the network's number of inputs.
    pub fn predict<T: Scalar>(&self, exec: Exec, params: &[T], x: MatRef<'_, T>) -> Matrix<T> {
        let mut out = Matrix::zeros(x.rows(), self.outputs());
        let mut ws = Workspace::forward_only(self, PREDICT_ROWS.min(x.rows()));
        for from in (0..x.rows()).step_by(PREDICT_ROWS) {
            let to = (from + PREDICT_ROWS).min(x.rows());
            let y = self.forward(exec, params, x.rows_between(from, to), &mut ws);
            (from..to).for_each(|i| out.row_mut(i).copy_from_slice(y.row(i - from)));
        }
        out
    }

    /// The forward pass; without the last activation if `activate_last` is false.
    fn run<'w, T: Scalar>(
        &self,
        exec: Exec,
        params: &[T],
        x: MatRef<'_, T>,
        ws: &'w mut Workspace<T>,
        activate_last: bool,
    ) -> MatRef<'w, T> {
        assert_eq!(x.cols(), self.inputs, "the network takes rows of {} numbers", self.inputs);
        assert!(x.rows() <= ws.rows, "a batch of {} rows in a workspace of {}", x.rows(), ws.rows);
        let rows = x.rows();
        for (i, step) in self.steps.iter().enumerate() {
            let (before, rest) = ws.outputs.split_at_mut(i);
            let input = if i == 0 { x } else { MatRef::new(&before[i - 1], rows, step.inputs) };
            let out = &mut rest[0][..rows * step.units];
            let activate = activate_last || i + 1 < self.steps.len();
            let inputs = (step.activation.saves() == Saves::Input).then(|| &mut ws.inputs[i][..out.len()]);
            step.forward(exec, params, input, out, inputs, activate, &mut ws.scratch);
            if activate && !step.activation.is_elementwise() {
                step.activation.forward(exec.isa, step.units, out);
            }
        }
        MatRef::new(&ws.outputs[self.steps.len() - 1], rows, self.outputs())
    }

    /// The loss of a batch and its gradient with respect to every parameter.
    ///
    /// Sigmoid with binary cross-entropy and softmax with cross-entropy are computed from the logits.
    ///
    /// # Shapes
    /// x `[rows, inputs]`, targets as [`Targets`] says, weights one a row; `grads` is an arena of [`Layout::len`] elements.
    ///
    /// # Panics
    /// If shapes do not match, the loss does not fit the output (see [`Loss::check`]), or the batch is larger than the workspace.
    pub fn backward<T: Scalar>(
        &self,
        exec: Exec,
        loss: Loss,
        params: &[T],
        x: MatRef<'_, T>,
        targets: Targets<'_, T>,
        weights: Option<&[T]>,
        grads: &mut [T],
        ws: &mut Workspace<T>,
    ) -> f64 {
        let value = self.loss(exec, loss, params, x, targets, weights, ws);
        let Workspace { outputs, inputs, delta, delta_next, sums, scratch, .. } = ws;
        let rows = x.rows();
        let saved = |i: usize| {
            let step: &DenseStep = &self.steps[i];
            let from = if step.activation.saves() == Saves::Input { &inputs[i] } else { &outputs[i] };
            &from[..rows * step.units]
        };
        let last = self.steps.len() - 1;
        let dy = &mut delta[..rows * self.outputs()];
        self.last().backward_output(exec, saved(last), dy, loss.is_fused(), grads);
        for (i, step) in self.steps.iter().enumerate().rev() {
            let input = if i == 0 { x } else { MatRef::new(&outputs[i - 1], rows, step.inputs) };
            let dz = MatRef::new(delta, rows, step.units);
            step.backward_kernel(exec, input, dz, grads, scratch);
            if i > 0 {
                let dx = &mut delta_next[..rows * step.inputs];
                let below = &self.steps[i - 1];
                step.backward_below(exec, params, dz, below, saved(i - 1), dx, grads, (sums, scratch));
                std::mem::swap(delta, delta_next);
            }
        }
        value
    }

    /// The loss of a batch; of gradients it leaves only the one at the output, in the workspace.
    ///
    /// # Panics
    /// As [`Plan::backward`]. The workspace must have been made by [`Workspace::new`].
    pub fn loss<T: Scalar>(
        &self,
        exec: Exec,
        loss: Loss,
        params: &[T],
        x: MatRef<'_, T>,
        targets: Targets<'_, T>,
        weights: Option<&[T]>,
        ws: &mut Workspace<T>,
    ) -> f64 {
        self.run(exec, params, x, ws, !loss.is_fused());
        let n = x.rows() * self.outputs();
        loss.gradient(
            exec.isa,
            self.outputs(),
            &ws.outputs[self.steps.len() - 1][..n],
            targets,
            weights,
            &mut ws.delta[..n],
        )
    }
}
