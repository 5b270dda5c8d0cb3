//! The scores of numbers: sums are kept row by row, means and spreads by West's weighted form of Welford's method (1979), and the
//! absolute errors for their median.

use super::share;
use std::collections::BTreeMap;

/// Scores of a regression.
#[derive(Clone, Debug, Default)]
pub struct RegressionScores {
    weight: f64,
    squared: f64,
    relative: f64,
    absolute: f64,
    largest: f64,
    target: Spread,
    error: Spread,
    /// Absolute errors and weights.
    errors: Vec<(f64, f64)>,
}

/// A running mean and the sum of squares about it.
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    mean: f64,
    squares: f64,
}

impl Spread {
    /// Adds a value; `total` is the weight of all values with it.
    fn push(&mut self, x: f64, weight: f64, total: f64) {
        let step = x - self.mean;
        self.mean += step * (weight / total);
        self.squares += weight * step * (x - self.mean);
    }
}

impl RegressionScores {
    /// Adds a row.
    pub fn push(&mut self, prediction: f64, y: f64) {
        self.push_weighted(prediction, y, 1.0);
    }

    /// Adds a row of this weight; it does not count unless the weight is positive.
    pub fn push_weighted(&mut self, prediction: f64, y: f64, weight: f64) {
        if weight.is_nan() || weight <= 0.0 {
            return;
        }
        let error = y - prediction;
        self.weight += weight;
        self.squared += weight * error * error;
        self.absolute += weight * error.abs();
        self.relative += weight * (error.abs() / y.abs().max(f64::EPSILON));
        if error.is_nan() || error.abs() > self.largest {
            self.largest = error.abs();
        }
        self.target.push(y, weight, self.weight);
        self.error.push(error, weight, self.weight);
        self.errors.push((error.abs(), weight));
    }

    /// All scores of numbers by their names.
    pub fn finish(mut self) -> BTreeMap<String, f64> {
        let median = median(&mut self.errors, self.weight);
        let mean = |sum: f64| share(sum, self.weight);
        let of_one = |part: f64| match (part, self.target.squares) {
            (0.0, 0.0) => 1.0,
            (_, 0.0) => 0.0,
            (part, all) => 1.0 - part / all,
        };
        [
            ("rmse", mean(self.squared).sqrt()),
            ("mae", mean(self.absolute)),
            ("mape", mean(self.relative)),
            ("r2", of_one(self.squared)),
            ("median_ae", median),
            ("max_error", self.largest),
            ("explained_variance", of_one(self.error.squares)),
        ]
        .map(|(name, score)| (name.to_owned(), score))
        .into()
    }
}

/// The smallest value below or at which half of the weight lies; where exactly half does, its mean with the next value.
fn median(values: &mut [(f64, f64)], total: f64) -> f64 {
    if !values.is_empty() && values.iter().all(|&(_, weight)| weight == 1.0) {
        let middle = values.len().div_ceil(2) - 1;
        let even = values.len().is_multiple_of(2);
        let (_, &mut (value, _), above) = values.select_nth_unstable_by(middle, |a, b| a.0.total_cmp(&b.0));
        let next = above.iter().map(|v| v.0).min_by(f64::total_cmp).filter(|_| even);
        return next.map_or(value, |next| value / 2.0 + next / 2.0);
    }
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut below = 0.0;
    for (i, &(value, weight)) in values.iter().enumerate() {
        below += weight;
        if below >= total / 2.0 {
            let next = values.get(i + 1).filter(|_| below == total / 2.0);
            return next.map_or(value, |n| value / 2.0 + n.0 / 2.0);
        }
    }
    values.last().map_or(0.0, |last| last.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(rows: &[(f64, f64)]) -> BTreeMap<String, f64> {
        let mut s = RegressionScores::default();
        rows.iter().for_each(|&(prediction, y)| s.push(prediction, y));
        s.finish()
    }

    #[test]
    fn regression_scores_follow_their_formulas() {
        let m = scores(&[(2.5, 3.0), (0.0, -0.5), (2.0, 2.0), (8.0, 7.0)]);
        assert!((m["r2"] - 0.948_608_137_044_967_9).abs() < 1e-14); // the example of scikit-learn's r2_score
        assert!((m["explained_variance"] - 0.957_173_447_537_473_2).abs() < 1e-14);
        assert_eq!((m["mae"], m["rmse"]), (0.5, 0.375_f64.sqrt()));
        assert_eq!((m["median_ae"], m["max_error"]), (0.5, 1.0));
    }

    #[test]
    fn a_constant_target_is_explained_only_without_error() {
        let exact = scores(&[(3.0, 3.0), (3.0, 3.0)]);
        assert_eq!((exact["r2"], exact["explained_variance"]), (1.0, 1.0));
        let shifted = scores(&[(4.0, 3.0), (4.0, 3.0)]);
        assert_eq!((shifted["r2"], shifted["explained_variance"]), (0.0, 1.0));
        let wrong = scores(&[(4.0, 3.0), (5.0, 3.0)]);
        assert_eq!((wrong["r2"], wrong["explained_variance"]), (0.0, 0.0));
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        let of = |values: &[f64]| scores(&values.iter().map(|&v| (v, 0.0)).collect::<Vec<_>>())["median_ae"];
        assert_eq!((of(&[3.0, 1.0, 2.0]), of(&[4.0, 1.0, 2.0, 3.0]), of(&[5.0])), (2.0, 2.5, 5.0));
    }

    #[test]
    fn a_prediction_that_is_no_number_is_not_hidden() {
        let m = scores(&[(f64::NAN, 1.0), (2.0, 2.0)]);
        assert!(
            ["rmse", "mae", "mape", "r2", "max_error", "explained_variance"].iter().all(|k| m[*k].is_nan())
        );
    }
}
