//! Products of one to eight rows with a B whose columns are contiguous (dY·Wᵀ of a small batch, or one column of C seen as a row).
//!
//! Squares of B are transposed in registers, kept in L1 and used at once by every row: nothing is packed.

use super::Start;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath, Lanes};
use crate::view::{MatMut, MatRef};

/// Most numbers in a square: 16 × 16 `f32`.
const SQUARE: usize = 256;

/// C ← start + A·B.
///
/// # Safety
/// The shapes must match, A have at most eight rows, and B contiguous columns.
#[inline(always)]
pub(super) unsafe fn run<T: Scalar, S: LaneMath<T>>(
    s: S,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    start: Start<'_, T>,
) {
    macro_rules! rows {
        ($($m:literal)*) => {
            match a.rows() {
                0 => {}
                $($m => s.outline(Turned::<T, $m> { a, b, c, start }),)*
                rows => unreachable!("{rows} rows"),
            }
        };
    }
    rows!(1 2 3 4 5 6 7 8);
}

struct Turned<'a, T, const M: usize> {
    a: MatRef<'a, T>,
    b: MatRef<'a, T>,
    c: MatMut<'a, T>,
    start: Start<'a, T>,
}

impl<T: Scalar, const M: usize> LaneKernel<T> for Turned<'_, T, M> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(mut self, s: S) {
        let n = self.b.cols();
        let mut j = 0;
        // Two vectors of columns at a time where one alone would wait for its chain of multiply-adds.
        while M <= 4 && j + T::LANES < n {
            // SAFETY: columns j .. lie inside B and C.
            unsafe { self.columns::<S, 2>(s, j, (2 * T::LANES).min(n - j)) }
            j += 2 * T::LANES;
        }
        while j < n {
            // SAFETY: as above.
            unsafe { self.columns::<S, 1>(s, j, T::LANES.min(n - j)) }
            j += T::LANES;
        }
    }
}

impl<T: Scalar, const M: usize> Turned<'_, T, M> {
    /// `width` columns of C from j on, in G vectors, the last of which may be part.
    ///
    /// # Safety
    /// The columns must lie inside B and C, and fill the first G − 1 vectors.
    #[inline(always)]
    unsafe fn columns<S: Lanes<T>, const G: usize>(&mut self, s: S, j: usize, width: usize) {
        let (k, lanes) = (self.b.rows(), T::LANES);
        let last = width - (G - 1) * lanes;
        let filled = |g: usize| if g == G - 1 { last } else { lanes };
        let mut acc = [[s.splat(T::ZERO); G]; M];
        for i in 0..M {
            for g in 0..G {
                let from = j + g * lanes;
                match self.start {
                    Start::Zero => {}
                    Start::Add => acc[i][g] = s.load_at(&self.c.row_mut(i)[..from + filled(g)], from),
                    Start::Bias(bias) => acc[i][g] = s.load_at(&bias[..from + filled(g)], from),
                }
            }
        }
        let mut squares = [[T::ZERO; SQUARE]; G];
        for p in (0..k).step_by(lanes) {
            let depth = lanes.min(k - p);
            for g in 0..G {
                // SAFETY: the square lies inside B; a turned one has at most LANES rows of LANES numbers.
                unsafe {
                    let from = self.b.ptr.add((j + g * lanes) * self.b.cs + p);
                    s.transpose_raw(from, self.b.cs, (filled(g), depth), squares[g].as_mut_ptr(), lanes);
                }
            }
            for d in 0..depth {
                // SAFETY: row d of each square was written; element (i, p + d) lies inside A.
                unsafe {
                    for i in 0..M {
                        let x = s.splat(*self.a.ptr.add(i * self.a.rs + (p + d) * self.a.cs));
                        for g in 0..G {
                            let row = s.load_raw(squares[g].as_ptr().add(d * lanes));
                            acc[i][g] = s.fma(x, row, acc[i][g]);
                        }
                    }
                }
            }
        }
        for i in 0..M {
            for g in 0..G {
                let from = j + g * lanes;
                s.store_at(&mut self.c.row_mut(i)[..from + filled(g)], from, acc[i][g]);
            }
        }
    }
}
