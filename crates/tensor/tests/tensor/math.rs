//! Errors against the standard library in double precision, special values, and equal bits on every instruction set.
#![expect(clippy::disallowed_methods, reason = "the standard library's functions are the reference here")]

use crate::erf_values::ERF;
use planish_tensor::math::{cos, erf, exp, expm1, log, log1p, normal_cdf, sigmoid, sin, softplus, tanh};
use planish_tensor::{Isa, Scalar};
use rayon::prelude::*;

type Slices = fn(Isa, &mut [f32]);
type Slices64 = fn(Isa, &mut [f64]);

/// Name, ours, the reference in f64, the interval tested and the largest error allowed in ULP (f32, f64).
type Case = (&'static str, Slices, Slices64, fn(f64) -> f64, f64, f64, f64, f64);

const CASES: [Case; 10] = [
    ("exp", exp, exp, f64::exp, -87.0, 88.0, 1.5, 1.5),
    ("expm1", expm1, expm1, f64::exp_m1, -87.0, 88.0, 2.0, 2.0),
    ("log", log, log, f64::ln, 1e-30, 1e30, 1.5, 1.5),
    ("log1p", log1p, log1p, f64::ln_1p, -0.9999, 1e30, 2.0, 2.0),
    ("sin", sin, sin, f64::sin, -100.0, 100.0, 2.0, 2.0),
    ("cos", cos, cos, f64::cos, -100.0, 100.0, 2.0, 2.0),
    ("sin, large", sin, sin, f64::sin, -1e38, 1e38, 2.0, 2.0),
    ("tanh", tanh, tanh, f64::tanh, -12.0, 12.0, 2.5, 3.0),
    ("sigmoid", sigmoid, sigmoid, |x| 1.0 / (1.0 + (-x).exp()), -80.0, 80.0, 2.5, 3.5),
    ("softplus", softplus, softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), -80.0, 80.0, 2.5, 3.5),
];

/// The error of `got` in units in the last place of a type with `bits` bits of precision.
fn ulps(got: f64, want: f64, bits: i32) -> f64 {
    let ulp = 2f64.powi(want.abs().log2().floor() as i32 - (bits - 1));
    (got - want).abs() / ulp
}

/// Points spread over the interval, dense near zero and over all magnitudes.
fn points(lo: f64, hi: f64) -> Vec<f64> {
    let mut x: Vec<f64> = (0..20_000).map(|i| lo + (hi - lo) * f64::from(i) / 19_999.0).collect();
    x.extend(
        (0..4000).map(|i| hi * 0.985f64.powi(i % 2000) * if lo < 0.0 && i >= 2000 { -1.0 } else { 1.0 }),
    );
    x.retain(|v| (lo..=hi).contains(v));
    x
}

#[test]
fn errors_stay_within_the_published_ulps() {
    for (name, f32s, f64s, reference, lo, hi, max32, max64) in CASES {
        let x = points(lo, hi);
        let mut y32: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        let x32 = y32.clone();
        f32s(Isa::best(), &mut y32);
        let worst =
            x32.iter().zip(&y32).map(|(&x, &y)| ulps(y.into(), reference(x.into()), 24)).fold(0.0, f64::max);
        assert!(worst <= max32, "{name} f32: {worst} ULP");
        let mut y64 = x.clone();
        f64s(Isa::best(), &mut y64);
        let worst = x.iter().zip(&y64).map(|(&x, &y)| ulps(y, reference(x), 53)).fold(0.0, f64::max);
        assert!(worst <= max64, "{name} f64: {worst} ULP");
    }
}

#[test]
fn erf_has_known_values() {
    let (mut y, mut y32) = (ERF.map(|(x, _)| x), ERF.map(|(x, _)| x as f32));
    let x32 = y32;
    erf(Isa::best(), &mut y);
    erf(Isa::best(), &mut y32);
    for i in 0..ERF.len() {
        let (x, want) = ERF[i];
        let slope = 2.0 / std::f64::consts::PI.sqrt() * (-x * x).exp();
        assert!(x == 0.0 || ulps(y[i], want, 53) <= 2.5, "erf({x}) = {}, not {want}", y[i]);
        // The f32 argument is another number: its value by the tangent.
        let want32 = want + (f64::from(x32[i]) - x) * slope;
        assert!(x == 0.0 || ulps(y32[i].into(), want32, 24) <= 2.5, "erf({x}) = {}, not {want}", y32[i]);
    }
}

#[test]
fn large_angles_are_reduced_exactly() {
    // Every binary exponent, with mantissas that differ.
    let mut x: Vec<f64> = (20..1024).map(|e| 2f64.powi(e) * (1.0 + f64::from(e % 61) / 61.0)).collect();
    x.extend([f64::MAX, 1_048_576.0, 1_048_577.0, 6.0e5]);
    x.extend(x.clone().iter().map(|v| -v));
    for (ours, std) in [(sin as Slices64, f64::sin as fn(f64) -> f64), (cos, f64::cos)] {
        let mut y = x.clone();
        ours(Isa::best(), &mut y);
        for (x, y) in x.iter().zip(&y) {
            assert!(ulps(*y, std(*x), 53) <= 2.0, "at {x:e}: {y:e}, not {:e}", std(*x));
        }
    }
    // The f64 nearest to a multiple of π/2 (Muller, Elementary Functions); by mpmath, as the C library's last bits differ.
    let mut y = [5.319_372_648_326_541e255];
    cos(Isa::best(), &mut y);
    assert_eq!(y, [-4.687_165_924_254_628e-19]);
}

#[test]
fn the_normal_distribution_function_has_known_values() {
    // Φ at these points to 16 digits.
    let table = [
        (0.0, 0.5),
        (1.0, 0.841_344_746_068_543),
        (-1.0, 0.158_655_253_931_457_05),
        (2.5, 0.993_790_334_674_223_8),
        (-6.0, 9.865_876_450_376_98e-10),
    ];
    for (x, want) in table {
        let mut v = [x];
        normal_cdf::<f64>(Isa::best(), &mut v);
        assert!((v[0] - want).abs() <= 4e-16 * want.max(1e-3) + 1e-13 * want, "Φ({x}) = {}", v[0]);
        let mut v = [x as f32];
        normal_cdf::<f32>(Isa::best(), &mut v);
        assert!((f64::from(v[0]) - want).abs() <= 1e-6 * want, "Φ({x}) = {}", v[0]);
    }
}

#[test]
fn special_values_are_kept() {
    let inf = f64::INFINITY;
    let mut e = [inf, -inf, f64::NAN, 0.0, -0.0, 800.0, -800.0, 1e-320];
    exp::<f64>(Isa::best(), &mut e);
    assert_eq!((e[0], e[1], e[3], e[4], e[5], e[6], e[7]), (inf, 0.0, 1.0, 1.0, inf, 0.0, 1.0));
    assert!(e[2].is_nan());
    let mut l = [inf, -1.0, f64::NAN, 0.0, -0.0, 1.0, 5e-324];
    log::<f64>(Isa::best(), &mut l);
    assert_eq!((l[0], l[3], l[4], l[5]), (inf, -inf, -inf, 0.0));
    assert!(l[1].is_nan() && l[2].is_nan());
    assert!((l[6] - 5e-324_f64.ln()).abs() < 1e-12);
    let mut t = [inf, -inf, f64::NAN, 0.0, -0.0];
    tanh::<f64>(Isa::best(), &mut t);
    assert_eq!((t[0], t[1], t[3].to_bits(), t[4].to_bits()), (1.0, -1.0, 0, (-0.0_f64).to_bits()));
    assert!(t[2].is_nan());
    let mut s = [inf, -inf, f64::NAN];
    sigmoid::<f64>(Isa::best(), &mut s);
    assert_eq!((s[0], s[1]), (1.0, 0.0));
    assert!(s[2].is_nan());
}

/// The results at ∞, −∞, NaN, 0, −0, the smallest subnormal number and its negative; `None` is NaN.
type Special = (&'static str, Slices, Slices64, [Option<f64>; 7]);

#[test]
fn special_values_of_both_types() {
    const INF: f64 = f64::INFINITY;
    let tiny = 5e-324;
    let odd = [Some(0.0), Some(-0.0), Some(tiny), Some(-tiny)];
    let kept = |at_infinity: Option<f64>, below: Option<f64>| {
        [at_infinity, below, None, odd[0], odd[1], odd[2], odd[3]]
    };
    let flat = |a: f64, b: f64, c: f64| [Some(a), Some(b), None, Some(c), Some(c), Some(c), Some(c)];
    let cases: [Special; 8] = [
        ("exp", exp, exp, flat(INF, 0.0, 1.0)),
        ("expm1", expm1, expm1, kept(Some(INF), Some(-1.0))),
        ("log1p", log1p, log1p, kept(Some(INF), None)),
        ("tanh", tanh, tanh, kept(Some(1.0), Some(-1.0))),
        ("sigmoid", sigmoid, sigmoid, flat(1.0, 0.0, 0.5)),
        ("sin", sin, sin, kept(None, None)),
        ("cos", cos, cos, [None, None, None, Some(1.0), Some(1.0), Some(1.0), Some(1.0)]),
        ("erf", erf, erf, kept(Some(1.0), Some(-1.0))),
    ];
    for isa in Isa::all_exact() {
        for (name, f, f64s, want) in cases {
            let mut y = [INF, -INF, f64::NAN, 0.0, -0.0, tiny, -tiny];
            f64s(isa, &mut y);
            let small = f32::from_bits(1);
            let mut y32 = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 0.0, -0.0, small, -small];
            f(isa, &mut y32);
            for (i, want) in want.into_iter().enumerate() {
                let Some(want) = want else {
                    assert!(y[i].is_nan() && y32[i].is_nan(), "{name} {i}");
                    continue;
                };
                assert_eq!(y[i].to_bits(), want.to_bits(), "{name} {i} {}", y[i]);
                let want = if want.abs() == tiny { small.copysign(want as f32) } else { want as f32 };
                assert_eq!(y32[i].to_bits(), want.to_bits(), "{name} {i} {}", y32[i]);
            }
        }
        let mut y = [-1.0, -1.5, f64::NEG_INFINITY, 1e300, -0.5];
        log1p(isa, &mut y);
        assert_eq!(y[0], -INF);
        assert!(y[1].is_nan() && y[2].is_nan());
        assert!((y[3] - 1e300_f64.ln()).abs() < 1e-12 && (y[4] - 0.5_f64.ln()).abs() < 1e-15);
        let mut y = [f32::from_bits(1), 0.0, -0.0, f32::from_bits(0x7f_ffff)];
        log(isa, &mut y);
        assert!((y[0] + 103.278_93).abs() < 1e-5 && (y[3] + 87.336_54).abs() < 1e-5);
        assert_eq!(y[1..3], [f32::NEG_INFINITY; 2]);
    }
}

#[test]
fn every_function_has_the_same_bits_on_every_instruction_set() {
    // Every 257th bit pattern: all exponents, both signs, NaN and infinities.
    let x: Vec<f32> = (0..=u32::MAX).step_by(257).map(f32::from_bits).collect();
    let x64: Vec<f64> = (0..u64::MAX).step_by(1 << 48).map(|b| f64::from_bits(b ^ (b >> 17))).collect();
    let f32s: [Slices; 11] = [exp, expm1, log, log1p, tanh, sigmoid, softplus, erf, sin, cos, normal_cdf];
    f32s.into_par_iter().for_each(|f| assert_equal_bits(f, &x));
    let f64s: [Slices64; 11] = [exp, expm1, log, log1p, tanh, sigmoid, softplus, erf, sin, cos, normal_cdf];
    f64s.into_par_iter().for_each(|f| assert_equal_bits(f, &x64));
}

fn assert_equal_bits<T: Scalar>(f: fn(Isa, &mut [T]), x: &[T]) {
    let mut want = x.to_vec();
    f(Isa::SCALAR, &mut want);
    for isa in Isa::all_exact() {
        let mut got = x.to_vec();
        f(isa, &mut got);
        let is_nan = |v: T| v.to_f64().is_nan();
        let same = got.iter().zip(&want).all(|(a, b)| a.bits() == b.bits() || (is_nan(*a) && is_nan(*b)));
        assert!(same, "{}", isa.name());
    }
}
