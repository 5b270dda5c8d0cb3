//! Activation functions, forward and backward side by side.
//!
//! An activation says what its backward pass needs: its output (relu, sigmoid, tanh, softmax, leaky_relu, linear) or its
//! input (gelu). Relu propagates NaN.

use crate::error::NnError;
use planish_tensor::math::rows;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, Scalar};
use serde::{Deserialize, Serialize};

/// The function applied to x·W + b.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// x
    Linear,
    /// max(0, x)
    Relu,
    /// 1/(1 + e⁻ˣ)
    Sigmoid,
    /// tanh x
    Tanh,
    /// eˣⁱ / Σ eˣʲ along a row
    Softmax,
    /// x for x ≥ 0, 0.2·x below (the slope of Keras's `leaky_relu` string)
    LeakyRelu,
    /// x·Φ(x), with the exact normal distribution function (Hendrycks and Gimpel, 2016)
    Gelu,
}

/// What the backward pass of an activation needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Saves {
    /// The activation's output.
    Output,
    /// The activation's input.
    Input,
}

/// The slope of leaky_relu below zero.
const LEAKY_SLOPE: f64 = 0.2;

impl Activation {
    /// All activations.
    pub const ALL: [Activation; 7] = [
        Activation::Linear,
        Activation::Relu,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Softmax,
        Activation::LeakyRelu,
        Activation::Gelu,
    ];

    /// The name, as in Keras.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Linear => "linear",
            Activation::Relu => "relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::Softmax => "softmax",
            Activation::LeakyRelu => "leaky_relu",
            Activation::Gelu => "gelu",
        }
    }

    /// What the backward pass needs.
    pub fn saves(self) -> Saves {
        if self == Activation::Gelu { Saves::Input } else { Saves::Output }
    }

    /// x ← f(x) for rows of `units` numbers.
    pub fn forward<T: Scalar>(self, isa: Isa, units: usize, x: &mut [T]) {
        match self {
            Activation::Linear => {}
            Activation::Softmax => rows::softmax(isa, units, x),
            _ => T::dispatch(isa, Forward(self, x)),
        }
    }

    /// delta ← delta · f′, where `saved` is what [`Activation::saves`] names, for rows of `units` numbers.
    pub fn backward<T: Scalar>(self, isa: Isa, units: usize, saved: &[T], delta: &mut [T]) {
        match self {
            Activation::Linear => {}
            Activation::Softmax => rows::softmax_backward(isa, units, saved, delta),
            _ => T::dispatch(isa, Backward(self, saved, delta)),
        }
    }
}

impl std::str::FromStr for Activation {
    type Err = NnError;
    fn from_str(name: &str) -> Result<Self, NnError> {
        Activation::ALL.into_iter().find(|a| a.name() == name).ok_or_else(|| NnError::UnknownName {
            what: "activation",
            name: name.to_owned(),
            known: Activation::ALL.map(Activation::name).join(", "),
        })
    }
}

struct Forward<'a, T>(Activation, &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Forward(activation, x) = self;
        let (zero, slope) = (s.splat(T::ZERO), s.constant(LEAKY_SLOPE));
        macro_rules! each {
            (|$v:ident| $f:expr) => {
                for i in (0..x.len()).step_by(T::LANES) {
                    let $v = s.load_at(x, i);
                    s.store_at(x, i, $f);
                }
            };
        }
        match activation {
            Activation::Linear | Activation::Softmax => {}
            Activation::Relu => each!(|v| s.select(s.lt(v, zero), zero, v)),
            Activation::LeakyRelu => each!(|v| s.select(s.lt(v, zero), s.mul(v, slope), v)),
            Activation::Sigmoid => each!(|v| s.sigmoid(v)),
            Activation::Tanh => each!(|v| s.tanh(v)),
            Activation::Gelu => each!(|v| s.mul(v, s.normal(v).0)),
        }
    }
}

struct Backward<'a, T>(Activation, &'a [T], &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Backward(activation, saved, delta) = self;
        assert_eq!(saved.len(), delta.len(), "saved values and gradients differ in length");
        let (zero, one, slope) = (s.splat(T::ZERO), s.splat(T::ONE), s.constant(LEAKY_SLOPE));
        macro_rules! each {
            (|$y:ident, $d:ident| $f:expr) => {
                for i in (0..delta.len()).step_by(T::LANES) {
                    let ($y, $d) = (s.load_at(saved, i), s.load_at(delta, i));
                    s.store_at(delta, i, $f);
                }
            };
        }
        match activation {
            Activation::Linear | Activation::Softmax => {}
            Activation::Relu => each!(|y, d| s.select(s.lt(zero, y), d, zero)),
            Activation::LeakyRelu => each!(|y, d| s.select(s.lt(y, zero), s.mul(d, slope), d)),
            Activation::Sigmoid => each!(|y, d| s.mul(d, s.mul(y, s.sub(one, y)))),
            Activation::Tanh => each!(|y, d| s.mul(d, s.fma(s.neg(y), y, one))),
            Activation::Gelu => each!(|x, d| {
                let (cdf, density) = s.normal(x);
                s.mul(d, s.fma(x, density, cdf))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relu_propagates_nan_and_clears_negative_numbers() {
        let mut x = [f32::NAN, -1.0, 2.0, 0.0];
        Activation::Relu.forward(Isa::best(), 4, &mut x);
        assert!(x[0].is_nan());
        assert_eq!(x[1..], [0.0, 2.0, 0.0]);
    }

    #[test]
    fn softmax_rows_sum_to_one_and_do_not_overflow() {
        let mut x: Vec<f32> = (0..51).map(|i| i as f32 * 40.0 - 500.0).collect();
        Activation::Softmax.forward(Isa::best(), 17, &mut x);
        for row in x.chunks(17) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn activations_have_the_same_bits_on_every_instruction_set() {
        let x: Vec<f32> = (0..60).map(|i| (i as f32 - 30.0) * 0.31).collect();
        for a in Activation::ALL {
            let run = |isa| {
                let (mut y, mut d) = (x.clone(), x.clone());
                a.forward(isa, 20, &mut y);
                a.backward(isa, 20, if a.saves() == Saves::Input { &x } else { &y }, &mut d);
                [y, d].concat().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
            };
            for isa in Isa::all_exact() {
                assert_eq!(run(isa), run(Isa::SCALAR), "{a:?}");
            }
        }
    }

    #[test]
    fn names_round_trip() {
        for a in Activation::ALL {
            assert_eq!(a.name().parse(), Ok(a));
        }
        assert!("swishy".parse::<Activation>().unwrap_err().to_string().contains("use one of linear, relu"));
    }
}
