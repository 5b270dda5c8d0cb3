//! Matrix products: C ← start + A·B.
//!
//! **One chain an element.** Every element of C is one chain of fused multiply-adds over k in order, started from
//! zero, the bias or the old C. Vectors run along the rows of C and tiles cut rows and columns, never k; where k is
//! cut into cache blocks, the accumulators are stored to C and loaded again, which changes no bit. So the path, the
//! tile, the block sizes and the threads cannot be seen in the result.
//!
//! The files: `tile` is the micro-kernel, written once over the lane layer; `block` the loop nest, which decides what is
//! packed, by the numbers in `thresholds`; `pack` the packing, `packed` a B that stays packed; `few`, `thin` and `turned` the products of
//! few rows, bound by reading B; `tiny` those whose sides are all small, `narrow` those of one vector's width inside other kernels; `compiled` keeps these out of the crates that call; `epilogue` what is done with finished tiles; `threads` the cutting of C; `gram` AᵀA; this
//! file the door, where shapes are checked.

mod block;
mod compiled;
mod epilogue;
mod few;
mod gram;
mod narrow;
mod pack;
mod packed;
mod portable;
mod scratch;
mod thin;
mod threads;
mod thresholds;
mod tile;
mod tiny;
mod turned;

use crate::exec::Exec;
use crate::isa::Isa;
use crate::scalar::Scalar;
#[doc(hidden)]
pub use crate::simd::kernels::Kernels;
pub use crate::simd::kernels::Start;
use crate::view::{MatMut, MatRef};
use block::Block;
pub use epilogue::{ColSums, Epilogue};
pub use gram::{GRAM_CHUNK, gram, gram_add};
pub use narrow::{NARROW_SCRATCH, narrow_product, pad_rows, turn_square};
use packed::Source;
pub use packed::{Operand, PackedB};
pub use scratch::Scratch;
use tiny::Tiny;

/// Whether a product of this many multiply-adds is split over threads.
pub fn is_worth_threads(multiply_adds: usize) -> bool {
    multiply_adds >= 2 * thresholds::MIN_PIECE
}

/// C ← start + A·B.
///
/// # Shapes
/// A is `m × k`, B `k × n`, C `m × n`, a bias has n elements. A and B may be transposed views, B a [`PackedB`].
///
/// # Numerics
/// One chain of fused multiply-adds an element, k in order: the same bits with every [`Isa`] but
/// [`Isa::PORTABLE`] and every number of threads.
///
/// # Panics
/// If the shapes do not match, or B was packed for tiles of another width.
pub fn matmul<'a, T: Scalar>(
    exec: Exec,
    a: MatRef<'a, T>,
    b: impl Into<Operand<'a, T>>,
    c: MatMut<'a, T>,
    start: Start<'a, T>,
    scratch: &mut Scratch<T>,
) {
    matmul_with(exec, a, b, c, start, (), scratch);
}

/// C ← epilogue(start + A·B): as [`matmul`], with work on each tile of C while it is in L1.
///
/// # Shapes
/// As [`matmul`]; what the epilogue holds beside C has the shape of C.
///
/// # Panics
/// As [`matmul`].
pub fn matmul_with<'a, T: Scalar, E: Epilogue<T>>(
    exec: Exec,
    a: MatRef<'a, T>,
    b: impl Into<Operand<'a, T>>,
    mut c: MatMut<'a, T>,
    start: Start<'a, T>,
    mut epilogue: E,
    scratch: &mut Scratch<T>,
) {
    let b = b.into();
    let (m, k, n) = (a.rows(), a.cols(), b.cols());
    assert_eq!(b.rows(), k, "A has {k} columns, B {} rows", b.rows());
    assert_eq!((c.rows(), c.cols()), (m, n), "C is {}×{}, A·B is {m}×{n}", c.rows(), c.cols());
    if let Start::Bias(bias) = start {
        assert_eq!(bias.len(), n, "a bias of {} elements for {n} columns", bias.len());
    }
    if let (Isa::PORTABLE, Source::View(b)) = (exec.isa, b.0) {
        return portable::matmul(a, b, c, start, epilogue);
    }
    if let Source::View(b) = &b.0
        && tiny::is_tiny(&a, b)
    {
        let scratch = &mut scratch.reserve(1, block::scratch_len::<T>(m, n, k))[0];
        let tiny = Tiny { a: &a, b, c: &mut c, start, epilogue: &mut epilogue, scratch };
        return T::dispatch(exec.isa, tiny);
    }
    let pieces = threads::pieces(exec.threads, m, n, k);
    let buffers = scratch.reserve(pieces, block::scratch_len::<T>(m, n, k));
    threads::split(exec.isa, Block { a, b, c, start, epilogue }, buffers);
}
