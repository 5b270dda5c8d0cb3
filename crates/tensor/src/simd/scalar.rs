//! The scalar token: plain Rust, one lane after the other. It is the oracle for the other tokens and the
//! fallback for targets without one.

use super::lane_math::{LaneKernel, Outline};
use super::lanes::Lanes;

/// The token of plain Rust code; always available.
#[derive(Clone, Copy, Debug)]
pub struct ScalarLanes;

/// One implementation of [`Lanes`] for arrays.
macro_rules! impl_lanes {
    ($t:ident, $u:ident, $n:expr, $mantissa:expr) => {
        impl Outline<$t> for ScalarLanes {
            #[inline(always)]
            fn outline<K: LaneKernel<$t>>(self, kernel: K) -> K::Output {
                kernel.run(self)
            }
        }

        impl Lanes<$t> for ScalarLanes {
            type V = [$t; $n];
            type M = [bool; $n];
            const NV: usize = 1;
            const MR: [usize; 4] = [4, 0, 0, 0];
            const MASKS_ARE_FREE: bool = false;

            #[inline(always)]
            fn splat(self, x: $t) -> Self::V {
                [x; $n]
            }
            #[inline(always)]
            fn splat_bits(self, bits: u64) -> Self::V {
                [$t::from_bits(bits as $u); $n]
            }
            #[inline(always)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|i| a[i] + b[i])
            }
            #[inline(always)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|i| a[i] - b[i])
            }
            #[inline(always)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|i| a[i] * b[i])
            }
            #[inline(always)]
            fn div(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|i| a[i] / b[i])
            }
            // Without the instruction each lane is a call of the C library: inlined everywhere, these calls were a quarter of the program.
            #[cfg_attr(target_arch = "x86_64", inline(never))]
            #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
            #[expect(clippy::disallowed_methods, reason = "the lane layer's own fused multiply-add")]
            fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
            }
            #[inline(always)]
            fn sqrt(self, a: Self::V) -> Self::V {
                std::array::from_fn(|i| a[i].sqrt())
            }
            #[inline(always)]
            fn and(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|i| $t::from_bits(a[i].to_bits() & b[i].to_bits()))
            }
            #[inline(always)]
            fn or(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|i| $t::from_bits(a[i].to_bits() | b[i].to_bits()))
            }
            #[inline(always)]
            fn xor(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|i| $t::from_bits(a[i].to_bits() ^ b[i].to_bits()))
            }
            #[inline(always)]
            fn shl_mantissa(self, a: Self::V) -> Self::V {
                std::array::from_fn(|i| $t::from_bits(a[i].to_bits() << $mantissa))
            }
            #[inline(always)]
            fn shr_mantissa(self, a: Self::V) -> Self::V {
                std::array::from_fn(|i| $t::from_bits(a[i].to_bits() >> $mantissa))
            }
            #[inline(always)]
            fn add_bits(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|i| $t::from_bits(a[i].to_bits().wrapping_add(b[i].to_bits())))
            }
            #[inline(always)]
            fn all(self, mask: Self::M) -> bool {
                mask == [true; $n]
            }
            #[inline(always)]
            fn lt(self, a: Self::V, b: Self::V) -> Self::M {
                std::array::from_fn(|i| a[i] < b[i])
            }
            #[inline(always)]
            fn le(self, a: Self::V, b: Self::V) -> Self::M {
                std::array::from_fn(|i| a[i] <= b[i])
            }
            #[inline(always)]
            fn eq(self, a: Self::V, b: Self::V) -> Self::M {
                std::array::from_fn(|i| a[i] == b[i])
            }
            #[inline(always)]
            fn select(self, mask: Self::M, yes: Self::V, no: Self::V) -> Self::V {
                std::array::from_fn(|i| if mask[i] { yes[i] } else { no[i] })
            }
            #[inline(always)]
            unsafe fn load_raw(self, p: *const $t) -> Self::V {
                // SAFETY: the caller promises `LANES` readable elements; the read asks for no more than their alignment.
                unsafe { p.cast::<[$t; $n]>().read() }
            }
            #[inline(always)]
            unsafe fn load_raw_part(self, p: *const $t, n: usize) -> Self::V {
                // SAFETY: only the `n` elements that the caller promises are read.
                std::array::from_fn(|i| if i < n { unsafe { *p.add(i) } } else { 0.0 })
            }
            #[inline(always)]
            unsafe fn store_raw(self, p: *mut $t, v: Self::V) {
                // SAFETY: the caller promises `LANES` writable elements.
                unsafe { p.cast::<[$t; $n]>().write(v) }
            }
            #[inline(always)]
            unsafe fn store_raw_part(self, p: *mut $t, n: usize, v: Self::V) {
                for (i, x) in v.into_iter().enumerate().take(n) {
                    // SAFETY: only the `n` elements that the caller promises are written.
                    unsafe { *p.add(i) = x }
                }
            }
        }
    };
}

impl_lanes!(f32, u32, 16, 23);
impl_lanes!(f64, u64, 8, 52);
