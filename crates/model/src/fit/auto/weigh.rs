//! The weights of a blend by held-out rows: Caruana's selection (Caruana et al., "Ensemble selection from libraries of models", 2004).
//!
//! From nothing, again and again the candidate is added, also one that is in already, with which the mean of those added says best what the held-out rows
//! are; the best of these means is kept, and a weight is how often a candidate was added, as a share.
//!
//! Of a row of classes only the probability of its own class counts, so each candidate is one number a row here.

use crate::predict::Predictions;
use planish_tabular::Label;
use planish_tensor::{Isa, math};

/// How often a candidate is added.
const ROUNDS: usize = 25;
/// By what share of the loss an addition must better it to be one.
const WORTH: f64 = 1e-6;
/// A probability is at least this.
const LEAST: f64 = 1e-15;

/// The held-out rows.
pub(super) struct Held {
    isa: Isa,
    labels: Vec<Label>,
    classes: usize,
    /// Each row's share.
    weights: Vec<f64>,
}

impl Held {
    pub(super) fn new(isa: Isa, labels: Vec<Label>, classes: usize, weights: Option<Vec<f64>>) -> Held {
        let mut weights = weights.unwrap_or_else(|| vec![1.0; labels.len()]);
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= sum);
        Held { isa, labels, classes, weights }
    }

    /// Of each row what its loss needs: the probability of its class, or the number.
    pub(super) fn reduced(&self, said: &Predictions) -> Vec<f64> {
        let values = said.values();
        let of_row = |(row, label): (usize, &Label)| match label {
            Label::Class(class) => values[row * self.classes + *class as usize],
            Label::Number(_) => values[row],
        };
        self.labels.iter().enumerate().map(of_row).collect()
    }

    /// The loss and its standard error: logarithmic loss, or the root of the mean squared error.
    pub(super) fn score(&self, reduced: &[f64]) -> (f64, f64) {
        let losses = self.losses(reduced);
        let mean: f64 = losses.iter().zip(&self.weights).map(|(l, w)| l * w).sum();
        let variance: f64 =
            losses.iter().zip(&self.weights).map(|(l, w)| (l - mean) * (l - mean) * w * w).sum();
        let error = variance.sqrt();
        match self.classes {
            0 if mean > 0.0 => (mean.sqrt(), error / (2.0 * mean.sqrt())),
            _ => (mean, error),
        }
    }

    /// The weight of each candidate: at most so many are not zero, and all add up to 1. If the blend is not better than the first candidate by two standard
    /// errors of the difference, that one stands alone: held-out rows flatter what was stopped by them.
    pub(super) fn weights(&self, candidates: &[Vec<f64>], most: usize) -> Vec<f64> {
        let weights = self.selected(candidates, most);
        let mut blend = vec![0.0; self.labels.len()];
        for (said, weight) in candidates.iter().zip(&weights) {
            blend.iter_mut().zip(said).for_each(|(sum, y)| *sum += weight * y);
        }
        if self.is_clearly_better(&blend, &candidates[0]) {
            return weights;
        }
        (0..candidates.len()).map(|c| if c == 0 { 1.0 } else { 0.0 }).collect()
    }

    /// Whether the loss is less by more than two standard errors of the difference, row by row.
    fn is_clearly_better(&self, said: &[f64], than: &[f64]) -> bool {
        let (own, other) = (self.losses(said), self.losses(than));
        let gains = || other.iter().zip(&own).map(|(other, own)| other - own).zip(&self.weights);
        let mean: f64 = gains().map(|(gain, w)| gain * w).sum();
        let variance: f64 = gains().map(|(gain, w)| (gain - mean) * (gain - mean) * w * w).sum();
        mean > 2.0 * variance.sqrt()
    }

    fn selected(&self, candidates: &[Vec<f64>], most: usize) -> Vec<f64> {
        let rows = self.labels.len();
        let (mut sum, mut counts) = (vec![0.0; rows], vec![0_u32; candidates.len()]);
        let mut best = (f64::INFINITY, counts.clone());
        for round in 1..=ROUNDS {
            let full = counts.iter().filter(|&&n| n > 0).count() >= most;
            let mut chosen: Option<(f64, usize)> = None;
            // Those that are in already first, so that they win ties.
            let mut order: Vec<usize> = (0..candidates.len()).filter(|&c| !full || counts[c] > 0).collect();
            order.sort_by_key(|&c| counts[c] == 0);
            for c in order {
                let mean: Vec<f64> =
                    sum.iter().zip(&candidates[c]).map(|(s, y)| (s + y) / round as f64).collect();
                let loss = self.loss(&mean);
                if chosen.is_none_or(|(least, _)| loss < least * (1.0 - WORTH)) {
                    chosen = Some((loss, c));
                }
            }
            let Some((loss, c)) = chosen else { break };
            sum.iter_mut().zip(&candidates[c]).for_each(|(s, y)| *s += y);
            counts[c] += 1;
            if loss < best.0 * (1.0 - WORTH) || round == 1 {
                best = (loss, counts.clone());
            }
        }
        let of: u32 = best.1.iter().sum();
        best.1.iter().map(|&n| f64::from(n) / f64::from(of.max(1))).collect()
    }

    fn loss(&self, reduced: &[f64]) -> f64 {
        self.losses(reduced).iter().zip(&self.weights).map(|(l, w)| l * w).sum()
    }

    /// Each row's loss: −ln of the probability of its class, or its squared error.
    fn losses(&self, reduced: &[f64]) -> Vec<f64> {
        let of_row = |(label, &said): (&Label, &f64)| match label {
            Label::Class(_) => said.max(LEAST),
            Label::Number(y) => (said - y.to_f64()) * (said - y.to_f64()),
        };
        let mut all: Vec<f64> = self.labels.iter().zip(reduced).map(of_row).collect();
        if self.classes > 0 {
            math::log(self.isa, &mut all);
            all.iter_mut().for_each(|l| *l = -*l);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_tensor::Dd;

    fn numbers(y: &[f64]) -> Held {
        let labels = y.iter().map(|&y| Label::Number(Dd::from(y))).collect();
        Held::new(Isa::SCALAR, labels, 0, None)
    }

    #[test]
    fn errors_that_cancel_are_blended_and_a_perfect_candidate_stands_alone() {
        let held = numbers(&[1.0, 2.0, 3.0, 4.0]);
        let (high, low) = (vec![2.0, 3.0, 4.0, 5.0], vec![0.0, 1.0, 2.0, 3.0]);
        assert_eq!(held.weights(&[high.clone(), low], 9), [0.5, 0.5]);
        assert_eq!(held.weights(&[high, vec![1.0, 2.0, 3.0, 4.0]], 9), [0.0, 1.0]);
    }

    #[test]
    fn what_is_better_by_less_than_its_noise_is_not_taken() {
        let held = numbers(&[1.0, -1.0, 1.0, -1.0]);
        // Better on three rows, and worse by nearly as much on one.
        let all = [vec![0.0; 4], vec![0.1, -0.1, 0.1, 0.25]];
        assert_eq!(held.weights(&all, 9), [1.0, 0.0]);
    }

    #[test]
    fn no_more_members_than_allowed() {
        let held = numbers(&[0.0, 0.0, 0.0]);
        let all = [vec![1.0, 0.0, -1.0], vec![-1.0, 0.2, 0.0], vec![0.0, -0.3, 1.0]];
        assert_eq!(held.weights(&all, 1).iter().filter(|w| **w > 0.0).count(), 1);
        assert!((held.weights(&all, 3).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_loss_of_classes_is_that_of_their_own_probability() {
        let held = Held::new(Isa::SCALAR, vec![Label::Class(0), Label::Class(1)], 2, None);
        let said =
            Predictions::Probabilities(planish_tensor::Matrix::from_fn(2, 2, |_, j| [0.25, 0.75][j]).into());
        let (loss, error) = held.score(&held.reduced(&said));
        let mut want = [(4_f64 * 4.0 / 3.0).sqrt()];
        math::log(Isa::SCALAR, &mut want);
        assert!((loss - want[0]).abs() < 1e-12 && error > 0.0);
    }
}
