//! Products whose C and B are at most one vector wide, for kernels that chain several of them: a small network's pass is a few dozen such
//! products, and each on its own would take longer to be called than to be computed.
//!
//! Rows of B lie a whole vector apart, as those of C may, so nothing is masked: what stands past the columns is computed along and
//! means nothing. Everything is one strip of tiles, so every element is the same chain of multiply-adds as in
//! [`matmul`](super::matmul).

use super::turned;
use crate::scalar::Scalar;
use crate::simd::LaneMath;
use crate::simd::kernels::{From, Path, Start, Strip};
use crate::view::{MatMut, MatRef};

/// Numbers in the buffer of [`narrow_product`].
pub const NARROW_SCRATCH: usize = turned::SCRATCH;

/// C ← start + A·B, inside a lane kernel.
///
/// # Shapes
/// A is `m × k` with any strides. `b` holds k rows of [`Number::LANES`](crate::Number::LANES) numbers, of which as many count as C has columns. `start` is one row of
/// as many numbers, zero if absent. `scratch` has [`NARROW_SCRATCH`] numbers.
///
/// # Panics
/// If the shapes do not match.
#[inline(always)]
pub fn narrow_product<T: Scalar, S: LaneMath<T>>(
    s: S,
    a: MatRef<'_, T>,
    b: &[T],
    start: Option<&[T]>,
    c: MatMut<'_, T>,
    scratch: &mut [T],
) {
    let (m, k, n) = (a.rows(), a.cols(), c.cols());
    assert!(c.rows() == m && n > 0 && n <= T::LANES, "C is {}×{n}, A has {m} rows", c.rows());
    assert!(b.len() >= k * T::LANES, "B has {} numbers for {k} rows", b.len());
    assert!(start.is_none_or(|bias| bias.len() >= T::LANES), "a start of less than a vector");
    assert!(scratch.len() >= NARROW_SCRATCH, "a buffer of {} numbers", scratch.len());
    if n == 1 && c.rs == 1 {
        let b = MatRef::new(b, k, T::LANES).cols_between(0, 1);
        let start = start.map_or(Start::Zero, |bias| Start::Bias(&bias[..1]));
        // SAFETY: the shapes match, and this is the path for one column.
        return unsafe { s.few(Path::Column, a, b, c, start, scratch) };
    }
    let strip = Strip {
        m,
        k,
        width: n,
        a: a.ptr,
        rsa: a.rs,
        csa: a.cs,
        a_panel: 0,
        b: b.as_ptr(),
        rsb: T::LANES,
        padded: true,
        c: c.ptr,
        rsc: c.rs,
        from: if start.is_some() { From::Bias } else { From::Zero },
        bias: start.map_or(b.as_ptr(), <[T]>::as_ptr),
    };
    // SAFETY: A and C have these rows, B k rows of whole vectors, the start one.
    unsafe { strip.run(s) }
}

/// to ← the rows of `from`, which stand `cols` numbers apart, a whole vector apart with zeros past the columns.
///
/// # Panics
/// If `to` is too short, or a row longer than a vector.
#[inline(always)]
pub fn pad_rows<T: Scalar, S: LaneMath<T>>(s: S, from: &[T], cols: usize, to: &mut [T]) {
    assert!(cols <= T::LANES, "rows of {cols} numbers");
    for (row, to) in from.chunks_exact(cols.max(1)).zip(to.chunks_exact_mut(T::LANES)) {
        s.store_at(to, 0, s.load_at(row, 0));
    }
}

/// to ← fromᵀ for a square of whole vectors.
///
/// # Panics
/// If a slice is too short.
#[inline(always)]
pub fn turn_square<T: Scalar, S: LaneMath<T>>(s: S, from: &[T], to: &mut [T]) {
    let square = T::LANES * T::LANES;
    assert!(from.len() >= square && to.len() >= square, "less than a square of whole vectors");
    // SAFETY: both have LANES rows of LANES numbers.
    unsafe {
        s.transpose_raw(from.as_ptr(), T::LANES, (T::LANES, T::LANES), to.as_mut_ptr(), T::LANES);
    }
}
