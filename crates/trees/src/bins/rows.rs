//! Rows of bins, one byte a cell, row after row, so that a row of few columns lies in one line of the cache.

use planish_tensor::Exec;
use rayon::prelude::*;

/// Rows that one thread fills at a time.
const PIECE: usize = 4096;
/// Cells above which rows begin at lines of the cache.
const LARGE: usize = 1 << 16;

/// The bin of a number among rising edges.
#[inline]
pub(super) fn bin_of(edges: &[f64], x: f64) -> u8 {
    if x.is_nan() { 0 } else { edges.partition_point(|&e| e < x) as u8 + 1 }
}

/// Rows of bins.
#[derive(Clone, Debug, Default)]
pub struct BinnedRows {
    rows: usize,
    columns: usize,
    /// Cells from one row to the next: no row lies in more lines of the cache than it must.
    stride: usize,
    /// Where the first line of the cache begins.
    start: usize,
    cells: Vec<u8>,
}

impl PartialEq for BinnedRows {
    fn eq(&self, other: &BinnedRows) -> bool {
        (self.rows, self.columns) == (other.rows, other.columns) && self.cells() == other.cells()
    }
}

impl BinnedRows {
    /// Rows whose every value is missing.
    pub fn new(rows: usize, columns: usize) -> BinnedRows {
        let stride =
            if columns > 32 { columns.next_multiple_of(64) } else { columns.next_power_of_two().max(8) };
        let cells = vec![0; rows * stride + if rows * stride > LARGE { 64 } else { 0 }];
        let start = if rows * stride > LARGE { cells.as_ptr().align_offset(64) } else { 0 };
        BinnedRows { rows, columns, stride, start: if start < 64 { start } else { 0 }, cells }
    }

    fn cells(&self) -> &[u8] {
        &self.cells[self.start..][..self.rows * self.stride]
    }

    fn cells_mut(&mut self) -> &mut [u8] {
        &mut self.cells[self.start..][..self.rows * self.stride]
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Eights of columns.
    pub(crate) fn groups(&self) -> usize {
        self.stride / 8
    }

    /// The bins of a row, up to seven more than there are columns.
    pub fn row(&self, row: usize) -> &[u8] {
        &self.cells()[row * self.stride..][..self.stride]
    }

    /// All rows as eights of cells, [`groups`](BinnedRows::groups) a row.
    pub(crate) fn eights(&self) -> &[[u8; 8]] {
        self.cells().as_chunks().0
    }

    /// Appends the rows of another table with the same columns.
    ///
    /// # Panics
    /// If it has other columns.
    pub fn append(&mut self, more: &BinnedRows) {
        assert_eq!(self.columns, more.columns, "rows of the same columns");
        self.cells.truncate(self.start + self.rows * self.stride);
        self.cells.extend_from_slice(more.cells());
        self.rows += more.rows;
    }

    /// Some of the rows.
    pub fn select(&self, rows: impl Iterator<Item = usize>) -> BinnedRows {
        let mut out = BinnedRows::new(0, self.columns);
        for row in rows {
            out.cells.extend_from_slice(self.row(row));
            out.rows += 1;
        }
        out
    }

    /// Fills a column.
    pub(crate) fn fill(&mut self, exec: Exec, column: usize, bin: impl Fn(usize) -> u8 + Sync) {
        let (stride, rows) = (self.stride, self.rows);
        let piece = |(p, cells): (usize, &mut [u8])| {
            for (i, row) in cells.chunks_exact_mut(stride).enumerate() {
                row[column] = bin(p * PIECE + i);
            }
        };
        if exec.threads > 1 && rows > PIECE {
            self.cells_mut().par_chunks_mut(PIECE * stride).enumerate().for_each(piece);
        } else {
            self.cells_mut().chunks_mut(PIECE * stride).enumerate().for_each(piece);
        }
    }

    /// Sets a bin.
    pub fn set(&mut self, column: usize, row: usize, bin: u8) {
        let at = row * self.stride + column;
        self.cells_mut()[at] = bin;
    }

    /// Sets a column's bin in all rows.
    pub fn set_column(&mut self, column: usize, bin: u8) {
        self.fill(Exec::best(), column, |_| bin);
    }

    /// Sets the bins of some rows.
    pub(crate) fn set_some(&mut self, column: usize, bins: impl Iterator<Item = (u32, u8)>) {
        let stride = self.stride;
        let cells = self.cells_mut();
        bins.for_each(|(row, bin)| cells[row as usize * stride + column] = bin);
    }

    /// Fills a column of numbers.
    pub(crate) fn fill_numbers(&mut self, exec: Exec, column: usize, x: &[f64], edges: &[f64]) {
        self.fill(exec, column, |row| bin_of(edges, x[row]));
    }

    /// All bins, column after column.
    pub(crate) fn by_column(&self, exec: Exec) -> Vec<u8> {
        let mut out = vec![0; self.rows * self.columns];
        if self.rows > 0 {
            let column = |(c, out): (usize, &mut [u8])| {
                out.iter_mut()
                    .zip(self.cells().chunks_exact(self.stride))
                    .for_each(|(out, row)| *out = row[c]);
            };
            if exec.threads > 1 {
                out.par_chunks_mut(self.rows).enumerate().for_each(column);
            } else {
                out.chunks_mut(self.rows).enumerate().for_each(column);
            }
        }
        out
    }
}
