//! The AVX-512 token: a virtual vector is one 512-bit register, a mask is one mask register.

use super::{LaneKernel, LaneMath, Lanes};
use crate::scalar::Scalar;
use std::arch::x86_64::*;

/// Proof that the CPU has AVX-512 F, DQ, BW and VL, AVX2 and FMA. Made only by the dispatcher.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

/// Runs a kernel compiled with AVX-512.
///
/// # Safety
/// The CPU must have the instructions named in the attribute.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
pub(super) unsafe fn call<T: Scalar, K: LaneKernel<T>>(kernel: K) -> K::Output
where
    Avx512: LaneMath<T>,
{
    kernel.run(Avx512(()))
}

/// An intrinsic behind the token.
macro_rules! op {
    ($e:expr) => {
        // SAFETY: the token proves that the CPU has the instruction.
        unsafe { $e }
    };
}

macro_rules! impl_lanes {
    ($t:ident, $v:ident, $m:ident, $cast_i:ident, $cast_f:ident, $bits:ty, $set_bits:ident, $shl:ident, $shr:ident, $mantissa:expr,
     $set1:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $fma:ident, $sqrt:ident, $cmp:ident, $blend:ident,
     $load:ident, $load_mask:ident, $store:ident, $store_mask:ident) => {
        impl Lanes<$t> for Avx512 {
            type V = $v;
            type M = $m;
            const MR: usize = 6;
            const NV: usize = 4;

            #[inline(always)]
            fn outline<K: LaneKernel<$t>>(self, kernel: K) -> K::Output {
                op!(call::<$t, K>(kernel))
            }
            #[inline(always)]
            fn splat(self, x: $t) -> $v {
                op!($set1(x))
            }
            #[inline(always)]
            fn splat_bits(self, bits: u64) -> $v {
                op!($cast_f($set_bits(bits as $bits)))
            }
            #[inline(always)]
            fn add(self, a: $v, b: $v) -> $v {
                op!($add(a, b))
            }
            #[inline(always)]
            fn sub(self, a: $v, b: $v) -> $v {
                op!($sub(a, b))
            }
            #[inline(always)]
            fn mul(self, a: $v, b: $v) -> $v {
                op!($mul(a, b))
            }
            #[inline(always)]
            fn div(self, a: $v, b: $v) -> $v {
                op!($div(a, b))
            }
            #[inline(always)]
            fn fma(self, a: $v, b: $v, c: $v) -> $v {
                op!($fma(a, b, c))
            }
            #[inline(always)]
            fn sqrt(self, a: $v) -> $v {
                op!($sqrt(a))
            }
            #[inline(always)]
            fn and(self, a: $v, b: $v) -> $v {
                op!($cast_f(_mm512_and_si512($cast_i(a), $cast_i(b))))
            }
            #[inline(always)]
            fn or(self, a: $v, b: $v) -> $v {
                op!($cast_f(_mm512_or_si512($cast_i(a), $cast_i(b))))
            }
            #[inline(always)]
            fn xor(self, a: $v, b: $v) -> $v {
                op!($cast_f(_mm512_xor_si512($cast_i(a), $cast_i(b))))
            }
            #[inline(always)]
            fn shl_mantissa(self, a: $v) -> $v {
                op!($cast_f($shl::<$mantissa>($cast_i(a))))
            }
            #[inline(always)]
            fn shr_mantissa(self, a: $v) -> $v {
                op!($cast_f($shr::<$mantissa>($cast_i(a))))
            }
            #[inline(always)]
            fn lt(self, a: $v, b: $v) -> $m {
                op!($cmp::<_CMP_LT_OQ>(a, b))
            }
            #[inline(always)]
            fn le(self, a: $v, b: $v) -> $m {
                op!($cmp::<_CMP_LE_OQ>(a, b))
            }
            #[inline(always)]
            fn eq(self, a: $v, b: $v) -> $m {
                op!($cmp::<_CMP_EQ_OQ>(a, b))
            }
            #[inline(always)]
            fn select(self, mask: $m, yes: $v, no: $v) -> $v {
                op!($blend(mask, no, yes))
            }
            #[inline(always)]
            unsafe fn load_raw(self, p: *const $t) -> $v {
                op!($load(p))
            }
            #[inline(always)]
            unsafe fn load_raw_part(self, p: *const $t, n: usize) -> $v {
                op!($load_mask(first_lanes(n) as $m, p))
            }
            #[inline(always)]
            unsafe fn store_raw(self, p: *mut $t, v: $v) {
                op!($store(p, v))
            }
            #[inline(always)]
            unsafe fn store_raw_part(self, p: *mut $t, n: usize, v: $v) {
                op!($store_mask(p, first_lanes(n) as $m, v))
            }
        }
    };
}

/// The mask of the first `n < 32` lanes.
#[inline(always)]
fn first_lanes(n: usize) -> u32 {
    (1_u32 << n) - 1
}

impl_lanes!(
    f32,
    __m512,
    __mmask16,
    _mm512_castps_si512,
    _mm512_castsi512_ps,
    i32,
    _mm512_set1_epi32,
    _mm512_slli_epi32,
    _mm512_srli_epi32,
    23,
    _mm512_set1_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    _mm512_div_ps,
    _mm512_fmadd_ps,
    _mm512_sqrt_ps,
    _mm512_cmp_ps_mask,
    _mm512_mask_blend_ps,
    _mm512_loadu_ps,
    _mm512_maskz_loadu_ps,
    _mm512_storeu_ps,
    _mm512_mask_storeu_ps
);
impl_lanes!(
    f64,
    __m512d,
    __mmask8,
    _mm512_castpd_si512,
    _mm512_castsi512_pd,
    i64,
    _mm512_set1_epi64,
    _mm512_slli_epi64,
    _mm512_srli_epi64,
    52,
    _mm512_set1_pd,
    _mm512_add_pd,
    _mm512_sub_pd,
    _mm512_mul_pd,
    _mm512_div_pd,
    _mm512_fmadd_pd,
    _mm512_sqrt_pd,
    _mm512_cmp_pd_mask,
    _mm512_mask_blend_pd,
    _mm512_loadu_pd,
    _mm512_maskz_loadu_pd,
    _mm512_storeu_pd,
    _mm512_mask_storeu_pd
);
