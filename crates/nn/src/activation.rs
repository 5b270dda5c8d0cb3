//! Activation functions, forward and backward side by side.
//!
//! An activation says what its backward pass needs: its input (gelu, silu, mish) or its output (all others). Formulas and
//! constants are those of Keras 3. All propagate NaN.

use crate::error::NnError;
use planish_tensor::math::rows;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, Scalar};
use serde::{Deserialize, Serialize};

/// The function applied to x·W + b.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// x for x > 0, eˣ − 1 below (Clevert et al., 2016, with α = 1)
    Elu,
    /// 1.0507·x for x > 0, 1.0507·1.6733·(eˣ − 1) below (Klambauer et al., 2017)
    Selu,
    /// x/(1 + e⁻ˣ), also called swish
    Silu,
    /// x·tanh(ln(1 + eˣ)) (Misra, 2019)
    Mish,
    /// ln(1 + eˣ)
    Softplus,
    /// x/(1 + |x|)
    Softsign,
    /// (x + 3)/6 within 0 and 1 (Keras 3's form)
    HardSigmoid,
    /// eˣ
    Exponential,
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
/// The factor of selu, and its factor on eˣ − 1: the fixed point of mean 0 and variance 1.
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;

impl Activation {
    /// All activations.
    pub const ALL: [Activation; 15] = [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Elu,
        Activation::Selu,
        Activation::Gelu,
        Activation::Silu,
        Activation::Mish,
        Activation::Softplus,
        Activation::Softsign,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::HardSigmoid,
        Activation::Exponential,
        Activation::Softmax,
    ];

    /// The name, as in Keras.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Linear => "linear",
            Activation::Relu => "relu",
            Activation::LeakyRelu => "leaky_relu",
            Activation::Elu => "elu",
            Activation::Selu => "selu",
            Activation::Gelu => "gelu",
            Activation::Silu => "silu",
            Activation::Mish => "mish",
            Activation::Softplus => "softplus",
            Activation::Softsign => "softsign",
            Activation::Tanh => "tanh",
            Activation::Sigmoid => "sigmoid",
            Activation::HardSigmoid => "hard_sigmoid",
            Activation::Exponential => "exponential",
            Activation::Softmax => "softmax",
        }
    }

    /// What the backward pass needs.
    pub fn saves(self) -> Saves {
        use Activation::*;
        match self {
            Gelu | Silu | Mish => Saves::Input,
            Linear | Relu | LeakyRelu | Elu | Selu | Softplus | Softsign | Tanh | Sigmoid | HardSigmoid
            | Exponential | Softmax => Saves::Output,
        }
    }

    /// Whether each output depends on one input alone: all but softmax.
    pub fn is_elementwise(self) -> bool {
        self != Activation::Softmax
    }

    /// x ← f(x) for rows of `units` numbers.
    pub fn forward<T: Scalar>(self, isa: Isa, units: usize, x: &mut [T]) {
        if self == Activation::Softmax {
            rows::softmax(isa, units, x);
        } else if self != Activation::Linear {
            T::dispatch(isa, Forward(self, x));
        }
    }

    /// delta ← delta · f′, where `saved` is what [`Activation::saves`] names, for rows of `units` numbers.
    pub fn backward<T: Scalar>(self, isa: Isa, units: usize, saved: &[T], delta: &mut [T]) {
        if self == Activation::Softmax {
            rows::softmax_backward(isa, units, saved, delta);
        } else if self != Activation::Linear {
            T::dispatch(isa, Backward(self, saved, delta));
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

/// x ← f(x), for all but softmax.
pub(crate) struct Forward<'a, T>(pub(crate) Activation, pub(crate) &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Forward(activation, x) = self;
        let (zero, one, slope) = (s.splat(T::ZERO), s.splat(T::ONE), s.constant(LEAKY_SLOPE));
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
            // The order of the operands keeps NaN.
            Activation::Relu => each!(|v| s.max(zero, v)),
            Activation::LeakyRelu => each!(|v| s.select(s.lt(v, zero), s.mul(v, slope), v)),
            Activation::Sigmoid => each!(|v| s.sigmoid(v)),
            Activation::Tanh => each!(|v| s.tanh(v)),
            Activation::Gelu => each!(|v| s.mul(v, s.normal(v).0)),
            Activation::Elu => each!(|v| s.select(s.lt(zero, v), v, s.expm1(v))),
            Activation::Selu => {
                let (scale, alpha) = (s.constant(SELU_SCALE), s.constant(SELU_SCALE * SELU_ALPHA));
                each!(|v| s.select(s.lt(zero, v), s.mul(scale, v), s.mul(alpha, s.expm1(v))))
            }
            Activation::Silu => each!(|v| s.mul(v, s.sigmoid(v))),
            Activation::Mish => each!(|v| s.mul(v, mish_parts(s, v).0)),
            Activation::Softplus => each!(|v| s.softplus(v)),
            Activation::Softsign => each!(|v| s.div(v, s.add(one, s.abs(v)))),
            Activation::HardSigmoid => {
                let (three, six) = (s.constant(3.0), s.constant(6.0));
                // The order of the operands keeps NaN.
                each!(|v| s.div(s.min(six, s.max(zero, s.add(v, three))), six))
            }
            Activation::Exponential => each!(|v| s.exp(v)),
        }
    }
}

/// delta ← delta·f′, for all but softmax.
pub(crate) struct Backward<'a, T>(pub(crate) Activation, pub(crate) &'a [T], pub(crate) &'a mut [T]);

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
            Activation::Elu => each!(|y, d| s.select(s.lt(zero, y), d, s.mul(d, s.add(y, one)))),
            Activation::Selu => {
                let (scale, alpha) = (s.constant(SELU_SCALE), s.constant(SELU_SCALE * SELU_ALPHA));
                each!(|y, d| s.mul(d, s.select(s.lt(zero, y), scale, s.add(y, alpha))))
            }
            Activation::Silu => each!(|x, d| {
                let p = s.sigmoid(x);
                s.mul(d, s.mul(p, s.fma(x, s.sub(one, p), one)))
            }),
            Activation::Mish => each!(|x, d| {
                let (t, slope) = mish_parts(s, x);
                s.mul(d, s.fma(x, slope, t))
            }),
            // σ(x) = 1 − e^−softplus(x)
            Activation::Softplus => each!(|y, d| s.mul(d, s.neg(s.expm1(s.neg(y))))),
            Activation::Softsign => each!(|y, d| {
                let r = s.sub(one, s.abs(y));
                s.mul(d, s.mul(r, r))
            }),
            Activation::HardSigmoid => {
                let sixth = s.constant(1.0 / 6.0);
                each!(|y, d| {
                    let inner = s.select(s.lt(y, one), s.mul(d, sixth), zero);
                    s.select(s.lt(zero, y), inner, zero)
                })
            }
            Activation::Exponential => each!(|y, d| s.mul(d, y)),
        }
    }
}

/// tanh(softplus(x)) = n/(n + 2) with n = eˣ(eˣ + 2), and its derivative 4eˣ(1 + eˣ)/(n + 2)².
#[inline(always)]
fn mish_parts<T: Scalar, S: LaneMath<T>>(s: S, x: S::V) -> (S::V, S::V) {
    let two = s.constant(2.0);
    // From 20 on the first is 1 in both types, and the second vanishes beside it; the order of the operands keeps NaN.
    let e = s.exp(s.min(s.constant(20.0), x));
    let n = s.mul(e, s.add(e, two));
    let below = s.add(n, two);
    let slope = s.div(s.mul(s.constant(4.0), s.fma(e, e, e)), s.mul(below, below));
    (s.div(n, below), slope)
}
