//! Loops over the columns of a batch, for layers with a parameter a unit. Down a column, rows are added in order inside chunks of
//! [`ROW_CHUNK`] rows and the chunks in order, as everywhere.

use planish_tensor::reduce::ROW_CHUNK;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, MatRef, Scalar};

/// The rows of a contiguous slice.
pub(crate) fn rows_of<T: Scalar>(x: &[T], units: usize) -> MatRef<'_, T> {
    MatRef::new(x, x.len() / units, units)
}

/// What is multiplied with a batch of `dy` before the columns are added up: a number a place, computed where it is used.
pub(crate) trait Factor<T: Scalar> {
    /// The numbers of row i from column j on. Mark it `#[inline(always)]`.
    fn at<S: LaneMath<T>>(&self, s: S, i: usize, j: usize) -> S::V;
}

impl<T: Scalar> Factor<T> for MatRef<'_, T> {
    #[inline(always)]
    fn at<S: LaneMath<T>>(&self, s: S, i: usize, j: usize) -> S::V {
        s.load_at(self.row(i), j)
    }
}

/// outⱼ ← Σᵢ dyᵢⱼ·fᵢⱼ
pub(crate) fn col_dots<T: Scalar>(isa: Isa, dy: MatRef<'_, T>, f: impl Factor<T>, out: &mut [T]) {
    T::dispatch(isa, ColDots { dy, f, out });
}

struct ColDots<'a, T, F> {
    dy: MatRef<'a, T>,
    f: F,
    out: &'a mut [T],
}

impl<T: Scalar, F: Factor<T>> LaneKernel<T> for ColDots<'_, T, F> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let ColDots { dy, f, out } = self;
        for j in (0..out.len()).step_by(T::LANES) {
            let mut total = s.splat(T::ZERO);
            for start in (0..dy.rows()).step_by(ROW_CHUNK) {
                let mut chunk = s.splat(T::ZERO);
                for i in start..(start + ROW_CHUNK).min(dy.rows()) {
                    chunk = s.fma(s.load_at(dy.row(i), j), f.at(s, i, j), chunk);
                }
                total = s.add(total, chunk);
            }
            s.store_at(out, j, total);
        }
    }
}

/// outᵢⱼ ← xᵢⱼ·wⱼ
pub(crate) fn scale_cols<T: Scalar>(isa: Isa, x: MatRef<'_, T>, w: &[T], out: &mut [T]) {
    T::dispatch(isa, ScaleCols { x, w, out });
}

struct ScaleCols<'a, T> {
    x: MatRef<'a, T>,
    w: &'a [T],
    out: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for ScaleCols<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let ScaleCols { x, w, out } = self;
        for (i, y) in out.chunks_exact_mut(w.len()).enumerate() {
            for j in (0..w.len()).step_by(T::LANES) {
                s.store_at(y, j, s.mul(s.load_at(x.row(i), j), s.load_at(w, j)));
            }
        }
    }
}

/// x ← x + y
pub(crate) fn add<T: Scalar>(isa: Isa, x: &mut [T], y: &[T]) {
    T::dispatch(isa, InPlace { x, y, is_product: false });
}

/// x ← x·y
pub(crate) fn multiply<T: Scalar>(isa: Isa, x: &mut [T], y: &[T]) {
    T::dispatch(isa, InPlace { x, y, is_product: true });
}

struct InPlace<'a, T> {
    x: &'a mut [T],
    y: &'a [T],
    is_product: bool,
}

impl<T: Scalar> LaneKernel<T> for InPlace<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let InPlace { x, y, is_product } = self;
        assert_eq!(x.len(), y.len(), "slices differ in length");
        for i in (0..x.len()).step_by(T::LANES) {
            let (a, b) = (s.load_at(x, i), s.load_at(y, i));
            s.store_at(x, i, if is_product { s.mul(a, b) } else { s.add(a, b) });
        }
    }
}

/// Copies the rows of a view.
pub(crate) fn copy_rows<T: Scalar>(x: MatRef<'_, T>, out: &mut [T]) {
    for (i, y) in out.chunks_exact_mut(x.cols()).enumerate() {
        y.copy_from_slice(x.row(i));
    }
}
