//! Products of one to four rows: every number of B is used that few times, so reading B is all that counts.
//!
//! B is read along its rows, eight at a time, and C's row segment goes through L1: c ← c + x₀·b₀ + … + x₇·b₇, one fused
//! multiply-add after the other, in the order of k. Columns are taken in segments of 4 KiB, a page of each row of B.

use crate::scalar::Scalar;
use crate::simd::kernels::Start;
use crate::simd::{LaneKernel, LaneMath, Lanes};
use crate::view::{MatMut, MatRef};

/// Rows of B that are read together.
const DEPTH: usize = 8;

/// C ← start + A·B.
///
/// # Safety
/// The shapes must match, A have at most four rows, and B contiguous rows.
#[inline(always)]
pub(super) unsafe fn run<T: Scalar, S: LaneMath<T>>(
    s: S,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    start: Start<'_, T>,
) {
    match a.rows() {
        0 => {}
        1 => s.outline(Thin::<T, 1> { a, b, c, start }),
        2 => s.outline(Thin::<T, 2> { a, b, c, start }),
        3 => s.outline(Thin::<T, 3> { a, b, c, start }),
        4 => s.outline(Thin::<T, 4> { a, b, c, start }),
        rows => unreachable!("{rows} rows"),
    }
}

struct Thin<'a, T, const M: usize> {
    a: MatRef<'a, T>,
    b: MatRef<'a, T>,
    c: MatMut<'a, T>,
    start: Start<'a, T>,
}

impl<T: Scalar, const M: usize> LaneKernel<T> for Thin<'_, T, M> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<T>>(mut self, s: S) {
        let (k, n) = (self.a.cols(), self.b.cols());
        let segment = 4096 / size_of::<T>();
        for i in 0..M {
            match self.start {
                Start::Zero => self.c.row_mut(i).fill(T::ZERO),
                Start::Bias(bias) => self.c.row_mut(i).copy_from_slice(bias),
                Start::Add => {}
            }
        }
        for j0 in (0..n).step_by(segment) {
            let width = segment.min(n - j0);
            let depth = if M >= 3 { DEPTH / 2 } else { DEPTH };
            let whole = k - k % depth;
            for p in (0..whole).step_by(depth) {
                // SAFETY: rows p .. p + DEPTH and columns j0 .. j0 + width lie inside B and C.
                unsafe {
                    if M >= 3 {
                        self.segment::<S, { DEPTH / 2 }>(s, p, j0, width)
                    } else {
                        self.segment::<S, DEPTH>(s, p, j0, width)
                    }
                }
            }
            for p in whole..k {
                // SAFETY: as above, one row.
                unsafe { self.segment::<S, 1>(s, p, j0, width) }
            }
        }
    }
}

impl<T: Scalar, const M: usize> Thin<'_, T, M> {
    /// Adds D rows of B, from row p, to a segment of C.
    ///
    /// # Safety
    /// The rows and columns must lie inside B and C.
    #[inline(always)]
    unsafe fn segment<S: Lanes<T>, const D: usize>(&self, s: S, p: usize, j0: usize, width: usize) {
        // SAFETY: as the caller promises.
        unsafe {
            // Loops, because a closure may not be compiled with the token's instructions.
            let mut x = [[s.splat(T::ZERO); D]; M];
            for i in 0..M {
                for d in 0..D {
                    x[i][d] = s.splat(*self.a.ptr.add(i * self.a.rs + (p + d) * self.a.cs));
                }
            }
            let (b, c) = (self.b.ptr.add(p * self.b.rs + j0), self.c.ptr.add(j0));
            let full = width - width % T::LANES;
            for j in (0..full).step_by(T::LANES) {
                let mut acc = [s.splat(T::ZERO); M];
                for i in 0..M {
                    acc[i] = s.load_raw(c.add(i * self.c.rs + j));
                }
                for d in 0..D {
                    let row = s.load_raw(b.add(d * self.b.rs + j));
                    for i in 0..M {
                        acc[i] = s.fma(x[i][d], row, acc[i]);
                    }
                }
                for i in 0..M {
                    s.store_raw(c.add(i * self.c.rs + j), acc[i]);
                }
            }
            let rest = width - full;
            if rest > 0 {
                let mut acc = [s.splat(T::ZERO); M];
                for i in 0..M {
                    acc[i] = s.load_raw_part(c.add(i * self.c.rs + full), rest);
                }
                for d in 0..D {
                    let row = s.load_raw_part(b.add(d * self.b.rs + full), rest);
                    for i in 0..M {
                        acc[i] = s.fma(x[i][d], row, acc[i]);
                    }
                }
                for i in 0..M {
                    s.store_raw_part(c.add(i * self.c.rs + full), rest, acc[i]);
                }
            }
        }
    }
}
