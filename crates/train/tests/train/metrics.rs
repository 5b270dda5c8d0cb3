//! Agreement of every score with scikit-learn (and the calibration error with torchmetrics), with and without weights; the values are
//! written by `cargo xtask golden`.

use planish_train::Metric;
use planish_train::metrics::{ClassificationScores, RegressionScores};
use serde::Deserialize;
use std::collections::BTreeMap;

type Scores = BTreeMap<String, f64>;

#[derive(Deserialize)]
struct Case<P, Y> {
    p: Vec<P>,
    y: Vec<Y>,
    weights: Vec<f64>,
    plain: Scores,
    weighted: Scores,
    #[serde(default)]
    confusion: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Golden {
    binary: Case<f64, usize>,
    multiclass: Case<Vec<f64>, usize>,
    regression: Case<f64, f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../metrics.json")).unwrap()
}

fn assert_agree(got: &Scores, want: &Scores) {
    let names = |s: &Scores| s.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(got), names(want));
    assert!(got.keys().all(|name| name.parse::<Metric>().is_ok()));
    for (name, want) in want {
        let got = got[name];
        // torchmetrics takes the means of a bin in single precision.
        let tolerance = if name == "ece" { 1e-7 } else { 1e-12 };
        assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{name}: {got} {want}");
    }
}

fn assert_classes_agree<P>(case: &Case<P, usize>, probabilities: impl Fn(&P) -> Vec<f64>) {
    let (mut plain, mut weighted) = (ClassificationScores::default(), ClassificationScores::default());
    for ((p, &y), &w) in case.p.iter().zip(&case.y).zip(&case.weights) {
        plain.push(&probabilities(p), y);
        weighted.push_weighted(&probabilities(p), y, w);
    }
    assert_eq!(plain.confusion().to_rows(), case.confusion);
    assert_agree(&plain.finish(), &case.plain);
    assert_agree(&weighted.finish(), &case.weighted);
}

#[test]
fn scores_of_two_classes_agree_with_scikit_learn() {
    assert_classes_agree(&golden().binary, |&p| vec![p]);
}

#[test]
fn scores_of_four_classes_agree_with_scikit_learn() {
    assert_classes_agree(&golden().multiclass, Vec::clone);
}

#[test]
fn scores_of_numbers_agree_with_scikit_learn() {
    let case = golden().regression;
    let (mut plain, mut weighted) = (RegressionScores::default(), RegressionScores::default());
    for ((&p, &y), &w) in case.p.iter().zip(&case.y).zip(&case.weights) {
        plain.push(p, y);
        weighted.push_weighted(p, y, w);
    }
    assert_agree(&plain.finish(), &case.plain);
    assert_agree(&weighted.finish(), &case.weighted);
}
