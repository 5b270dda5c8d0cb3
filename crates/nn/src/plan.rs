//! A network made ready to run: its layers bound to ranges of the arenas. The passes themselves are in `pass`.

use crate::activation::Activation;
use crate::build::{Builder, Op, Stage, last_activation};
use crate::dense::DenseStep;
use crate::element::Element;
use crate::error::NnError;
use crate::inputs::{Input, JoinStep, Table};
use crate::layer::Sequential;
use crate::layout::{ALIGNED, CONTIGUOUS, Layout};
use crate::loss::Targets;
use crate::predictor::Predictor;
use crate::regularizer::limit_norms;
use crate::workspace::Workspace;
use planish_tensor::{AlignedVec, Exec, Isa, MatRef, Matrix, Scalar};

/// Rows of one forward pass of [`Plan::predict`].
const PREDICT_ROWS: usize = 512;

/// A checked network with the layouts of its arenas.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    pub(crate) numbers: usize,
    pub(crate) stages: Vec<Stage>,
    /// Residual blocks.
    pub(crate) slots: usize,
    /// The first stage with parameters: the backward pass ends there.
    pub(crate) first: usize,
    pub(crate) last: Activation,
    layout: Layout,
    state_layout: Layout,
    is_penalized: bool,
    is_constrained: bool,
}

/// What a network knows: its parameters, and the state that is kept but not learned by gradient (the statistics of batch
/// normalisation; without such layers it is empty). Parameters alone convert: `(&params).into()`.
#[derive(Clone, Copy, Debug)]
pub struct Arenas<'a, T> {
    /// An arena in the layout of [`Plan::layout`].
    pub params: &'a [T],
    /// An arena in the layout of [`Plan::state_layout`].
    pub state: &'a [T],
}

impl<'a, T> Arenas<'a, T> {
    /// Parameters and state.
    pub fn new(params: &'a [T], state: &'a [T]) -> Self {
        Arenas { params, state }
    }
}

impl<'a, T> From<&'a [T]> for Arenas<'a, T> {
    fn from(params: &'a [T]) -> Self {
        Arenas { params, state: &[] }
    }
}

impl<'a, T: Scalar> From<&'a AlignedVec<T>> for Arenas<'a, T> {
    fn from(params: &'a AlignedVec<T>) -> Self {
        Arenas { params, state: &[] }
    }
}

impl<'a, T> From<&'a Vec<T>> for Arenas<'a, T> {
    fn from(params: &'a Vec<T>) -> Self {
        Arenas { params, state: &[] }
    }
}

/// Rows of input with their targets and weights.
#[derive(Clone, Copy)]
pub struct Batch<'a, T> {
    /// The input.
    pub x: Input<'a, T>,
    /// A target a row.
    pub y: Targets<'a, T>,
    /// A weight a row; all 1 if absent.
    pub weights: Option<&'a [T]>,
}

impl<'a, T: Scalar> Batch<'a, T> {
    /// Rows without weights.
    pub fn new(x: impl Into<Input<'a, T>>, y: Targets<'a, T>) -> Self {
        Batch { x: x.into(), y, weights: None }
    }

    /// Rows `from..to`.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn rows_between(self, from: usize, to: usize) -> Self {
        let y = match self.y {
            Targets::Values(y) => Targets::Values(y.rows_between(from, to)),
            Targets::Classes(c) => Targets::Classes(&c[from..to]),
        };
        let weights = self.weights.map(|w| &w[from..to]);
        Batch { x: self.x.rows_between(from, to), y, weights }
    }
}

/// A step of training: what the choices of dropout depend on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Step {
    /// The run's seed.
    pub seed: u64,
    /// The step's number in the run.
    pub number: u64,
}

/// Which of its two ways a network runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Dropout drops, and batch normalisation uses the batch's statistics.
    Training(Step),
    /// Dropout does nothing, and batch normalisation uses the kept statistics.
    Inference,
}

impl Plan {
    /// Checks the network and lays out its arenas: the groups of kernels, then biases, scales and offsets of normalisations, weights of
    /// `scale` and `parametric`, embeddings.
    ///
    /// # Errors
    /// No layers, zero units, settings outside their range, names that occur twice, a residual block that changes the width, or more
    /// parameters than memory can address.
    pub fn new(net: &Sequential) -> Result<Plan, NnError> {
        Plan::aligned(net, ALIGNED)
    }

    /// The same network with its parameters one right after the other, as a model file has them, to predict from where they are. The
    /// order is that of [`Plan::new`], and so are the bits of the predictions; the state's layout is the same.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn contiguous(net: &Sequential) -> Result<Plan, NnError> {
        Plan::aligned(net, CONTIGUOUS)
    }

    /// The network with each parameter on a multiple of `align` elements.
    fn aligned(net: &Sequential, align: usize) -> Result<Plan, NnError> {
        let wanted = Builder::walk(net, Default::default())?;
        let (layout, params) = Layout::place(&wanted.params, align)?;
        let (state_layout, state) = Layout::place(&wanted.state, ALIGNED)?;
        let Builder { stages, slots, .. } = Builder::walk(net, [params, state])?;
        let dense = || stages.iter().filter_map(|s| if let Op::Dense(d) = &s.op { Some(d) } else { None });
        Ok(Plan {
            numbers: net.inputs.numbers,
            slots,
            first: stages.iter().position(|s| s.op.has_params()).unwrap_or(stages.len()),
            last: last_activation(&stages),
            is_penalized: dense().any(|d| d.regularizer.is_some()),
            is_constrained: dense().any(|d| d.max_norm.is_some()),
            layout,
            state_layout,
            stages,
        })
    }

    /// Where the parameters lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where the state lies: what is kept, but not learned by gradient. Of length 0 without batch normalisation.
    pub fn state_layout(&self) -> &Layout {
        &self.state_layout
    }

    /// Numbers in a row of input.
    pub fn inputs(&self) -> usize {
        self.numbers
    }

    /// Category codes in a row of input.
    pub fn codes(&self) -> usize {
        self.tables().len()
    }

    /// The places of the embeddings' vectors in the parameters, a range each, level by level.
    pub fn embeddings(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.tables().iter().map(|t| t.range.clone())
    }

    /// The number of codes of each embedding.
    pub fn categories(&self) -> impl Iterator<Item = usize> {
        self.tables().iter().map(|t| t.categories)
    }

    /// Numbers in a row of output.
    pub fn outputs(&self) -> usize {
        self.stages.last().map_or(0, |s| s.units)
    }

    /// The number of outputs of each dense layer.
    pub fn widths(&self) -> impl Iterator<Item = usize> {
        self.dense_steps().map(|s| s.units)
    }

    /// The activation of the last layer; linear if it is not dense.
    pub fn output_activation(&self) -> Activation {
        self.last
    }

    /// Multiply-adds of the largest matrix product for a batch of this many rows.
    pub fn largest_product(&self, rows: usize) -> usize {
        self.dense_steps().map(|s| s.inputs.saturating_mul(s.units)).max().unwrap_or(0).saturating_mul(rows)
    }

    /// Checks that there is a code a row and embedding, each below the embedding's categories.
    ///
    /// # Errors
    /// The first code that does not fit.
    pub fn check_codes(&self, rows: usize, codes: &[u32]) -> Result<(), NnError> {
        JoinStep::check(self.tables(), rows, codes)
    }

    pub(crate) fn dense_steps(&self) -> impl Iterator<Item = &DenseStep> {
        self.stages.iter().filter_map(|s| if let Op::Dense(d) = &s.op { Some(d) } else { None })
    }

    fn tables(&self) -> &[Table] {
        match self.stages.first().map(|s| &s.op) {
            Some(Op::Join(join)) => &join.tables,
            _ => &[],
        }
    }

    /// Initial parameters for this seed.
    pub fn initialize<T: Element>(&self, seed: u64) -> AlignedVec<T> {
        filled(&self.layout, seed)
    }

    /// The state before training.
    pub fn initialize_state<T: Element>(&self) -> AlignedVec<T> {
        filled(&self.state_layout, 0)
    }

    /// The penalty of all regularizers, which is part of the training loss.
    pub fn penalty<T: Element>(&self, isa: Isa, params: &[T]) -> f64 {
        T::penalty(self, isa, params)
    }

    pub(crate) fn penalty_of<T: Scalar>(&self, isa: Isa, params: &[T]) -> f64 {
        if !self.is_penalized {
            return 0.0;
        }
        let penalty = |d: &DenseStep| d.regularizer.map(|r| r.penalty(isa, &params[d.kernel.clone()]));
        self.dense_steps().filter_map(penalty).sum()
    }

    /// Makes the parameters keep their bounds; to be called after each update.
    pub fn constrain<T: Element>(&self, isa: Isa, params: &mut [T]) {
        T::constrain(self, isa, params);
    }

    pub(crate) fn limit<T: Scalar>(&self, isa: Isa, params: &mut [T]) {
        if !self.is_constrained {
            return;
        }
        for dense in self.dense_steps() {
            if let Some(bound) = dense.max_norm {
                limit_norms(isa, bound, dense.units, &mut params[dense.kernel.clone()]);
            }
        }
    }

    /// Blends the statistics of the workspace's last training pass into the state; to be called after a step whose loss is finite.
    pub fn keep_statistics<T: Element>(&self, isa: Isa, ws: &Workspace<T>, state: &mut [T]) {
        T::keep_statistics(self, isa, ws, state);
    }

    pub(crate) fn blend_statistics<T: Scalar>(&self, isa: Isa, ws: &Workspace<T>, state: &mut [T]) {
        if self.state_layout.len == 0 {
            return;
        }
        for (stage, saved) in self.stages.iter().zip(&ws.saved) {
            if let Op::BatchNorm(norm) = &stage.op {
                norm.keep(isa, saved, state);
            }
        }
    }

    /// The network's output for a batch, in inference.
    ///
    /// # Shapes
    /// x `[rows, inputs]`, with `[rows, codes]` codes; returns `[rows, outputs]`.
    ///
    /// # Panics
    /// If shapes do not match, a code is too large (see [`Plan::check_codes`]), or the batch is larger than the workspace.
    pub fn forward<'p, 'x, 'w, T: Element>(
        &self,
        exec: Exec,
        arenas: impl Into<Arenas<'p, T>>,
        x: impl Into<Input<'x, T>>,
        ws: &'w mut Workspace<T>,
    ) -> MatRef<'w, T> {
        T::run(self, exec, Mode::Inference, arenas.into(), x.into(), ws, true)
    }

    /// The network's output for any number of rows, `[rows, outputs]`, in inference, computed in chunks. For calls of few rows that come again
    /// and again, keep a [`Predictor`].
    ///
    /// # Panics
    /// If x has not the network's number of inputs, or as [`Plan::forward`].
    pub fn predict<'p, 'x, T: Element>(
        &'p self,
        exec: Exec,
        arenas: impl Into<Arenas<'p, T>>,
        x: impl Into<Input<'x, T>>,
    ) -> Matrix<T> {
        let x = x.into();
        let mut out = Matrix::zeros(x.rows(), self.outputs());
        let mut predictor = Predictor::new(self, arenas, PREDICT_ROWS.min(x.rows()));
        if x.rows() > PREDICT_ROWS {
            predictor = predictor.packed(exec.isa);
        }
        for from in (0..x.rows()).step_by(PREDICT_ROWS) {
            let to = (from + PREDICT_ROWS).min(x.rows());
            let y = predictor.predict(exec, x.rows_between(from, to));
            (from..to).for_each(|i| out.row_mut(i).copy_from_slice(y.row(i - from)));
        }
        out
    }
}

/// An arena filled by the initializers.
fn filled<T: Element>(layout: &Layout, seed: u64) -> AlignedVec<T> {
    let mut arena = AlignedVec::zeros(layout.len);
    T::fill(layout, seed, &mut arena);
    arena
}
