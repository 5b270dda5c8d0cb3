//! Initial weights. The names and formulas are Keras's; the numbers come from the counter-based generator.

use crate::error::NnError;
use planish_tensor::Scalar;
use planish_tensor::rng::Stream;
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

/// How a parameter tensor is filled before training.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initializer {
    /// All zero.
    Zeros,
    /// All one.
    Ones,
    /// Uniform within ±0.05 (Keras's default for embeddings).
    RandomUniform,
    /// Uniform within ±√(6/(fan_in + fan_out)) (Glorot and Bengio, 2010).
    #[default]
    GlorotUniform,
    /// Normal with variance 2/(fan_in + fan_out), cut at two standard deviations.
    GlorotNormal,
    /// Uniform within ±√(6/fan_in) (He et al., 2015).
    HeUniform,
    /// Normal with variance 2/fan_in, cut at two standard deviations.
    HeNormal,
    /// Uniform within ±√(3/fan_in) (LeCun et al., 1998).
    LecunUniform,
    /// Normal with variance 1/fan_in, cut at two standard deviations.
    LecunNormal,
}

impl Initializer {
    /// All initializers.
    pub const ALL: [Initializer; 9] = [
        Initializer::Zeros,
        Initializer::Ones,
        Initializer::RandomUniform,
        Initializer::GlorotUniform,
        Initializer::GlorotNormal,
        Initializer::HeUniform,
        Initializer::HeNormal,
        Initializer::LecunUniform,
        Initializer::LecunNormal,
    ];

    /// The name, as in Keras.
    pub fn name(self) -> &'static str {
        match self {
            Initializer::Zeros => "zeros",
            Initializer::Ones => "ones",
            Initializer::RandomUniform => "random_uniform",
            Initializer::GlorotUniform => "glorot_uniform",
            Initializer::GlorotNormal => "glorot_normal",
            Initializer::HeUniform => "he_uniform",
            Initializer::HeNormal => "he_normal",
            Initializer::LecunUniform => "lecun_uniform",
            Initializer::LecunNormal => "lecun_normal",
        }
    }

    /// Fills the slice; `stream` must differ between parameter tensors.
    pub fn fill<T: Scalar>(self, fan_in: usize, fan_out: usize, stream: Stream, out: &mut [T]) {
        let (fan_in, fan_out) = (fan_in as f64, fan_out as f64);
        let variance = match self {
            Initializer::Zeros => 0.0,
            Initializer::Ones => return out.fill(T::ONE),
            Initializer::RandomUniform => 0.05 * 0.05 / 3.0,
            Initializer::GlorotUniform | Initializer::GlorotNormal => 2.0 / (fan_in + fan_out),
            Initializer::HeUniform | Initializer::HeNormal => 2.0 / fan_in,
            Initializer::LecunUniform | Initializer::LecunNormal => 1.0 / fan_in,
        };
        let normal =
            matches!(self, Initializer::GlorotNormal | Initializer::HeNormal | Initializer::LecunNormal);
        let number = |i: usize| {
            T::from_f64(if normal {
                // The standard deviation of a normal variable cut at ±2.
                truncated_normal(stream, i as u64) * (variance.sqrt() / 0.879_625_661_034_239_8)
            } else {
                (2.0 * stream.uniform(i as u64) - 1.0) * (3.0 * variance).sqrt()
            })
        };
        let fill = |(piece, out): (usize, &mut [T])| {
            out.iter_mut().enumerate().for_each(|(i, x)| *x = number(piece * PIECE + i));
        };
        // Each number depends on its place alone, so the pieces may be anybody's.
        if out.len() <= PIECE {
            fill((0, out));
        } else {
            out.par_chunks_mut(PIECE).enumerate().for_each(fill);
        }
    }
}

/// Numbers of a piece that a thread fills.
const PIECE: usize = 1 << 18;

/// A standard normal number within ±2.
fn truncated_normal(stream: Stream, i: u64) -> f64 {
    (0..32).map(|attempt| stream.normal(i + (attempt << 48))).find(|x| x.abs() <= 2.0).unwrap_or(0.0)
}

impl std::str::FromStr for Initializer {
    type Err = NnError;
    fn from_str(name: &str) -> Result<Self, NnError> {
        Initializer::ALL.into_iter().find(|i| i.name() == name).ok_or_else(|| NnError::UnknownName {
            what: "initializer",
            name: name.to_owned(),
            known: Initializer::ALL.map(Initializer::name).join(", "),
        })
    }
}
