//! The AVX-512 token: a virtual vector is one 512-bit register, a mask is one mask register.

use super::lane_math::{LaneKernel, LaneMath, Outline};
use super::lanes::Lanes;
use crate::number::Number;
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
pub(super) unsafe fn call<T: Number, K: LaneKernel<T>>(kernel: K) -> K::Output
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
    ($t:ident, $v:ident, $m:ident, $cast_i:ident, $cast_f:ident, $bits:ty, $set_bits:ident, $shl:ident, $shr:ident, $add_bits:ident, $mantissa:expr,
     $set1:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $fma:ident, $sqrt:ident, $cmp:ident, $blend:ident,
     $load:ident, $load_mask:ident, $store:ident, $store_mask:ident, $transpose:ident, $max:ident, $min:ident) => {
        impl Outline<$t> for Avx512 {
            #[inline(always)]
            fn outline<K: LaneKernel<$t>>(self, kernel: K) -> K::Output {
                op!(call::<$t, K>(kernel))
            }
        }

        impl Lanes<$t> for Avx512 {
            type V = $v;
            type M = $m;
            const NV: usize = 4;
            const MR: [usize; 4] = [12, 12, 8, 6];
            const MASKS_ARE_FREE: bool = true;

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
            fn add_bits(self, a: $v, b: $v) -> $v {
                op!($cast_f($add_bits($cast_i(a), $cast_i(b))))
            }
            #[inline(always)]
            fn all(self, mask: $m) -> bool {
                mask == $m::MAX
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
            fn max(self, a: $v, b: $v) -> $v {
                op!($max(a, b))
            }
            #[inline(always)]
            fn min(self, a: $v, b: $v) -> $v {
                op!($min(a, b))
            }
            #[inline(always)]
            unsafe fn transpose_raw(
                self,
                from: *const $t,
                from_stride: usize,
                (rows, cols): (usize, usize),
                to: *mut $t,
                to_stride: usize,
            ) {
                let lanes = <$t as Number>::LANES;
                for j in (0..cols).step_by(lanes) {
                    let block = (rows, lanes.min(cols - j));
                    op!($transpose(
                        from.wrapping_add(j),
                        from_stride,
                        block,
                        to.add(j * to_stride),
                        to_stride
                    ))
                }
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

/// Transposes 16 × 16 `f32`: interleaves pairs of rows by one and two numbers, then quarters of registers twice.
///
/// # Safety
/// The blocks must be readable and writable, and the CPU have AVX-512 F.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn transpose_f32(
    from: *const f32,
    from_stride: usize,
    (rows, cols): (usize, usize),
    to: *mut f32,
    to_stride: usize,
) {
    let mask = first_lanes(cols) as __mmask16;
    let r: [__m512; 16] = std::array::from_fn(|i| {
        if i < rows {
            // SAFETY: as the caller promises; lanes past the columns are not read.
            unsafe { _mm512_maskz_loadu_ps(mask, from.add(i * from_stride)) }
        } else {
            _mm512_setzero_ps()
        }
    });
    // Quarter q of `pairs[4g + c]` holds column 4q + c of rows 4g … 4g + 3.
    let mut pairs = r;
    for g in 0..4 {
        let (a, b) = (_mm512_unpacklo_ps(r[4 * g], r[4 * g + 1]), _mm512_unpackhi_ps(r[4 * g], r[4 * g + 1]));
        let (c, d) =
            (_mm512_unpacklo_ps(r[4 * g + 2], r[4 * g + 3]), _mm512_unpackhi_ps(r[4 * g + 2], r[4 * g + 3]));
        pairs[4 * g] = _mm512_shuffle_ps::<0b01_00_01_00>(a, c);
        pairs[4 * g + 1] = _mm512_shuffle_ps::<0b11_10_11_10>(a, c);
        pairs[4 * g + 2] = _mm512_shuffle_ps::<0b01_00_01_00>(b, d);
        pairs[4 * g + 3] = _mm512_shuffle_ps::<0b11_10_11_10>(b, d);
    }
    for c in 0..4 {
        let (a, b) = (pairs[c], pairs[4 + c]);
        let (d, e) = (pairs[8 + c], pairs[12 + c]);
        let (ab_even, ab_odd) =
            (_mm512_shuffle_f32x4::<0b10_00_10_00>(a, b), _mm512_shuffle_f32x4::<0b11_01_11_01>(a, b));
        let (de_even, de_odd) =
            (_mm512_shuffle_f32x4::<0b10_00_10_00>(d, e), _mm512_shuffle_f32x4::<0b11_01_11_01>(d, e));
        let columns = [
            _mm512_shuffle_f32x4::<0b10_00_10_00>(ab_even, de_even),
            _mm512_shuffle_f32x4::<0b10_00_10_00>(ab_odd, de_odd),
            _mm512_shuffle_f32x4::<0b11_01_11_01>(ab_even, de_even),
            _mm512_shuffle_f32x4::<0b11_01_11_01>(ab_odd, de_odd),
        ];
        for (q, column) in columns.into_iter().enumerate() {
            if 4 * q + c < cols {
                // SAFETY: as the caller promises.
                unsafe { _mm512_storeu_ps(to.add((4 * q + c) * to_stride), column) }
            }
        }
    }
}

/// Transposes 8 × 8 `f64`: interleaves pairs of rows, then quarters of registers twice.
///
/// # Safety
/// The blocks must be readable and writable, and the CPU have AVX-512 F.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn transpose_f64(
    from: *const f64,
    from_stride: usize,
    (rows, cols): (usize, usize),
    to: *mut f64,
    to_stride: usize,
) {
    let mask = first_lanes(cols) as __mmask8;
    let r: [__m512d; 8] = std::array::from_fn(|i| {
        if i < rows {
            // SAFETY: as the caller promises; lanes past the columns are not read.
            unsafe { _mm512_maskz_loadu_pd(mask, from.add(i * from_stride)) }
        } else {
            _mm512_setzero_pd()
        }
    });
    for c in 0..2 {
        // Quarter q of `p[g]` holds column 2q + c of rows 2g and 2g + 1.
        let p: [__m512d; 4] = std::array::from_fn(|g| {
            let (a, b) = (r[2 * g], r[2 * g + 1]);
            if c == 0 { _mm512_unpacklo_pd(a, b) } else { _mm512_unpackhi_pd(a, b) }
        });
        let (low_even, low_odd) = (
            _mm512_shuffle_f64x2::<0b10_00_10_00>(p[0], p[1]),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(p[0], p[1]),
        );
        let (high_even, high_odd) = (
            _mm512_shuffle_f64x2::<0b10_00_10_00>(p[2], p[3]),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(p[2], p[3]),
        );
        let columns = [
            _mm512_shuffle_f64x2::<0b10_00_10_00>(low_even, high_even),
            _mm512_shuffle_f64x2::<0b10_00_10_00>(low_odd, high_odd),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(low_even, high_even),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(low_odd, high_odd),
        ];
        for (q, column) in columns.into_iter().enumerate() {
            if 2 * q + c < cols {
                // SAFETY: as the caller promises.
                unsafe { _mm512_storeu_pd(to.add((2 * q + c) * to_stride), column) }
            }
        }
    }
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
    _mm512_add_epi32,
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
    _mm512_mask_storeu_ps,
    transpose_f32,
    _mm512_max_ps,
    _mm512_min_ps
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
    _mm512_add_epi64,
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
    _mm512_mask_storeu_pd,
    transpose_f64,
    _mm512_max_pd,
    _mm512_min_pd
);
