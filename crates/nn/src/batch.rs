//! What a pass is given: rows of input, what the network should say of them, its parameters, and how it runs.

use planish_tensor::{AlignedVec, MatRef, Scalar};

/// Rows of input: numbers `[rows, numbers]` and category codes `[rows, embeddings]`, row by row. A matrix alone is numbers without
/// codes: `x.view().into()`.
#[derive(Clone, Copy)]
pub struct Input<'a, T> {
    /// The numbers; as many rows as there are, even where a row has none.
    pub numbers: MatRef<'a, T>,
    /// The codes.
    pub codes: &'a [u32],
}

impl<'a, T: Scalar> Input<'a, T> {
    /// Numbers and codes.
    pub fn new(numbers: MatRef<'a, T>, codes: &'a [u32]) -> Self {
        Input { numbers, codes }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.numbers.rows()
    }

    /// Rows `from..to`.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn rows_between(self, from: usize, to: usize) -> Self {
        let a_row = self.codes.len().checked_div(self.rows()).unwrap_or(0);
        Input { numbers: self.numbers.rows_between(from, to), codes: &self.codes[from * a_row..to * a_row] }
    }
}

impl<'a, T: Scalar> From<MatRef<'a, T>> for Input<'a, T> {
    fn from(numbers: MatRef<'a, T>) -> Self {
        Input { numbers, codes: &[] }
    }
}

/// What the network should have said, a row of input each.
#[derive(Clone, Copy)]
pub enum Targets<'a, T> {
    /// A row of numbers each, `[rows, outputs]`, contiguous.
    Values(MatRef<'a, T>),
    /// A class index each.
    Classes(&'a [u32]),
}

impl<T: Scalar> Targets<'_, T> {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Targets::Values(y) => y.rows(),
            Targets::Classes(c) => c.len(),
        }
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

/// What a network knows: its parameters, and the state that is kept but not learned by gradient (the statistics of batch
/// normalisation; without such layers it is empty). Parameters alone convert: `(&params).into()`.
#[derive(Clone, Copy, Debug)]
pub struct Arenas<'a, T> {
    /// An arena in the layout of [`Plan::layout`](crate::Plan::layout).
    pub params: &'a [T],
    /// An arena in the layout of [`Plan::state_layout`](crate::Plan::state_layout).
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
