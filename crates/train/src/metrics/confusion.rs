//! The confusion matrix, and the scores that follow from it alone.
//!
//! Only cells that occur are kept, so a target of thousands of classes costs no square of them.
//! Sources of the formulas: scikit-learn's user guide; Gorodkin, "Comparing two K-category assignments by a K-category
//! correlation coefficient", 2004.

use super::share;
use std::collections::BTreeMap;

/// How often (or with what weight) rows of each class were taken for each class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfusionMatrix {
    classes: usize,
    cells: BTreeMap<(usize, usize), f64>,
}

/// The sums of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassSums {
    /// The weight of its rows that were taken for it.
    pub right: f64,
    /// The weight of its rows.
    pub true_rows: f64,
    /// The weight of rows that were taken for it.
    pub predicted: f64,
}

impl ClassSums {
    /// The share of right ones among the rows that were taken for it; 0 if there are none.
    pub fn precision(&self) -> f64 {
        share(self.right, self.predicted)
    }

    /// The share of its rows that were taken for it; 0 if there are none.
    pub fn recall(&self) -> f64 {
        share(self.right, self.true_rows)
    }

    /// 2·right / (predictions + rows); 0 if there are none.
    pub fn f1(&self) -> f64 {
        share(2.0 * self.right, self.true_rows + self.predicted)
    }
}

impl ConfusionMatrix {
    /// Adds rows of a class that were taken for a class; both below `classes`.
    pub(crate) fn add(&mut self, classes: usize, truth: usize, predicted: usize, weight: f64) {
        self.classes = self.classes.max(classes);
        *self.cells.entry((truth, predicted)).or_default() += weight;
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The weight of rows of class `truth` that were taken for class `predicted`.
    pub fn at(&self, truth: usize, predicted: usize) -> f64 {
        self.cells.get(&(truth, predicted)).copied().unwrap_or(0.0)
    }

    /// The cells that are not zero, as `(truth, predicted, weight)`, by rows.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        self.cells.iter().map(|(&(t, p), &w)| (t, p, w))
    }

    /// The whole matrix: a row a true class, a column a predicted class.
    pub fn to_rows(&self) -> Vec<Vec<f64>> {
        let mut rows = vec![vec![0.0; self.classes]; self.classes];
        self.cells().for_each(|(t, p, w)| rows[t][p] = w);
        rows
    }

    /// The whole matrix in whole numbers; weights of rows are rounded.
    pub fn to_counts(&self) -> Vec<Vec<u64>> {
        self.to_rows()
            .into_iter()
            .map(|row| row.into_iter().map(|rows| (rows + 0.5).floor() as u64).collect())
            .collect()
    }

    /// The matrix of these counts: a row a true class, a column a predicted class.
    ///
    /// # Panics
    /// If there are not as many columns as rows.
    pub fn from_counts(counts: &[Vec<u64>]) -> ConfusionMatrix {
        let mut matrix = ConfusionMatrix { classes: counts.len(), cells: BTreeMap::new() };
        for (truth, row) in counts.iter().enumerate() {
            assert_eq!(row.len(), counts.len(), "columns against rows");
            let cells = row.iter().enumerate().filter(|(_, rows)| **rows > 0);
            matrix.cells.extend(cells.map(|(predicted, &rows)| ((truth, predicted), rows as f64)));
        }
        matrix
    }

    /// The sums of every class.
    pub fn sums(&self) -> Vec<ClassSums> {
        let mut sums = vec![ClassSums::default(); self.classes];
        for (truth, predicted, weight) in self.cells() {
            sums[truth].true_rows += weight;
            sums[predicted].predicted += weight;
            if truth == predicted {
                sums[truth].right = weight;
            }
        }
        sums
    }

    /// Accuracy, balanced accuracy, precision, recall, F1 and MCC by their names.
    pub(crate) fn scores(&self) -> [(&'static str, f64); 6] {
        let sums = self.sums();
        let total: f64 = sums.iter().map(|c| c.true_rows).sum();
        let right: f64 = sums.iter().map(|c| c.right).sum();
        let average = |score: fn(&ClassSums) -> f64| match &sums[..] {
            [_, second] => score(second),
            _ => mean(sums.iter().filter(|c| c.true_rows + c.predicted > 0.0).map(score)),
        };
        [
            ("accuracy", share(right, total)),
            ("balanced_accuracy", mean(sums.iter().filter(|c| c.true_rows > 0.0).map(ClassSums::recall))),
            ("precision", average(ClassSums::precision)),
            ("recall", average(ClassSums::recall)),
            ("f1", average(ClassSums::f1)),
            ("mcc", mcc(&sums, right, total)),
        ]
    }
}

/// The correlation, from shares of the total so that no product overflows.
fn mcc(sums: &[ClassSums], right: f64, total: f64) -> f64 {
    let sum = |f: &dyn Fn(&ClassSums) -> f64| sums.iter().map(f).sum::<f64>();
    let (t, p) = (|c: &ClassSums| share(c.true_rows, total), |c: &ClassSums| share(c.predicted, total));
    let covariance = share(right, total) - sum(&|c| t(c) * p(c));
    // 1 − Σt² as Σt·(1 − t): exactly 0 where one class has all.
    let spreads = sum(&|c| t(c) * (1.0 - t(c))) * sum(&|c| p(c) * (1.0 - p(c)));
    share(covariance, spreads.sqrt())
}

fn mean(scores: impl Iterator<Item = f64>) -> f64 {
    let (mut n, mut sum) = (0.0, 0.0);
    for score in scores {
        n += 1.0;
        sum += score;
    }
    share(sum, n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(classes: usize, cells: &[(usize, usize, f64)]) -> BTreeMap<&'static str, f64> {
        let mut matrix = ConfusionMatrix::default();
        cells.iter().for_each(|&(t, p, w)| matrix.add(classes, t, p, w));
        matrix.scores().into()
    }

    #[test]
    fn where_a_formula_divides_by_zero_the_score_is_zero() {
        let s = scores(2, &[(0, 0, 5.0)]);
        assert_eq!((s["accuracy"], s["balanced_accuracy"]), (1.0, 1.0));
        assert_eq!((s["precision"], s["recall"], s["f1"], s["mcc"]), (0.0, 0.0, 0.0, 0.0));
        assert!(scores(0, &[]).values().all(|&v| v == 0.0));
    }

    #[test]
    fn a_class_that_neither_occurs_nor_is_predicted_does_not_lower_the_means() {
        let s = scores(9, &[(0, 0, 2.0), (1, 1, 2.0), (8, 1, 1.0)]);
        assert!((s["recall"] - 2.0 / 3.0).abs() < 1e-15 && (s["precision"] - 5.0 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn the_matrix_has_a_row_a_true_class() {
        let mut matrix = ConfusionMatrix::default();
        [(0, 1), (0, 1), (1, 1), (2, 0)].iter().for_each(|&(t, p)| matrix.add(3, t, p, 1.0));
        assert_eq!(matrix.to_rows(), [[0.0, 2.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
        assert_eq!((matrix.at(0, 1), matrix.at(2, 2), matrix.classes()), (2.0, 0.0, 3));
        assert_eq!(ConfusionMatrix::from_counts(&matrix.to_counts()), matrix);
    }
}
