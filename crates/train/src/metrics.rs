//! Scores of predictions, accumulated row by row in double precision.
//!
//! A family a file: `confusion` is what classes alone say, `ranking` the order of probabilities, `calibration` their
//! size, `regression` numbers; `classification` gathers the first three. The definitions, and what a score is where its
//! formula divides by zero, are scikit-learn's; the exceptions are named. A row may have a weight: a whole number means as
//! many equal rows, and a row whose weight is not positive does not count.

mod calibration;
mod classification;
mod confusion;
mod ranking;
mod regression;

pub use calibration::ReliabilityBin;
pub use classification::{ClassificationScores, most_probable};
pub use confusion::{ClassSums, ConfusionMatrix};
pub use ranking::{Areas, CurvePoint, Ranking};
pub use regression::RegressionScores;

use crate::error::TrainError;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A score. Its name is also its key in [`crate::Epoch::metrics`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The share of rows whose most probable class is the true one; for one output, probability > ½.
    Accuracy,
    /// The mean of the classes' recalls, over the classes that occur.
    BalancedAccuracy,
    /// Right predictions of a class / predictions of it: of the second of two classes, else the mean over the classes that occur
    /// or are predicted; 0 for a class that is never predicted.
    Precision,
    /// Right predictions of a class / rows of it; of two or more classes as [`Metric::Precision`]; 0 for a class without rows.
    Recall,
    /// 2·right / (predictions + rows) of a class; of two or more classes as [`Metric::Precision`].
    F1,
    /// The area under the ROC curve of a binary classifier, ties counted half; absent unless both classes occur.
    Auc,
    /// The average precision Σ(Rₙ − Rₙ₋₁)·Pₙ over the thresholds of a binary classifier; absent unless both classes occur.
    PrAuc,
    /// The mean of −ln p of the true class, p at least 2⁻⁵² and at most 1 − 2⁻⁵².
    LogLoss,
    /// Matthews's correlation of the true and the predicted classes (Gorodkin, 2004, for more than two); 0 where either is constant.
    Mcc,
    /// The expected calibration error over 15 bins of equal width (Guo et al., 2017): for two classes the probability of the second
    /// against its frequency, for more the largest probability against the accuracy.
    Ece,
    /// The mean of (p − y)² of the second of two classes; for more the mean of the sum over the classes (Brier, 1950).
    Brier,
    /// √ of the mean squared error.
    Rmse,
    /// The mean absolute error.
    Mae,
    /// The mean of |y − ŷ| / max(|y|, 2⁻⁵²): a share, not per cent.
    Mape,
    /// 1 − Σ(y − ŷ)² / Σ(y − ȳ)²; if y is constant, 1 for predictions without error, else 0.
    R2,
    /// The median of |y − ŷ|; between two values their mean.
    MedianAe,
    /// The largest |y − ŷ|.
    MaxError,
    /// 1 − Var(y − ŷ) / Var(y); if y is constant, 1 for errors that are constant, else 0.
    ExplainedVariance,
}

impl Metric {
    /// All of them, in the order in which a reader wants them.
    pub const ALL: [Metric; 18] = [
        Metric::Accuracy,
        Metric::BalancedAccuracy,
        Metric::Precision,
        Metric::Recall,
        Metric::F1,
        Metric::Auc,
        Metric::PrAuc,
        Metric::LogLoss,
        Metric::Mcc,
        Metric::Ece,
        Metric::Brier,
        Metric::Rmse,
        Metric::Mae,
        Metric::Mape,
        Metric::R2,
        Metric::MedianAe,
        Metric::MaxError,
        Metric::ExplainedVariance,
    ];

    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy",
            Metric::BalancedAccuracy => "balanced_accuracy",
            Metric::Precision => "precision",
            Metric::Recall => "recall",
            Metric::F1 => "f1",
            Metric::Auc => "auc",
            Metric::PrAuc => "pr_auc",
            Metric::LogLoss => "log_loss",
            Metric::Mcc => "mcc",
            Metric::Ece => "ece",
            Metric::Brier => "brier",
            Metric::Rmse => "rmse",
            Metric::Mae => "mae",
            Metric::Mape => "mape",
            Metric::R2 => "r2",
            Metric::MedianAe => "median_ae",
            Metric::MaxError => "max_error",
            Metric::ExplainedVariance => "explained_variance",
        }
    }

    /// Whether a larger value is a better one.
    pub fn rises(self) -> bool {
        use Metric::*;
        match self {
            Accuracy | BalancedAccuracy | Precision | Recall | F1 | Auc | PrAuc | Mcc | R2
            | ExplainedVariance => true,
            LogLoss | Ece | Brier | Rmse | Mae | Mape | MedianAe | MaxError => false,
        }
    }

    /// Whether it is one of two classes alone.
    pub fn is_of_two_classes(self) -> bool {
        matches!(self, Metric::Auc | Metric::PrAuc)
    }

    /// Whether it scores class probabilities.
    pub fn is_classification(self) -> bool {
        use Metric::*;
        !matches!(self, Rmse | Mae | Mape | R2 | MedianAe | MaxError | ExplainedVariance)
    }
}

impl FromStr for Metric {
    type Err = TrainError;

    /// The metric of this name.
    ///
    /// # Errors
    /// A name that is none of them; the message lists them.
    fn from_str(name: &str) -> Result<Metric, TrainError> {
        let found = Metric::ALL.into_iter().find(|m| m.name() == name);
        found.ok_or_else(|| TrainError::UnknownMetric {
            name: name.to_owned(),
            known: Metric::ALL.map(Metric::name).join(", "),
        })
    }
}

/// a / b, and 0 where b is 0.
fn share(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_found_by_the_name_that_it_has_in_results() {
        for metric in Metric::ALL {
            assert_eq!(metric.name().parse::<Metric>().unwrap(), metric);
        }
        let message = "mse".parse::<Metric>().unwrap_err().to_string();
        assert!(message.starts_with("unknown metric \"mse\": use one of accuracy, "), "{message}");
    }
}
