//! What orders and sizes of probabilities show: ROC and precision-recall curves. Of two classes the second is the positive one; of more,
//! each of the most frequent ones stands against all others.

use crate::predict::evaluate::ScoredBlock;
use crate::predict::predictions::Predictions;
use planish_tabular::Label;
use planish_tensor::Thinned;
use planish_train::metrics::{CurvePoint, Ranking};
use serde::Serialize;

/// Numbers kept of the rows: a probability a class each.
const KEPT: usize = 1 << 22;
/// Classes whose curves are drawn.
const CURVES: usize = 6;
/// Points of a curve, about.
const POINTS: f64 = 400.0;

/// What was found of probabilities.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassDiagnostics {
    /// Curves are of every so manieth row: 1 if of all.
    pub every: u64,
    /// The curves of the second of two classes, or of the most frequent ones that occur beside others.
    pub curves: Vec<ClassCurves>,
}

/// The curves of a class against all others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassCurves {
    /// The class, from 0.
    pub class: usize,
    /// The rows of it.
    pub rows: u64,
    /// The area under the ROC curve, ties counted half.
    pub auc: f64,
    /// The average precision.
    pub average_precision: f64,
    /// False positive rate and recall, from (0, 0) to (1, 1).
    pub roc: Vec<[f64; 2]>,
    /// Recall and precision.
    pub precision_recall: Vec<[f64; 2]>,
}

/// Gathers the rows.
pub(super) struct ClassRows {
    classes: usize,
    /// The true class, then the probabilities.
    kept: Thinned,
    /// The rows of each class.
    counts: Vec<u64>,
}

impl ClassRows {
    pub(super) fn new(classes: usize) -> ClassRows {
        let width = 1 + classes;
        ClassRows { classes, kept: Thinned::new(width, (KEPT / width).max(2)), counts: vec![0; classes] }
    }

    pub(super) fn push(&mut self, block: &ScoredBlock<'_>) {
        let Predictions::Probabilities(p) = block.predictions else { return };
        for (i, label) in block.labels.iter().enumerate() {
            let Some(Label::Class(class)) = label else { continue };
            self.counts[*class as usize] += 1;
            self.kept.push(std::iter::once(f64::from(*class)).chain(p.row(i).iter().copied()));
        }
    }

    pub(super) fn finish(self) -> ClassDiagnostics {
        let curves = self.shown().into_iter().filter_map(|class| self.curves(class)).collect();
        ClassDiagnostics { every: self.kept.every(), curves }
    }

    /// The second of two classes, or the most frequent ones in their order.
    fn shown(&self) -> Vec<usize> {
        if self.classes == 2 {
            return vec![1];
        }
        let mut classes: Vec<usize> = (0..self.classes).filter(|&c| self.counts[c] > 0).collect();
        classes.sort_by_key(|&c| std::cmp::Reverse(self.counts[c]));
        classes.truncate(CURVES);
        classes.sort_unstable();
        classes
    }

    fn curves(&self, class: usize) -> Option<ClassCurves> {
        let mut ranking = Ranking::default();
        for row in self.kept.rows() {
            ranking.push(row[1 + class], row[0] as usize == class, 1.0);
        }
        let (areas, curve) = (ranking.areas()?, ranking.curve()?);
        let mut roc = vec![[0.0, 0.0]];
        roc.extend(curve.iter().map(|p| [p.false_positive_rate, p.recall]));
        let mut precision_recall = vec![[0.0, curve.first().map_or(1.0, |p: &CurvePoint| p.precision)]];
        precision_recall.extend(curve.iter().map(|p| [p.recall, p.precision]));
        Some(ClassCurves {
            class,
            rows: self.counts[class],
            auc: areas.auc,
            average_precision: areas.pr_auc,
            roc: simplified(roc),
            precision_recall: simplified(precision_recall),
        })
    }
}

/// The curve without points that lie nearer to the one before than a picture shows; the ends are kept.
fn simplified(points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let mut out: Vec<[f64; 2]> = Vec::new();
    for (i, p) in points.iter().enumerate() {
        let far = out.last().is_none_or(|q| (p[0] - q[0]).abs() + (p[1] - q[1]).abs() >= 2.0 / POINTS);
        if far || i + 1 == points.len() {
            out.push(*p);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_of_many_points_keeps_its_ends_and_few_between() {
        let line: Vec<[f64; 2]> = (0..=10_000).map(|i| [f64::from(i) / 1e4, f64::from(i) / 1e4]).collect();
        let short = simplified(line.clone());
        assert!(short.len() > 350 && short.len() < 450, "{}", short.len());
        assert_eq!((short[0], short[short.len() - 1]), (line[0], line[10_000]));
        assert_eq!(simplified(line[..1].to_vec()), line[..1]);
    }
}
