//! Products of one to eight rows with a B whose columns are contiguous (dY·Wᵀ of a small batch, or one column of C seen as a row).
//!
//! Strips of B are transposed in registers, kept in L1 and used at once by every row: nothing is packed.

use crate::scalar::Scalar;
use crate::simd::kernels::Start;
use crate::simd::{LaneKernel, LaneMath, Lanes};
use crate::view::{MatMut, MatRef};

/// Rows of B that are turned at a time: enough that a column is read by whole cache lines, few enough for L1.
const DEPTH: usize = 32;
/// Most numbers in a turned strip: 32 × 16 `f32`.
const STRIP: usize = 512;
/// Numbers in the buffer: two strips.
pub(super) const SCRATCH: usize = 2 * STRIP;

/// C ← start + A·B.
///
/// # Safety
/// The shapes must match, A have at most eight rows, B contiguous columns, and the buffer [`SCRATCH`] numbers.
#[inline(always)]
pub(super) unsafe fn run<T: Scalar, S: LaneMath<T>>(
    s: S,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    start: Start<'_, T>,
    scratch: &mut [T],
) {
    macro_rules! rows {
        ($($m:literal)*) => {
            match a.rows() {
                0 => {}
                $($m => s.outline(Turned::<T, $m> { a, b, c, start, scratch }),)*
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
    scratch: &'a mut [T],
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
        let strips: &mut [T] = &mut self.scratch[..G * STRIP];
        for p in (0..k).step_by(DEPTH) {
            let depth = DEPTH.min(k - p);
            for g in 0..G {
                // SAFETY: the strip lies inside B; a turned one has at most DEPTH rows of LANES numbers.
                unsafe {
                    let from = self.b.ptr.add((j + g * lanes) * self.b.cs + p);
                    s.transpose_raw(
                        from,
                        self.b.cs,
                        (filled(g), depth),
                        strips.as_mut_ptr().add(g * STRIP),
                        lanes,
                    );
                }
            }
            for d in 0..depth {
                // SAFETY: row d of each strip was written; element (i, p + d) lies inside A.
                unsafe {
                    for i in 0..M {
                        let x = s.splat(*self.a.ptr.add(i * self.a.rs + (p + d) * self.a.cs));
                        for g in 0..G {
                            let row = s.load_raw(strips.as_ptr().add(g * STRIP + d * lanes));
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
