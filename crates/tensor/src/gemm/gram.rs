//! C ← AᵀA, the symmetric product of least squares, at about half the work of the full product.
//!
//! Only tiles on and above the diagonal are computed, and the rest is mirrored. A few rows of A at a time are packed into panels, from
//! which both factors are read. Columns that do not fill a vector at the end are computed as rows, which wastes no lanes: fused
//! multiply-adds do not mind the order of their factors.
//!
//! Rows of A are cut into chunks of [`GRAM_CHUNK`]; inside a chunk every element is one chain of multiply-adds, and chunks are added in a
//! fixed tree that halves their number: so threads can share tall matrices.

use super::pack;
use super::scratch::Scratch;
use crate::buffer::AlignedVec;
use crate::exec::Exec;
use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::kernels::{From, Strip};
use crate::simd::{LaneKernel, LaneMath};
use crate::view::{MatMut, MatRef};

/// Rows of A of one chain of multiply-adds.
pub const GRAM_CHUNK: usize = 4096;

/// Bytes of A that are packed at a time: half of a small L2.
const BLOCK_BYTES: usize = 256 * 1024;
/// Fewest and most rows of A that are packed at a time: loading and storing C must not count, and a panel must fit into L1.
const DEPTHS: (usize, usize) = (64, 192);
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
    let p = check(&a, &c);
    let chunks = a.rows().div_ceil(GRAM_CHUNK);
    let shared = if exec.threads > 1 { SHARED_LEVELS } else { 0 };
    let len = (p * p).max(depth::<T>(p) * p.next_multiple_of(T::LANES));
    let buffers = scratch.reserve(buffers_needed(chunks, shared), len);
    tree(exec.isa, a, chunks, shared, c.reborrow(), buffers);
    for i in 0..p {
        for j in 0..i {
            // SAFETY: both elements lie inside C.
            unsafe { *c.ptr.add(i * c.rs + j) = *c.ptr.add(j * c.rs + i) }
        }
    }
}

/// C ← AᵀA, or C ← C + AᵀA if not `fresh`, on and above the diagonal; what lies below it is for the next call. Rows given in several
/// calls make the same chains of multiply-adds as in one.
///
/// # Shapes
/// As [`gram`].
///
/// # Panics
/// As [`gram`].
pub fn gram_add<T: Scalar>(
    isa: Isa,
    a: MatRef<'_, T>,
    c: MatMut<'_, T>,
    fresh: bool,
    scratch: &mut Scratch<T>,
) {
    let p = check(&a, &c);
    let packed = &mut scratch.reserve(1, depth::<T>(p) * p.next_multiple_of(T::LANES))[0];
    T::dispatch(isa, Triangle { a, c, packed, fresh });
}

/// Checks the shapes; returns the number of columns of A.
fn check<T: Scalar>(a: &MatRef<'_, T>, c: &MatMut<'_, T>) -> usize {
    let p = a.cols();
    assert!(a.has_contiguous_rows(), "the rows of A must be contiguous");
    assert_eq!((c.rows(), c.cols()), (p, p), "C is {}×{}, AᵀA is {p}×{p}", c.rows(), c.cols());
    p
}

/// Rows of A that are packed at a time.
fn depth<T: Scalar>(p: usize) -> usize {
    (BLOCK_BYTES / (size_of::<T>() * p.max(1))).clamp(DEPTHS.0, DEPTHS.1)
}

/// Buffers that [`tree`] needs: one for the sum of each second half, and one for packing where work goes on.
fn buffers_needed(chunks: usize, shared: u32) -> usize {
    if chunks <= 1 {
        return 1;
    }
    let (low, high) = (chunks / 2, chunks - chunks / 2);
    match shared {
        0 => 1 + buffers_needed(high, 0),
        _ => 1 + buffers_needed(low, shared - 1) + buffers_needed(high, shared - 1),
    }
}

/// The upper triangle of C ← AᵀA for this many chunks of rows: the first half, plus the second half from a buffer.
fn tree<T: Scalar>(
    isa: Isa,
    a: MatRef<'_, T>,
    chunks: usize,
    shared: u32,
    mut c: MatMut<'_, T>,
    buffers: &mut [AlignedVec<T>],
) {
    if chunks <= 1 {
        return T::dispatch(isa, Triangle { a, c, packed: &mut buffers[0], fresh: true });
    }
    let (m, p) = (a.rows(), a.cols());
    let (low, high) = (chunks / 2, chunks - chunks / 2);
    let (top, rest) = (a.rows_between(0, low * GRAM_CHUNK), a.rows_between(low * GRAM_CHUNK, m));
    let (sum, buffers) = buffers.split_first_mut().expect("as many buffers as the tree needs");
    let second = MatMut::new(sum, p, p);
    if shared > 0 {
        let (first, rest_of) = buffers.split_at_mut(buffers_needed(low, shared - 1));
        let left = c.reborrow();
        rayon::join(
            || tree(isa, top, low, shared - 1, left, first),
            || tree(isa, rest, high, shared - 1, second, rest_of),
        );
    } else {
        tree(isa, top, low, 0, c.reborrow(), buffers);
        tree(isa, rest, high, 0, second, buffers);
    }
    for i in 0..p {
        c.row_mut(i)[i..].iter_mut().zip(&sum[i * p + i..(i + 1) * p]).for_each(|(x, &y)| *x += y);
    }
}

/// The upper triangle of C ← AᵀA, one chain an element.
struct Triangle<'a, T> {
    a: MatRef<'a, T>,
    c: MatMut<'a, T>,
    packed: &'a mut [T],
    /// Whether the chains start from zero, not from C.
    fresh: bool,
}

impl<T: Scalar> LaneKernel<T> for Triangle<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Triangle { a, mut c, packed, fresh } = self;
        let (m, p) = (a.rows(), a.cols());
        if m == 0 {
            if !fresh {
                return;
            }
            return (0..p).for_each(|i| c.row_mut(i).fill(T::ZERO));
        }
        let (depth, panel) = (depth::<T>(p), S::NV * T::LANES);
        // Whole vectors of columns; the rest are computed as rows.
        let whole = p - p % T::LANES;
        for r0 in (0..m).step_by(depth) {
            let rows = a.rows_between(r0, (r0 + depth).min(m));
            s.pack_columns(rows, panel, packed);
            let block = Packed {
                k: rows.rows(),
                p,
                panel,
                from: packed,
                c: c.ptr,
                rsc: c.rs,
                first: fresh && r0 == 0,
            };
            for j in (0..p).step_by(panel) {
                let width = panel.min(whole.saturating_sub(j));
                // SAFETY: rows and columns lie inside C, which is p × p; strips keep to one panel.
                unsafe {
                    for i in (0..j).step_by(panel) {
                        block.strip(s, (i, panel), (j, width));
                    }
                    // The diagonal block, a vector of rows at a time.
                    for v in (0..width).step_by(T::LANES) {
                        block.strip(s, (j + v, T::LANES), (j + v, width - v));
                    }
                    block.strip(s, (whole, p - whole), (j, panel.min(p - j)));
                }
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

/// Some rows of A in panels, and the C that their product is added to.
struct Packed<'a, T> {
    k: usize,
    p: usize,
    panel: usize,
    from: &'a [T],
    c: *mut T,
    rsc: usize,
    first: bool,
}

impl<T: Scalar> Packed<'_, T> {
    /// Where column i begins, and the distance to the next row.
    fn column(&self, i: usize) -> (*const T, usize) {
        let first = i - i % self.panel;
        (self.from[first * self.k + i - first..].as_ptr(), pack::panel_width::<T>(self.panel, self.p - first))
    }

    /// Adds to rows i.. (h of them) and columns j.. (w) of C.
    ///
    /// # Safety
    /// They must lie inside C, each inside one panel.
    #[inline(always)]
    unsafe fn strip<S: LaneMath<T>>(&self, s: S, (i, h): (usize, usize), (j, w): (usize, usize)) {
        if h == 0 || w == 0 {
            return;
        }
        let ((a, csa), (b, rsb)) = (self.column(i), self.column(j));
        // SAFETY: columns i.. and j.. lie inside the panels, rows and columns inside C, as the caller promises.
        unsafe {
            let strip = Strip {
                m: h,
                k: self.k,
                width: w,
                a,
                rsa: 1,
                csa,
                a_panel: 0,
                b,
                rsb,
                padded: true,
                c: self.c.add(i * self.rsc + j),
                rsc: self.rsc,
                from: if self.first { From::Zero } else { From::C },
                bias: b,
            };
            strip.run(s);
        }
    }
}
