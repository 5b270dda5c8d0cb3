//! Loops over lanes, and the functions of vector math on virtual vectors: how they are computed, `math` tells.

use super::kernels::Kernels;
use super::lanes::Lanes;
use crate::number::Number;

/// A loop written over lanes, to be compiled for each instruction set.
pub trait LaneKernel<T: Number> {
    /// What the loop returns.
    type Output;
    /// The loop. Mark it `#[inline(always)]`, or it is not compiled with the token's instructions.
    fn run<S: LaneMath<T>>(self, s: S) -> Self::Output;
}

/// A token that runs kernels.
pub trait Outline<T: Number>: Copy {
    /// Runs a kernel with this token in a function of its own, for code too large to be inlined at every use.
    fn outline<K: LaneKernel<T>>(self, kernel: K) -> K::Output;
}

/// The functions, on virtual vectors. Implemented for every token.
pub trait LaneMath<T: Number>: Lanes<T> + Kernels<T> + Outline<T> {
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
            self.anywhere(Unusual::Exp, x)
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
    fn anywhere(self, f: Unusual, x: Self::V) -> Self::V {
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
            self.anywhere(Unusual::Log, x)
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

impl<T: Number, S: Lanes<T> + Kernels<T> + Outline<T>> LaneMath<T> for S {}

/// A function that has a second path, for unusual arguments.
#[derive(Clone, Copy)]
pub enum Unusual {
    /// eˣ
    Exp,
    /// ln x
    Log,
}

/// A vector of arguments, some of them unusual.
struct Anywhere<'a, T>(Unusual, &'a mut [T; 16]);

impl<T: Number> LaneKernel<T> for Anywhere<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let x = s.load_at(self.1, 0);
        let y = match self.0 {
            Unusual::Log => s.log_anywhere(x),
            Unusual::Exp => s.exp_anywhere(x),
        };
        s.store_at(self.1, 0, y);
    }
}
