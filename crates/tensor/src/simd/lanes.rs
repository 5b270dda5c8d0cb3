//! What a token can do: the operations on virtual vectors.

use crate::number::Number;

/// Operations on virtual vectors of [`Number::LANES`] lanes. Every arithmetic operation is correctly rounded.
pub trait Lanes<T: Number>: Copy + Send + Sync + 'static {
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
