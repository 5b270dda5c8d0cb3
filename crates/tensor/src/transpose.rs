//! Transposition through registers: rows become columns a square of one vector at a time.

use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};
use crate::view::{MatMut, MatRef};

/// Numbers that are asked for ahead, about.
const AHEAD: usize = 512;

/// to ← fromᵀ. Where the rows of `from` do not fill a whole number of vectors, zeros follow in the last.
///
/// # Shapes
/// `from` is `[m, n]` with contiguous rows; `to` has n rows and at least m columns, rounded up to whole vectors.
///
/// # Panics
/// If the shapes do not fit or `from` is a transposed view.
///
/// ```
/// use planish_tensor::{Isa, Matrix, transpose};
///
/// let a = Matrix::from_rows(&[[1.0_f64, 2.0], [3.0, 4.0]]);
/// let mut t = Matrix::zeros(2, 8);
/// transpose(Isa::best(), a.view(), t.view_mut());
/// assert_eq!(t.row(1)[..3], [2.0, 4.0, 0.0]);
/// ```
pub fn transpose<T: Scalar>(isa: Isa, from: MatRef<'_, T>, to: MatMut<'_, T>) {
    assert!(from.has_contiguous_rows(), "the rows must be contiguous");
    let needed = from.rows().next_multiple_of(T::LANES);
    assert!(
        to.rows() == from.cols() && to.cols() >= needed,
        "{}×{} for the transpose of {}×{}",
        to.rows(),
        to.cols(),
        from.rows(),
        from.cols()
    );
    T::dispatch(isa, Transpose { from, to });
}

struct Transpose<'a, T> {
    from: MatRef<'a, T>,
    to: MatMut<'a, T>,
}

impl<T: Scalar> LaneKernel<T> for Transpose<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Transpose { from, to } = self;
        let (m, n) = (from.rows(), from.cols());
        // Blocks go down eight rows at once, which no hardware foresees.
        let ahead = from.rs * T::LANES * (AHEAD / (from.rs * T::LANES).max(1)).max(1);
        for i in (0..m).step_by(T::LANES) {
            for j in (0..n).step_by(T::LANES) {
                for r in 0..T::LANES {
                    s.prefetch(from.ptr.wrapping_add((i + r) * from.rs + j + ahead));
                }
                let block = ((m - i).min(T::LANES), (n - j).min(T::LANES));
                // SAFETY: the block lies inside `from`, whose rows are contiguous, and rows j.. of `to` have a whole vector at column i.
                unsafe {
                    s.transpose_raw(
                        from.ptr.add(i * from.rs + j),
                        from.rs,
                        block,
                        to.ptr.add(j * to.rs + i),
                        to.rs,
                    );
                }
            }
        }
    }
}
