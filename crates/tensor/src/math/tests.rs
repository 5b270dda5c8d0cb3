//! Errors against the standard library in double precision, special values, and equal bits on every instruction set.
#![expect(clippy::disallowed_methods, reason = "the standard library's functions are the reference here")]

use super::*;

type Slices = fn(Isa, &mut [f32]);
type Slices64 = fn(Isa, &mut [f64]);

/// Name, ours, the reference in f64, the interval tested and the largest error allowed in ULP (f32, f64).
type Case = (&'static str, Slices, Slices64, fn(f64) -> f64, f64, f64, f64, f64);

const CASES: [Case; 5] = [
    ("exp", exp, exp, f64::exp, -87.0, 88.0, 1.5, 1.5),
    ("log", log, log, f64::ln, 1e-30, 1e30, 1.5, 1.5),
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

#[test]
fn every_function_has_the_same_bits_on_every_instruction_set() {
    // Every 257th bit pattern: all exponents, both signs, NaN and infinities.
    let x: Vec<f32> = (0..=u32::MAX).step_by(257).map(f32::from_bits).collect();
    let x64: Vec<f64> = (0..u64::MAX).step_by(1 << 48).map(|b| f64::from_bits(b ^ (b >> 17))).collect();
    for f in [exp, log, tanh, sigmoid, softplus, normal_cdf] as [Slices; 6] {
        let mut want = x.clone();
        f(Isa::SCALAR, &mut want);
        for isa in Isa::all_exact() {
            let mut got = x.clone();
            f(isa, &mut got);
            assert!(
                got.iter().zip(&want).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())),
                "{}",
                isa.name()
            );
        }
    }
    for f in [exp, log, tanh, sigmoid, softplus, normal_cdf] as [Slices64; 6] {
        let mut want = x64.clone();
        f(Isa::SCALAR, &mut want);
        for isa in Isa::all_exact() {
            let mut got = x64.clone();
            f(isa, &mut got);
            assert!(
                got.iter().zip(&want).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())),
                "{}",
                isa.name()
            );
        }
    }
}
