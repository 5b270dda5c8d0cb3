//! A learning rate that falls when the watched loss no longer does, as Keras's `ReduceLROnPlateau`.

use crate::error::OptimError;
use crate::settings::{need, not_negative};
use serde::{Deserialize, Serialize};

/// Settings of a [`Plateau`].
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReduceOnPlateau {
    /// The learning rate is multiplied by this.
    pub factor: f64,
    /// Epochs without a better loss before it falls.
    pub patience: u64,
    /// A fall of the loss smaller than this does not count.
    pub min_delta: f64,
    /// Epochs after a reduction that are not counted.
    pub cooldown: u64,
    /// The learning rate falls no further than this.
    pub min_lr: f64,
}

impl Default for ReduceOnPlateau {
    /// Keras's: ×0.1 after 10 epochs, a fall of at least 1e-4, no cooldown, no least rate.
    fn default() -> Self {
        ReduceOnPlateau { factor: 0.1, patience: 10, min_delta: 1e-4, cooldown: 0, min_lr: 0.0 }
    }
}

impl ReduceOnPlateau {
    /// Checks the settings.
    ///
    /// # Errors
    /// A factor outside (0, 1), no patience, a negative difference or learning rate.
    pub fn check(&self) -> Result<(), OptimError> {
        let factor = self.factor;
        need("the plateau's factor", factor, factor > 0.0 && factor < 1.0, "it must lie between 0 and 1")?;
        need("the plateau's patience", self.patience as f64, self.patience > 0, "it must be at least 1")?;
        not_negative("min_delta", self.min_delta)?;
        not_negative("min_lr", self.min_lr)
    }
}

/// What is remembered between epochs: plain data, to be saved with a checkpoint.
///
/// ```
/// use planish_optim::{Plateau, ReduceOnPlateau};
///
/// let settings = ReduceOnPlateau { patience: 2, ..ReduceOnPlateau::default() };
/// let mut plateau = Plateau::default();
/// let rates: Vec<f64> = [1.0, 0.5, 0.5, 0.5, 0.4].iter().map(|&loss| plateau.observe(&settings, loss, 0.01)).collect();
/// assert_eq!(rates, [0.01, 0.01, 0.01, 0.001, 0.001]);
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Plateau {
    /// The best loss so far.
    best: Option<f64>,
    /// Epochs since then.
    wait: u64,
    /// Epochs that will not be counted.
    cooldown: u64,
    /// The learning rate after the last reduction.
    lr: Option<f64>,
}

impl Plateau {
    /// Takes in an epoch's loss and gives the learning rate of the next; `lr` is that of the run's start.
    ///
    /// For a score that should rise, give its negative. A loss that is NaN is not better than any.
    pub fn observe(&mut self, settings: &ReduceOnPlateau, loss: f64, lr: f64) -> f64 {
        if self.cooldown > 0 {
            self.cooldown -= 1;
            self.wait = 0;
        }
        let better = !loss.is_nan() && self.best.is_none_or(|best| loss < best - settings.min_delta);
        if better {
            // An infinite loss is not kept: JSON has no way to write it, and any finite one is better.
            self.best = loss.is_finite().then_some(loss);
            self.wait = 0;
        } else if self.cooldown == 0 {
            self.wait += 1;
            let now = self.lr(lr);
            if self.wait >= settings.patience && now > settings.min_lr {
                self.lr = Some((now * settings.factor).max(settings.min_lr));
                self.cooldown = settings.cooldown;
                self.wait = 0;
            }
        }
        self.lr(lr)
    }

    /// The learning rate now; `lr` is that of the run's start.
    pub fn lr(&self, lr: f64) -> f64 {
        self.lr.unwrap_or(lr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(settings: &ReduceOnPlateau, losses: &[f64]) -> Vec<f64> {
        let mut plateau = Plateau::default();
        losses.iter().map(|&loss| plateau.observe(settings, loss, 1.0)).collect()
    }

    #[test]
    fn small_falls_and_nan_do_not_count() {
        let settings = ReduceOnPlateau { factor: 0.5, patience: 2, min_delta: 0.1, ..Default::default() };
        assert_eq!(rates(&settings, &[1.0, 0.95, f64::NAN, 0.8, 0.8]), [1.0, 1.0, 0.5, 0.5, 0.5]);
        assert_eq!(rates(&settings, &[f64::NAN, f64::NAN, 0.8, 0.6]), [1.0, 0.5, 0.5, 0.5]);
    }

    #[test]
    fn a_cooldown_delays_the_next_reduction_and_the_rate_has_a_floor() {
        let settings = ReduceOnPlateau {
            factor: 0.5,
            patience: 1,
            cooldown: 2,
            min_lr: 0.3,
            ..ReduceOnPlateau::default()
        };
        assert_eq!(rates(&settings, &[1.0; 7]), [1.0, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3]);
    }

    #[test]
    fn a_saved_plateau_continues() {
        let settings = ReduceOnPlateau { patience: 3, ..Default::default() };
        let mut plateau = Plateau::default();
        assert_eq!([1.0; 3].map(|loss| plateau.observe(&settings, loss, 1.0)), [1.0; 3]);
        let mut again: Plateau = serde_json::from_str(&serde_json::to_string(&plateau).unwrap()).unwrap();
        assert_eq!(again, plateau);
        assert_eq!(again.observe(&settings, 1.0, 1.0), 0.1);
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let wrong = ReduceOnPlateau { factor: 1.0, ..Default::default() };
        assert_eq!(
            wrong.check().unwrap_err().to_string(),
            "the plateau's factor is 1: it must lie between 0 and 1"
        );
        assert!(ReduceOnPlateau { patience: 0, ..Default::default() }.check().is_err());
        assert!(ReduceOnPlateau::default().check().is_ok());
    }
}
