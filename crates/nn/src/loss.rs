//! Losses: the value for a batch and the gradient at the network's output, in one pass.
//!
//! The value of a batch of N rows is Σ wᵢ·lᵢ / N, as in Keras, where lᵢ is the mean over the row's outputs; for the
//! cross-entropies of softmax units and for `kl_divergence` it is the sum over them, and `sse` is the plain sum over everything.
//! Sigmoid with binary cross-entropy and softmax with cross-entropy or divergence work on logits, where they neither overflow nor
//! lose the gradient of saturated outputs. The arithmetic is in `kernel`.

mod kernel;

use crate::activation::Activation;
use crate::error::NnError;
use serde::{Deserialize, Serialize};

/// What training makes small.
///
/// In text a parameter follows the name after a colon: `huber:0.5`, `quantile:0.9`, `binary_crossentropy:0.1`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// Σ (ŷ − y)² over the batch.
    Sse,
    /// The mean of (ŷ − y)².
    Mse,
    /// The mean of |ŷ − y|.
    Mae,
    /// The mean of ½e² for |e| ≤ delta and delta·|e| − ½delta² beyond, with e = ŷ − y (Huber, 1964).
    Huber {
        /// Where the parabola becomes a line; 1 in Keras.
        delta: f64,
    },
    /// The mean of ln cosh(ŷ − y).
    LogCosh,
    /// The mean of max(q·(y − ŷ), (q − 1)·(y − ŷ)): its minimum is the quantile q (Koenker and Bassett, 1978).
    Quantile {
        /// The quantile, between 0 and 1.
        q: f64,
    },
    /// −y·ln p − (1 − y)·ln(1 − p), with p the output of sigmoid units and y in [0, 1].
    BinaryCrossentropy,
    /// Binary cross-entropy with targets y·(1 − s) + s/2.
    SmoothBinaryCrossentropy {
        /// s
        label_smoothing: f64,
    },
    /// −ln p of the true class, with p the output of softmax units; with a distribution y a row, −Σ yⱼ·ln pⱼ.
    CategoricalCrossentropy,
    /// Categorical cross-entropy with targets yⱼ·(1 − s) + s/K of K classes.
    SmoothCategoricalCrossentropy {
        /// s
        label_smoothing: f64,
    },
    /// Σ yⱼ·ln(yⱼ/pⱼ), with 0·ln 0 = 0. From logits where the network ends in softmax; else p within 1e−7 and 1 (Kullback and
    /// Leibler, 1951).
    KlDivergence,
    /// The mean of ŷ − y·ln(ŷ + 1e−7).
    Poisson,
    /// The mean of max(0, 1 − y·ŷ) with y = ±1; a target of 0 counts as −1.
    Hinge,
    /// The mean of max(0, 1 − y·ŷ)² with y = ±1; a target of 0 counts as −1.
    SquaredHinge,
}

impl Loss {
    /// A loss of each name, its parameter by default.
    pub const ALL: [Loss; 12] = [
        Loss::Sse,
        Loss::Mse,
        Loss::Mae,
        Loss::Huber { delta: 1.0 },
        Loss::LogCosh,
        Loss::Quantile { q: 0.5 },
        Loss::BinaryCrossentropy,
        Loss::CategoricalCrossentropy,
        Loss::KlDivergence,
        Loss::Poisson,
        Loss::Hinge,
        Loss::SquaredHinge,
    ];

    /// The name, as in Keras, without the parameter.
    pub fn name(self) -> &'static str {
        match self {
            Loss::Sse => "sse",
            Loss::Mse => "mse",
            Loss::Mae => "mae",
            Loss::Huber { .. } => "huber",
            Loss::LogCosh => "log_cosh",
            Loss::Quantile { .. } => "quantile",
            Loss::BinaryCrossentropy | Loss::SmoothBinaryCrossentropy { .. } => "binary_crossentropy",
            Loss::CategoricalCrossentropy | Loss::SmoothCategoricalCrossentropy { .. } => {
                "categorical_crossentropy"
            }
            Loss::KlDivergence => "kl_divergence",
            Loss::Poisson => "poisson",
            Loss::Hinge => "hinge",
            Loss::SquaredHinge => "squared_hinge",
        }
    }

    /// Whether it is a binary cross-entropy.
    pub fn is_binary(self) -> bool {
        self.name() == "binary_crossentropy"
    }

    /// Whether it is a cross-entropy of softmax units: its targets may be class indices.
    pub fn is_categorical(self) -> bool {
        self.name() == "categorical_crossentropy"
    }

    /// Whether it is a hinge loss: the network's output is a margin, positive for the second class.
    pub fn is_margin(self) -> bool {
        matches!(self, Loss::Hinge | Loss::SquaredHinge)
    }

    /// Whether the value of a batch is a sum over its rows (`sse`), not a mean.
    pub fn is_sum(self) -> bool {
        self == Loss::Sse
    }

    /// Whether, after this last activation, the loss works on logits, the activation's input.
    pub fn is_fused(self, last: Activation) -> bool {
        last == Activation::Sigmoid && self.is_binary()
            || last == Activation::Softmax && (self.is_categorical() || self == Loss::KlDivergence)
    }

    /// Its parameter's name, value and range, and whether the value lies in it.
    fn parameter(self) -> Option<(&'static str, f64, &'static str, bool)> {
        match self {
            Loss::Huber { delta } => {
                Some(("delta", delta, "it must be a positive number", delta > 0.0 && delta.is_finite()))
            }
            Loss::Quantile { q } => Some(("q", q, "it must lie between 0 and 1", q > 0.0 && q < 1.0)),
            Loss::SmoothBinaryCrossentropy { label_smoothing: s }
            | Loss::SmoothCategoricalCrossentropy { label_smoothing: s } => {
                Some(("label_smoothing", s, "it must lie in [0, 1)", (0.0..1.0).contains(&s)))
            }
            Loss::Sse | Loss::Mse | Loss::Mae | Loss::LogCosh | Loss::Poisson => None,
            Loss::BinaryCrossentropy | Loss::CategoricalCrossentropy | Loss::KlDivergence => None,
            Loss::Hinge | Loss::SquaredHinge => None,
        }
    }

    /// Checks its parameter.
    ///
    /// # Errors
    /// One outside its range.
    pub fn check_parameter(self) -> Result<(), NnError> {
        match self.parameter() {
            Some((setting, value, needs, false)) => {
                Err(NnError::Setting { owner: format!("loss {}", self.name()), setting, value, needs })
            }
            _ => Ok(()),
        }
    }

    /// Checks that its parameter is in range and that a network whose output is so many units after this activation fits it.
    ///
    /// # Errors
    /// Binary cross-entropy without sigmoid units, cross-entropy without softmax units, a parameter outside its range.
    pub fn check(self, units: usize, last: Activation) -> Result<(), NnError> {
        self.check_parameter()?;
        let (needs, fits) = if self.is_binary() {
            ("sigmoid units", last == Activation::Sigmoid)
        } else if self.is_categorical() {
            ("two or more softmax units", last == Activation::Softmax && units > 1)
        } else {
            ("", true)
        };
        if fits {
            return Ok(());
        }
        Err(NnError::LossOutput { loss: self.name(), needs, activation: last.name(), units })
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.parameter() {
            Some((_, value, ..)) => write!(f, "{}:{value}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

impl std::str::FromStr for Loss {
    type Err = NnError;
    fn from_str(text: &str) -> Result<Self, NnError> {
        let (name, parameter) = text.split_once(':').map_or((text, None), |(name, p)| (name, Some(p)));
        let unknown = || NnError::UnknownName {
            what: "loss",
            name: text.to_owned(),
            known: format!(
                "{}; huber:delta, quantile:q, binary_crossentropy:smoothing, categorical_crossentropy:smoothing",
                Loss::ALL.map(Loss::name).join(", ")
            ),
        };
        let loss = Loss::ALL.into_iter().find(|l| l.name() == name).ok_or_else(unknown)?;
        let Some(parameter) = parameter else { return Ok(loss) };
        let value: f64 = parameter.parse().map_err(|_| unknown())?;
        let loss = match loss {
            Loss::Huber { .. } => Loss::Huber { delta: value },
            Loss::Quantile { .. } => Loss::Quantile { q: value },
            Loss::BinaryCrossentropy | Loss::SmoothBinaryCrossentropy { .. } => {
                Loss::SmoothBinaryCrossentropy { label_smoothing: value }
            }
            Loss::CategoricalCrossentropy | Loss::SmoothCategoricalCrossentropy { .. } => {
                Loss::SmoothCategoricalCrossentropy { label_smoothing: value }
            }
            Loss::Sse | Loss::Mse | Loss::Mae | Loss::LogCosh | Loss::KlDivergence => return Err(unknown()),
            Loss::Poisson | Loss::Hinge | Loss::SquaredHinge => return Err(unknown()),
        };
        loss.check_parameter().map(|()| loss)
    }
}
