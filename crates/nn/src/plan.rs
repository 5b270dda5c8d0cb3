//! A network made ready to run: its layers bound to ranges of the arenas. The passes themselves are in `pass`.

use crate::activation::Activation;
use crate::build::Builder;
use crate::error::NnError;
use crate::layers::{DenseStep, JoinStep, Table};
use crate::layout::{ALIGNED, CONTIGUOUS, Layout};
use crate::sequential::Sequential;
use crate::stage::{Op, Stage};
use std::ops::Range;

/// A checked network with the layouts of its arenas.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    numbers: usize,
    pub(crate) stages: Vec<Stage>,
    /// Residual blocks.
    pub(crate) slots: usize,
    /// The first stage with parameters: the backward pass ends there.
    pub(crate) first: usize,
    layout: Layout,
    state_layout: Layout,
    pub(crate) is_penalized: bool,
    pub(crate) is_constrained: bool,
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
        let dense = || stages.iter().filter_map(Stage::dense);
        Ok(Plan {
            numbers: net.inputs.numbers,
            slots,
            first: stages.iter().position(Stage::has_params).unwrap_or(stages.len()),
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
    pub fn embeddings(&self) -> impl Iterator<Item = Range<usize>> {
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
        self.dense_steps().map(|d| d.output.units)
    }

    /// The activation of the last layer; linear if it is not dense.
    pub fn output_activation(&self) -> Activation {
        self.stages.last().and_then(Stage::dense).map_or(Activation::Linear, |d| d.output.activation)
    }

    /// Multiply-adds of the largest matrix product for a batch of this many rows.
    pub fn largest_product(&self, rows: usize) -> usize {
        self.dense_steps().map(|d| d.kernel.len()).max().unwrap_or(0).saturating_mul(rows)
    }

    /// Checks that there is a code a row and embedding, each below the embedding's categories.
    ///
    /// # Errors
    /// The first code that does not fit.
    pub fn check_codes(&self, rows: usize, codes: &[u32]) -> Result<(), NnError> {
        JoinStep::check(self.tables(), rows, codes)
    }

    /// The ranges of the kernels that [`Plan::backward_with`] may update.
    pub fn tiled_kernels(&self) -> impl Iterator<Item = Range<usize>> {
        self.dense_steps().filter(|d| d.may_be_updated_by_tiles()).map(|d| d.kernel.clone())
    }

    pub(crate) fn dense_steps(&self) -> impl Iterator<Item = &DenseStep> {
        self.stages.iter().filter_map(Stage::dense)
    }

    fn tables(&self) -> &[Table] {
        if let Some(Stage { op: Op::Join(join), .. }) = self.stages.first() { &join.tables } else { &[] }
    }
}
