//! Sources in memory: matrices of `f64`, and columns of double-double numbers.

use crate::error::{LinregError, same};
use crate::rows::block::{BLOCK_ROWS, Block, BlockSource, Matrices};
use crate::rows::part::copy;
use planish_tensor::dd::DdSlice;
use planish_tensor::{Isa, MatRef};
use std::convert::Infallible;

/// The rows of a matrix X `[n, p]` and a matrix Y `[n, q]`, with optional weights `[n]`.
#[derive(Clone)]
pub struct MatrixSource<'a> {
    x: MatRef<'a, f64>,
    y: MatRef<'a, f64>,
    weights: Option<&'a [f64]>,
    at: usize,
}

impl<'a> MatrixSource<'a> {
    /// A source that borrows the matrices.
    ///
    /// # Errors
    /// If the numbers of rows differ.
    pub fn new(
        x: MatRef<'a, f64>,
        y: MatRef<'a, f64>,
        weights: Option<&'a [f64]>,
    ) -> Result<Self, LinregError> {
        same("rows of y", x.rows(), y.rows())?;
        same("weights", x.rows(), weights.map_or(x.rows(), <[f64]>::len))?;
        Ok(MatrixSource { x, y, weights, at: 0 })
    }

    fn all(&self) -> Matrices<'a> {
        Matrices { x: self.x, y: self.y, weights: self.weights }
    }
}

/// Columns of double-double numbers, with optional weights.
#[derive(Clone)]
pub struct ColumnSource<'a> {
    x: Vec<DdSlice<'a>>,
    y: Vec<DdSlice<'a>>,
    weights: Option<&'a [f64]>,
    at: usize,
}

impl<'a> ColumnSource<'a> {
    /// A source of these terms and responses.
    ///
    /// # Errors
    /// If the lengths differ, or there is no response.
    pub fn new(
        x: Vec<DdSlice<'a>>,
        y: Vec<DdSlice<'a>>,
        weights: Option<&'a [f64]>,
    ) -> Result<Self, LinregError> {
        let rows = y.first().ok_or(LinregError::NoResponses)?.hi.len();
        for c in x.iter().chain(&y) {
            same("numbers in a column", rows, c.hi.len())?;
            same("numbers in a column", rows, c.lo.len())?;
        }
        same("weights", rows, weights.map_or(rows, <[f64]>::len))?;
        Ok(ColumnSource { x, y, weights, at: 0 })
    }
}

/// Copies the weights of the next rows and advances; returns the first row.
fn advance(block: &mut Block, at: &mut usize, rows: usize, weights: Option<&[f64]>) -> usize {
    let start = *at;
    block.rows = (rows - start).min(BLOCK_ROWS);
    *at += block.rows;
    if let (Some(to), Some(from)) = (block.weights.as_mut(), weights) {
        to[..block.rows].copy_from_slice(&from[start..*at]);
    }
    start
}

impl BlockSource for MatrixSource<'_> {
    type Error = Infallible;

    fn terms(&self) -> usize {
        self.x.cols()
    }

    fn responses(&self) -> usize {
        self.y.cols()
    }

    fn weighted(&self) -> bool {
        self.weights.is_some()
    }

    fn rewind(&mut self) -> Result<(), Infallible> {
        self.at = 0;
        Ok(())
    }

    fn matrices(&self) -> Option<Matrices<'_>> {
        Some(self.all())
    }

    fn next(&mut self, block: &mut Block) -> Result<(), Infallible> {
        let end = (self.at + BLOCK_ROWS).min(self.x.rows());
        copy(Isa::best(), self.all().between(self.at, end), block);
        self.at = end;
        Ok(())
    }
}

impl BlockSource for ColumnSource<'_> {
    type Error = Infallible;

    fn terms(&self) -> usize {
        self.x.len()
    }

    fn responses(&self) -> usize {
        self.y.len()
    }

    fn weighted(&self) -> bool {
        self.weights.is_some()
    }

    fn rewind(&mut self) -> Result<(), Infallible> {
        self.at = 0;
        Ok(())
    }

    fn next(&mut self, block: &mut Block) -> Result<(), Infallible> {
        let start = advance(block, &mut self.at, self.y[0].hi.len(), self.weights);
        let n = block.rows;
        let to = block.x.iter_mut().chain(&mut block.y);
        for (from, to) in self.x.iter().chain(&self.y).zip(to) {
            to.hi[..n].copy_from_slice(&from.hi[start..start + n]);
            to.lo[..n].copy_from_slice(&from.lo[start..start + n]);
        }
        Ok(())
    }
}
