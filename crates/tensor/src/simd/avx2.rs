//! The AVX2 token: a virtual vector is two 256-bit registers, lanes 0–7 (0–3 for `f64`) in the first.

use super::lane_math::{LaneKernel, LaneMath, Outline};
use super::lanes::Lanes;
use crate::number::Number;
use std::arch::x86_64::*;

/// Proof that the CPU has AVX2 and FMA. Made only by the dispatcher.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

/// Runs a kernel compiled with AVX2 and FMA.
///
/// # Safety
/// The CPU must have the instructions named in the attribute.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn call<T: Number, K: LaneKernel<T>>(kernel: K) -> K::Output
where
    Avx2: LaneMath<T>,
{
    kernel.run(Avx2(()))
}

/// An intrinsic behind the token, applied to both halves.
macro_rules! both {
    ($f:path, $($a:expr),+) => {
        // SAFETY: the token proves that the CPU has the instruction.
        unsafe { [$f($($a[0]),+), $f($($a[1]),+)] }
    };
}

/// An expression of intrinsics behind the token.
macro_rules! op {
    ($e:expr) => {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe { $e }
    };
}

macro_rules! impl_lanes {
    ($t:ident, $v:ident, $half:expr, $cast_i:ident, $cast_f:ident, $bits:ty, $set_bits:ident, $shl:ident, $shr:ident, $add_bits:ident, $mantissa:expr,
     $set1:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $fma:ident, $sqrt:ident, $and:ident, $or:ident, $xor:ident,
     $cmp:ident, $andnot:ident, $load:ident, $load_mask:ident, $store:ident, $store_first:ident, $mask_table:ident, $transpose:ident, $max:ident, $min:ident, $movemask:ident) => {
        impl Outline<$t> for Avx2 {
            #[inline(always)]
            fn outline<K: LaneKernel<$t>>(self, kernel: K) -> K::Output {
                op!(call::<$t, K>(kernel))
            }
        }

        impl Lanes<$t> for Avx2 {
            type V = [$v; 2];
            type M = [$v; 2];
            const NV: usize = 1;
            const MR: [usize; 4] = [6, 0, 0, 0];
            const MASKS_ARE_FREE: bool = false;

            #[inline(always)]
            fn splat(self, x: $t) -> Self::V {
                op!([$set1(x); 2])
            }
            #[inline(always)]
            fn splat_bits(self, bits: u64) -> Self::V {
                op!([$cast_f($set_bits(bits as $bits)); 2])
            }
            #[inline(always)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                both!($add, a, b)
            }
            #[inline(always)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                both!($sub, a, b)
            }
            #[inline(always)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                both!($mul, a, b)
            }
            #[inline(always)]
            fn div(self, a: Self::V, b: Self::V) -> Self::V {
                both!($div, a, b)
            }
            #[inline(always)]
            fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                both!($fma, a, b, c)
            }
            #[inline(always)]
            fn sqrt(self, a: Self::V) -> Self::V {
                both!($sqrt, a)
            }
            #[inline(always)]
            fn and(self, a: Self::V, b: Self::V) -> Self::V {
                both!($and, a, b)
            }
            #[inline(always)]
            fn or(self, a: Self::V, b: Self::V) -> Self::V {
                both!($or, a, b)
            }
            #[inline(always)]
            fn xor(self, a: Self::V, b: Self::V) -> Self::V {
                both!($xor, a, b)
            }
            #[inline(always)]
            fn shl_mantissa(self, a: Self::V) -> Self::V {
                op!([$cast_f($shl::<$mantissa>($cast_i(a[0]))), $cast_f($shl::<$mantissa>($cast_i(a[1])))])
            }
            #[inline(always)]
            fn shr_mantissa(self, a: Self::V) -> Self::V {
                op!([$cast_f($shr::<$mantissa>($cast_i(a[0]))), $cast_f($shr::<$mantissa>($cast_i(a[1])))])
            }
            #[inline(always)]
            fn add_bits(self, a: Self::V, b: Self::V) -> Self::V {
                op!([
                    $cast_f($add_bits($cast_i(a[0]), $cast_i(b[0]))),
                    $cast_f($add_bits($cast_i(a[1]), $cast_i(b[1])))
                ])
            }
            #[inline(always)]
            fn all(self, mask: Self::M) -> bool {
                op!($movemask($and(mask[0], mask[1]))) == (1 << $half) - 1
            }
            #[inline(always)]
            fn lt(self, a: Self::V, b: Self::V) -> Self::M {
                both!($cmp::<_CMP_LT_OQ>, a, b)
            }
            #[inline(always)]
            fn le(self, a: Self::V, b: Self::V) -> Self::M {
                both!($cmp::<_CMP_LE_OQ>, a, b)
            }
            #[inline(always)]
            fn eq(self, a: Self::V, b: Self::V) -> Self::M {
                both!($cmp::<_CMP_EQ_OQ>, a, b)
            }
            #[inline(always)]
            fn select(self, mask: Self::M, yes: Self::V, no: Self::V) -> Self::V {
                // Not as a blend: the compiler makes a blend that is stored where one side was loaded into a masked store, and these take
                // some 40 micro-operations on Zen.
                op!([
                    $or($and(mask[0], yes[0]), $andnot(mask[0], no[0])),
                    $or($and(mask[1], yes[1]), $andnot(mask[1], no[1]))
                ])
            }
            #[inline(always)]
            fn max(self, a: Self::V, b: Self::V) -> Self::V {
                both!($max, a, b)
            }
            #[inline(always)]
            fn min(self, a: Self::V, b: Self::V) -> Self::V {
                both!($min, a, b)
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
                // Half of the rows first, along all columns: where rows are a power of two apart, more lines than L1 has ways
                // would fall into one of its sets.
                for i in [0, $half] {
                    for j in (0..cols).step_by($half) {
                        let left = (rows.saturating_sub(i), cols - j);
                        op!($transpose(
                            from.wrapping_add(i * from_stride + j),
                            from_stride,
                            left,
                            to.add(j * to_stride + i),
                            to_stride
                        ));
                    }
                }
            }
            #[inline(always)]
            unsafe fn load_raw(self, p: *const $t) -> Self::V {
                op!([$load(p), $load(p.add($half))])
            }
            #[inline(always)]
            unsafe fn load_raw_part(self, p: *const $t, n: usize) -> Self::V {
                let (low, high) = (n.min($half), n.saturating_sub($half));
                // The second pointer may lie past the end, but then its mask is empty and nothing is read.
                op!([$load_mask(p, $mask_table(low)), $load_mask(p.wrapping_add($half), $mask_table(high))])
            }
            #[inline(always)]
            unsafe fn store_raw(self, p: *mut $t, v: Self::V) {
                op!({
                    $store(p, v[0]);
                    $store(p.add($half), v[1]);
                })
            }
            #[inline(always)]
            unsafe fn store_raw_part(self, p: *mut $t, n: usize, v: Self::V) {
                op!({
                    if n < $half {
                        $store_first(p, n, v[0]);
                    } else {
                        $store(p, v[0]);
                        $store_first(p.add($half), n - $half, v[1]);
                    }
                })
            }
        }
    };
}

/// Transposes 8 × 8 `f32`: interleaves pairs of rows by one and two numbers, then halves of registers.
///
/// # Safety
/// The blocks must be readable and writable, and the CPU have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn transpose_f32(
    from: *const f32,
    from_stride: usize,
    (rows, cols): (usize, usize),
    to: *mut f32,
    to_stride: usize,
) {
    if rows >= 8 && cols >= 8 {
        // SAFETY: as the caller promises.
        return unsafe { transpose_full_f32(from, from_stride, to, to_stride) };
    }
    if rows == 0 {
        for j in 0..cols.min(8) {
            // SAFETY: as the caller promises.
            unsafe { _mm256_storeu_ps(to.add(j * to_stride), _mm256_setzero_ps()) }
        }
        return;
    }
    let mask = first_of_8(cols.min(8));
    let r: [__m256; 8] = std::array::from_fn(|i| {
        if i < rows {
            // SAFETY: as the caller promises; lanes past the columns are not read.
            unsafe { _mm256_maskload_ps(from.add(i * from_stride), mask) }
        } else {
            _mm256_setzero_ps()
        }
    });
    for c in 0..4 {
        // Half h of `p[g]` holds column 4h + c of rows 4g … 4g + 3.
        let p: [__m256; 2] = std::array::from_fn(|g| {
            let rows = &r[4 * g..4 * g + 4];
            let (a, b) = if c < 2 {
                (_mm256_unpacklo_ps(rows[0], rows[1]), _mm256_unpacklo_ps(rows[2], rows[3]))
            } else {
                (_mm256_unpackhi_ps(rows[0], rows[1]), _mm256_unpackhi_ps(rows[2], rows[3]))
            };
            if c % 2 == 0 {
                _mm256_shuffle_ps::<0b01_00_01_00>(a, b)
            } else {
                _mm256_shuffle_ps::<0b11_10_11_10>(a, b)
            }
        });
        let columns = [
            (c, _mm256_permute2f128_ps::<0x20>(p[0], p[1])),
            (4 + c, _mm256_permute2f128_ps::<0x31>(p[0], p[1])),
        ];
        for (at, column) in columns {
            if at < cols {
                // SAFETY: as the caller promises.
                unsafe { _mm256_storeu_ps(to.add(at * to_stride), column) }
            }
        }
    }
}

/// As [`transpose_f32`], for a full block: quarters of rows i and i + 4 are joined as they are loaded, which spares shuffles.
///
/// # Safety
/// The blocks must be readable and writable, and the CPU have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn transpose_full_f32(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
    for h in 0..2 {
        let r: [__m256; 4] = std::array::from_fn(|i| {
            // SAFETY: as the caller promises.
            unsafe {
                let row = from.add(i * from_stride + 4 * h);
                let low = _mm256_castps128_ps256(_mm_loadu_ps(row));
                _mm256_insertf128_ps::<1>(low, _mm_loadu_ps(row.add(4 * from_stride)))
            }
        });
        let (ab_low, ab_high) = (_mm256_unpacklo_ps(r[0], r[1]), _mm256_unpackhi_ps(r[0], r[1]));
        let (cd_low, cd_high) = (_mm256_unpacklo_ps(r[2], r[3]), _mm256_unpackhi_ps(r[2], r[3]));
        let columns = [
            _mm256_shuffle_ps::<0b01_00_01_00>(ab_low, cd_low),
            _mm256_shuffle_ps::<0b11_10_11_10>(ab_low, cd_low),
            _mm256_shuffle_ps::<0b01_00_01_00>(ab_high, cd_high),
            _mm256_shuffle_ps::<0b11_10_11_10>(ab_high, cd_high),
        ];
        for (c, column) in columns.into_iter().enumerate() {
            // SAFETY: as the caller promises.
            unsafe { _mm256_storeu_ps(to.add((4 * h + c) * to_stride), column) }
        }
    }
}

/// Transposes 4 × 4 `f64`: interleaves pairs of rows, then halves of registers.
///
/// # Safety
/// The blocks must be readable and writable, and the CPU have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn transpose_f64(
    from: *const f64,
    from_stride: usize,
    (rows, cols): (usize, usize),
    to: *mut f64,
    to_stride: usize,
) {
    let mask = first_of_4(cols.min(4));
    let r: [__m256d; 4] = std::array::from_fn(|i| {
        if i < rows {
            // SAFETY: as the caller promises; lanes past the columns are not read.
            unsafe { _mm256_maskload_pd(from.add(i * from_stride), mask) }
        } else {
            _mm256_setzero_pd()
        }
    });
    let (a, b) = (_mm256_unpacklo_pd(r[0], r[1]), _mm256_unpacklo_pd(r[2], r[3]));
    let (c, d) = (_mm256_unpackhi_pd(r[0], r[1]), _mm256_unpackhi_pd(r[2], r[3]));
    let columns = [
        _mm256_permute2f128_pd::<0x20>(a, b),
        _mm256_permute2f128_pd::<0x20>(c, d),
        _mm256_permute2f128_pd::<0x31>(a, b),
        _mm256_permute2f128_pd::<0x31>(c, d),
    ];
    for (at, column) in columns.into_iter().enumerate().take(cols) {
        // SAFETY: as the caller promises.
        unsafe { _mm256_storeu_pd(to.add(at * to_stride), column) }
    }
}

/// Stores the first `n < 8` lanes in pieces of 4, 2 and 1: a masked store takes some 40 micro-operations on Zen.
///
/// # Safety
/// `n` elements at `p` must be writable, and the CPU have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_first_f32(mut p: *mut f32, n: usize, v: __m256) {
    let mut rest = _mm256_castps256_ps128(v);
    // SAFETY: the pieces add up to n elements.
    unsafe {
        if n & 4 != 0 {
            _mm_storeu_ps(p, rest);
            rest = _mm256_extractf128_ps::<1>(v);
            p = p.add(4);
        }
        if n & 2 != 0 {
            _mm_storel_pd(p.cast(), _mm_castps_pd(rest));
            rest = _mm_movehl_ps(rest, rest);
            p = p.add(2);
        }
        if n & 1 != 0 {
            _mm_store_ss(p, rest);
        }
    }
}

/// Stores the first `n < 4` lanes in pieces of 2 and 1.
///
/// # Safety
/// `n` elements at `p` must be writable, and the CPU have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_first_f64(mut p: *mut f64, n: usize, v: __m256d) {
    let mut rest = _mm256_castpd256_pd128(v);
    // SAFETY: the pieces add up to n elements.
    unsafe {
        if n & 2 != 0 {
            _mm_storeu_pd(p, rest);
            rest = _mm256_extractf128_pd::<1>(v);
            p = p.add(2);
        }
        if n & 1 != 0 {
            _mm_store_sd(p, rest);
        }
    }
}

/// The mask of the first `n ≤ 8` lanes of eight.
#[inline(always)]
fn first_of_8(n: usize) -> __m256i {
    op!(_mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)))
}

/// The mask of the first `n ≤ 4` lanes of four.
#[inline(always)]
fn first_of_4(n: usize) -> __m256i {
    op!(_mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), _mm256_setr_epi64x(0, 1, 2, 3)))
}

impl_lanes!(
    f32,
    __m256,
    8,
    _mm256_castps_si256,
    _mm256_castsi256_ps,
    i32,
    _mm256_set1_epi32,
    _mm256_slli_epi32,
    _mm256_srli_epi32,
    _mm256_add_epi32,
    23,
    _mm256_set1_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_fmadd_ps,
    _mm256_sqrt_ps,
    _mm256_and_ps,
    _mm256_or_ps,
    _mm256_xor_ps,
    _mm256_cmp_ps,
    _mm256_andnot_ps,
    _mm256_loadu_ps,
    _mm256_maskload_ps,
    _mm256_storeu_ps,
    store_first_f32,
    first_of_8,
    transpose_f32,
    _mm256_max_ps,
    _mm256_min_ps,
    _mm256_movemask_ps
);
impl_lanes!(
    f64,
    __m256d,
    4,
    _mm256_castpd_si256,
    _mm256_castsi256_pd,
    i64,
    _mm256_set1_epi64x,
    _mm256_slli_epi64,
    _mm256_srli_epi64,
    _mm256_add_epi64,
    52,
    _mm256_set1_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_div_pd,
    _mm256_fmadd_pd,
    _mm256_sqrt_pd,
    _mm256_and_pd,
    _mm256_or_pd,
    _mm256_xor_pd,
    _mm256_cmp_pd,
    _mm256_andnot_pd,
    _mm256_loadu_pd,
    _mm256_maskload_pd,
    _mm256_storeu_pd,
    store_first_f64,
    first_of_4,
    transpose_f64,
    _mm256_max_pd,
    _mm256_min_pd,
    _mm256_movemask_pd
);
