//! Sine and cosine over the whole range.
//!
//! x = n·π/2 + r with |r| ≤ π/4, then a polynomial for the quadrant. Moderate arguments are reduced by Cody and Waite's
//! method with three terms of π/2 and fused multiply-adds; a large one, a lane at a time, by Payne and Hanek's (Radian
//! reduction for trigonometric functions, 1983): integer products with the digits of 2/π that matter.

use crate::number::coefficients::TWO_OVER_PI;
use crate::scalar::Scalar;
use crate::simd::LaneMath;

/// π/2 · 2⁶³, rounded.
const HALF_PI_BITS: u64 = 0xc90f_daa2_2168_c235;

/// sin x
#[inline(always)]
pub(super) fn sin<T: Scalar, S: LaneMath<T>>(s: S, x: S::V) -> S::V {
    let (t, r) = reduce(s, x);
    s.select(s.eq(x, s.splat(T::ZERO)), x, of_quadrant(s, t, r))
}

/// cos x
#[inline(always)]
pub(super) fn cos<T: Scalar, S: LaneMath<T>>(s: S, x: S::V) -> S::V {
    let (t, r) = reduce(s, x);
    of_quadrant(s, s.add(t, s.splat(T::ONE)), r)
}

/// The sine of n·π/2 + r, where n mod 4 is in the low bits of `t`.
#[inline(always)]
fn of_quadrant<T: Scalar, S: LaneMath<T>>(s: S, t: S::V, r: S::V) -> S::V {
    let zero = s.splat(T::ZERO);
    let z = s.mul(r, r);
    let sine = s.fma(s.mul(z, r), s.horner(z, T::SIN_P), r);
    let inner = s.fma(z, s.horner(z, T::COS_P), s.constant(-0.5));
    let cosine = s.fma(z, inner, s.splat(T::ONE));
    // One bit alone is a subnormal number, so it differs from zero.
    let y = s.select(s.eq(s.and(t, s.splat_bits(1)), zero), sine, cosine);
    s.select(s.eq(s.and(t, s.splat_bits(2)), zero), y, s.neg(y))
}

/// x = n·π/2 + r with integer n and |r| ≤ π/4; returns a number whose low bits are n mod 4, and r.
#[inline(always)]
fn reduce<T: Scalar, S: LaneMath<T>>(s: S, x: S::V) -> (S::V, S::V) {
    let magic = s.splat(T::ROUND);
    let t = s.fma(x, s.constant(std::f64::consts::FRAC_2_PI), magic);
    let n = s.sub(t, magic);
    let [a, b, c] = T::HALF_PI.map(|part| s.splat(-part));
    let r = s.fma(n, c, s.fma(n, b, s.fma(n, a, x)));
    if s.all(s.le(s.abs(x), s.splat(T::TRIG_USUAL))) {
        return (t, r);
    }
    let [mut xs, mut ts, mut rs] = [[T::ZERO; 16]; 3];
    s.store_at(&mut xs, 0, x);
    s.store_at(&mut ts, 0, t);
    s.store_at(&mut rs, 0, r);
    for i in 0..T::LANES {
        let usual = xs[i].abs() <= T::TRIG_USUAL;
        if !usual {
            let (quadrant, r) = reduce_large(xs[i].to_f64());
            (ts[i], rs[i]) = (T::ROUND + T::from_f64(f64::from(quadrant)), T::from_f64(r));
        }
    }
    (s.load_at(&ts, 0), s.load_at(&rs, 0))
}

/// n mod 4 and r of x = n·π/2 + r, for |x| ≥ 2¹⁵; r is NaN for infinities and NaN.
#[inline(never)]
fn reduce_large(x: f64) -> (u8, f64) {
    if !x.is_finite() {
        return (0, f64::NAN);
    }
    // |x| = m·2^e
    let bits = x.to_bits();
    let m = (bits & ((1 << 52) - 1)) | (1 << 52);
    let e = ((bits >> 52) & 0x7ff) as i32 - 1075;
    // 192 digits of 2/π, the first of weight 2^(1−e): those before give multiples of 4. One word of zeros stands
    // before the point.
    let first = usize::try_from(e - 2 + 64).expect("a large argument");
    let digit = |i: usize| if i == 0 { 0 } else { TWO_OVER_PI[i - 1] };
    let word = |i: usize| {
        let (at, shift) = (first / 64 + i, first % 64);
        if shift == 0 { digit(at) } else { digit(at) << shift | digit(at + 1) >> (64 - shift) }
    };
    // Their product with m, modulo 4, in units of 2^−190.
    let low = u128::from(m) * u128::from(word(2));
    let middle = u128::from(m) * u128::from(word(1)) + (low >> 64);
    let high = m.wrapping_mul(word(0)).wrapping_add((middle >> 64) as u64);
    let (low, middle) = (low as u64, middle as u64);
    // The digits after the point, as a signed distance to the nearest integer.
    let fraction = u128::from(high << 2 | middle >> 62) << 64 | u128::from(middle << 2 | low >> 62);
    let up = fraction >> 127 == 1;
    let quadrant = (high >> 62) as u8 + u8::from(up);
    let distance = if up { fraction.wrapping_neg() } else { fraction };
    // Times π/2: 64 leading digits are more than r holds.
    let zeros = distance.leading_zeros();
    let leading = ((distance << zeros) >> 64) as u64;
    let product = (u128::from(leading) * u128::from(HALF_PI_BITS)) >> 64;
    let r = product as u64 as f64 * f64::from_bits(u64::from(1023 - 63 - zeros) << 52);
    let negative = x < 0.0;
    let quadrant = if negative { 4 - quadrant % 4 } else { quadrant };
    (quadrant % 4, if negative != up { -r } else { r })
}
