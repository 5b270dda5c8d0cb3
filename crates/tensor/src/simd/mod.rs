//! The lane layer: code written once over a *token* and compiled for each instruction set.
//!
//! A token (`ScalarLanes`, `Avx2`, `Avx512`) is a value that proves the CPU has its instructions, so the
//! operations behind it are safe to call. Every token shows the same virtual vector, 16 lanes of `f32` or
//! 8 of `f64`, and every operation is one correctly rounded IEEE operation a lane: so a loop over lanes gives
//! the same bits with every token.
//!
//! To write such a loop, implement [`LaneKernel`] for a struct that holds the operands, mark `run` and all that it
//! calls `#[inline(always)]`, and call [`Scalar::dispatch`]:
//!
//! ```
//! use planish_tensor::{Isa, Scalar, simd::{LaneKernel, LaneMath}};
//!
//! /// y ← a·x + y
//! struct Axpy<'a, T>(T, &'a [T], &'a mut [T]);
//!
//! impl<T: Scalar> LaneKernel<T> for Axpy<'_, T> {
//!     type Output = ();
//!     #[inline(always)]
//!     fn run<S: LaneMath<T>>(self, s: S) {
//!         let Axpy(a, x, y) = self;
//!         let a = s.splat(a);
//!         for i in (0..y.len()).step_by(T::LANES) {
//!             let v = s.fma(a, s.load_at(x, i), s.load_at(y, i));
//!             s.store_at(y, i, v);
//!         }
//!     }
//! }
//!
//! let mut y = [1.0_f64; 11];
//! f64::dispatch(Isa::best(), Axpy(2.0, &[3.0; 11], &mut y));
//! assert_eq!(y, [7.0; 11]);
//! ```

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod scalar;

use crate::isa::{Isa, Kind};
pub use crate::math::LaneMath;
use crate::scalar::Scalar;
#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
pub use scalar::ScalarLanes;

/// A loop written over lanes, to be compiled for each instruction set.
pub trait LaneKernel<T: Scalar> {
    /// What the loop returns.
    type Output;
    /// The loop. Mark it `#[inline(always)]`, or it is not compiled with the token's instructions.
    fn run<S: LaneMath<T>>(self, s: S) -> Self::Output;
}

/// Operations on virtual vectors of [`Scalar::LANES`] lanes. Every arithmetic operation is correctly rounded.
pub trait Lanes<T: Scalar>: Copy + Send + Sync + 'static {
    /// A virtual vector.
    type V: Copy;
    /// A truth value a lane.
    type M: Copy;
    /// Virtual vectors in the widest row of a matrix product's tile.
    const NV: usize;
    /// Most rows of a tile of 1, 2, 3 and 4 vectors: as many accumulators as there are registers to spare.
    const MR: [usize; 4];
    /// Whether a masked load costs no more than a full one, in time and registers.
    const MASKS_ARE_FREE: bool;

    /// Runs a kernel with this token in a function of its own, for code too large to be inlined at every use.
    fn outline<K: LaneKernel<T>>(self, kernel: K) -> K::Output;

    /// All lanes the same.
    fn splat(self, x: T) -> Self::V;
    /// All lanes these bits (the low 32 of them for `f32`).
    fn splat_bits(self, bits: u64) -> Self::V;
    /// a + b
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a − b
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// a · b
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// a / b
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// a · b + c, rounded once
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// √a
    fn sqrt(self, a: Self::V) -> Self::V;
    /// Bitwise and.
    fn and(self, a: Self::V, b: Self::V) -> Self::V;
    /// Bitwise or.
    fn or(self, a: Self::V, b: Self::V) -> Self::V;
    /// Bitwise exclusive or.
    fn xor(self, a: Self::V, b: Self::V) -> Self::V;
    /// Shifts the bits left by the width of the mantissa field (23 or 52): integers become exponents.
    fn shl_mantissa(self, a: Self::V) -> Self::V;
    /// Shifts the bits right by the width of the mantissa field.
    fn shr_mantissa(self, a: Self::V) -> Self::V;
    /// The sum of the bits as integers, modulo 2³² or 2⁶⁴.
    fn add_bits(self, a: Self::V, b: Self::V) -> Self::V;
    /// Whether the mask holds in every lane.
    fn all(self, mask: Self::M) -> bool;
    /// a < b; false where either is NaN.
    fn lt(self, a: Self::V, b: Self::V) -> Self::M;
    /// a ≤ b; false where either is NaN.
    fn le(self, a: Self::V, b: Self::V) -> Self::M;
    /// a = b; false where either is NaN.
    fn eq(self, a: Self::V, b: Self::V) -> Self::M;
    /// `yes` where the mask holds, `no` elsewhere.
    fn select(self, mask: Self::M, yes: Self::V, no: Self::V) -> Self::V;

    /// Loads a full vector.
    ///
    /// # Safety
    /// `LANES` elements at `p` must be readable.
    unsafe fn load_raw(self, p: *const T) -> Self::V;
    /// Loads the first `n < LANES` lanes; the rest are zero and their memory is not touched.
    ///
    /// # Safety
    /// `n` elements at `p` must be readable.
    unsafe fn load_raw_part(self, p: *const T, n: usize) -> Self::V;
    /// Stores a full vector.
    ///
    /// # Safety
    /// `LANES` elements at `p` must be writable.
    unsafe fn store_raw(self, p: *mut T, v: Self::V);
    /// Stores the first `n < LANES` lanes; other memory is not touched.
    ///
    /// # Safety
    /// `n` elements at `p` must be writable.
    unsafe fn store_raw_part(self, p: *mut T, n: usize, v: Self::V);

    /// Transposes at most `LANES` rows of `cols` numbers: to[j·to_stride + i] ← from[i·from_stride + j] for i < `rows` and
    /// j < `cols`; for `rows` ≤ i < `LANES` it writes zeros.
    ///
    /// # Safety
    /// `rows` rows of `cols` numbers must be readable, `cols` rows of `LANES` numbers writable.
    #[inline(always)]
    unsafe fn transpose_raw(
        self,
        from: *const T,
        from_stride: usize,
        (rows, cols): (usize, usize),
        to: *mut T,
        to_stride: usize,
    ) {
        for i in 0..T::LANES {
            for j in 0..cols {
                // SAFETY: as the caller promises.
                unsafe {
                    *to.add(j * to_stride + i) =
                        if i < rows { *from.add(i * from_stride + j) } else { T::ZERO }
                }
            }
        }
    }

    /// Asks for the cache line at this address; it need not be readable.
    #[inline(always)]
    fn prefetch(self, p: *const T) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: a prefetch of any address does nothing but move caches, and every x86-64 has the instruction.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
        }
        let _ = p;
    }

    /// −a, by flipping the sign bit.
    #[inline(always)]
    fn neg(self, a: Self::V) -> Self::V {
        self.xor(a, self.splat(-T::ZERO))
    }
    /// |a|, by clearing the sign bit.
    #[inline(always)]
    fn abs(self, a: Self::V) -> Self::V {
        self.xor(a, self.and(a, self.splat(-T::ZERO)))
    }
    /// |a| with the sign of `sign`.
    #[inline(always)]
    fn copysign(self, a: Self::V, sign: Self::V) -> Self::V {
        self.or(self.abs(a), self.and(sign, self.splat(-T::ZERO)))
    }
    /// The larger; `b` where either is NaN.
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        self.select(self.lt(b, a), a, b)
    }
    /// The smaller; `b` where either is NaN.
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        self.select(self.lt(a, b), a, b)
    }

    /// Loads elements `i..` of the slice; past its end lanes are zero.
    #[inline(always)]
    fn load_at(self, x: &[T], i: usize) -> Self::V {
        let rest = &x[i..];
        // SAFETY: the slice holds as many elements as each branch reads.
        unsafe {
            if rest.len() >= T::LANES {
                self.load_raw(rest.as_ptr())
            } else {
                self.load_raw_part(rest.as_ptr(), rest.len())
            }
        }
    }
    /// As [`Lanes::load_at`], with `pad` in the lanes past the end.
    #[inline(always)]
    fn load_at_or(self, x: &[T], i: usize, pad: T) -> Self::V {
        let rest = x.len() - i;
        let v = self.load_at(x, i);
        if rest >= T::LANES {
            v
        } else {
            self.select(self.lt(self.iota(), self.splat(T::from_f64(rest as f64))), v, self.splat(pad))
        }
    }
    /// Stores to elements `i..` of the slice; lanes past its end are dropped.
    #[inline(always)]
    fn store_at(self, x: &mut [T], i: usize, v: Self::V) {
        let rest = &mut x[i..];
        // SAFETY: the slice holds as many elements as each branch writes.
        unsafe {
            if rest.len() >= T::LANES {
                self.store_raw(rest.as_mut_ptr(), v)
            } else {
                self.store_raw_part(rest.as_mut_ptr(), rest.len(), v)
            }
        }
    }
    /// The lane numbers 0, 1, 2 …
    #[inline(always)]
    fn iota(self) -> Self::V {
        let mut lanes = [T::ZERO; 16];
        for (i, x) in lanes.iter_mut().enumerate() {
            *x = T::from_f64(i as f64);
        }
        self.load_at(&lanes, 0)
    }
    /// The sum of the lanes by a fixed tree: lane i joins lane i + half, and so on.
    #[inline(always)]
    fn sum(self, v: Self::V) -> T {
        let mut lanes = [T::ZERO; 16];
        self.store_at(&mut lanes, 0, v);
        let mut half = T::LANES / 2;
        while half > 0 {
            for i in 0..half {
                lanes[i] += lanes[i + half];
            }
            half /= 2;
        }
        lanes[0]
    }
    /// The largest lane; NaN if any lane is NaN.
    #[inline(always)]
    fn max_lane(self, v: Self::V) -> T {
        let mut lanes = [T::ZERO; 16];
        self.store_at(&mut lanes, 0, v);
        let mut best = lanes[0];
        for &x in &lanes[1..T::LANES] {
            if x > best || x.partial_cmp(&x).is_none() {
                best = x;
            }
        }
        best
    }
}

/// Runs the kernel with the token of this instruction set.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn dispatch<T, K>(isa: Isa, kernel: K) -> K::Output
where
    T: Scalar,
    K: LaneKernel<T>,
    ScalarLanes: LaneMath<T>,
    Avx2: LaneMath<T>,
    Avx512: LaneMath<T>,
{
    match isa.kind() {
        Kind::Scalar | Kind::Portable => kernel.run(ScalarLanes),
        // SAFETY: an `Isa` of this kind is only made after detecting the instructions.
        Kind::Avx2 => unsafe { avx2::call::<T, K>(kernel) },
        // SAFETY: as above.
        Kind::Avx512 => unsafe { avx512::call::<T, K>(kernel) },
    }
}

/// Runs the kernel with the scalar token, the only one here.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn dispatch<T, K>(isa: Isa, kernel: K) -> K::Output
where
    T: Scalar,
    K: LaneKernel<T>,
    ScalarLanes: LaneMath<T>,
{
    match isa.kind() {
        Kind::Scalar | Kind::Portable => kernel.run(ScalarLanes),
    }
}
