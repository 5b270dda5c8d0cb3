//! Sums with a fixed order, so that their bits depend on the shape alone.
//!
//! Along a row, element i goes to virtual lane i mod 16 (8 for `f64`) and the lanes join in a fixed tree. Down a
//! column, rows are added in order inside chunks of [`ROW_CHUNK`] rows, and the chunks in order.

use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};
use crate::view::MatRef;
use rayon::prelude::*;

/// Rows of one chunk of a column sum: all row tiles divide it.
pub const ROW_CHUNK: usize = 192;

/// Numbers from which [`all_finite`] is worth threads.
const PARALLEL: usize = 1 << 22;

struct Sum<'a, T>(&'a [T]);

impl<T: Scalar> LaneKernel<T> for Sum<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let mut acc = s.splat(T::ZERO);
        for i in (0..self.0.len()).step_by(T::LANES) {
            acc = s.add(acc, s.load_at(self.0, i));
        }
        s.sum(acc)
    }
}

struct Dot<'a, T>(&'a [T], &'a [T]);

impl<T: Scalar> LaneKernel<T> for Dot<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let mut acc = s.splat(T::ZERO);
        for i in (0..self.0.len()).step_by(T::LANES) {
            acc = s.fma(s.load_at(self.0, i), s.load_at(self.1, i), acc);
        }
        s.sum(acc)
    }
}

struct Axpy<'a, T>(T, &'a [T], &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Axpy<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Axpy(a, x, y) = self;
        let a = s.splat(a);
        for i in (0..y.len()).step_by(T::LANES) {
            let v = s.fma(a, s.load_at(x, i), s.load_at(y, i));
            s.store_at(y, i, v);
        }
    }
}

/// Σ 0·xᵢ, which is 0 if every number is finite and none if one is not.
struct Nothing<'a, T>(&'a [T]);

impl<T: Scalar> LaneKernel<T> for Nothing<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let zero = s.splat(T::ZERO);
        // Sums of their own, none of which waits for another. A fused multiply-add would be no faster here, and a call of the C library
        // a number where the processor has none.
        let mut acc = [zero; 4];
        let (whole, rest) = self.0.split_at(self.0.len() - self.0.len() % (4 * T::LANES));
        for i in (0..whole.len()).step_by(4 * T::LANES) {
            for k in 0..4 {
                acc[k] = s.add(acc[k], s.mul(s.load_at(whole, i + k * T::LANES), zero));
            }
        }
        for i in (0..rest.len()).step_by(T::LANES) {
            acc[0] = s.add(acc[0], s.mul(s.load_at(rest, i), zero));
        }
        s.sum(s.add(s.add(acc[0], acc[1]), s.add(acc[2], acc[3])))
    }
}

/// Σ xᵢ
pub fn sum<T: Scalar>(isa: Isa, x: &[T]) -> T {
    T::dispatch(isa, Sum(x))
}

/// Σ xᵢ·yᵢ
///
/// # Panics
/// If the lengths differ.
pub fn dot<T: Scalar>(isa: Isa, x: &[T], y: &[T]) -> T {
    assert_eq!(x.len(), y.len(), "dot of slices of different lengths");
    T::dispatch(isa, Dot(x, y))
}

/// y ← a·x + y
///
/// # Panics
/// If the lengths differ.
pub fn axpy<T: Scalar>(isa: Isa, a: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "axpy of slices of different lengths");
    T::dispatch(isa, Axpy(a, x, y));
}

/// Whether every number is finite. Many millions are split over the current pool of threads.
pub fn all_finite<T: Scalar>(x: &[T]) -> bool {
    let isa = Isa::best();
    // Without a branch a number; with one a block, so that it can stop.
    let part = |x: &[T]| x.chunks(1 << 14).all(|block| T::dispatch(isa, Nothing(block)) == T::ZERO);
    if x.len() < PARALLEL { part(x) } else { x.par_chunks(PARALLEL / 16).all(part) }
}

struct ColSums<'a, T> {
    a: MatRef<'a, T>,
    out: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for ColSums<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        col_sums_in(s, self.a, self.out);
    }
}

/// As [`col_sums`], inside a lane kernel.
///
/// # Panics
/// If `a` has fewer columns than `out` elements.
#[inline(always)]
pub fn col_sums_in<T: Scalar, S: LaneMath<T>>(s: S, a: MatRef<'_, T>, out: &mut [T]) {
    for j in (0..out.len()).step_by(T::LANES) {
        let mut total = s.splat(T::ZERO);
        for start in (0..a.rows()).step_by(ROW_CHUNK) {
            let mut chunk = s.splat(T::ZERO);
            for i in start..(start + ROW_CHUNK).min(a.rows()) {
                chunk = s.add(chunk, s.load_at(a.row(i), j));
            }
            total = s.add(total, chunk);
        }
        s.store_at(out, j, total);
    }
}

/// outⱼ ← Σᵢ aᵢⱼ: the column sums of a row-major view.
///
/// # Panics
/// If `out` has not one element a column, or the view is transposed.
pub fn col_sums<T: Scalar>(isa: Isa, a: MatRef<'_, T>, out: &mut [T]) {
    assert_eq!(a.cols(), out.len(), "column sums of {} columns into {} elements", a.cols(), out.len());
    T::dispatch(isa, ColSums { a, out });
}
