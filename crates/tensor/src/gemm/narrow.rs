//! Products whose C and B are at most one vector wide, for kernels that chain several of them: a small network's pass is a few dozen such
//! products, and each on its own would take longer to be called than to be computed.
//!
//! Rows of B lie a whole vector apart, as those of C may, so nothing is masked: what stands past the columns is computed along and
//! means nothing. Everything is one strip of tiles, so every element is the same chain of multiply-adds as in
//! [`matmul`](super::matmul).

use super::{few, tile, turned};
use crate::scalar::Scalar;
use crate::simd::LaneMath;
use crate::view::{MatMut, MatRef};

/// Numbers in the buffer of [`narrow_product`].
pub const NARROW_SCRATCH: usize = turned::SCRATCH;

/// C ← start + A·B, inside a lane kernel.
///
/// # Shapes
/// A is `m × k` with any strides. `b` holds k rows of [`Scalar::LANES`] numbers, of which as many count as C has columns. `start` is one row of
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
        let start = start.map_or(super::Start::Zero, |bias| super::Start::Bias(&bias[..1]));
        // SAFETY: the shapes match, and this is the path for one column.
        return unsafe { s.few(few::Path::Column, a, b, c, start, scratch) };
    }
    let strip = tile::Strip {
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
        from: if start.is_some() { tile::From::Bias } else { tile::From::Zero },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::{Scratch, Start, matmul};
    use crate::simd::LaneKernel;
    use crate::{Exec, Isa, Matrix};

    struct Both<'a, T: Scalar> {
        a: MatRef<'a, T>,
        b: &'a Matrix<T>,
        bias: &'a [T],
        wide: MatMut<'a, T>,
        exact: MatMut<'a, T>,
    }

    impl<T: Scalar> LaneKernel<T> for Both<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: LaneMath<T>>(self, s: S) {
            let (k, n) = (self.b.rows(), self.b.cols());
            let mut padded = vec![T::from_f64(f64::NAN); (k + 1) * T::LANES];
            pad_rows(s, self.b.as_slice(), n, &mut padded);
            let mut start = vec![T::ZERO; T::LANES];
            start[..n].copy_from_slice(self.bias);
            let mut scratch = vec![T::ZERO; NARROW_SCRATCH];
            narrow_product(s, self.a, &padded, Some(&start), self.wide, &mut scratch);
            narrow_product(s, self.a, &padded, None, self.exact, &mut scratch);
        }
    }

    fn check<T: Scalar>() {
        let number = |i: usize, j: usize| T::from_f64(((i * 37 + j * 11) % 23) as f64 * 0.37 - 3.0);
        for isa in Isa::all_exact() {
            for (m, k) in [(1, 1), (32, 10), (7, 3), (10, 200), (0, 4), (3, 0)] {
                for n in 1..=T::LANES {
                    let (a, b) = (Matrix::from_fn(m, k, number), Matrix::from_fn(k, n, number));
                    let turned = Matrix::from_fn(k, m, |i, j| number(j, i));
                    let bias: Vec<T> = (0..n).map(|j| number(5, j)).collect();
                    for a in [a.view(), turned.view().t()] {
                        let (mut wide, mut exact) = (Matrix::zeros(m, T::LANES), Matrix::zeros(m, n));
                        T::dispatch(
                            isa,
                            Both { a, b: &b, bias: &bias, wide: wide.view_mut(), exact: exact.view_mut() },
                        );
                        let mut want = [Matrix::zeros(m, n), Matrix::zeros(m, n)];
                        for (want, start) in want.iter_mut().zip([Start::Bias(&bias), Start::Zero]) {
                            let exec = Exec::serial(Isa::SCALAR);
                            matmul(exec, a, b.view(), want.view_mut(), start, &mut Scratch::new());
                        }
                        for i in 0..m {
                            assert_eq!(wide.row(i)[..n], *want[0].row(i), "{} {m}×{k}×{n}", isa.name());
                            assert_eq!(exact.row(i), want[1].row(i), "{} {m}×{k}×{n}", isa.name());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn narrow_products_have_the_bits_of_matmul() {
        check::<f32>();
        check::<f64>();
    }

    struct Turn<'a, T>(&'a [T], &'a mut [T]);

    impl<T: Scalar> LaneKernel<T> for Turn<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: LaneMath<T>>(self, s: S) {
            turn_square(s, self.0, self.1);
        }
    }

    #[test]
    fn a_square_is_turned() {
        let from: Vec<f64> = (0..64).map(f64::from).collect();
        for isa in Isa::all_exact() {
            let mut to = vec![0.0; 64];
            f64::dispatch(isa, Turn(&from, &mut to));
            for (i, j) in (0..8).flat_map(|i| (0..8).map(move |j| (i, j))) {
                assert_eq!(to[8 * i + j], from[8 * j + i], "{}", isa.name());
            }
        }
    }
}
