//! Blocks of rows, and where they come from.
//!
//! A block holds up to 4096 rows column by column in double-double. The length is fixed, because the order of
//! the arithmetic, and with it the last bits of the result, follows the blocks.

use crate::error::{FitError, LinregError};
use crate::rows::watch::Watch;
use planish_tensor::dd::DdVec;
use planish_tensor::{AlignedVec, MatRef};
use std::sync::Arc;

/// Rows of a full block.
pub const BLOCK_ROWS: usize = 4096;

/// At most [`BLOCK_ROWS`] rows of a design matrix, its responses and weights, column by column.
#[derive(Clone, Debug)]
pub struct Block {
    /// Rows in use; what the columns hold beyond them is ignored.
    pub rows: usize,
    /// The terms: one column of [`BLOCK_ROWS`] numbers each, without an intercept.
    pub x: Vec<DdVec>,
    /// The responses: one column of [`BLOCK_ROWS`] numbers each.
    pub y: Vec<DdVec>,
    /// A weight for each row, or none.
    pub weights: Option<AlignedVec<f64>>,
    /// The number of each row's cluster, or none. Rows with equal numbers are of one cluster.
    pub clusters: Option<Vec<u64>>,
}

impl Block {
    /// An empty block with room for [`BLOCK_ROWS`] rows.
    pub fn new(terms: usize, responses: usize, weighted: bool) -> Block {
        let columns = |n| (0..n).map(|_| DdVec::zeros(BLOCK_ROWS)).collect();
        Block {
            rows: 0,
            x: columns(terms),
            y: columns(responses),
            weights: weighted.then(|| AlignedVec::zeros(BLOCK_ROWS)),
            clusters: None,
        }
    }

    /// Appends rows `from..to` of another block of the same columns, clusters aside.
    pub(crate) fn append(&mut self, other: &Block, from: usize, to: usize) {
        let rows = self.rows..self.rows + (to - from);
        for (to_column, column) in self.x.iter_mut().chain(&mut self.y).zip(other.x.iter().chain(&other.y)) {
            to_column.hi[rows.clone()].copy_from_slice(&column.hi[from..to]);
            to_column.lo[rows.clone()].copy_from_slice(&column.lo[from..to]);
        }
        if let (Some(to_weights), Some(weights)) = (&mut self.weights, &other.weights) {
            to_weights[rows.clone()].copy_from_slice(&weights[from..to]);
        }
        self.rows = rows.end;
    }

    /// Column c of [X Y].
    pub(crate) fn column(&self, c: usize) -> &DdVec {
        if c < self.x.len() { &self.x[c] } else { &self.y[c - self.x.len()] }
    }
}

/// Data that lie in memory: X `[n, p]`, Y `[n, q]` and weights `[n]`.
#[derive(Clone, Copy)]
pub struct Matrices<'a> {
    /// The terms.
    pub x: MatRef<'a, f64>,
    /// The responses.
    pub y: MatRef<'a, f64>,
    /// A weight for each row, or none.
    pub weights: Option<&'a [f64]>,
}

impl<'a> Matrices<'a> {
    /// Rows `from..to`.
    pub(crate) fn between(self, from: usize, to: usize) -> Matrices<'a> {
        Matrices {
            x: self.x.rows_between(from, to),
            y: self.y.rows_between(from, to),
            weights: self.weights.map(|w| &w[from..to]),
        }
    }
}

/// Rows that can be read more than once, always the same and in the same order. Another thread may read the next rows while those before them
/// are computed with.
pub trait BlockSource: Send {
    /// Why rows could not be read.
    type Error: Send;

    /// The number of terms: columns of X, without the intercept.
    fn terms(&self) -> usize;

    /// The number of responses: columns of Y.
    fn responses(&self) -> usize;

    /// Whether the rows have weights.
    fn weighted(&self) -> bool {
        false
    }

    /// All rows, if they lie in memory as matrices of `f64` and have no clusters: they are then read in place, by several threads.
    fn matrices(&self) -> Option<Matrices<'_>> {
        None
    }

    /// Who is told how far a fit to the rows is.
    fn watch(&self) -> Option<Arc<dyn Watch>> {
        None
    }

    /// Goes back to the first row.
    ///
    /// # Errors
    /// As the source defines.
    fn rewind(&mut self) -> Result<(), Self::Error>;

    /// Fills the block with the next rows and sets `block.rows`, to 0 at the end. All blocks but the last are full.
    ///
    /// # Errors
    /// As the source defines.
    fn next(&mut self, block: &mut Block) -> Result<(), Self::Error>;
}

/// One pass over the rows of a source, a block at a time.
pub(crate) fn read<S: BlockSource>(
    source: &mut S,
    mut take: impl FnMut(&Block) -> Result<(), LinregError>,
) -> Result<(), FitError<S::Error>> {
    source.rewind().map_err(FitError::Source)?;
    let mut block = Block::new(source.terms(), source.responses(), source.weighted());
    loop {
        block.rows = 0;
        source.next(&mut block).map_err(FitError::Source)?;
        if block.rows == 0 {
            return Ok(());
        }
        take(&block)?;
    }
}

/// An error if the source has not the rows of the first pass.
pub(crate) fn same_rows(first: u64, now: u64) -> Result<(), LinregError> {
    if first == now { Ok(()) } else { Err(LinregError::Changed { first, now }) }
}
