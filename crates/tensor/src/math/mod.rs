//! Vector math over lanes: exp, expm1, log, log1p, tanh, sigmoid, softplus and the normal distribution function.
//!
//! Own polynomials, one set for `f32` and one for `f64`, the same for every instruction set, so results are the same
//! bits everywhere. Maximum errors are published in `docs/numerics.md`. The slice functions ([`exp`], [`log`], [`tanh`],
//! [`sigmoid`]) apply one function to a whole slice.
//!
//! Method: exp by Cody and Waite's two-term reduction to |r| ≤ ln 2 / 2 (Software Manual for the Elementary Functions,
//! 1980); log by the series in s = (m − 1)/(m + 1); tanh and sigmoid from expm1 and exp of −|x|; erf by a polynomial
//! in x² below 1 and erfc by exp(−x²) times a polynomial above.

mod coefficients;

use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, Lanes};
pub use coefficients::Coefficients;

/// Bit-level facts of an element type.
pub trait Format: Sized {
    /// 1.5·2^(mantissa bits): adding it rounds to an integer.
    const ROUND: Self;
    /// `ROUND` + exponent bias: adding it leaves integer + bias in the low bits.
    const ROUND_BIASED: Self;
    /// 2^(mantissa bits).
    const TWO_MANTISSA: Self;
    /// Exponent bias of √½-centred mantissas, see `log`.
    const BIAS: Self;
    /// The bits of one half's exponent with an empty mantissa.
    const HALF_EXPONENT_BITS: u64;
    /// The bits of the mantissa field.
    const MANTISSA_BITS: u64;
    /// Below this exp is zero.
    const EXP_MIN: Self;
    /// Above this exp is infinite.
    const EXP_MAX: Self;
    /// The smallest normal number.
    const MIN_NORMAL: Self;
    /// A power of two that makes subnormals normal, and its exponent.
    const SUBNORMAL_SCALE: (Self, Self);
}

impl Format for f32 {
    const ROUND: Self = 12_582_912.0;
    const ROUND_BIASED: Self = 12_583_039.0;
    const TWO_MANTISSA: Self = 8_388_608.0;
    const BIAS: Self = 126.0;
    const HALF_EXPONENT_BITS: u64 = 0x3f00_0000;
    const MANTISSA_BITS: u64 = 0x007f_ffff;
    const EXP_MIN: Self = -104.0;
    const EXP_MAX: Self = 89.0;
    const MIN_NORMAL: Self = f32::MIN_POSITIVE;
    const SUBNORMAL_SCALE: (Self, Self) = (33_554_432.0, 25.0);
}

impl Format for f64 {
    const ROUND: Self = 6_755_399_441_055_744.0;
    const ROUND_BIASED: Self = 6_755_399_441_056_767.0;
    const TWO_MANTISSA: Self = 4_503_599_627_370_496.0;
    const BIAS: Self = 1022.0;
    const HALF_EXPONENT_BITS: u64 = 0x3fe0_0000_0000_0000;
    const MANTISSA_BITS: u64 = 0x000f_ffff_ffff_ffff;
    const EXP_MIN: Self = -746.0;
    const EXP_MAX: Self = 710.0;
    const MIN_NORMAL: Self = f64::MIN_POSITIVE;
    const SUBNORMAL_SCALE: (Self, Self) = (18_014_398_509_481_984.0, 54.0);
}

/// The functions, on virtual vectors. Implemented for every token.
pub trait LaneMath<T: Scalar>: Lanes<T> {
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

    /// x = n·ln 2 + r with integer n and |r| ≤ ln 2 / 2; returns (n, r).
    #[inline(always)]
    fn reduce_ln2(self, x: Self::V) -> (Self::V, Self::V) {
        let n = self.round(self.mul(x, self.constant(std::f64::consts::LOG2_E)));
        let r = self.fma(n, self.splat(-T::LN2_HI), x);
        (n, self.fma(n, self.splat(-T::LN2_LO), r))
    }

    /// eˣ
    #[inline(always)]
    fn exp(self, x: Self::V) -> Self::V {
        // The order of the operands keeps NaN.
        let x = self.max(self.splat(T::EXP_MIN), x);
        let x = self.min(self.splat(T::EXP_MAX), x);
        let (n, r) = self.reduce_ln2(x);
        let q = self.horner(r, T::EXP_Q);
        let y = self.add(self.splat(T::ONE), self.fma(self.mul(r, r), q, r));
        // Two factors, so that results near both ends of the range are reached.
        let n1 = self.round(self.mul(n, self.constant(0.5)));
        self.mul(self.mul(y, self.pow2(n1)), self.pow2(self.sub(n, n1)))
    }

    /// eˣ − 1 for |x| up to 64, without cancellation near zero.
    #[inline(always)]
    fn expm1_moderate(self, x: Self::V) -> Self::V {
        let (n, r) = self.reduce_ln2(x);
        let p = self.fma(self.mul(r, r), self.horner(r, T::EXP_Q), r);
        let two_n = self.pow2(n);
        self.fma(two_n, p, self.sub(two_n, self.splat(T::ONE)))
    }

    /// ln x; −∞ at 0, NaN below.
    #[inline(always)]
    fn log(self, x: Self::V) -> Self::V {
        let (scale, shift) = T::SUBNORMAL_SCALE;
        let zero = self.splat(T::ZERO);
        let tiny = self.lt(x, self.splat(T::MIN_NORMAL));
        let scaled = self.select(tiny, self.mul(x, self.splat(scale)), x);
        let shift = self.select(tiny, self.splat(shift), zero);
        // scaled = 2^e · m with m in [½, 1), then moved to [√½, √2).
        let two_mantissa = self.splat(T::TWO_MANTISSA);
        let e = self.sub(self.or(self.shr_mantissa(scaled), two_mantissa), two_mantissa);
        let e = self.sub(self.sub(e, self.splat(T::BIAS)), shift);
        let m = self
            .or(self.and(scaled, self.splat_bits(T::MANTISSA_BITS)), self.splat_bits(T::HALF_EXPONENT_BITS));
        let low = self.lt(m, self.constant(std::f64::consts::FRAC_1_SQRT_2));
        let m = self.select(low, self.add(m, m), m);
        let e = self.select(low, self.sub(e, self.splat(T::ONE)), e);
        let f = self.sub(m, self.splat(T::ONE));
        let s = self.div(f, self.add(f, self.constant(2.0)));
        let z = self.mul(s, s);
        let r = self.mul(z, self.horner(z, T::LOG_P));
        // log m = f − s·(f − r)
        let inner = self.fma(e, self.splat(T::LN2_LO), self.neg(self.mul(s, self.sub(f, r))));
        let y = self.fma(e, self.splat(T::LN2_HI), self.add(f, inner));
        let y = self.select(self.eq(x, self.constant(f64::INFINITY)), x, y);
        let y = self.select(self.eq(x, zero), self.constant(f64::NEG_INFINITY), y);
        self.select(self.le(zero, x), y, self.constant(f64::NAN))
    }

    /// ln(1 + x) for x ≥ 0.
    #[inline(always)]
    fn log1p_positive(self, x: Self::V) -> Self::V {
        let one = self.splat(T::ONE);
        let u = self.add(one, x);
        let lost = self.sub(x, self.sub(u, one));
        self.add(self.log(u), self.div(lost, u))
    }

    /// 1/(1 + e⁻ˣ)
    #[inline(always)]
    fn sigmoid(self, x: Self::V) -> Self::V {
        let one = self.splat(T::ONE);
        let e = self.exp(self.neg(self.abs(x)));
        let top = self.select(self.lt(x, self.splat(T::ZERO)), e, one);
        self.div(top, self.add(one, e))
    }

    /// ln(1 + eˣ)
    #[inline(always)]
    fn softplus(self, x: Self::V) -> Self::V {
        let zero = self.splat(T::ZERO);
        let tail = self.log1p_positive(self.exp(self.neg(self.abs(x))));
        self.add(self.select(self.lt(x, zero), zero, x), tail)
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
        let inner = self.mul(self.mul(z, self.horner(self.mul(z, z), T::ERF_P)), half);
        let near = self.lt(z, one);
        // Φ(−|x|): ½ − ½erf(z) near zero, ½erfc(z) beyond, with the polynomial's argument kept in its range.
        let zc = self.min(self.constant(28.0), z);
        let u = self.div(self.sub(zc, self.constant(2.0)), self.add(zc, self.constant(2.0)));
        let q = self.mul(self.div(self.horner(u, T::ERFC_Q), self.add(zc, one)), half);
        let lower = self.select(near, self.sub(half, inner), self.mul(e, q));
        let cdf = self.select(self.lt(x, self.splat(T::ZERO)), lower, self.sub(one, lower));
        (cdf, self.mul(e, self.constant(0.398_942_280_401_432_7)))
    }
}

impl<T: Scalar, S: Lanes<T>> LaneMath<T> for S {}

/// A function of one number, applied to a slice in place.
#[derive(Clone, Copy)]
enum Function {
    Exp,
    Log,
    Tanh,
    Sigmoid,
    Softplus,
    NormalCdf,
}

struct Apply<'a, T>(Function, &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Apply<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        macro_rules! each {
            ($f:expr) => {
                for i in (0..self.1.len()).step_by(T::LANES) {
                    let v = s.load_at(self.1, i);
                    s.store_at(self.1, i, $f(s, v));
                }
            };
        }
        match self.0 {
            Function::Exp => each!(S::exp),
            Function::Log => each!(S::log),
            Function::Tanh => each!(S::tanh),
            Function::Sigmoid => each!(S::sigmoid),
            Function::Softplus => each!(S::softplus),
            Function::NormalCdf => each!(|s: S, v| s.normal(v).0),
        }
    }
}

/// x ← eˣ
pub fn exp<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Exp, x));
}

/// x ← ln x
pub fn log<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Log, x));
}

/// x ← tanh x
pub fn tanh<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Tanh, x));
}

/// x ← 1/(1 + e⁻ˣ)
pub fn sigmoid<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Sigmoid, x));
}

/// x ← ln(1 + eˣ)
pub fn softplus<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Softplus, x));
}

/// x ← Φ(x), the standard normal distribution function.
pub fn normal_cdf<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::NormalCdf, x));
}

/// ln x of one number, the same bits everywhere.
pub fn log_one(x: f64) -> f64 {
    let mut v = [x];
    log(Isa::SCALAR, &mut v);
    v[0]
}

#[cfg(test)]
mod tests;
