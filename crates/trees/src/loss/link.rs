//! From scores to predictions.

use crate::settings::Loss;
use planish_tensor::{Isa, math};

impl Loss {
    /// Scores, `[rows × outputs]`, become numbers, or the probability of the second of two classes, or those of all classes.
    pub fn predictions(self, isa: Isa, outputs: usize, scores: &mut [f64]) {
        match self {
            Loss::Squared | Loss::Absolute | Loss::Quantile { .. } | Loss::Huber { .. } => {}
            Loss::Poisson | Loss::Gamma => math::exp(isa, scores),
            Loss::LogLoss => math::sigmoid(isa, scores),
            Loss::Softmax => {
                for row in scores.chunks_mut(outputs) {
                    let largest = row.iter().fold(f64::NEG_INFINITY, |m, &s| if s > m { s } else { m });
                    row.iter_mut().for_each(|s| *s -= largest);
                }
                math::exp(isa, scores);
                for row in scores.chunks_mut(outputs) {
                    let total: f64 = row.iter().sum();
                    row.iter_mut().for_each(|s| *s /= total);
                }
            }
        }
    }
}
