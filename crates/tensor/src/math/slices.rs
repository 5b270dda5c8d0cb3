//! The functions applied to slices in place.

use super::trig;
use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};

/// A function of one number, applied to a slice in place.
#[derive(Clone, Copy)]
#[doc(hidden)]
pub enum Function {
    Exp,
    Expm1,
    Log,
    Log1p,
    Tanh,
    Sigmoid,
    Softplus,
    Erf,
    Sin,
    Cos,
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
            Function::Expm1 => each!(S::expm1),
            Function::Log => each!(S::log),
            Function::Log1p => each!(S::log1p),
            Function::Tanh => each!(S::tanh),
            Function::Sigmoid => each!(S::sigmoid),
            Function::Softplus => each!(S::softplus),
            Function::Erf => each!(S::erf),
            Function::Sin => each!(trig::sin),
            Function::Cos => each!(trig::cos),
            Function::NormalCdf => each!(|s: S, v| s.normal(v).0),
        }
    }
}

/// x ← eˣ
pub fn exp<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Exp, x));
}

/// x ← eˣ − 1, without cancellation near zero; ±0 are kept.
pub fn expm1<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Expm1, x));
}

/// x ← ln x; −∞ at ±0, NaN below.
pub fn log<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Log, x));
}

/// x ← ln(1 + x), accurate near zero; ±0 are kept, −∞ at −1, NaN below.
pub fn log1p<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Log1p, x));
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

/// x ← erf x; ±0 are kept.
pub fn erf<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Erf, x));
}

/// x ← sin x over the whole finite range; ±0 are kept, NaN at ±∞.
pub fn sin<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Sin, x));
}

/// x ← cos x over the whole finite range; NaN at ±∞.
pub fn cos<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::dispatch(isa, Apply(Function::Cos, x));
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
