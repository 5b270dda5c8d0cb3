//! Cross-validation: a fresh network is fitted for every fold and scored on the rows that the fold holds out.
//!
//! The held-out rows are for the score alone: where training needs validation rows (early stopping), `validation_split` takes them out
//! of the fold's training rows.

use crate::data::{Data, Gather};
use crate::error::TrainError;
use crate::network::Network;
use crate::observer::Observer;
use crate::options::FitOptions;
use crate::split::Folds;
use planish_nn::Element;
use planish_tensor::Exec;
use std::collections::BTreeMap;

/// What came of one fold.
#[derive(Clone, PartialEq, Debug)]
pub struct FoldScores {
    /// Rows trained on, those that training held out for itself included.
    pub rows: usize,
    /// Rows held out and scored.
    pub held_rows: usize,
    /// The epoch whose weights were scored, from 1.
    pub best_epoch: usize,
    /// `loss` and the network's metrics on the held-out rows.
    pub scores: BTreeMap<String, f64>,
}

/// A score over the folds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation with n − 1; 0 if only one fold has the score.
    pub sd: f64,
    /// The folds that have the score: without both classes among its held-out rows, a fold has no `auc`.
    pub folds: usize,
}

/// What came of a cross-validation.
#[derive(Clone, PartialEq, Debug)]
pub struct CrossValidation {
    /// The folds in order.
    pub folds: Vec<FoldScores>,
    /// Every score over the folds.
    pub summary: BTreeMap<String, Spread>,
}

/// Fits a network for every fold and scores it on the rows held out. `compile` makes the network of a fold, given its number from 0;
/// a pipeline that is fitted on data belongs in it, on the rows of [`Folds::split`].
///
/// # Errors
/// Folds of another number of rows, and what [`Network::fit`] says; an error ends the whole.
pub fn cross_validate<T: Element>(
    exec: Exec,
    data: &Data<'_, T>,
    folds: &Folds,
    options: &FitOptions,
    mut compile: impl FnMut(usize) -> Result<Network<T>, TrainError>,
    observer: &mut dyn Observer,
) -> Result<CrossValidation, TrainError> {
    if folds.rows() != data.rows() {
        let what = format!("folds of {} rows for {} rows", folds.rows(), data.rows());
        return Err(TrainError::Data { what });
    }
    let mut found = Vec::with_capacity(folds.len());
    for fold in 0..folds.len() {
        let mut net = compile(fold)?;
        data.check(&net.plan, net.loss)?;
        let (rows, held) = folds.split(fold);
        let mut copy = Gather::new(data, rows.len());
        let history = net.fit(exec, &copy.rows(data, &rows), options, observer)?;
        let mut copy = Gather::new(data, held.len());
        let (loss, mut scores) = net.evaluate(exec, &copy.rows(data, &held))?;
        scores.insert("loss".to_owned(), loss);
        found.push(FoldScores {
            rows: rows.len(),
            held_rows: held.len(),
            best_epoch: history.best_epoch,
            scores,
        });
    }
    Ok(CrossValidation::new(found))
}

impl CrossValidation {
    /// These folds, with every score over them.
    pub fn new(folds: Vec<FoldScores>) -> CrossValidation {
        CrossValidation { summary: summary(&folds), folds }
    }
}

fn summary(folds: &[FoldScores]) -> BTreeMap<String, Spread> {
    let mut values: BTreeMap<&String, Vec<f64>> = BTreeMap::new();
    for (name, score) in folds.iter().flat_map(|f| &f.scores) {
        values.entry(name).or_default().push(*score);
    }
    values.into_iter().map(|(name, scores)| (name.clone(), spread(&scores))).collect()
}

fn spread(scores: &[f64]) -> Spread {
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let squares: f64 = scores.iter().map(|s| (s - mean) * (s - mean)).sum();
    Spread { mean, sd: (squares / (n - 1.0).max(1.0)).sqrt(), folds: scores.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metric;
    use planish_nn::{Activation, Loss, Sequential, Targets};
    use planish_optim::Optimizer;
    use planish_tensor::Matrix;

    fn compile(fold: usize) -> Result<Network<f32>, TrainError> {
        let net = Sequential::new(2).dense(4, Activation::Tanh).dense(1, Activation::Sigmoid);
        let metrics = [Metric::Accuracy, Metric::Auc];
        Network::compile(&net, Optimizer::adam(0.05), Loss::BinaryCrossentropy, &metrics, fold as u64)
    }

    #[test]
    fn each_fold_is_scored_on_the_rows_that_it_did_not_see() {
        let x = Matrix::from_fn(90, 2, |i, j| ((i * 37 + j * 91) % 100) as f32 / 50.0 - 1.0);
        let y = Matrix::from_fn(90, 1, |i, _| f32::from(u8::from(x[(i, 0)] > x[(i, 1)])));
        let data = Data::new(x.view(), Targets::Values(y.view()));
        let folds = Folds::plain(90, 4, 0).unwrap();
        let options = FitOptions { epochs: 30, ..FitOptions::default() };
        let result = cross_validate(Exec::best(), &data, &folds, &options, compile, &mut ()).unwrap();
        assert_eq!(result.folds.iter().map(|f| f.held_rows).collect::<Vec<_>>(), [23, 23, 22, 22]);
        assert!(result.folds.iter().all(|f| f.rows + f.held_rows == 90 && f.best_epoch == 30));
        assert!(result.summary["accuracy"].mean > 0.85, "{:?}", result.summary);

        // The second fold by hand.
        let (rows, held) = folds.split(1);
        let part = |rows: &[u32]| {
            let copy =
                |m: &Matrix<f32>| Matrix::from_fn(rows.len(), m.cols(), |i, j| m[(rows[i] as usize, j)]);
            (copy(&x), copy(&y))
        };
        let ((tx, ty), (hx, hy)) = (part(&rows), part(&held));
        let mut net = compile(1).unwrap();
        let train = Data::new(tx.view(), Targets::Values(ty.view()));
        net.fit(Exec::best(), &train, &options, &mut ()).unwrap();
        let (loss, metrics) =
            net.evaluate(Exec::best(), &Data::new(hx.view(), Targets::Values(hy.view()))).unwrap();
        let scores = &result.folds[1].scores;
        assert_eq!((scores["loss"], scores["accuracy"]), (loss, metrics["accuracy"]));

        let wrong = Folds::plain(89, 4, 0).unwrap();
        let error = cross_validate(Exec::best(), &data, &wrong, &options, compile, &mut ()).unwrap_err();
        assert!(error.to_string().contains("folds of 89 rows for 90 rows"));
    }

    #[test]
    fn mean_and_standard_deviation_are_over_the_folds_that_have_the_score() {
        let fold = |scores: &[(&str, f64)]| FoldScores {
            rows: 1,
            held_rows: 1,
            best_epoch: 1,
            scores: scores.iter().map(|&(k, v)| (k.to_owned(), v)).collect(),
        };
        let folds = [fold(&[("loss", 1.0), ("auc", 0.5)]), fold(&[("loss", 3.0)]), fold(&[("loss", 2.0)])];
        let summary = summary(&folds);
        assert_eq!(summary["loss"], Spread { mean: 2.0, sd: 1.0, folds: 3 });
        assert_eq!(summary["auc"], Spread { mean: 0.5, sd: 0.0, folds: 1 });
    }
}
