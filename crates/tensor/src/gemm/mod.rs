//! Matrix products: C ← start + A·B.
//!
//! **One chain an element.** Every element of C is one chain of fused multiply-adds over k in order, started from
//! zero, the bias or the old C. Vectors run along the rows of C and tiles cut rows and columns, never k; where k is
//! cut into cache blocks, the accumulators are stored to C and loaded again, which changes no bit. So the path, the
//! tile, the block sizes and the threads cannot be seen in the result.
//!
//! The files: `tile` is the micro-kernel, written once over the lane layer; `block` the loop nest, which decides what is
//! packed; `pack` the packing; `thin` the products of a few rows, bound by reading B; this file the door, where shapes are checked and work is split over threads.

mod block;
mod pack;
mod portable;
mod thin;
mod tile;

use crate::buffer::AlignedVec;
use crate::exec::Exec;
use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef};
use block::Block;

/// Multiply-adds below which a product is not worth a second thread.
const MIN_PIECE: usize = 300_000;

/// Whether a product of this many multiply-adds is split over threads.
pub fn is_worth_threads(multiply_adds: usize) -> bool {
    multiply_adds >= 2 * MIN_PIECE
}

/// What the chains of multiply-adds start from.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a, T> {
    /// Zero: C ← A·B. The old C is not read.
    Zero,
    /// The old C: C ← C + A·B.
    Add,
    /// One number a column: C ← 1·biasᵀ + A·B. The old C is not read.
    Bias(&'a [T]),
}

/// Packing buffers, kept by the caller so that a product allocates only when it is larger than all before.
#[derive(Debug, Default)]
pub struct Scratch<T: Scalar> {
    pieces: Vec<AlignedVec<T>>,
}

impl<T: Scalar> Scratch<T> {
    /// No buffers yet.
    pub fn new() -> Self {
        Scratch { pieces: Vec::new() }
    }

    /// At least `pieces` buffers of at least `len` elements.
    fn reserve(&mut self, pieces: usize, len: usize) -> &mut [AlignedVec<T>] {
        if self.pieces.len() < pieces {
            self.pieces.resize_with(pieces, AlignedVec::default);
        }
        for p in &mut self.pieces[..pieces] {
            if p.len() < len {
                *p = AlignedVec::zeros(len);
            }
        }
        &mut self.pieces[..pieces]
    }
}

/// C ← start + A·B.
///
/// # Shapes
/// A is `m × k`, B `k × n`, C `m × n`, a bias has n elements. A and B may be transposed views.
///
/// # Numerics
/// One chain of fused multiply-adds an element, k in order: the same bits with every [`Isa`] but
/// [`Isa::PORTABLE`] and every number of threads.
///
/// # Panics
/// If the shapes do not match.
pub fn matmul<T: Scalar>(
    exec: Exec,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    start: Start<'_, T>,
    scratch: &mut Scratch<T>,
) {
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    assert_eq!(b.rows(), k, "A has {k} columns, B {} rows", b.rows());
    assert_eq!((c.rows(), c.cols()), (m, n), "C is {}×{}, A·B is {m}×{n}", c.rows(), c.cols());
    if let Start::Bias(bias) = start {
        assert_eq!(bias.len(), n, "a bias of {} elements for {n} columns", bias.len());
    }
    if exec.isa == Isa::PORTABLE {
        return portable::matmul(a, b, c, start);
    }
    if n == 1 && m > 1 && c.rs == 1 {
        return matmul_column(exec, a, b, c, start, scratch);
    }
    let pieces = exec.threads.min(m.saturating_mul(n).saturating_mul(k) / MIN_PIECE).max(1);
    let buffers = scratch.reserve(pieces, block::scratch_len(m, n, k));
    split(exec.isa, Block { a, b, c, start }, buffers);
}

/// A product with one column, as Cᵀ ← start + Bᵀ·Aᵀ: the rows of C become the lanes.
fn matmul_column<T: Scalar>(
    exec: Exec,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    start: Start<'_, T>,
    scratch: &mut Scratch<T>,
) {
    let mut row = c.column_as_row();
    let start = match start {
        Start::Bias(bias) => {
            row.row_mut(0).fill(bias[0]);
            Start::Add
        }
        other => other,
    };
    matmul(exec, b.t(), a.t(), row, start, scratch);
}

/// Computes the block with one buffer a piece: halves the buffers and the longer side of C until one is left.
fn split<T: Scalar>(isa: Isa, block: Block<'_, T>, buffers: &mut [AlignedVec<T>]) {
    let pieces = buffers.len();
    let (m, n) = (block.c.rows(), block.c.cols());
    let (row_tiles, col_tiles) = (m.div_ceil(block::ROW_ALIGN), n.div_ceil(block::COL_ALIGN));
    if pieces == 1 || (row_tiles == 1 && col_tiles == 1) {
        return block.compute(isa, &mut buffers[0]);
    }
    let (low, high) = buffers.split_at_mut(pieces / 2);
    // Columns first: a cut between rows makes both halves pack the same B.
    let (first, second) = if col_tiles >= pieces.min(row_tiles) {
        block.split_cols((col_tiles * low.len() / pieces).max(1) * block::COL_ALIGN)
    } else {
        block.split_rows((row_tiles * low.len() / pieces).max(1) * block::ROW_ALIGN)
    };
    rayon::join(|| split(isa, first, low), || split(isa, second, high));
}

#[cfg(test)]
mod tests;
