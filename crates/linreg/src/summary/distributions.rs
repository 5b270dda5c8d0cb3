//! Tail probabilities and quantiles of Student's t, F and χ², with all their digits far out in the tails.
//!
//! t and F are regularised incomplete beta functions, evaluated by the even part of Gauss's continued fraction (DLMF 8.17.22, modified Lentz); χ² is the
//! incomplete gamma function (DLMF 8.7.1 and 8.9.2). The factor before them, such as xᵃ(1 − x)ᵇ/B(a, b), is formed as Loader does ("Fast
//! and accurate computation of binomial probabilities", 2000): by what Stirling's formula leaves out and by log(1 + x) − x, so that nothing
//! large is subtracted and a million degrees of freedom cost no digits. (`statrs` subtracts logarithms of gamma functions and stops its
//! fraction after 140 terms.) The elementary functions are `tensor`'s: the same bits everywhere.

use planish_tensor::Isa;
use planish_tensor::math::{self, log_one};

const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_8;

/// eˣ
pub(crate) fn exp(x: f64) -> f64 {
    let mut v = [x];
    math::exp(Isa::SCALAR, &mut v);
    v[0]
}

fn log1p(x: f64) -> f64 {
    let mut v = [x];
    math::log1p(Isa::SCALAR, &mut v);
    v[0]
}

/// log(r) − x for r = 1 + x; r is given too, since far from one it has digits that x has lost.
fn log_less(r: f64, x: f64) -> f64 {
    if x < -0.4 {
        return log_one(r) - x;
    }
    if x > 0.6 {
        return log1p(x) - x;
    }
    // log(1 + x) = 2·artanh(s) with s = x/(2 + x), and x = 2s + s·x.
    let s = x / (2.0 + x);
    let (mut term, mut sum, mut k) = (s * s, 0.0, 3.0);
    while term.abs() > 1e-18 {
        sum += term / k;
        term *= s * s;
        k += 2.0;
    }
    s * (2.0 * sum - x)
}

/// log Γ(x) − ((x − ½)·log x − x + ½·log 2π), for x > 0.
fn stirling_rest(x: f64) -> f64 {
    if x < 15.0 {
        // δ(x) = δ(x + 1) + (x + ½)·log(1 + 1/x) − 1, where the last two are of the order of δ itself.
        let u = 1.0 / x;
        let step =
            if u < 0.6 { (x + 0.5) * log_less(1.0 + u, u) + 0.5 * u } else { (x + 0.5) * log1p(u) - 1.0 };
        return stirling_rest(x + 1.0) + step;
    }
    const C: [f64; 7] =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360360.0, 1.0 / 156.0];
    let v = 1.0 / (x * x);
    C.iter().rev().fold(0.0, |s, c| s * v + c) / x
}

/// xᵃ·yᵇ/B(a, b) with y = 1 − x, where `d` = x·b − y·a.
fn beta_factor(a: f64, b: f64, x: f64, y: f64, d: f64) -> f64 {
    let rest = stirling_rest(a + b) - stirling_rest(a) - stirling_rest(b);
    let exponent = a * log_less(x * ((a + b) / a), d / a) + b * log_less(y * ((a + b) / b), -d / b);
    (a / (a + b) * b).sqrt() * exp(exponent + rest - LN_SQRT_TAU)
}

/// The even part of Gauss's continued fraction of the incomplete beta function: Iₓ(a, b) = xᵃyᵇ/(a·B(a, b)) · this. It converges fast for
/// x < (a + 1)/(a + b + 2). In terms of y and λ = a·y − b·x, given as `-d`, nothing cancels where x is near one.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64, d: f64) -> f64 {
    let lambda = -d;
    // d₁, d₂ … of DLMF 8.17.22
    let odd = |m: f64| -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
    let even = |m: f64| m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
    let mut h = (1.0 + lambda) / (a + 1.0);
    let (mut c, mut e) = (h, 0.0);
    for m in 1..100_000 {
        let m = f64::from(m);
        // 1 + d₂ₘ + d₂ₘ₊₁
        let rest = (a + m) * (1.0 + lambda + m + m * y) + m * (a + 2.0 * m + 1.0);
        let partial = even(m) + rest / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let product = -odd(m - 1.0) * even(m);
        e = 1.0 / (partial + product * e);
        c = partial + product / c;
        h *= c * e;
        if (c * e - 1.0).abs() < 2e-16 {
            break;
        }
    }
    1.0 / h
}

/// Iₓ(a, b) for x + y = 1 and d = x·b − y·a.
fn beta_regularised(a: f64, b: f64, x: f64, y: f64, d: f64) -> f64 {
    if x == 0.0 || y == 0.0 {
        return if x == 0.0 { 0.0 } else { 1.0 };
    }
    let factor = beta_factor(a, b, x, y, d);
    if x < (a + 1.0) / (a + b + 2.0) {
        factor * beta_fraction(a, b, x, y, d) / a
    } else {
        1.0 - factor * beta_fraction(b, a, y, x, -d) / b
    }
}

/// P(|T| ≥ |t|) for Student's t with `freedom` degrees of freedom.
pub fn t_two_sided(t: f64, freedom: f64) -> f64 {
    let square = t * t;
    if !square.is_finite() {
        return if square.is_nan() { f64::NAN } else { 0.0 };
    }
    let whole = freedom + square;
    let d = 0.5 * (freedom / whole) * (1.0 - square);
    beta_regularised(0.5 * freedom, 0.5, freedom / whole, square / whole, d)
}

/// P(F ≥ f) for the F distribution.
pub fn f_upper(f: f64, freedom_1: f64, freedom_2: f64) -> f64 {
    if f.is_nan() || f <= 0.0 {
        return if f.is_nan() { f64::NAN } else { 1.0 };
    }
    let whole = freedom_2 + freedom_1 * f;
    if whole.is_infinite() {
        return 0.0;
    }
    let d = 0.5 * freedom_1 * (freedom_2 / whole) * (1.0 - f);
    beta_regularised(0.5 * freedom_2, 0.5 * freedom_1, freedom_2 / whole, freedom_1 * f / whole, d)
}

/// P(X ≥ x) for χ².
pub fn chi2_upper(x: f64, freedom: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return if x.is_nan() { f64::NAN } else { 1.0 };
    }
    let (a, x) = (0.5 * freedom, 0.5 * x);
    if x.is_infinite() {
        return 0.0;
    }
    // xᵃe⁻ˣ/Γ(a)
    let factor = exp(a * log_less(x / a, (x - a) / a) - stirling_rest(a) - LN_SQRT_TAU) * a.sqrt();
    if x < a + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-17 {
            k += 1.0;
            term *= x / k;
            sum += term;
        }
        1.0 - factor * sum
    } else {
        factor * gamma_fraction(a, x)
    }
}

/// The continued fraction of the upper incomplete gamma function (DLMF 8.9.2): Q(a, x) = xᵃe⁻ˣ/Γ(a) · this.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / (an * d + b);
        c = b + an / c;
        h *= d * c;
        if (d * c - 1.0).abs() < 2e-16 {
            break;
        }
    }
    h
}

/// The t that |T| exceeds with probability 1 − `level`: the factor of a confidence interval. Newton's method on the tail, kept in
/// a bracket.
pub fn t_factor(level: f64, freedom: f64) -> f64 {
    let tail = 1.0 - level;
    let (mut low, mut high) = (0.0, 1.0);
    while t_two_sided(high, freedom) > tail {
        (low, high) = (high, 2.0 * high);
        if high.is_infinite() {
            return high;
        }
    }
    let mut t = 0.5 * (low + high);
    for _ in 0..200 {
        let excess = t_two_sided(t, freedom) - tail;
        if excess > 0.0 {
            low = t
        } else {
            high = t
        }
        // The slope of the tail is −2·density; 2·t·density is the factor of the incomplete beta function of the tail times two.
        let (square, whole) = (t * t, freedom + t * t);
        let d = 0.5 * (freedom / whole) * (1.0 - square);
        let slope = 2.0 * beta_factor(0.5 * freedom, 0.5, freedom / whole, square / whole, d) / t;
        let next = t + excess / slope;
        let next = if next > low && next < high { next } else { 0.5 * (low + high) };
        if (next - t).abs() <= 1e-15 * t {
            return next;
        }
        t = next;
    }
    t
}

/// The z below which a standard normal variable falls with probability p; ±∞ at 0 and 1. Newton's method on the logarithm of
/// the tail, which is nearly a parabola, so that far tails take few steps.
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() || p <= 0.0 || p >= 1.0 || p == 0.5 {
        return if p == 0.5 { 0.0 } else { (p - 0.5) * f64::INFINITY };
    }
    let tail = p.min(1.0 - p);
    let mut z = -1.0;
    for _ in 0..50 {
        let mut below = [z];
        math::normal_cdf(Isa::SCALAR, &mut below);
        let step = below[0] / exp(-0.5 * z * z - LN_SQRT_TAU) * log_one(below[0] / tail);
        z = (z - step).clamp(-38.0, 0.0);
        if step.abs() <= 1e-15 * z.abs() {
            break;
        }
    }
    if p < 0.5 { z } else { -z }
}

#[cfg(test)]
mod tests;
