//! The scores of a classifier: rows are pushed one by one, each family keeps what it needs of them.

use super::calibration::{Calibration, ReliabilityBin};
use super::confusion::ConfusionMatrix;
use super::ranking::Ranking;
use std::collections::BTreeMap;

/// Scores of a classifier.
#[derive(Clone, Debug, Default)]
pub struct ClassificationScores {
    confusion: ConfusionMatrix,
    calibration: Calibration,
    ranking: Ranking,
}

impl ClassificationScores {
    /// Adds a row: the probabilities of all classes (for two classes, of the second alone will do) and the true class.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn push(&mut self, probabilities: &[f64], class: usize) {
        self.push_weighted(probabilities, class, 1.0);
    }

    /// As [`ClassificationScores::push`], for a row of this weight; it does not count unless the weight is positive.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn push_weighted(&mut self, probabilities: &[f64], class: usize, weight: f64) {
        self.push_decided(probabilities, most_probable_of(probabilities), class, weight);
    }

    /// As [`ClassificationScores::push_weighted`], for a row that is taken for the class `decided`, whichever is most probable.
    ///
    /// # Panics
    /// If there are no such classes.
    pub fn push_decided(&mut self, probabilities: &[f64], decided: usize, class: usize, weight: f64) {
        let two;
        let p = if let [p] = *probabilities {
            two = [1.0 - p, p];
            &two[..]
        } else {
            probabilities
        };
        assert!(class.max(decided) < p.len(), "classes {class} and {decided} of {}", p.len());
        if weight.is_nan() || weight <= 0.0 {
            return;
        }
        self.confusion.add(p.len(), class, decided, weight);
        self.calibration.push(p, most_probable(p), class, weight);
        if p.len() == 2 {
            self.ranking.push(p[1], class == 1, weight);
        }
    }

    /// How often each class was taken for each.
    pub fn confusion(&self) -> &ConfusionMatrix {
        &self.confusion
    }

    /// Whether probabilities are what they say, in the bins of the calibration error: of the second of two classes, of more the largest
    /// probability against being right.
    pub fn reliability(&self) -> Vec<ReliabilityBin> {
        self.calibration.reliability()
    }

    /// All scores of classes by their names; `auc` and `pr_auc` if the problem is binary and both classes occur.
    pub fn finish(mut self) -> BTreeMap<String, f64> {
        let mut out: BTreeMap<String, f64> = BTreeMap::new();
        let found = self.confusion.scores().into_iter().chain(self.calibration.scores());
        out.extend(found.map(|(name, score)| (name.to_owned(), score)));
        if let Some(areas) = self.ranking.areas() {
            out.insert("auc".to_owned(), areas.auc);
            out.insert("pr_auc".to_owned(), areas.pr_auc);
        }
        out
    }
}

/// The most probable class; of two classes, the probability of the second alone will do.
fn most_probable_of(probabilities: &[f64]) -> usize {
    if let [p] = *probabilities { most_probable(&[1.0 - p, p]) } else { most_probable(probabilities) }
}

/// The position of the largest probability; the first of equals, as a threshold of > ½ does for two classes.
pub fn most_probable(probabilities: &[f64]) -> usize {
    (0..probabilities.len()).fold(0, |best, i| if probabilities[i] > probabilities[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_probability_means_that_of_the_second_class() {
        let (mut one, mut both) = (ClassificationScores::default(), ClassificationScores::default());
        for (p, y) in [(0.1, 0), (0.5, 0), (0.35, 1), (0.8, 1)] {
            one.push(&[p], y);
            both.push(&[1.0 - p, p], y);
        }
        assert_eq!(one.confusion().to_rows(), [[2.0, 0.0], [1.0, 1.0]]);
        let scores = one.finish();
        assert_eq!(scores, both.finish());
        assert_eq!((scores["auc"], scores["accuracy"]), (0.75, 0.75));
    }

    #[test]
    fn multi_class_scores_use_the_largest_probability() {
        let mut s = ClassificationScores::default();
        s.push(&[0.2, 0.5, 0.3], 1);
        s.push(&[0.2, 0.5, 0.3], 2);
        let m = s.finish();
        assert_eq!(m["accuracy"], 0.5);
        assert!((m["log_loss"] - 0.948_559_992_442_940_6).abs() < 1e-14);
        assert!(!m.contains_key("auc") && !m.contains_key("pr_auc"));
    }

    #[test]
    fn rows_without_a_positive_weight_do_not_count() {
        let mut s = ClassificationScores::default();
        s.push(&[0.9], 1);
        [0.0, -1.0, f64::NAN].iter().for_each(|&w| s.push_weighted(&[0.1], 1, w));
        assert_eq!(s.finish()["accuracy"], 1.0);
        assert!(ClassificationScores::default().finish().values().all(|&v| v == 0.0));
    }
}
