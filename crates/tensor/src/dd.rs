//! Double-double arithmetic: a number as the unevaluated sum hi + lo of two `f64`, about 32 decimal digits.
//!
//! The error-free transformations are Knuth's two-sum and the product with a fused multiply-add (Dekker, 1971; Hida,
//! Li, Bailey, "Library for double-double and quad-double arithmetic", 2007). [`lanes`] has the same on virtual
//! vectors, for the long loops of least squares.

use crate::number::Number;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};
use crate::{AlignedVec, Isa};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// hi + lo, with hi the nearest `f64` to the sum.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Dd {
    /// The leading part.
    pub hi: f64,
    /// The rest.
    pub lo: f64,
}

/// a + b = s + e exactly.
#[inline(always)]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let bb = s - a;
    (s, (a - (s - bb)) + (b - bb))
}

/// a · b = p + e exactly (barring underflow).
#[inline(always)]
#[expect(
    clippy::disallowed_methods,
    reason = "an exact product needs the fused operation; correctly rounded everywhere"
)]
pub fn two_prod(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    (p, a.mul_add(b, -p))
}

impl Dd {
    /// Zero.
    pub const ZERO: Dd = Dd { hi: 0.0, lo: 0.0 };
    /// One.
    pub const ONE: Dd = Dd { hi: 1.0, lo: 0.0 };

    /// The normalised sum of a leading part and a rest.
    pub fn new(hi: f64, lo: f64) -> Dd {
        let (hi, lo) = two_sum(hi, lo);
        Dd { hi, lo }
    }

    /// The nearest `f64`.
    pub fn to_f64(self) -> f64 {
        self.hi + self.lo
    }

    /// True unless the number is infinite or NaN.
    pub fn is_finite(self) -> bool {
        self.hi.is_finite() && self.lo.is_finite()
    }

    /// Reads a decimal number such as `-12.5e3`, `.5` or `1e-7`, keeping what `f64` loses in `lo`. `None` if the
    /// text is not a number or not finite. Exact to about 32 digits for up to 19 significant digits and powers
    /// of ten up to 22, which is what data files hold; beyond that `lo` may be zero or inexact, `hi` never is.
    pub fn parse_decimal(text: &str) -> Option<Dd> {
        let bytes = text.as_bytes();
        let digits = bytes.strip_prefix(b"-").or(bytes.strip_prefix(b"+")).unwrap_or(bytes);
        if !digits.first().is_some_and(|b| b.is_ascii_digit() || *b == b'.') {
            return None; // "inf", "nan" and the like, which Rust's parser accepts
        }
        let hi: f64 = text.parse().ok()?;
        if !hi.is_finite() {
            return None;
        }
        let lo =
            decimal_parts(digits).map_or(0.0, |(mantissa, exponent)| remainder(mantissa, exponent, hi.abs()));
        Some(Dd { hi, lo: if hi.is_sign_negative() { -lo } else { lo } })
    }
}

/// The decimal as mantissa · 10^exponent, if the mantissa fits into 64 bits.
fn decimal_parts(digits: &[u8]) -> Option<(u64, i32)> {
    let (mut mantissa, mut exponent, mut point) = (0_u64, 0_i32, false);
    for (i, &b) in digits.iter().enumerate() {
        match b {
            b'0'..=b'9' => {
                mantissa = mantissa.checked_mul(10)?.checked_add(u64::from(b - b'0'))?;
                exponent -= i32::from(point);
            }
            b'.' => point = true,
            _ => {
                let written: i32 = std::str::from_utf8(&digits[i + 1..]).ok()?.parse().ok()?;
                return Some((mantissa, exponent.checked_add(written)?));
            }
        }
    }
    Some((mantissa, exponent))
}

/// mantissa · 10^exponent − hi, to about 106 bits; zero where the power of ten is not exact in `f64`.
fn remainder(mantissa: u64, exponent: i32, hi: f64) -> f64 {
    if exponent.unsigned_abs() > 22 || hi == 0.0 {
        return 0.0;
    }
    let mut power = 1.0;
    for _ in 0..exponent.unsigned_abs() {
        power *= 10.0; // exact up to 10²²
    }
    let top = mantissa as f64;
    let w = Dd::new(top, (i128::from(mantissa) - top as i128) as f64);
    let p = Dd::from(power);
    let value = if exponent < 0 { w / p } else { w * p };
    (value - Dd::from(hi)).to_f64()
}

impl From<f64> for Dd {
    fn from(x: f64) -> Dd {
        Dd { hi: x, lo: 0.0 }
    }
}

impl Neg for Dd {
    type Output = Dd;
    #[inline(always)]
    fn neg(self) -> Dd {
        Dd { hi: -self.hi, lo: -self.lo }
    }
}

impl Add for Dd {
    type Output = Dd;
    #[inline(always)]
    fn add(self, b: Dd) -> Dd {
        let (s, e) = two_sum(self.hi, b.hi);
        let (t, f) = two_sum(self.lo, b.lo);
        let (s, e) = fast_two_sum(s, e + t);
        let (hi, lo) = fast_two_sum(s, e + f);
        Dd { hi, lo }
    }
}

impl Sub for Dd {
    type Output = Dd;
    #[inline(always)]
    fn sub(self, b: Dd) -> Dd {
        self + -b
    }
}

impl Mul for Dd {
    type Output = Dd;
    #[inline(always)]
    fn mul(self, b: Dd) -> Dd {
        let (p, e) = two_prod(self.hi, b.hi);
        let (hi, lo) = fast_two_sum(p, e + (self.hi * b.lo + self.lo * b.hi));
        Dd { hi, lo }
    }
}

impl Div for Dd {
    type Output = Dd;
    fn div(self, b: Dd) -> Dd {
        let q1 = self.hi / b.hi;
        let r = self - b * Dd::from(q1);
        let q2 = r.hi / b.hi;
        let r = r - b * Dd::from(q2);
        let (q1, q2) = fast_two_sum(q1, q2);
        Dd { hi: q1, lo: q2 } + Dd::from(r.hi / b.hi)
    }
}

/// a + b = s + e exactly, for |a| ≥ |b|.
#[inline(always)]
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, b - (s - a))
}

/// A column of double-double numbers: two slices of the same length.
#[derive(Clone, Copy, Debug)]
pub struct DdSlice<'a> {
    /// The leading parts.
    pub hi: &'a [f64],
    /// The rests.
    pub lo: &'a [f64],
}

/// An owned column of double-double numbers.
#[derive(Clone, Debug, Default)]
pub struct DdVec {
    /// The leading parts.
    pub hi: AlignedVec<f64>,
    /// The rests.
    pub lo: AlignedVec<f64>,
}

impl DdVec {
    /// `n` zeros.
    pub fn zeros(n: usize) -> DdVec {
        DdVec { hi: AlignedVec::zeros(n), lo: AlignedVec::zeros(n) }
    }

    /// The first `n` numbers.
    pub fn first(&self, n: usize) -> DdSlice<'_> {
        DdSlice { hi: &self.hi[..n], lo: &self.lo[..n] }
    }
}

/// Double-double operations on virtual vectors of `f64`.
pub mod lanes {
    use super::*;

    /// A pair of virtual vectors, hi and lo.
    pub type V<S> = (<S as crate::simd::Lanes<f64>>::V, <S as crate::simd::Lanes<f64>>::V);

    /// a + b = s + e exactly.
    #[inline(always)]
    pub fn two_sum<S: LaneMath<f64>>(s: S, a: S::V, b: S::V) -> (S::V, S::V) {
        let sum = s.add(a, b);
        let bb = s.sub(sum, a);
        (sum, s.add(s.sub(a, s.sub(sum, bb)), s.sub(b, bb)))
    }

    #[inline(always)]
    fn fast_two_sum<S: LaneMath<f64>>(s: S, a: S::V, b: S::V) -> (S::V, S::V) {
        let sum = s.add(a, b);
        (sum, s.sub(b, s.sub(sum, a)))
    }

    /// x + y
    #[inline(always)]
    pub fn add<S: LaneMath<f64>>(s: S, x: V<S>, y: V<S>) -> V<S> {
        let (a, e) = two_sum(s, x.0, y.0);
        let (t, f) = two_sum(s, x.1, y.1);
        let (a, e) = fast_two_sum(s, a, s.add(e, t));
        fast_two_sum(s, a, s.add(e, f))
    }

    /// x · y
    #[inline(always)]
    pub fn mul<S: LaneMath<f64>>(s: S, x: V<S>, y: V<S>) -> V<S> {
        let p = s.mul(x.0, y.0);
        let e = s.fma(x.0, y.0, s.neg(p));
        let cross = s.add(s.mul(x.0, y.1), s.mul(x.1, y.0));
        fast_two_sum(s, p, s.add(e, cross))
    }
}

struct Dot<'a>(DdSlice<'a>, DdSlice<'a>);

impl LaneKernel<f64> for Dot<'_> {
    type Output = Dd;
    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) -> Dd {
        let Dot(x, y) = self;
        let zero = s.splat(0.0);
        let mut acc = (zero, zero);
        for i in (0..x.hi.len()).step_by(f64::LANES) {
            let a = (s.load_at(x.hi, i), s.load_at(x.lo, i));
            let b = (s.load_at(y.hi, i), s.load_at(y.lo, i));
            acc = lanes::add(s, acc, lanes::mul(s, a, b));
        }
        let (mut hi, mut lo) = ([0.0; 8], [0.0; 8]);
        s.store_at(&mut hi, 0, acc.0);
        s.store_at(&mut lo, 0, acc.1);
        (0..8).fold(Dd::ZERO, |t, i| t + Dd { hi: hi[i], lo: lo[i] })
    }
}

struct Axpy<'a>(Dd, DdSlice<'a>, &'a mut DdVec);

impl LaneKernel<f64> for Axpy<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let Axpy(a, x, y) = self;
        let a = (s.splat(a.hi), s.splat(a.lo));
        let n = x.hi.len();
        let (yh, yl) = (&mut y.hi[..n], &mut y.lo[..n]);
        for i in (0..n).step_by(f64::LANES) {
            let v = (s.load_at(x.hi, i), s.load_at(x.lo, i));
            let sum = lanes::add(s, (s.load_at(yh, i), s.load_at(yl, i)), lanes::mul(s, a, v));
            s.store_at(yh, i, sum.0);
            s.store_at(yl, i, sum.1);
        }
    }
}

/// Σ xᵢ·yᵢ in double-double, in a fixed order.
///
/// # Panics
/// If the lengths differ.
pub fn dot(isa: Isa, x: DdSlice<'_>, y: DdSlice<'_>) -> Dd {
    assert!(
        x.hi.len() == x.lo.len() && y.hi.len() == y.lo.len() && x.hi.len() == y.hi.len(),
        "lengths differ"
    );
    f64::dispatch(isa, Dot(x, y))
}

/// y ← a·x + y in double-double, over the first `x.len()` elements.
///
/// # Panics
/// If `y` is shorter than `x`.
pub fn axpy(isa: Isa, a: Dd, x: DdSlice<'_>, y: &mut DdVec) {
    assert_eq!(x.hi.len(), x.lo.len(), "lengths differ");
    f64::dispatch(isa, Axpy(a, x, y));
}
