//! Whether probabilities are what they say: Brier's score, the log loss and the expected calibration error.
//!
//! Sources: Brier, "Verification of forecasts expressed in terms of probability", 1950; Guo, Pleiss, Sun, Weinberger, "On
//! calibration of modern neural networks", 2017, equation 3; the bins are (i/15, (i+1)/15], and 0 belongs to the first.

use super::share;
use planish_tensor::math::log_one;

/// Bins of the calibration error.
const BINS: usize = 15;

/// Sums over the rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Calibration {
    weight: f64,
    squared: f64,
    log_loss: f64,
    bins: [Bin; BINS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    weight: f64,
    probability: f64,
    happened: f64,
}

/// The rows whose probability lies in a bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// The bin (from, to].
    pub range: [f64; 2],
    /// The weight of its rows.
    pub weight: f64,
    /// The mean of their probabilities.
    pub predicted: f64,
    /// The share of them that what was predicted came true for.
    pub observed: f64,
}

impl Calibration {
    /// Adds a row: the probabilities of two classes or more, the most probable of them and the true one.
    pub(super) fn push(&mut self, p: &[f64], predicted: usize, truth: usize, weight: f64) {
        let (stated, happened, squared) = if p.len() == 2 {
            let y = f64::from(u8::from(truth == 1));
            (p[1], truth == 1, (p[1] - y) * (p[1] - y))
        } else {
            let off = |(k, &p): (usize, &f64)| p - f64::from(u8::from(k == truth));
            let squared = p.iter().enumerate().map(off).map(|d| d * d).sum();
            (p[predicted], predicted == truth, squared)
        };
        self.weight += weight;
        self.squared += weight * squared;
        self.log_loss -= weight * log_one(p[truth].clamp(f64::EPSILON, 1.0 - f64::EPSILON));
        let bin = &mut self.bins[bin(stated)];
        bin.weight += weight;
        bin.probability += weight * stated;
        bin.happened += if happened { weight } else { 0.0 };
    }

    /// The bins that have rows.
    pub(super) fn reliability(&self) -> Vec<ReliabilityBin> {
        let bins = self.bins.iter().enumerate().filter(|(_, b)| b.weight > 0.0);
        let of = |(i, b): (usize, &Bin)| ReliabilityBin {
            range: [i, i + 1].map(|edge| edge as f64 / BINS as f64),
            weight: b.weight,
            predicted: b.probability / b.weight,
            observed: b.happened / b.weight,
        };
        bins.map(of).collect()
    }

    /// The log loss, Brier's score and the calibration error by their names.
    pub(super) fn scores(&self) -> [(&'static str, f64); 3] {
        let gaps: f64 = self.bins.iter().map(|b| (b.probability - b.happened).abs()).sum();
        [
            ("log_loss", share(self.log_loss, self.weight)),
            ("brier", share(self.squared, self.weight)),
            ("ece", share(gaps, self.weight)),
        ]
    }
}

/// The bin (i/15, (i+1)/15] of a probability.
fn bin(p: f64) -> usize {
    ((p * BINS as f64).ceil() as usize).clamp(1, BINS) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_owns_its_upper_end_and_the_first_owns_zero() {
        assert_eq!([0.0, 1e-9, 1.0 / 15.0, 0.07, 0.2, 1.0, f64::NAN].map(bin), [0, 0, 0, 1, 2, 14, 0]);
    }

    #[test]
    fn certain_and_right_is_no_error_at_all() {
        let mut c = Calibration::default();
        c.push(&[0.0, 1.0], 1, 1, 1.0);
        c.push(&[1.0, 0.0], 0, 0, 3.0);
        let [(_, log_loss), (_, brier), (_, ece)] = c.scores();
        assert!(log_loss < 1e-15 && brier == 0.0 && ece == 0.0);
    }

    #[test]
    fn certain_and_wrong_has_a_finite_log_loss() {
        let mut c = Calibration::default();
        c.push(&[1.0, 0.0], 0, 1, 1.0);
        let [(_, log_loss), (_, brier), (_, ece)] = c.scores();
        assert!((log_loss - 36.043_653_389_117_15).abs() < 1e-12 && brier == 1.0 && ece == 1.0);
    }
}
