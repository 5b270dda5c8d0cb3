//! Scores of predictions, accumulated row by row in double precision.

use planish_tensor::math::log_one;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A score. Its name is also its key in [`crate::Epoch::metrics`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Metric {
    /// The share of rows whose most probable class is the true one; for one output, probability > ½.
    Accuracy,
    /// The mean of −ln p of the true class, p at least 1e-15.
    LogLoss,
    /// The area under the ROC curve of a binary classifier, ties counted half.
    Auc,
    /// √ of the mean squared error.
    Rmse,
    /// The mean absolute error.
    Mae,
    /// 1 − Σ(y − ŷ)² / Σ(y − ȳ)²; 0 if y is constant.
    R2,
}

impl Metric {
    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy",
            Metric::LogLoss => "log_loss",
            Metric::Auc => "auc",
            Metric::Rmse => "rmse",
            Metric::Mae => "mae",
            Metric::R2 => "r2",
        }
    }

    /// Whether it scores class probabilities.
    pub fn is_classification(self) -> bool {
        matches!(self, Metric::Accuracy | Metric::LogLoss | Metric::Auc)
    }
}

/// Scores of a classifier.
#[derive(Clone, Debug, Default)]
pub struct ClassificationScores {
    rows: usize,
    right: usize,
    log_loss: f64,
    /// Of binary problems: the probability of the second class, and whether it is true.
    scores: Vec<(f64, bool)>,
    binary: bool,
}

impl ClassificationScores {
    /// Adds a row: the probabilities of all classes (for two classes, of the second alone will do) and the true class.
    pub fn push(&mut self, probabilities: &[f64], class: usize) {
        let two;
        let p = if let [p] = *probabilities {
            two = [1.0 - p, p];
            &two[..]
        } else {
            probabilities
        };
        let best = most_probable(p);
        self.rows += 1;
        self.right += usize::from(best == class);
        self.log_loss -= log_one(p[class].max(1e-15));
        self.binary = p.len() == 2;
        if self.binary {
            self.scores.push((p[1], class == 1));
        }
    }

    /// The scores: accuracy and log_loss, and auc if the problem is binary and both classes occur.
    pub fn finish(mut self) -> BTreeMap<String, f64> {
        let n = self.rows.max(1) as f64;
        let mut out = BTreeMap::new();
        out.insert("accuracy".to_owned(), self.right as f64 / n);
        out.insert("log_loss".to_owned(), self.log_loss / n);
        if let Some(auc) = self.binary.then(|| auc(&mut self.scores)).flatten() {
            out.insert("auc".to_owned(), auc);
        }
        out
    }
}

/// The position of the largest probability; the first of equals, as a threshold of > ½ does for two classes.
pub fn most_probable(probabilities: &[f64]) -> usize {
    (0..probabilities.len()).fold(0, |best, i| if probabilities[i] > probabilities[best] { i } else { best })
}

/// The area under the ROC curve: the share of pairs (true, false) in the right order, ties counted half.
fn auc(scores: &mut [(f64, bool)]) -> Option<f64> {
    scores.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs, mut positives) = (0.0, 0.0, 0.0);
    let mut i = 0;
    while i < scores.len() {
        let tied = scores[i..].iter().take_while(|s| s.0 == scores[i].0).count().max(1);
        let yes = scores[i..i + tied].iter().filter(|s| s.1).count() as f64;
        let no = tied as f64 - yes;
        pairs += yes * (below + no / 2.0);
        below += no;
        positives += yes;
        i += tied;
    }
    (below > 0.0 && positives > 0.0).then(|| pairs / (below * positives))
}

/// Scores of a regression.
#[derive(Clone, Debug, Default)]
pub struct RegressionScores {
    rows: usize,
    squared: f64,
    absolute: f64,
    /// Running mean of y and sum of squares about it (Welford, 1962).
    mean: f64,
    spread: f64,
}

impl RegressionScores {
    /// Adds a row.
    pub fn push(&mut self, prediction: f64, y: f64) {
        let error = prediction - y;
        self.rows += 1;
        self.squared += error * error;
        self.absolute += error.abs();
        let step = y - self.mean;
        self.mean += step / self.rows as f64;
        self.spread += step * (y - self.mean);
    }

    /// The scores: rmse, mae and r2.
    pub fn finish(self) -> BTreeMap<String, f64> {
        let n = self.rows.max(1) as f64;
        let r2 = if self.spread > 0.0 { 1.0 - self.squared / self.spread } else { 0.0 };
        [("rmse", (self.squared / n).sqrt()), ("mae", self.absolute / n), ("r2", r2)]
            .map(|(k, v)| (k.to_owned(), v))
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auc_counts_ties_half() {
        let mut s = ClassificationScores::default();
        for (p, y) in [(0.1, 0), (0.4, 0), (0.35, 1), (0.8, 1)] {
            s.push(&[p], y);
        }
        let m = s.finish();
        assert_eq!((m["auc"], m["accuracy"]), (0.75, 0.75)); // the example of scikit-learn's roc_auc_score
        let mut s = ClassificationScores::default();
        for y in [0, 1, 1, 0] {
            s.push(&[0.5], y);
        }
        assert_eq!(s.finish()["auc"], 0.5);
    }

    #[test]
    fn multi_class_scores_use_the_largest_probability() {
        let mut s = ClassificationScores::default();
        s.push(&[0.2, 0.5, 0.3], 1);
        s.push(&[0.2, 0.5, 0.3], 2);
        let m = s.finish();
        assert_eq!(m["accuracy"], 0.5);
        assert!((m["log_loss"] - 0.948_559_992_442_940_6).abs() < 1e-14);
        assert!(!m.contains_key("auc"));
    }

    #[test]
    fn regression_scores_follow_their_formulas() {
        let mut s = RegressionScores::default();
        for (p, y) in [(2.5, 3.0), (0.0, -0.5), (2.0, 2.0), (8.0, 7.0)] {
            s.push(p, y);
        }
        let m = s.finish();
        assert!((m["r2"] - 0.948_608_137_044_967_9).abs() < 1e-14); // the example of scikit-learn's r2_score
        assert_eq!((m["mae"], m["rmse"]), (0.5, 0.375_f64.sqrt()));
    }
}
