//! From which probability on the second of two classes is predicted: the one at which a metric is best for held-out rows.

use crate::class_choices::Threshold;
use crate::error::ModelError;
use crate::model::Model;
use crate::predict::Predictions;
use planish_tabular::Label;
use planish_train::Metric;

/// Keeps the threshold that is wished in the model's record: a number as it is, or the one that is best for held-out rows, of which this is said.
pub(super) fn decide(
    model: &mut Model,
    wish: Option<Threshold>,
    held: (&Predictions, &[Option<Label>], Option<&[f64]>),
) -> Result<(), ModelError> {
    let Some(wish) = wish else { return Ok(()) };
    let fail = |needs| {
        let value = match wish {
            Threshold::At(at) => at.to_string(),
            Threshold::Best(metric) => metric.name().to_owned(),
        };
        Err(ModelError::Setting { setting: "threshold", value, needs })
    };
    match model.target().classes().len() {
        0 => return fail("it is for classes; the target is a number"),
        2 => {}
        _ => return fail("it is for two classes; the target has more"),
    }
    let at = match (wish, held) {
        (Threshold::At(at), _) => at,
        (Threshold::Best(_), (_, [], _)) => {
            return fail("there are no held-out rows for which it could be best");
        }
        (Threshold::Best(metric), (Predictions::Probabilities(p), labels, weights)) => {
            let row = |(i, label): (usize, &Option<Label>)| {
                (p[(i, 1)], *label == Some(Label::Class(1)), weights.map_or(1.0, |w| w[i]))
            };
            best_threshold(metric, labels.iter().enumerate().map(row).collect())
        }
        (Threshold::Best(_), (Predictions::Numbers(_), ..)) => return Ok(()),
    };
    model.record_mut().threshold = Some(at);
    Ok(())
}

/// Rows by whether they are of the second class and whether they are taken for it: sums of weights.
#[derive(Clone, Copy, Default)]
struct Sums {
    right: f64,
    wrong: f64,
    missed: f64,
    left: f64,
}

impl Sums {
    /// The metric; 0 where its formula divides by 0.
    fn score(self, metric: Metric) -> f64 {
        let Sums { right, wrong, missed, left } = self;
        let share = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
        if metric == Metric::F1 {
            share(2.0 * right, 2.0 * right + wrong + missed)
        } else if metric == Metric::BalancedAccuracy {
            share(right, right + missed) + share(left, left + wrong)
        } else if metric == Metric::Mcc {
            let of = (right + wrong) * (right + missed) * (left + wrong) * (left + missed);
            share(right * left - wrong * missed, of.sqrt())
        } else {
            right + left
        }
    }
}

/// The probability above which the second class is to be predicted, for rows with this probability of it, whether they are of it, and their weight.
/// Of thresholds that are equally good the one nearest to ½.
pub(crate) fn best_threshold(metric: Metric, mut rows: Vec<(f64, bool, f64)>) -> f64 {
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut sums = Sums::default();
    for &(_, positive, weight) in &rows {
        *(if positive { &mut sums.missed } else { &mut sums.left }) += weight;
    }
    let mut best = (f64::NEG_INFINITY, 0.5);
    let mut judge = |sums: Sums, above: f64, below: f64| {
        // A row is taken for the second class if its probability is larger: the lower end will do where no number lies between.
        let middle = below / 2.0 + above / 2.0;
        let at = if middle < above { middle } else { below };
        let score = sums.score(metric);
        let is_nearer = score == best.0 && (at - 0.5).abs() < (f64::abs(best.1 - 0.5));
        if at > 0.0 && at < 1.0 && (score > best.0 || is_nearer) {
            best = (score, at);
        }
    };
    let mut above = 1.0;
    for group in rows.chunk_by(|a, b| a.0 == b.0) {
        judge(sums, above, group[0].0);
        for &(_, positive, weight) in group {
            let (from, to) = match positive {
                true => (&mut sums.missed, &mut sums.right),
                false => (&mut sums.left, &mut sums.wrong),
            };
            *from -= weight;
            *to += weight;
        }
        above = group[0].0;
    }
    judge(sums, above, 0.0);
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_where_the_metric_is_best() {
        let rows: Vec<(f64, bool, f64)> = [(0.9, true), (0.4, true), (0.3, true), (0.2, false), (0.1, false)]
            .map(|(p, y)| (p, y, 1.0))
            .into();
        for metric in crate::class_choices::Threshold::METRICS {
            assert_eq!(best_threshold(metric, rows.clone()), 0.25, "{}", metric.name());
        }
        // A row that counts ten times moves it.
        let mut heavy = rows.clone();
        heavy.push((0.6, false, 10.0));
        assert_eq!(best_threshold(Metric::Accuracy, heavy.clone()), 0.75);
        assert_eq!(best_threshold(Metric::F1, heavy), 0.75);
        // All of one class, and all alike.
        assert!(best_threshold(Metric::F1, vec![(0.7, true, 1.0); 3]) < 0.7);
        assert!(best_threshold(Metric::Mcc, vec![(0.5, true, 1.0), (0.5, false, 1.0)]) > 0.0);
    }
}
