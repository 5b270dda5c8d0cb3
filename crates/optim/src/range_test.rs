//! The learning-rate range test: train a little while the rate grows, and see where the loss falls best.
//!
//! Smith, "Cyclical learning rates for training neural networks", 2017; the choice from the curve is fastai's "valley".

use crate::error::OptimError;
use crate::schedule::power;
use crate::settings::need;
use serde::{Deserialize, Serialize};

/// A learning rate that grows exponentially: lo·(hi/lo)^(i/(steps − 1)) at step i.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct RangeTest {
    /// The first rate.
    pub lo: f64,
    /// The last rate.
    pub hi: f64,
    /// Steps of the test.
    pub steps: u64,
}

impl Default for RangeTest {
    /// fastai's: from 1e-7 to 10 in 100 steps.
    fn default() -> Self {
        RangeTest { lo: 1e-7, hi: 10.0, steps: 100 }
    }
}

impl RangeTest {
    /// Checks the settings.
    ///
    /// # Errors
    /// Rates that are not positive and rising, or fewer than two steps.
    pub fn check(&self) -> Result<(), OptimError> {
        need("lo", self.lo, self.lo > 0.0, "it must be a positive number")?;
        need("hi", self.hi, self.hi > self.lo, "it must be larger than lo")?;
        need("steps", self.steps as f64, self.steps > 1, "at least two are needed")
    }

    /// The learning rate of step `step` (from 0); the last rate after the last step.
    pub fn lr(&self, step: u64) -> f64 {
        let last = self.steps.saturating_sub(1).max(1);
        if step >= last { self.hi } else { self.lo * power(self.hi / self.lo, step as f64 / last as f64) }
    }
}

/// The learning rate that a curve of (rate, loss), in the order of its steps, suggests; nothing if the loss never falls.
///
/// The rule: losses are smoothed by an exponential mean (0.98, corrected for its start) and the curve is cut where one is not
/// finite or four times the best so far. Then the longest falling subsequence of the smoothed losses is sought, the "valley";
/// the suggestion lies halfway along it: a third and a half of a third from its start, where the loss falls steadily and is still far
/// from where it diverges.
///
/// # Source
/// fastai's `valley` and the smoothing and stop of its `lr_find`.
pub fn suggest_lr(curve: &[(f64, f64)]) -> Option<f64> {
    let losses = smooth(curve);
    // fall[i]: the longest falling subsequence that ends at i.
    let mut fall = vec![1_usize; losses.len()];
    let mut end = 0;
    for i in 0..losses.len() {
        for j in 0..i {
            if losses[i] < losses[j] {
                fall[i] = fall[i].max(fall[j] + 1);
            }
        }
        if fall[i] > fall[end] {
            end = i;
        }
    }
    let length = *fall.get(end).filter(|&&length| length > 1)?;
    // fastai counts back from the end by the length, as if the subsequence had no gaps.
    let start = end + 1 - length;
    let third = (end - start) / 3;
    Some(curve[start + third + third / 2].0)
}

/// The smoothed losses until they blow up.
fn smooth(curve: &[(f64, f64)]) -> Vec<f64> {
    const BETA: f64 = 0.98;
    let (mut mean, mut weight, mut best) = (0.0, 0.0, f64::INFINITY);
    let mut losses = Vec::new();
    for &(_, loss) in curve {
        mean = BETA * mean + (1.0 - BETA) * loss;
        weight = BETA * weight + (1.0 - BETA);
        let smoothed: f64 = mean / weight;
        if !smoothed.is_finite() || smoothed > 4.0 * best {
            break;
        }
        best = best.min(smoothed);
        losses.push(smoothed);
    }
    losses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_grows_by_equal_factors_from_end_to_end() {
        let test = RangeTest { lo: 1e-4, hi: 1.0, steps: 5 };
        for (i, want) in [1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1.0].into_iter().enumerate() {
            assert!((test.lr(i as u64) / want - 1.0).abs() < 1e-13, "{i}");
        }
        assert_eq!((test.lr(0), test.lr(4)), (1e-4, 1.0));
    }

    #[test]
    fn the_suggestion_lies_on_the_falling_part() {
        // Flat at 1, falling from step 40 to 70, diverging after 80.
        let test = RangeTest::default();
        let loss = |i: u64| match i {
            0..40 => 1.0,
            40..70 => 1.0 - 0.03 * (i - 39) as f64,
            70..80 => 0.1,
            _ => 0.1 + 5.0 * (i - 79) as f64,
        };
        let curve: Vec<(f64, f64)> = (0..100).map(|i| (test.lr(i), loss(i))).collect();
        let lr = suggest_lr(&curve).unwrap();
        assert!((test.lr(40)..test.lr(70)).contains(&lr), "{lr}");
    }

    #[test]
    fn a_curve_that_never_falls_suggests_nothing() {
        assert_eq!(suggest_lr(&[]), None);
        assert_eq!(suggest_lr(&[(0.1, 1.0), (0.2, 1.0), (0.3, 2.0)]), None);
        assert_eq!(suggest_lr(&[(0.1, f64::NAN), (0.2, 0.5)]), None);
        assert_eq!(suggest_lr(&[(0.1, 1.0), (0.2, 0.5), (0.3, f64::NAN)]), Some(0.1));
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let wrong = RangeTest { lo: 1.0, hi: 1.0, steps: 5 };
        assert_eq!(wrong.check().unwrap_err().to_string(), "hi is 1: it must be larger than lo");
        assert!(RangeTest { steps: 1, ..Default::default() }.check().is_err());
        assert!(RangeTest::default().check().is_ok());
    }
}
