//! Every intermediate value of a batch, made once for the largest batch; smaller ones use prefixes.

use crate::narrow::Narrow;
use crate::plan::Plan;
use crate::stage::{Op, Stage};
use planish_tensor::gemm::{ColSums, PackedB, Scratch};
use planish_tensor::{AlignedVec, Isa, Scalar};

/// Every intermediate value of a batch: made once for the largest batch, used by prefixes for smaller ones.
#[derive(Debug)]
pub struct Workspace<T: Scalar> {
    pub(crate) rows: usize,
    /// The output of each stage.
    pub(crate) outputs: Vec<AlignedVec<T>>,
    /// What each stage keeps for its backward pass beside its input and output.
    pub(crate) saved: Vec<AlignedVec<T>>,
    /// Gradients that wait for the beginning of their residual block.
    pub(crate) waiting: Vec<AlignedVec<T>>,
    /// The gradient at the current stage's output, and at its input.
    pub(crate) delta: AlignedVec<T>,
    pub(crate) delta_next: AlignedVec<T>,
    /// Column sums of a gradient, a row for each chunk of rows.
    pub(crate) sums: AlignedVec<T>,
    pub(crate) scratch: Scratch<T>,
    /// The packed kernel of each stage that has one; empty while weights may change.
    pub(crate) packed: Vec<Option<PackedB<T>>>,
    /// The values of a network whose passes are one kernel each.
    pub(crate) narrow: Option<Narrow<T>>,
}

impl<T: Scalar> Workspace<T> {
    /// A workspace for batches of up to `rows` rows, forward and backward.
    pub fn new(plan: &Plan, rows: usize) -> Self {
        let widest = plan.stages.iter().map(|s| s.units.max(s.inputs)).max().unwrap_or(0);
        let mut ws = Workspace {
            delta: AlignedVec::zeros(rows * widest),
            delta_next: AlignedVec::zeros(rows * widest),
            sums: AlignedVec::zeros(ColSums::<T>::len(rows, widest)),
            narrow: Narrow::new(plan, rows, true),
            ..Self::forward_only(plan, rows)
        };
        for (stage, saved) in plan.stages.iter().zip(&mut ws.saved) {
            *saved = AlignedVec::zeros(stage.saved_len(rows));
        }
        for stage in &plan.stages {
            if let Op::Begin { slot } = stage.op {
                ws.waiting[slot] = AlignedVec::zeros(rows * stage.units);
            }
        }
        ws
    }

    /// A workspace that serves [`Plan::forward`] alone.
    pub fn forward_only(plan: &Plan, rows: usize) -> Self {
        let none = |n: usize| (0..n).map(|_| AlignedVec::default()).collect();
        let output = |s: &Stage| AlignedVec::zeros(if s.has_output() { rows * s.units } else { 0 });
        Workspace {
            rows,
            outputs: plan.stages.iter().map(output).collect(),
            saved: none(plan.stages.len()),
            waiting: none(plan.slots),
            delta: AlignedVec::default(),
            delta_next: AlignedVec::default(),
            sums: AlignedVec::default(),
            scratch: Scratch::new(),
            packed: Vec::new(),
            narrow: Narrow::new(plan, rows, false),
        }
    }

    /// Packs the kernels of dense layers for an instruction set, which takes as much memory again as the kernels: batches of nine rows
    /// or more then read these, and those of a network no wider than a vector all batches. They must be packed anew when parameters change.
    pub fn pack(&mut self, plan: &Plan, params: &[T], isa: Isa) {
        let pack = |s: &Stage| s.dense().map(|dense| PackedB::new(isa, dense.kernel_of(params)));
        self.packed = plan.stages.iter().map(pack).collect();
        if let Some(narrow) = &mut self.narrow {
            narrow.keep(isa, plan, params);
        }
    }

    /// The largest batch.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether passes are those of networks of dense layers no wider than a vector: one lane kernel each.
    pub fn is_narrow(&self) -> bool {
        self.narrow.is_some()
    }
}
