//! Agreement of penalised and generalised linear models with scikit-learn and statsmodels; the values are written by
//! `cargo xtask golden`.

use planish_linreg::glm::FittedGlm;
use planish_linreg::penalised::{ElasticNetCv, KFold, NonNegative, RidgeCriterion, RidgeCv};
use planish_linreg::{Coefficients, ElasticNet, Fit, Glm, Lasso, LinregError, Ridge};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Isa, Matrix};
use serde::Deserialize;

#[derive(Deserialize)]
struct Linear {
    intercept: f64,
    coef: Vec<f64>,
}

#[derive(Deserialize)]
struct Cases<T> {
    plain: T,
    weighted: Option<T>,
    no_intercept: Option<T>,
    penalised: Option<Penalised>,
}

#[derive(Deserialize)]
struct Penalised {
    params: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct RidgePath {
    alphas: Vec<f64>,
    leave_one_out: Vec<f64>,
    gcv: Vec<f64>,
    alpha: f64,
    #[serde(flatten)]
    linear: Linear,
}

#[derive(Deserialize)]
struct LassoPath {
    alphas: Vec<f64>,
    mse: Vec<f64>,
    mse_se: Vec<f64>,
    alpha: f64,
    #[serde(flatten)]
    linear: Linear,
}

#[derive(Deserialize)]
struct Inference {
    params: Vec<Vec<f64>>,
    std_errors: Vec<Vec<f64>>,
    p: Vec<Vec<f64>>,
    log_likelihood: f64,
    deviance: Option<f64>,
    null_deviance: Option<f64>,
    null_log_likelihood: Option<f64>,
    pseudo_r2: Option<f64>,
    aic: Option<f64>,
}

#[derive(Deserialize)]
struct Golden {
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
    weights: Vec<f64>,
    binary: Vec<f64>,
    classes: Vec<f64>,
    counts: Vec<f64>,
    ridge: Cases<Linear>,
    ridge_cv: RidgePath,
    lasso: Cases<Linear>,
    elastic_net: Cases<Linear>,
    lasso_cv: LassoPath,
    non_negative: Cases<Linear>,
    logistic: Cases<Inference>,
    multinomial: Cases<Inference>,
    poisson: Cases<Inference>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../models.json")).unwrap()
}

impl Golden {
    fn x(&self) -> Matrix<f64> {
        Matrix::from_fn(self.x.len(), self.x[0].len(), |i, j| self.x[i][j])
    }

    /// A fit of one response.
    fn fit<F>(
        &self,
        y: &[f64],
        weighted: bool,
        fit: impl FnOnce(&Matrix<f64>, &Matrix<f64>, Option<&[f64]>) -> Result<F, LinregError>,
    ) -> F {
        let weights = weighted.then_some(&self.weights[..]);
        fit(&self.x(), &Matrix::from_slice(y.len(), 1, y), weights).unwrap()
    }
}

#[track_caller]
fn close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance * want.abs().max(1e-3), "{got} is not {want}");
}

#[track_caller]
fn same(got: &Coefficients, want: &Linear, tolerance: f64) {
    close(got.intercept.to_f64(), want.intercept, tolerance);
    got.coef.iter().zip(&want.coef).for_each(|(g, w)| close(*g, *w, tolerance));
    assert_eq!(got.coef.len(), want.coef.len());
}

/// The cases without weights, with them, and without an intercept.
fn three(
    g: &Golden,
    want: &Cases<Linear>,
    tolerance: f64,
    fit: impl Fn(bool, &Matrix<f64>, &Matrix<f64>, Option<&[f64]>) -> Coefficients,
) {
    for (want, weighted, intercept) in [
        (Some(&want.plain), false, true),
        (want.weighted.as_ref(), true, true),
        (want.no_intercept.as_ref(), false, false),
    ] {
        let got = g.fit(&g.y, weighted, |x, y, w| Ok(fit(intercept, x, y, w)));
        same(&got, want.unwrap(), tolerance);
    }
}

#[test]
fn ridge_agrees_with_scikit_learn() {
    let g = golden();
    three(&g, &g.ridge, 1e-11, |fit_intercept, x, y, w| {
        let ridge = Ridge { alpha: 7.0, fit_intercept, ..Ridge::default() };
        ridge.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap().coefficients
    });
}

#[test]
fn the_choice_of_the_ridge_penalty_agrees_with_scikit_learn_and_the_definition() {
    let g = golden();
    let want = &g.ridge_cv;
    for (criterion, scores) in
        [(RidgeCriterion::LeaveOneOut, &want.leave_one_out), (RidgeCriterion::Gcv, &want.gcv)]
    {
        let model = RidgeCv { alphas: Some(want.alphas.clone()), criterion, ..RidgeCv::default() };
        let got = g.fit(&g.y, false, |x, y, w| model.fit_matrix(Isa::best(), x.view(), y.view(), w));
        got.scores.iter().zip(scores).for_each(|(s, want)| close(s.score, *want, 1e-11));
        if criterion == RidgeCriterion::LeaveOneOut {
            assert_eq!(got.alpha, want.alpha);
            same(&got.coefficients, &want.linear, 1e-11);
        }
    }
}

#[test]
fn the_lasso_and_the_elastic_net_agree_with_scikit_learn() {
    let g = golden();
    three(&g, &g.lasso, 1e-8, |fit_intercept, x, y, w| {
        let lasso = Lasso { alpha: 0.1, fit_intercept, ..Lasso::default() };
        let fitted = lasso.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap();
        assert!(fitted.converged);
        fitted.coefficients
    });
    three(&g, &g.elastic_net, 1e-8, |fit_intercept, x, y, w| {
        let net = ElasticNet { alpha: 0.2, l1_ratio: 0.3, fit_intercept, ..ElasticNet::default() };
        net.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap().coefficients
    });
}

#[test]
fn cross_validation_of_the_lasso_agrees_with_scikit_learn() {
    let g = golden();
    let base = ElasticNet { l1_ratio: 1.0, ..ElasticNet::default() };
    let folds = KFold { folds: 5, seed: None };
    let model = ElasticNetCv { base, n_alphas: 20, folds, ..ElasticNetCv::default() };
    let got = g.fit(&g.y, false, |x, y, w| model.fit_matrix(Isa::best(), x.view(), y.view(), w));
    let want = &g.lasso_cv;
    for (i, score) in got.scores.iter().enumerate() {
        close(score.alpha, want.alphas[i], 1e-12);
        close(score.mse, want.mse[i], 1e-9);
        close(score.mse_se, want.mse_se[i], 1e-8);
    }
    close(got.alpha, want.alpha, 1e-12);
    same(&got.coefficients, &want.linear, 1e-8);
}

#[test]
fn non_negative_least_squares_agrees_with_scikit_learn() {
    let g = golden();
    three(&g, &g.non_negative, 1e-10, |fit_intercept, x, y, w| {
        NonNegative { fit_intercept }.fit_matrix(Isa::best(), x.view(), y.view(), w).unwrap().coefficients
    });
}

fn params(fitted: &FittedGlm) -> Vec<Vec<f64>> {
    fitted
        .coefficients
        .iter()
        .map(|c| std::iter::once(c.intercept.to_f64()).chain(c.coef.clone()).collect())
        .collect()
}

#[track_caller]
fn rows_close(got: &[Vec<f64>], want: &[Vec<f64>], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (g, w) in got.iter().flatten().zip(want.iter().flatten()) {
        close(*g, *w, tolerance);
    }
}

#[track_caller]
fn inference(fitted: &FittedGlm, want: &Inference) {
    assert!(fitted.converged);
    rows_close(&params(fitted), &want.params, 1e-9);
    rows_close(fitted.std_errors.as_ref().unwrap(), &want.std_errors, 1e-9);
    let p: Vec<f64> =
        (0..fitted.coefficients.len()).flat_map(|k| fitted.table(k, 0.95)).map(|r| r.p.unwrap()).collect();
    rows_close(&[p], &[want.p.concat()], 1e-8);
    close(fitted.log_likelihood, want.log_likelihood, 1e-12);
    for (got, want) in [
        (fitted.deviance, want.deviance),
        (fitted.null_deviance, want.null_deviance),
        (fitted.null_log_likelihood, want.null_log_likelihood),
        (fitted.pseudo_r2(), want.pseudo_r2),
        (fitted.aic(), want.aic),
    ] {
        if let Some(want) = want {
            close(got, want, 1e-10);
        }
    }
}

#[test]
fn logistic_regression_agrees_with_statsmodels_and_scikit_learn() {
    let g = golden();
    let fit = |model: Glm, weighted| {
        g.fit(&g.binary, weighted, |x, y, w| model.fit_matrix(Isa::best(), x.view(), y.view(), w))
    };
    inference(&fit(Glm::logistic(), false), &g.logistic.plain);
    inference(&fit(Glm::logistic(), true), g.logistic.weighted.as_ref().unwrap());
    let penalised = fit(Glm { l2: 2.0, ..Glm::logistic() }, true);
    rows_close(&params(&penalised), &g.logistic.penalised.as_ref().unwrap().params, 1e-9);
    assert_eq!(penalised.std_errors, None);
}

#[test]
fn multinomial_regression_agrees_with_statsmodels_and_scikit_learn() {
    let g = golden();
    let fit = |model: Glm, weighted| {
        g.fit(&g.classes, weighted, |x, y, w| model.fit_matrix(Isa::best(), x.view(), y.view(), w))
    };
    inference(&fit(Glm::multinomial(3), false), &g.multinomial.plain);
    let penalised = fit(Glm { l2: 2.0, ..Glm::multinomial(3) }, true);
    rows_close(&params(&penalised), &g.multinomial.penalised.as_ref().unwrap().params, 1e-8);
}

#[test]
fn poisson_regression_agrees_with_statsmodels() {
    let g = golden();
    let fit = |weighted| {
        g.fit(&g.counts, weighted, |x, y, w| Glm::poisson().fit_matrix(Isa::best(), x.view(), y.view(), w))
    };
    inference(&fit(false), &g.poisson.plain);
    inference(&fit(true), g.poisson.weighted.as_ref().unwrap());
}

#[test]
fn a_lasso_chooses_its_penalty_where_columns_are_nearly_combinations_of_others() {
    let s = Stream::new(11, Purpose::Sample, 0);
    let fit = |x: Matrix<f64>, y: &dyn Fn(usize) -> f64| {
        let y = Matrix::from_fn(x.rows(), 1, |i, _| y(i));
        let base = ElasticNet { l1_ratio: 1.0, standardize: true, ..ElasticNet::default() };
        let cv = ElasticNetCv { base, ..ElasticNetCv::default() };
        cv.fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap()
    };
    let at = |i: usize| 10.0 * s.uniform(i as u64);
    for degree in [4, 6, 20] {
        let x = Matrix::from_fn(300, degree, |i, j| (0..=j).map(|_| at(i)).product());
        let wave = |i: usize| (at(i) - 2.0).abs() + 0.2 * s.normal(5000 + i as u64);
        let fitted = fit(x, &wave);
        assert!(fitted.converged && fitted.r2 > 0.9 && fitted.scores.len() > 90, "{degree}: {}", fitted.r2);
    }
    let noise = |i: usize, j: usize| 1e-7 * s.normal((1000 + 40 * i + j) as u64);
    let copies = Matrix::from_fn(60, 40, |i, j| at(i) + noise(i, j));
    let fitted = fit(copies, &|i| at(i) + 0.1 * s.normal(9000 + i as u64));
    assert!(fitted.converged && fitted.r2 > 0.99, "{}", fitted.r2);
}
