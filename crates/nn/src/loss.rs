//! Losses: the value for a batch and the gradient at the network's output, in one pass.
//!
//! The value of a batch of N rows is Σ wᵢ·lᵢ / N, where lᵢ is the mean over the row's outputs (for `sse` the plain sum
//! over everything). Sigmoid with binary cross-entropy and softmax with cross-entropy work on logits, where they neither
//! overflow nor lose the gradient of saturated outputs.

use crate::activation::Activation;
use crate::error::NnError;
use crate::plan::Plan;
use planish_tensor::math::rows;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, MatRef, Scalar};
use serde::{Deserialize, Serialize};

/// What training makes small.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// Σ (ŷ − y)² over the batch.
    Sse,
    /// The mean of (ŷ − y)².
    Mse,
    /// The mean of |ŷ − y|.
    Mae,
    /// −y·ln p − (1 − y)·ln(1 − p), with p the output of sigmoid units and y in [0, 1].
    BinaryCrossentropy,
    /// −ln p of the true class, with p the output of softmax units.
    CategoricalCrossentropy,
}

/// What the network should have said, a row of input each.
#[derive(Clone, Copy)]
pub enum Targets<'a, T> {
    /// A row of numbers each, `[rows, outputs]`, contiguous.
    Values(MatRef<'a, T>),
    /// A class index each.
    Classes(&'a [u32]),
}

impl<T: Scalar> Targets<'_, T> {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Targets::Values(y) => y.rows(),
            Targets::Classes(c) => c.len(),
        }
    }
}

impl Loss {
    /// The name, as in Keras.
    pub fn name(self) -> &'static str {
        match self {
            Loss::Sse => "sse",
            Loss::Mse => "mse",
            Loss::Mae => "mae",
            Loss::BinaryCrossentropy => "binary_crossentropy",
            Loss::CategoricalCrossentropy => "categorical_crossentropy",
        }
    }

    /// Whether the loss works on logits, before the last activation.
    pub fn is_fused(self) -> bool {
        matches!(self, Loss::BinaryCrossentropy | Loss::CategoricalCrossentropy)
    }

    /// Checks that the network's output fits the loss.
    ///
    /// # Errors
    /// Binary cross-entropy without sigmoid units, cross-entropy without softmax units.
    pub fn check(self, plan: &Plan) -> Result<(), NnError> {
        let (needs, fits) = match self {
            Loss::BinaryCrossentropy => ("sigmoid units", plan.output_activation() == Activation::Sigmoid),
            Loss::CategoricalCrossentropy => (
                "two or more softmax units",
                plan.output_activation() == Activation::Softmax && plan.outputs() > 1,
            ),
            _ => ("", true),
        };
        if fits {
            return Ok(());
        }
        let activation = plan.output_activation().name();
        Err(NnError::LossOutput { loss: self.name(), needs, activation, units: plan.outputs() })
    }

    /// The value for a batch; `delta` becomes the gradient at `out` (logits if [`Loss::is_fused`]).
    pub(crate) fn gradient<T: Scalar>(
        self,
        isa: Isa,
        units: usize,
        out: &[T],
        targets: Targets<'_, T>,
        weights: Option<&[T]>,
        delta: &mut [T],
    ) -> f64 {
        let rows = out.len() / units;
        assert_eq!(targets.rows(), rows, "targets for {} rows, a batch of {rows}", targets.rows());
        assert!(weights.is_none_or(|w| w.len() == rows), "one weight a row");
        if rows == 0 {
            return 0.0;
        }
        match (self, targets) {
            (Loss::CategoricalCrossentropy, Targets::Classes(classes)) => {
                let scale = 1.0 / rows as f64;
                rows::softmax_cross_entropy(isa, units, out, classes, weights, scale, delta) * scale
            }
            (Loss::CategoricalCrossentropy, Targets::Values(_)) => {
                panic!("categorical_crossentropy takes class indices")
            }
            (_, Targets::Classes(_)) => panic!("{} takes numbers, not class indices", self.name()),
            (_, Targets::Values(y)) => self.elementwise(isa, units, out, y, weights, delta),
        }
    }

    fn elementwise<T: Scalar>(
        self,
        isa: Isa,
        units: usize,
        out: &[T],
        y: MatRef<'_, T>,
        weights: Option<&[T]>,
        delta: &mut [T],
    ) -> f64 {
        assert_eq!(y.cols(), units, "targets of {} columns for {units} outputs", y.cols());
        let rows = out.len() / units;
        let divisor = if self == Loss::Sse { 1.0 } else { out.len() as f64 };
        let scale = T::from_f64(1.0 / divisor);
        if units == 1 {
            // One column is one long row with a weight an element.
            let (y, weight) = (y.t().row(0), weights.map_or(Weight::One, Weight::Each));
            return T::dispatch(isa, Elementwise { loss: self, out, y, weight, scale, delta }).to_f64()
                / divisor;
        }
        let mut total = 0.0;
        for i in 0..rows {
            let row = i * units..(i + 1) * units;
            let weight = weights.map_or(Weight::One, |w| Weight::All(w[i]));
            let (out, delta) = (&out[row.clone()], &mut delta[row]);
            total +=
                T::dispatch(isa, Elementwise { loss: self, out, y: y.row(i), weight, scale, delta }).to_f64();
        }
        total / divisor
    }
}

#[derive(Clone, Copy)]
enum Weight<'a, T> {
    One,
    All(T),
    Each(&'a [T]),
}

/// Σ w·l, and delta ← w·scale·l′, element by element.
struct Elementwise<'a, T> {
    loss: Loss,
    out: &'a [T],
    y: &'a [T],
    weight: Weight<'a, T>,
    scale: T,
    delta: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Elementwise<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> T {
        let Elementwise { loss, out, y, weight, scale, delta } = self;
        let (zero, one) = (s.splat(T::ZERO), s.splat(T::ONE));
        let (two, scale) = (s.constant(2.0), s.splat(scale));
        let mut total = zero;
        for i in (0..out.len()).step_by(T::LANES) {
            // Lanes past the end get weight zero.
            let inside = s.load_at(out, i);
            let target = s.load_at(y, i);
            let w = match weight {
                Weight::One => one,
                Weight::All(w) => s.splat(w),
                Weight::Each(w) => s.load_at(w, i),
            };
            let w = if out.len() - i < T::LANES {
                s.select(s.lt(s.iota(), s.constant((out.len() - i) as f64)), w, zero)
            } else {
                w
            };
            let error = s.sub(inside, target);
            let (value, slope) = match loss {
                Loss::Sse | Loss::Mse => (s.mul(error, error), s.mul(two, error)),
                Loss::Mae => {
                    let sign = s.select(s.eq(error, zero), zero, s.copysign(one, error));
                    (s.abs(error), sign)
                }
                _ => s.sigmoid_bce(inside, target),
            };
            total = s.fma(w, value, total);
            s.store_at(delta, i, s.mul(s.mul(w, scale), slope));
        }
        s.sum(total)
    }
}

impl std::str::FromStr for Loss {
    type Err = NnError;
    fn from_str(name: &str) -> Result<Self, NnError> {
        let all = [Loss::Sse, Loss::Mse, Loss::Mae, Loss::BinaryCrossentropy, Loss::CategoricalCrossentropy];
        all.into_iter().find(|l| l.name() == name).ok_or_else(|| NnError::UnknownName {
            what: "loss",
            name: name.to_owned(),
            known: all.map(Loss::name).join(", "),
        })
    }
}
