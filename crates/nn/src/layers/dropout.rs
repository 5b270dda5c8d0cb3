//! Dropout: in training each element is zero with probability `rate` and else divided by 1 − rate; otherwise nothing happens.
//! Forward and backward side by side.
//!
//! The choice for an element depends on the seed, the step, the layer and the element's place alone, so a resumed run needs no state.
//!
//! # Shapes
//! x, y, dy and the saved factors `[rows, units]`.
//!
//! # Source
//! Srivastava et al., 2014, in the inverted form of Keras and PyTorch.

use super::columns::{copy_rows, multiply};
use super::context::{BackwardPass, ForwardPass};
use crate::batch::{Mode, Step};
use planish_tensor::Scalar;
use planish_tensor::rng::{Purpose, Stream};
use serde::{Deserialize, Serialize};

/// Zero with probability `rate`, else x/(1 − rate); in training alone.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// The share of elements that become zero, in [0, 1).
    pub rate: f64,
    /// Its name; `dropout_1` … if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Dropout {
    /// The layer of this rate.
    pub fn new(rate: f64) -> Dropout {
        Dropout { rate, name: None }
    }
}

/// The layer with its number, which sets its choices apart from other layers'.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct DropoutStep {
    pub(crate) rate: f64,
    pub(crate) number: u64,
}

impl DropoutStep {
    /// In training out ← x·factor, saving the factors, each 0 or 1/(1 − rate); else out ← x.
    pub(crate) fn forward<T: Scalar>(&self, pass: ForwardPass<'_, T>) {
        copy_rows(pass.x, pass.out);
        if let (Mode::Training(step), Some(factors)) = (pass.mode, pass.saved) {
            self.choose(step, factors);
            multiply(pass.exec.isa, pass.out, factors);
        }
    }

    /// The factors of a step.
    fn choose<T: Scalar>(&self, step: Step, factors: &mut [T]) {
        let stream = Stream::new(step.seed, Purpose::Dropout, step.number as u32);
        // The rate as a multiple of 2⁻³²: a word below it drops its element.
        let threshold = (self.rate * 4_294_967_296.0) as u32;
        let kept = T::from_f64(1.0 / (1.0 - self.rate));
        let first = self.number << 48;
        for (i, four) in factors.chunks_mut(4).enumerate() {
            let words = stream.words(first + i as u64);
            for (factor, word) in four.iter_mut().zip(words) {
                *factor = if word < threshold { T::ZERO } else { kept };
            }
        }
    }

    /// dy ← dy·factor, the gradient at x.
    pub(crate) fn backward<T: Scalar>(&self, pass: BackwardPass<'_, '_, T>) {
        multiply(pass.exec.isa, pass.dy, pass.saved);
    }
}
