//! A product cut over threads: C in two dimensions, never k.

use super::block::Block;
use super::epilogue::Epilogue;
use super::thresholds::{COL_ALIGN, MIN_PIECE, ROW_ALIGN};
use crate::buffer::AlignedVec;
use crate::isa::Isa;
use crate::scalar::Scalar;

/// How many pieces a product is cut into.
pub(super) fn pieces(threads: usize, m: usize, n: usize, k: usize) -> usize {
    if threads <= 1 {
        return 1;
    }
    threads.min(m.saturating_mul(n).saturating_mul(k) / MIN_PIECE).max(1)
}

/// Computes the block with one buffer a piece: halves the buffers, and cuts C in the same proportion, until one is left.
pub(super) fn split<T: Scalar, E: Epilogue<T>>(
    isa: Isa,
    block: Block<'_, T, E>,
    buffers: &mut [AlignedVec<T>],
) {
    let pieces = buffers.len();
    if pieces == 1 {
        return block.compute(isa, &mut buffers[0]);
    }
    let (m, n) = (block.c.rows(), block.c.cols());
    let (rows, cols) = (Cut::new(m, ROW_ALIGN.max(E::ROWS), pieces), Cut::new(n, COL_ALIGN, pieces));
    if rows.larger == 1.0 && cols.larger == 1.0 {
        return block.compute(isa, &mut buffers[0]);
    }
    let (low, high) = buffers.split_at_mut(pieces / 2);
    // Columns unless rows are cut clearly more evenly: a cut between rows makes both halves pack the same B.
    let (first, second) =
        if cols.larger <= rows.larger + 0.02 { block.split_cols(cols.at) } else { block.split_rows(rows.at) };
    rayon::join(|| split(isa, first, low), || split(isa, second, high));
}

/// A cut of one side of C.
struct Cut {
    at: usize,
    /// How much of its even share the fuller half gets, as a share of the whole for two pieces; 1 where there is nothing to cut.
    larger: f64,
}

impl Cut {
    /// Cuts `len` at a multiple of `align` so that the first of the two parts is for half of the pieces.
    fn new(len: usize, align: usize, pieces: usize) -> Cut {
        let share = (pieces / 2) as f64 / pieces.max(1) as f64;
        let at = ((len as f64 * share / align as f64).round() as usize * align).max(align);
        if at >= len {
            return Cut { at: len, larger: 1.0 };
        }
        let first = at as f64 / len as f64;
        let larger = (first / share).max((1.0 - first) / (1.0 - share)) / 2.0;
        Cut { at, larger: larger.min(0.999) }
    }
}
