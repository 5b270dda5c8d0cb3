//! The largest error of the vector math over all 2³² `f32` arguments, in units in the last place.
//!
//! The reference is the same function in `f64`, whose own error is below a billionth of an `f32` unit. A result in the
//! subnormal range is judged by the subnormal unit.

use planish_tensor::{Exec, math};
use rayon::prelude::*;
use serde_json::{Value, json};

type In32 = fn(planish_tensor::Isa, &mut [f32]);
type In64 = fn(planish_tensor::Isa, &mut [f64]);

const FUNCTIONS: [(&str, In32, In64); 10] = [
    ("exp", math::exp, math::exp),
    ("expm1", math::expm1, math::expm1),
    ("log", math::log, math::log),
    ("log1p", math::log1p, math::log1p),
    ("tanh", math::tanh, math::tanh),
    ("sigmoid", math::sigmoid, math::sigmoid),
    ("softplus", math::softplus, math::softplus),
    ("erf", math::erf, math::erf),
    ("sin", math::sin, math::sin),
    ("cos", math::cos, math::cos),
];

/// Arguments of one piece of work.
const PIECE: u32 = 1 << 12;

pub fn run(exec: Exec) -> Value {
    let mut results = Vec::new();
    for (name, f, reference) in FUNCTIONS {
        let pieces = (0..=(u32::MAX / PIECE)).into_par_iter();
        let (worst, at) = pieces
            .map(|p| worst_of(exec, f, reference, p * PIECE))
            .reduce(|| (0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
        println!("{name:9} {worst:.4} ULP at {at:e}");
        results.push(json!({ "function": name, "ulp": worst, "at": at }));
    }
    json!(results)
}

/// The largest error among the bit patterns from here on, and its argument.
fn worst_of(exec: Exec, f: In32, reference: In64, from: u32) -> (f64, f32) {
    let x: Vec<f32> = (0..PIECE).map(|i| f32::from_bits(from + i)).collect();
    let mut got = x.clone();
    let mut want: Vec<f64> = x.iter().map(|&v| v.into()).collect();
    f(exec.isa, &mut got);
    reference(exec.isa, &mut want);
    let errors = x.iter().zip(got.iter().zip(&want)).map(|(&x, (&g, &w))| (ulps(g, w), x));
    errors.fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
}

/// |got − want| in units of the `f32` that is nearest to `want`.
fn ulps(got: f32, want: f64) -> f64 {
    let nearest = want as f32;
    if got == nearest || (got.is_nan() && nearest.is_nan()) {
        return if nearest.is_finite() { (f64::from(got) - want).abs() / unit(nearest) } else { 0.0 };
    }
    if !got.is_finite() || !nearest.is_finite() {
        return f64::INFINITY;
    }
    (f64::from(got) - want).abs() / unit(nearest)
}

/// The distance between neighbouring `f32` of this magnitude.
fn unit(x: f32) -> f64 {
    let exponent = ((x.to_bits() >> 23) & 255).max(1) as u64;
    f64::from_bits((exponent + 1023 - 127 - 23) << 52)
}
