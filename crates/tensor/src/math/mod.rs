//! Vector math over lanes: exp, expm1, log, log1p, tanh, sigmoid, softplus, erf, sin, cos and the normal distribution
//! function; [`rows`] has the kernels along a row: softmax, log-sum-exp and the fused losses.
//!
//! Own polynomials, one set for `f32` and one for `f64`, the same for every instruction set, so results are the same
//! bits everywhere. Maximum errors are published in `docs/numerics.md`. The slice functions ([`exp`], [`log`], …) apply
//! one function to a whole slice.
//!
//! Method: exp by Cody and Waite's two-term reduction to |r| ≤ ln 2 / 2 (Software Manual for the Elementary Functions,
//! 1980); log by a polynomial in m − 1 (`f32`) or the series in s = (m − 1)/(m + 1) (`f64`); tanh and sigmoid from
//! expm1 and exp of −|x|; erf by a polynomial in x² below 1 and erfc by exp(−x²) times a polynomial above; sin and cos
//! in `trig`. Arguments that need care (results at the ends of the range, subnormal, negative or infinite arguments of
//! log) take a second path when any lane of a vector has one; a lane's bits do not depend on its neighbours.

mod coefficients;
pub mod rows;
mod slices;
mod trig;

use crate::gemm::Kernels;
use crate::scalar::Scalar;
use crate::simd::Lanes;
pub use coefficients::Coefficients;
use slices::Anywhere;
#[doc(hidden)]
pub use slices::Function;
pub use slices::{cos, erf, exp, expm1, log, log_one, log1p, normal_cdf, sigmoid, sin, softplus, tanh};

/// Bit-level facts of an element type.
pub trait Format: Sized {
    /// 1.5·2^(mantissa bits): adding it rounds to an integer.
    const ROUND: Self;
    /// `ROUND` + exponent bias: adding it leaves integer + bias in the low bits.
    const ROUND_BIASED: Self;
    /// 2^(mantissa bits): its bits, joined with a small integer's, are the sum.
    const TWO_MANTISSA: Self;
    /// 2^(mantissa bits) + exponent bias.
    const TWO_MANTISSA_BIASED: Self;
    /// The bits of one.
    const ONE_BITS: u64;
    /// The bits of √½.
    const SQRT_HALF_BITS: u64;
    /// The bits of the mantissa field.
    const MANTISSA_BITS: u64;
    /// For |x| up to this eˣ is normal and ⌊x/ln 2⌉ is an exponent of a normal number.
    const EXP_USUAL: Self;
    /// Below this exp is zero.
    const EXP_MIN: Self;
    /// Above this exp is infinite.
    const EXP_MAX: Self;
    /// The smallest normal number.
    const MIN_NORMAL: Self;
    /// A power of two that makes subnormals normal, and its exponent.
    const SUBNORMAL_SCALE: (Self, Self);
    /// The bits of the negative number nearest to zero.
    const NEAREST_BELOW_ZERO: u64;
    /// Whether log uses the series in s, with its division, or a polynomial in m − 1.
    const LOG_DIVIDES: bool;
    /// Up to this |x| sin and cos reduce with three terms of π/2: n·(π/2 rounded) is then subtracted exactly.
    const TRIG_USUAL: Self;
}

impl Format for f32 {
    const ROUND: Self = 12_582_912.0;
    const ROUND_BIASED: Self = 12_583_039.0;
    const TWO_MANTISSA: Self = 8_388_608.0;
    const TWO_MANTISSA_BIASED: Self = 8_388_735.0;
    const ONE_BITS: u64 = 0x3f80_0000;
    const SQRT_HALF_BITS: u64 = 0x3f35_04f3;
    const MANTISSA_BITS: u64 = 0x007f_ffff;
    const EXP_USUAL: Self = 87.0;
    const EXP_MIN: Self = -104.0;
    const EXP_MAX: Self = 89.0;
    const MIN_NORMAL: Self = f32::MIN_POSITIVE;
    const SUBNORMAL_SCALE: (Self, Self) = (33_554_432.0, 25.0);
    const NEAREST_BELOW_ZERO: u64 = 0x8000_0001;
    const LOG_DIVIDES: bool = false;
    const TRIG_USUAL: Self = 32_768.0;
}

impl Format for f64 {
    const ROUND: Self = 6_755_399_441_055_744.0;
    const ROUND_BIASED: Self = 6_755_399_441_056_767.0;
    const TWO_MANTISSA: Self = 4_503_599_627_370_496.0;
    const TWO_MANTISSA_BIASED: Self = 4_503_599_627_371_519.0;
    const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;
    const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_667f_3bcd;
    const MANTISSA_BITS: u64 = 0x000f_ffff_ffff_ffff;
    const EXP_USUAL: Self = 708.0;
    const EXP_MIN: Self = -746.0;
    const EXP_MAX: Self = 710.0;
    const MIN_NORMAL: Self = f64::MIN_POSITIVE;
    const SUBNORMAL_SCALE: (Self, Self) = (18_014_398_509_481_984.0, 54.0);
    const NEAREST_BELOW_ZERO: u64 = 0x8000_0000_0000_0001;
    const LOG_DIVIDES: bool = true;
    const TRIG_USUAL: Self = 1_048_576.0;
}

/// The functions, on virtual vectors. Implemented for every token.
pub trait LaneMath<T: Scalar>: Lanes<T> + Kernels<T> {
    /// A constant, rounded from `f64`.
    #[inline(always)]
    fn constant(self, x: f64) -> Self::V {
        self.splat(T::from_f64(x))
    }

    /// The polynomial with these coefficients, lowest power first, by Horner's rule.
    #[inline(always)]
    fn horner(self, x: Self::V, coefficients: &'static [T]) -> Self::V {
        let (last, rest) = coefficients.split_last().expect("a polynomial has a coefficient");
        rest.iter().rev().fold(self.splat(*last), |acc, &c| self.fma(acc, x, self.splat(c)))
    }

    /// The polynomial with these eight coefficients, given x², by Estrin's scheme: four short chains in place of a long one.
    #[inline(always)]
    fn estrin(self, x: Self::V, square: Self::V, coefficients: &'static [T]) -> Self::V {
        let c = |i: usize| self.splat(coefficients[i]);
        let low = self.fma(self.fma(c(3), x, c(2)), square, self.fma(c(1), x, c(0)));
        let high = self.fma(self.fma(c(7), x, c(6)), square, self.fma(c(5), x, c(4)));
        self.fma(high, self.mul(square, square), low)
    }

    /// The nearest integer, ties to even, for |x| below 2^(mantissa bits − 2).
    #[inline(always)]
    fn round(self, x: Self::V) -> Self::V {
        let magic = self.splat(T::ROUND);
        self.sub(self.add(x, magic), magic)
    }

    /// 2ⁿ for integers n in the range of normal exponents.
    #[inline(always)]
    fn pow2(self, n: Self::V) -> Self::V {
        self.shl_mantissa(self.add(n, self.splat(T::ROUND_BIASED)))
    }

    /// x = n·ln 2 + r with integer n and |r| ≤ ln 2 / 2; returns 2ⁿ (for normal 2ⁿ), n and r.
    #[inline(always)]
    fn reduce_ln2(self, x: Self::V) -> (Self::V, Self::V, Self::V) {
        let biased = self.splat(T::ROUND_BIASED);
        let t = self.fma(x, self.constant(std::f64::consts::LOG2_E), biased);
        let n = self.sub(t, biased);
        let r = self.fma(n, self.splat(-T::LN2_HI), x);
        (self.shl_mantissa(t), n, self.fma(n, self.splat(-T::LN2_LO), r))
    }

    /// eʳ − 1 for |r| ≤ ln 2 / 2.
    #[inline(always)]
    fn expm1_reduced(self, r: Self::V) -> Self::V {
        self.fma(self.mul(r, r), self.horner(r, T::EXP_Q), r)
    }

    /// eˣ
    #[inline(always)]
    fn exp(self, x: Self::V) -> Self::V {
        if self.all(self.le(self.abs(x), self.splat(T::EXP_USUAL))) {
            let (two_n, _, r) = self.reduce_ln2(x);
            self.mul(self.add(self.splat(T::ONE), self.expm1_reduced(r)), two_n)
        } else {
            self.anywhere(Function::Exp, x)
        }
    }

    /// eˣ, for every x.
    #[inline(always)]
    fn exp_anywhere(self, x: Self::V) -> Self::V {
        // The order of the operands keeps NaN.
        let x = self.max(self.splat(T::EXP_MIN), x);
        let x = self.min(self.splat(T::EXP_MAX), x);
        let (_, n, r) = self.reduce_ln2(x);
        // Two factors, so that results near both ends of the range are reached.
        let n1 = self.round(self.mul(n, self.constant(0.5)));
        let y = self.add(self.splat(T::ONE), self.expm1_reduced(r));
        self.mul(self.mul(y, self.pow2(n1)), self.pow2(self.sub(n, n1)))
    }

    /// The second path of exp or log, in a function of its own: inlined, it would share steps with the first and cost it
    /// registers.
    #[inline(always)]
    fn anywhere(self, f: Function, x: Self::V) -> Self::V {
        let mut lanes = [T::ZERO; 16];
        self.store_at(&mut lanes, 0, x);
        self.outline(Anywhere(f, &mut lanes));
        self.load_at(&lanes, 0)
    }

    /// eˣ − 1 for |x| up to 64, without cancellation near zero.
    #[inline(always)]
    fn expm1_moderate(self, x: Self::V) -> Self::V {
        let (two_n, _, r) = self.reduce_ln2(x);
        self.fma(two_n, self.expm1_reduced(r), self.sub(two_n, self.splat(T::ONE)))
    }

    /// eˣ − 1, without cancellation near zero.
    #[inline(always)]
    fn expm1(self, x: Self::V) -> Self::V {
        // eˣ vanishes beside 1 long before −60, and 1 beside eˣ long before 60.
        let (low, high) = (self.constant(-60.0), self.constant(60.0));
        let y = self.expm1_moderate(self.max(low, self.min(high, x)));
        let y = if self.all(self.le(x, high)) { y } else { self.select(self.le(x, high), y, self.exp(x)) };
        self.copysign(y, x)
    }

    /// ln x for normal, finite x > 0; any number elsewhere.
    #[inline(always)]
    fn log_normal(self, x: Self::V) -> Self::V {
        // x = 2^e · m with m in [√½, √2): the bits' distance to those of √½ is cut into exponent and mantissa.
        let shifted = self.add_bits(x, self.splat_bits(T::ONE_BITS - T::SQRT_HALF_BITS));
        let e = self.or(self.shr_mantissa(shifted), self.splat(T::TWO_MANTISSA));
        let e = self.sub(e, self.splat(T::TWO_MANTISSA_BIASED));
        let mantissa = self.and(shifted, self.splat_bits(T::MANTISSA_BITS));
        let m = self.add_bits(mantissa, self.splat_bits(T::SQRT_HALF_BITS));
        self.log_of_parts(e, self.sub(m, self.splat(T::ONE)))
    }

    /// e·ln 2 + ln(1 + f) for √½ ≤ 1 + f < √2.
    #[inline(always)]
    fn log_of_parts(self, e: Self::V, f: Self::V) -> Self::V {
        let e_low = self.mul(e, self.splat(T::LN2_LO));
        let inner = if T::LOG_DIVIDES {
            // ln(1 + f) = f − s·(f − r)
            let s = self.div(f, self.add(f, self.constant(2.0)));
            let z = self.mul(s, s);
            let r = self.mul(z, self.horner(z, T::LOG_P));
            self.fma(s, self.sub(r, f), e_low)
        } else {
            // ln(1 + f) = f + f²·(f·P − ½)
            let z = self.mul(f, f);
            self.fma(z, self.fma(f, self.estrin(f, z, T::LOG_P), self.constant(-0.5)), e_low)
        };
        self.fma(e, self.splat(T::LN2_HI), self.add(f, inner))
    }

    /// ln x; −∞ at 0, NaN below.
    #[inline(always)]
    fn log(self, x: Self::V) -> Self::V {
        // One test for normal, finite and positive: the sum negates such x and takes the next number away from zero; what
        // was +∞ becomes NaN, and all others land above.
        let next = self.add_bits(x, self.splat_bits(T::NEAREST_BELOW_ZERO));
        if self.all(self.lt(next, self.splat(-T::MIN_NORMAL))) {
            self.log_normal(x)
        } else {
            self.anywhere(Function::Log, x)
        }
    }

    /// ln x, for every x.
    #[inline(always)]
    fn log_anywhere(self, x: Self::V) -> Self::V {
        let (zero, infinity) = (self.splat(T::ZERO), self.constant(f64::INFINITY));
        let (scale, exponent) = T::SUBNORMAL_SCALE;
        // Below the normal numbers as ln(2ᵏ·x) − k·ln 2.
        let scaled = self.log_normal(self.mul(x, self.splat(scale)));
        let scaled = self.fma(self.splat(-exponent), self.constant(std::f64::consts::LN_2), scaled);
        let y = self.select(self.lt(x, self.splat(T::MIN_NORMAL)), scaled, self.log_normal(x));
        let y = self.select(self.eq(x, infinity), x, y);
        let y = self.select(self.eq(x, zero), self.constant(f64::NEG_INFINITY), y);
        self.select(self.le(zero, x), y, self.constant(f64::NAN))
    }

    /// ln(1 + x); −∞ at −1, NaN below.
    #[inline(always)]
    fn log1p(self, x: Self::V) -> Self::V {
        let (one, infinity) = (self.splat(T::ONE), self.constant(f64::INFINITY));
        let u = self.add(one, x);
        // What the sum lost, exactly: the smaller term less what arrived of it.
        let large = self.lt(one, self.abs(x));
        let lost = self.select(large, self.sub(one, self.sub(u, x)), self.sub(x, self.sub(u, one)));
        let y = self.add(self.log_normal(u), self.div(lost, u));
        let minus_one = self.neg(one);
        if self.all(self.lt(minus_one, x)) && self.all(self.lt(x, infinity)) {
            return self.copysign(y, x);
        }
        let y = self.select(self.lt(x, infinity), y, x);
        let y = self.select(self.eq(x, minus_one), infinity, y);
        self.copysign(self.select(self.lt(x, minus_one), self.constant(f64::NAN), y), x)
    }

    /// ln(1 + x) for 0 ≤ x ≤ 1.
    #[inline(always)]
    fn log1p_unit(self, x: Self::V) -> Self::V {
        let one = self.splat(T::ONE);
        let u = self.add(one, x);
        let lost = self.sub(x, self.sub(u, one));
        self.add(self.log_normal(u), self.div(lost, u))
    }

    /// 1/(1 + e⁻ˣ)
    #[inline(always)]
    fn sigmoid(self, x: Self::V) -> Self::V {
        self.sigmoid_of(x, self.exp(self.neg(self.abs(x))))
    }

    /// 1/(1 + e⁻ˣ), given e^−|x|.
    #[inline(always)]
    fn sigmoid_of(self, x: Self::V, e: Self::V) -> Self::V {
        let one = self.splat(T::ONE);
        let top = self.select(self.lt(x, self.splat(T::ZERO)), e, one);
        self.div(top, self.add(one, e))
    }

    /// ln(1 + eˣ)
    #[inline(always)]
    fn softplus(self, x: Self::V) -> Self::V {
        self.softplus_of(x, self.exp(self.neg(self.abs(x))))
    }

    /// ln(1 + eˣ), given e^−|x|.
    #[inline(always)]
    fn softplus_of(self, x: Self::V, e: Self::V) -> Self::V {
        let zero = self.splat(T::ZERO);
        self.add(self.select(self.lt(x, zero), zero, x), self.log1p_unit(e))
    }

    /// Binary cross-entropy of a logit z with a target y, and its slope: ln(1 + eᶻ) − y·z and 1/(1 + e⁻ᶻ) − y. One exp
    /// serves both.
    #[inline(always)]
    fn sigmoid_bce(self, z: Self::V, y: Self::V) -> (Self::V, Self::V) {
        let e = self.exp(self.neg(self.abs(z)));
        (self.sub(self.softplus_of(z, e), self.mul(y, z)), self.sub(self.sigmoid_of(z, e), y))
    }

    /// sin x; NaN at ±∞.
    #[inline(always)]
    fn sin(self, x: Self::V) -> Self::V {
        trig::sin(self, x)
    }

    /// cos x; NaN at ±∞.
    #[inline(always)]
    fn cos(self, x: Self::V) -> Self::V {
        trig::cos(self, x)
    }

    /// erf x = 2/√π · ∫₀ˣ e^−t² dt
    #[inline(always)]
    fn erf(self, x: Self::V) -> Self::V {
        let one = self.splat(T::ONE);
        let a = self.abs(x);
        let near = self.fma(x, self.horner(self.mul(x, x), T::ERF_P), x);
        // erf rounds to ±1 from 6 on in both types.
        let z = self.min(self.constant(6.0), a);
        let e = self.exp(self.neg(self.mul(z, z)));
        let far = self.copysign(self.fma(self.neg(e), self.erfc_factor(z), one), x);
        self.select(self.lt(a, one), near, far)
    }

    /// exp(z²)·erfc(z) for 1 ≤ z ≤ 28.
    #[inline(always)]
    fn erfc_factor(self, z: Self::V) -> Self::V {
        let two = self.constant(2.0);
        let u = self.div(self.sub(z, two), self.add(z, two));
        self.div(self.horner(u, T::ERFC_Q), self.add(z, self.splat(T::ONE)))
    }

    /// tanh x
    #[inline(always)]
    fn tanh(self, x: Self::V) -> Self::V {
        // tanh rounds to ±1 from 20 on in both types.
        let a = self.min(self.constant(20.0), self.abs(x));
        let e = self.expm1_moderate(self.add(a, a));
        self.copysign(self.div(e, self.add(e, self.constant(2.0))), x)
    }

    /// The standard normal distribution function Φ(x) and its density φ(x).
    #[inline(always)]
    fn normal(self, x: Self::V) -> (Self::V, Self::V) {
        let (one, half) = (self.splat(T::ONE), self.constant(0.5));
        let z = self.abs(self.mul(x, self.constant(std::f64::consts::FRAC_1_SQRT_2)));
        let e = self.exp(self.mul(self.mul(x, x), self.constant(-0.5)));
        let inner = self.mul(self.fma(z, self.horner(self.mul(z, z), T::ERF_P), z), half);
        let near = self.lt(z, one);
        // Φ(−|x|): ½ − ½erf(z) near zero, ½erfc(z) beyond, with the polynomial's argument kept in its range.
        let q = self.mul(self.erfc_factor(self.min(self.constant(28.0), z)), half);
        let lower = self.select(near, self.sub(half, inner), self.mul(e, q));
        let cdf = self.select(self.lt(x, self.splat(T::ZERO)), lower, self.sub(one, lower));
        (cdf, self.mul(e, self.constant(0.398_942_280_401_432_7)))
    }
}

impl<T: Scalar, S: Lanes<T> + Kernels<T>> LaneMath<T> for S {}
