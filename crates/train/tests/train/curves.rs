//! Agreement of curves with scikit-learn; the values are written by `cargo xtask golden`.

use planish_train::metrics::{ClassificationScores, Ranking};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    p: Vec<f64>,
    y: Vec<usize>,
    auc: f64,
    average_precision: f64,
    /// Threshold, false positive rate, recall.
    roc: Vec<[f64; 3]>,
    /// Recall, precision.
    precision_recall: Vec<[f64; 2]>,
    /// Mean probability, share of positive rows.
    calibration: Vec<[f64; 2]>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../curves.json")).unwrap()
}

fn assert_close(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).for_each(|(g, w)| assert!((g - w).abs() < 1e-14, "{got:?} is not {want:?}"));
}

fn ranking(golden: &Golden) -> Ranking {
    let mut ranking = Ranking::default();
    golden.p.iter().zip(&golden.y).for_each(|(&p, &y)| ranking.push(p, y == 1, 1.0));
    ranking
}

#[test]
fn roc_and_precision_recall_curves_agree_with_scikit_learn() {
    let golden = golden();
    let mut ranking = ranking(&golden);
    let areas = ranking.areas().unwrap();
    assert_close(&[areas.auc, areas.pr_auc], &[golden.auc, golden.average_precision]);
    let curve = ranking.curve().unwrap();
    assert_eq!(curve.len(), golden.roc.len());
    for (point, want) in curve.iter().zip(&golden.roc) {
        assert_close(&[point.threshold, point.false_positive_rate, point.recall], want);
    }
    for (point, want) in curve.iter().zip(&golden.precision_recall) {
        assert_close(&[point.recall, point.precision], want);
    }
    assert_eq!(curve.len(), golden.precision_recall.len());
}

#[test]
fn calibration_bins_agree_with_scikit_learn() {
    let golden = golden();
    let mut scores = ClassificationScores::default();
    golden.p.iter().zip(&golden.y).for_each(|(&p, &y)| scores.push(&[p], y));
    let bins = scores.reliability();
    assert_eq!(bins.len(), golden.calibration.len());
    for (bin, want) in bins.iter().zip(&golden.calibration) {
        assert_close(&[bin.predicted, bin.observed], want);
        assert!(bin.predicted <= bin.range[1] + 1e-12 && bin.predicted >= bin.range[0] - 1e-12);
    }
    assert_eq!(bins.iter().map(|b| b.weight).sum::<f64>(), golden.p.len() as f64);
}

#[test]
fn one_class_alone_has_no_curve() {
    let mut ranking = Ranking::default();
    ranking.push(0.3, true, 1.0);
    assert!(ranking.curve().is_none() && ranking.areas().is_none());
}
