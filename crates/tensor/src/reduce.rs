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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;

    #[test]
    fn sums_have_the_same_bits_on_every_instruction_set() {
        let a = Matrix::<f32>::from_fn(400, 21, |i, j| ((i * 31 + j * 17) % 97) as f32 * 0.37 - 3.0);
        let run = |isa| {
            let mut cols = vec![0.0; 21];
            col_sums(isa, a.view(), &mut cols);
            cols.push(sum(isa, a.as_slice()));
            cols.push(dot(isa, a.row(3), a.row(4)));
            cols.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        for isa in Isa::all_exact() {
            assert_eq!(run(isa), run(Isa::SCALAR));
        }
    }

    #[test]
    fn sums_of_small_integers_are_exact() {
        let a = Matrix::<f64>::from_fn(200, 3, |i, j| (i + j) as f64);
        let mut cols = [0.0; 3];
        col_sums(Isa::best(), a.view(), &mut cols);
        assert_eq!(cols, [19900.0, 20100.0, 20300.0]);
        assert_eq!(sum(Isa::best(), &[1.0_f32; 100]), 100.0);
        let mut y = [1.0; 9];
        axpy(Isa::best(), 2.0, &[0.5; 9], &mut y);
        assert_eq!(y, [2.0; 9]);
    }

    #[test]
    fn one_number_that_is_not_finite_is_found_wherever_it_is() {
        for len in [1, 7, 64, 65, 200, 5000, PARALLEL + 3] {
            let mut x: Vec<f32> = [f32::MAX, f32::MIN, -0.0, 1e-45].into_iter().cycle().take(len).collect();
            assert!(all_finite(&x));
            for (at, bad) in [(0, f32::NAN), (len / 2, f32::INFINITY), (len - 1, f32::NEG_INFINITY)] {
                let good = std::mem::replace(&mut x[at], bad);
                assert!(!all_finite(&x), "{bad} at {at} of {len}");
                x[at] = good;
            }
        }
        assert!(all_finite::<f64>(&[]) && all_finite(&[f64::MAX; 9]) && !all_finite(&[0.0, f64::NAN]));
    }
}
