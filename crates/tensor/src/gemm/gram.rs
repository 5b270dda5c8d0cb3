//! C ← AᵀA, the symmetric product of least squares, at about half the work of the full product.
//!
//! Only tiles on and above the diagonal are computed, and the rest is mirrored. Columns that do not fill a vector at the end
//! are computed as rows, which wastes no lanes: fused multiply-adds do not mind the order of their factors. Rows of A are cut into chunks
//! of [`GRAM_CHUNK`]; inside a chunk every element is one chain of multiply-adds, and chunks are added in a fixed tree that halves
//! their number: so threads can share tall matrices.

use super::thresholds::KC;
use super::{Scratch, tile};
use crate::buffer::AlignedVec;
use crate::exec::Exec;
use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};
use crate::view::{MatMut, MatRef};

/// Rows of A of one chain of multiply-adds.
pub const GRAM_CHUNK: usize = 4096;

/// Bytes of A that one cache block may have: half of L2.
const BLOCK_BYTES: usize = 512 * 1024;
/// Levels of the tree whose halves may go to different threads: up to 32 pieces.
const SHARED_LEVELS: u32 = 5;

/// C ← AᵀA.
///
/// # Shapes
/// A `[rows, p]` with contiguous rows, C `[p, p]`, all of which is written: it is symmetric to the bit.
///
/// # Numerics
/// Up to [`GRAM_CHUNK`] rows each element is one chain of fused multiply-adds, as by [`matmul`](super::matmul); beyond, chunks are added in
/// a fixed tree. The same bits with every instruction set and every number of threads.
///
/// # Panics
/// If shapes do not match or A is a transposed view.
///
/// ```
/// use planish_tensor::{Exec, Matrix, gemm::{Scratch, gram}};
///
/// let a = Matrix::from_rows(&[[1.0_f64, 2.0], [3.0, 4.0]]);
/// let mut c = Matrix::zeros(2, 2);
/// gram(Exec::best(), a.view(), c.view_mut(), &mut Scratch::new());
/// assert_eq!(c.as_slice(), &[10.0, 14.0, 14.0, 20.0]);
/// ```
pub fn gram<T: Scalar>(exec: Exec, a: MatRef<'_, T>, mut c: MatMut<'_, T>, scratch: &mut Scratch<T>) {
    let p = a.cols();
    assert!(a.has_contiguous_rows(), "the rows of A must be contiguous");
    assert_eq!((c.rows(), c.cols()), (p, p), "C is {}×{}, AᵀA is {p}×{p}", c.rows(), c.cols());
    let chunks = a.rows().div_ceil(GRAM_CHUNK);
    let shared = if exec.threads > 1 { SHARED_LEVELS } else { 0 };
    let sums = scratch.reserve(sums_needed(chunks, shared), p * p);
    tree(exec.isa, a, chunks, shared, c.reborrow(), sums);
    for i in 0..p {
        for j in 0..i {
            // SAFETY: both elements lie inside C.
            unsafe { *c.ptr.add(i * c.rs + j) = *c.ptr.add(j * c.rs + i) }
        }
    }
}

/// Buffers that [`tree`] needs.
fn sums_needed(chunks: usize, shared: u32) -> usize {
    if chunks <= 1 {
        return 0;
    }
    let (low, high) = (chunks / 2, chunks - chunks / 2);
    match shared {
        0 => 1 + sums_needed(high, 0),
        _ => 1 + sums_needed(low, shared - 1) + sums_needed(high, shared - 1),
    }
}

/// The upper triangle of C ← AᵀA for this many chunks of rows: the first half, plus the second half from a buffer.
fn tree<T: Scalar>(
    isa: Isa,
    a: MatRef<'_, T>,
    chunks: usize,
    shared: u32,
    mut c: MatMut<'_, T>,
    sums: &mut [AlignedVec<T>],
) {
    if chunks <= 1 {
        return T::dispatch(isa, Triangle { a, c });
    }
    let (m, p) = (a.rows(), a.cols());
    let (low, high) = (chunks / 2, chunks - chunks / 2);
    let (top, rest) = (a.rows_between(0, low * GRAM_CHUNK), a.rows_between(low * GRAM_CHUNK, m));
    let (sum, sums) = sums.split_first_mut().expect("as many buffers as the tree needs");
    let second = MatMut::new(sum, p, p);
    if shared > 0 {
        let (sums0, sums1) = sums.split_at_mut(sums_needed(low, shared - 1));
        let left = c.reborrow();
        rayon::join(
            || tree(isa, top, low, shared - 1, left, sums0),
            || tree(isa, rest, high, shared - 1, second, sums1),
        );
    } else {
        tree(isa, top, low, 0, c.reborrow(), sums);
        tree(isa, rest, high, 0, second, sums);
    }
    for i in 0..p {
        c.row_mut(i)[i..].iter_mut().zip(&sum[i * p + i..(i + 1) * p]).for_each(|(x, &y)| *x += y);
    }
}

/// The upper triangle of C ← AᵀA, one chain an element.
struct Triangle<'a, T> {
    a: MatRef<'a, T>,
    c: MatMut<'a, T>,
}

impl<T: Scalar> LaneKernel<T> for Triangle<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Triangle { a, mut c } = self;
        let (m, p) = (a.rows(), a.cols());
        if m == 0 {
            return (0..p).for_each(|i| c.row_mut(i).fill(T::ZERO));
        }
        let depth = (BLOCK_BYTES / (size_of::<T>() * p.max(1))).clamp(64, KC);
        let panel = S::NV * T::LANES;
        // Whole vectors of columns; the rest are computed as rows.
        let whole = p - p % T::LANES;
        for r0 in (0..m).step_by(depth) {
            let block =
                Rows { a: a.rows_between(r0, (r0 + depth).min(m)), c: c.ptr, rsc: c.rs, first: r0 == 0 };
            for j in (0..whole).step_by(panel) {
                let width = panel.min(whole - j);
                // SAFETY: rows and columns lie inside C, which is p × p.
                unsafe {
                    block.strip(s, (0, j), (j, width));
                    // The diagonal block, a vector of rows at a time.
                    for v in (0..width).step_by(T::LANES) {
                        block.strip(s, (j + v, T::LANES), (j + v, width - v));
                    }
                }
            }
            for j in (0..p).step_by(panel) {
                // SAFETY: as above.
                unsafe { block.strip(s, (whole, p - whole), (j, panel.min(p - j))) }
            }
        }
        for i in whole..p {
            for j in 0..whole {
                // SAFETY: both elements lie inside C.
                unsafe { *c.ptr.add(j * c.rs + i) = *c.ptr.add(i * c.rs + j) }
            }
        }
    }
}

/// A cache block of rows of A, and the C that it is added to.
struct Rows<'a, T> {
    a: MatRef<'a, T>,
    c: *mut T,
    rsc: usize,
    first: bool,
}

impl<T: Scalar> Rows<'_, T> {
    /// Adds to rows i.. (h of them) and columns j.. (w) of C.
    ///
    /// # Safety
    /// They must lie inside C, and `w` be at most a panel.
    #[inline(always)]
    unsafe fn strip<S: LaneMath<T>>(&self, s: S, (i, h): (usize, usize), (j, w): (usize, usize)) {
        if h == 0 || w == 0 {
            return;
        }
        // SAFETY: columns i.. and j.. lie inside A, rows and columns inside C, as the caller promises.
        unsafe {
            let b = self.a.ptr.add(j);
            let strip = tile::Strip {
                m: h,
                k: self.a.rows(),
                width: w,
                a: self.a.ptr.add(i),
                rsa: 1,
                csa: self.a.rs,
                a_panel: 0,
                b,
                rsb: self.a.rs,
                padded: false,
                c: self.c.add(i * self.rsc + j),
                rsc: self.rsc,
                from: if self.first { tile::From::Zero } else { tile::From::C },
                bias: b,
            };
            strip.run(s);
        }
    }
}
