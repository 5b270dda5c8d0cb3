//! Fits with fewer rows than terms, where the rows themselves are kept: conditions of the optimum, scores by brute force, equal bits.

use crate::model_properties::{slopes, violation};
use planish_linreg::penalised::NonNegative;
use planish_linreg::penalised::{ElasticNetCv, KFold, RidgeCriterion, RidgeCv};
use planish_linreg::{ElasticNet, Fit, MatrixSource, Ridge};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Isa, Matrix};

/// Rows of many terms of several scales, every seventh a copy of the one before but for the last digits; and a response of a few terms.
fn data(n: usize, p: usize) -> (Matrix<f64>, Matrix<f64>, Vec<f64>) {
    let s = Stream::new(11, Purpose::Sample, 0);
    let mut x = Matrix::from_fn(n, p, |i, j| {
        s.normal((i * p + j) as u64) * (1.0 + (j % 5) as f64) + if j % 3 == 0 { 50.0 } else { 0.0 }
    });
    for i in 0..n {
        for j in (7..p).step_by(7) {
            x[(i, j)] = x[(i, j - 1)] + 1e-3 * x[(i, j)];
        }
    }
    let y = Matrix::from_fn(n, 1, |i, _| {
        let signal: f64 = (0..8).map(|k| x[(i, 11 * k)] * (k as f64 - 3.0)).sum();
        signal + 2.0 * s.normal((n * p + i) as u64)
    });
    let weights = (0..n).map(|i| (i % 4) as f64 * 0.5).collect();
    (x, y, weights)
}

/// The rows for which `keep` holds.
fn some(x: &Matrix<f64>, keep: impl Fn(usize) -> bool) -> Matrix<f64> {
    let rows: Vec<usize> = (0..x.rows()).filter(|&i| keep(i)).collect();
    Matrix::from_fn(rows.len(), x.cols(), |i, j| x[(rows[i], j)])
}

fn errors(x: &Matrix<f64>, y: &Matrix<f64>, c: &planish_linreg::Coefficients) -> Vec<f64> {
    let fit = c.predict_matrix(Isa::best(), x.view()).unwrap();
    (0..x.rows()).map(|i| y[(i, 0)] - fit[i]).collect()
}

#[test]
fn a_ridge_of_few_rows_solves_its_equations() {
    let (x, y, weights) = data(40, 150);
    for (w, fit_intercept) in
        [(None, true), (Some(&weights[..]), true), (None, false), (Some(&weights[..]), false)]
    {
        for alpha in [1e-6, 1.0, 1e4] {
            let ridge = Ridge { alpha, fit_intercept, ..Ridge::default() };
            let fitted = ridge.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap();
            let r = errors(&x, &y, &fitted.coefficients);
            let weight = |i: usize| w.map_or(1.0, |w| w[i]);
            for (j, b) in fitted.coefficients.coef.iter().enumerate() {
                let slope: f64 = (0..40).map(|i| weight(i) * x[(i, j)] * r[i]).sum();
                let size: f64 = (0..40).map(|i| (weight(i) * x[(i, j)] * y[(i, 0)]).abs()).sum();
                assert!((slope - alpha * b).abs() <= 1e-12 * size, "{alpha}: {slope} {}", alpha * b);
            }
            let rss: f64 = (0..40).map(|i| weight(i) * r[i] * r[i]).sum();
            assert!((rss - fitted.rss).abs() <= 1e-9 * fitted.rss + 1e-13 * fitted.tss);
        }
    }
}

/// Each row is left out in truth, and the sum of squares computed from residuals.
#[test]
fn scores_of_a_ridge_of_few_rows_are_those_of_fits_without_a_row() {
    let (x, y, weights) = data(33, 140);
    for (w, fit_intercept) in [(None, true), (Some(&weights[..]), true), (None, false)] {
        let alphas = Some(vec![30.0, 1000.0]);
        let base =
            RidgeCv { alphas, fit_intercept, criterion: RidgeCriterion::LeaveOneOut, standardize: false };
        let fitted = base.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap();
        let gcv = RidgeCv { criterion: RidgeCriterion::Gcv, ..base.clone() };
        let gcv = gcv.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap();
        for (score, gcv) in fitted.scores.iter().zip(&gcv.scores) {
            let ridge = Ridge { alpha: score.alpha, fit_intercept, ..Ridge::default() };
            let (mut sum, mut total) = (0.0, 0.0);
            for i in 0..33 {
                let weight = w.map_or(1.0, |w| w[i]);
                let kept: Option<Vec<f64>> = w.map(|w| (0..33).filter(|&k| k != i).map(|k| w[k]).collect());
                let without = ridge
                    .fit_matrix(
                        Isa::best(),
                        some(&x, |k| k != i).view(),
                        some(&y, |k| k != i).view(),
                        kept.as_deref(),
                    )
                    .unwrap();
                let e = errors(&x, &y, &without.coefficients)[i];
                sum += weight * e * e;
                total += weight;
            }
            assert!((score.score / (sum / total) - 1.0).abs() < 1e-9, "{} {}", score.score, sum / total);
            let whole = ridge.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap();
            let (n, df) = (whole.rows as f64, whole.degrees_of_freedom);
            let want = n * whole.rss / ((n - df) * (n - df));
            assert!((gcv.score / want - 1.0).abs() < 1e-9, "{} {want}", gcv.score);
        }
    }
}

#[test]
fn paths_of_few_rows_are_optimal() {
    let (x, y, weights) = data(45, 160);
    for l1_ratio in [1.0, 0.6] {
        for w in [None, Some(&weights[..])] {
            let net = ElasticNet { l1_ratio, ..ElasticNet::default() };
            let mut source = MatrixSource::new(x.view(), y.view(), w).unwrap();
            let path = net.path(Isa::best(), &mut source, None).unwrap();
            assert_eq!((path.len(), path[0].non_zero()), (100, 0));
            for fitted in &path {
                let off = violation(&x, &y, w, fitted);
                assert!(fitted.converged && off < 1e-8, "alpha {}: {off}", fitted.alpha);
            }
            assert!(path[99].non_zero() > 20);
        }
    }
}

/// One penalty far below all others, from nothing.
#[test]
fn a_single_small_penalty_of_few_rows_is_solved() {
    let (x, y, _) = data(45, 160);
    for (l1_ratio, alpha) in [(1.0, 1e-5), (0.5, 1e-4)] {
        let net = ElasticNet { alpha, l1_ratio, ..ElasticNet::default() };
        let fitted = net.fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
        assert!(violation(&x, &y, None, &fitted) < 1e-8);
    }
}

#[test]
fn scores_of_a_lasso_of_few_rows_are_those_of_fits_without_a_fold() {
    let (x, y, _) = data(43, 150);
    let folds = KFold { folds: 4, seed: None };
    let base = ElasticNet { l1_ratio: 1.0, standardize: false, ..ElasticNet::default() };
    let cv = ElasticNetCv { base, folds, n_alphas: 12, ..ElasticNetCv::default() };
    let fitted = cv.fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
    assert_eq!(fitted.scores.len(), 12);
    let alphas: Vec<f64> = fitted.scores.iter().map(|s| s.alpha).collect();
    let mut sums = vec![0.0; 12];
    for fold in 0..4 {
        let (rest, target) = (some(&x, |i| i % 4 != fold), some(&y, |i| i % 4 != fold));
        let mut source = MatrixSource::new(rest.view(), target.view(), None).unwrap();
        let path = base.path(Isa::best(), &mut source, Some(&alphas)).unwrap();
        for (sum, fit) in sums.iter_mut().zip(&path) {
            let e = errors(&x, &y, &fit.coefficients);
            let of_fold: Vec<f64> = (0..43).filter(|i| i % 4 == fold).map(|i| e[i] * e[i]).collect();
            *sum += of_fold.iter().sum::<f64>() / of_fold.len() as f64;
        }
    }
    for (score, sum) in fitted.scores.iter().zip(&sums) {
        assert!((score.mse / (sum / 4.0) - 1.0).abs() < 1e-8, "{} {}", score.mse, sum / 4.0);
    }
    assert!(violation(&x, &y, None, &fitted) < 1e-8);
}

#[test]
fn coefficients_of_few_rows_that_are_not_negative_are_optimal() {
    let (x, y, _) = data(30, 140);
    let fitted = NonNegative::default().fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
    let r = errors(&x, &y, &fitted.coefficients);
    let size: f64 = (0..30).map(|i| y[(i, 0)] * y[(i, 0)]).sum::<f64>().sqrt();
    for (j, (slope, b)) in slopes(&x, &r, None).into_iter().zip(&fitted.coefficients.coef).enumerate() {
        let norm = (0..30).map(|i| x[(i, j)] * x[(i, j)]).sum::<f64>().sqrt();
        let off = if *b > 0.0 { slope.abs() } else { slope };
        assert!(*b >= 0.0 && off <= 1e-10 * norm * size, "{off}");
    }
}

#[test]
fn bits_of_few_rows_do_not_depend_on_threads_or_instructions() {
    let (x, y, weights) = data(40, 200);
    let fits = |exec: Exec| {
        exec.install(|| {
            let source = || MatrixSource::new(x.view(), y.view(), Some(&weights)).unwrap();
            let ridge = RidgeCv { criterion: RidgeCriterion::LeaveOneOut, ..RidgeCv::default() };
            let ridge = ridge.fit(exec, &mut source()).unwrap();
            let lasso = ElasticNetCv { n_alphas: 20, ..ElasticNetCv::default() };
            (ridge, lasso.fit(exec, &mut source()).unwrap())
        })
    };
    let best = fits(Exec::best());
    assert!(fits(Exec::best().with_threads(3)) == best);
    for isa in Isa::all_exact() {
        assert!(fits(Exec::serial(isa)) == best, "{isa:?}");
    }
}
