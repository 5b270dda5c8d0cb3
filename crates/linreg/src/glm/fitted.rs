//! A fitted generalised linear model: coefficients with Wald's tests, likelihoods, predictions.

use super::basis::Basis;
use super::config::Glm;
use super::conjugate::MANY;
use super::family::{Family, means};
use super::newton::Solved;
use super::null::Null;
use super::separation::about;
use super::step::Curvature;
use crate::error::LinregError;
use crate::error::same;
use crate::factor::alias::Alias;
use crate::fitted::coefficient::{Coefficient, interval};
use crate::fitted::coefficients::Coefficients;
use crate::linalg::kernels::columns_of;
use crate::linalg::powers::{pow2, scale_by, scale_dd};
use crate::summary::distributions::normal_quantile;
use planish_tensor::dd::DdSlice;
use planish_tensor::math::{log_one, normal_cdf};
use planish_tensor::{Dd, Exec, Isa, MatRef, Matrix};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A fitted generalised linear model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedGlm {
    /// The distribution of the response.
    pub family: Family,
    /// Rows with a weight above zero.
    pub rows: u64,
    /// Whether the predictors have intercepts.
    pub fit_intercept: bool,
    /// The penalty ½·l2·‖b‖².
    pub l2: f64,
    /// The terms (from 0) that depend on earlier ones, or are constant beside an intercept: dropped, with coefficient 0.
    pub aliased: Vec<usize>,
    /// The combinations that they equal; not known of models of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// The coefficients of each predictor: of several classes those of class 1, 2, … against class 0.
    pub coefficients: Vec<Coefficients>,
    /// The standard errors of each predictor, the intercept's first (without one, the coefficients' alone), from the inverse of
    /// the information matrix; zero for aliased terms. None with a penalty, where they have no meaning.
    pub std_errors: Option<Vec<Vec<f64>>>,
    /// Σ w·log-likelihood, without the penalty.
    pub log_likelihood: f64,
    /// The same of the model without terms: an intercept alone, or without one η = 0.
    pub null_log_likelihood: f64,
    /// Twice the log-likelihood that is missing to the model that fits every row.
    pub deviance: f64,
    /// The deviance of the model without terms.
    pub null_deviance: f64,
    /// Newton steps.
    pub iterations: usize,
    /// Whether the coefficients stand still: always so in a new fit, as what does not converge is an error.
    pub converged: bool,
    /// The norm of the (penalised) gradient, by orthonormal combinations of the columns.
    pub gradient_norm: f64,
}

impl FittedGlm {
    pub(super) fn new(
        exec: Exec,
        model: &Glm,
        basis: &Basis,
        null: &Null,
        terms: usize,
        rows: u64,
        solved: &Solved,
    ) -> Result<FittedGlm, LinregError> {
        let coefficients: Vec<_> =
            solved.at.beta.iter().map(|b| in_units(basis, &solved.curvature, terms, b)).collect();
        if !coefficients.iter().all(Coefficients::is_finite) {
            return Err(LinregError::Overflow { response: 0 });
        }
        let heads = coefficients.len();
        let std_errors = (model.l2 == 0.0).then(|| {
            (0..heads).map(|a| std_errors(exec, basis, terms, solved, (heads, a))).collect::<Vec<_>>()
        });
        let log_likelihood = -solved.at.loss - null.constant();
        let null_log_likelihood = null.log_likelihood(model.fit_intercept);
        let deviance = |of: f64| (2.0 * (null.saturated() - of)).max(0.0);
        Ok(FittedGlm {
            family: model.family,
            rows,
            fit_intercept: model.fit_intercept,
            l2: model.l2,
            aliased: basis.aliased.clone(),
            aliases: basis.aliases.clone(),
            coefficients,
            std_errors,
            log_likelihood,
            null_log_likelihood,
            deviance: deviance(log_likelihood),
            null_deviance: deviance(null_log_likelihood),
            iterations: solved.iterations,
            converged: true,
            gradient_norm: solved.gradient_norm,
        })
    }

    /// Says what is wrong with a fit that was read from outside, if anything is.
    ///
    /// # Errors
    /// Parts that do not fit together.
    pub fn validate(&self) -> Result<(), &'static str> {
        let (predictors, terms) = (self.coefficients.len(), self.terms());
        if self.family.classes().is_some_and(|c| c < 2) || predictors != self.family.predictors() {
            return Err("there are not as many linear predictors as the classes need");
        }
        let each = terms + usize::from(self.fit_intercept);
        let is_whole = |s: &Vec<Vec<f64>>| s.len() == predictors && s.iter().all(|s| s.len() == each);
        if !self.std_errors.as_ref().is_none_or(is_whole) {
            return Err("there is not a standard error for each coefficient");
        }
        if !self.aliased.is_sorted_by(|a, b| a < b) || self.aliased.last().is_some_and(|&a| a >= terms) {
            return Err("the dropped terms are not terms of the model");
        }
        Ok(())
    }

    /// The number of terms, aliased ones included.
    pub fn terms(&self) -> usize {
        self.coefficients.first().map_or(0, |c| c.coef.len())
    }

    /// The number of parameters that were estimated.
    pub fn parameters(&self) -> usize {
        self.coefficients.len() * (self.terms() - self.aliased.len() + usize::from(self.fit_intercept))
    }

    /// Akaike's criterion: 2·parameters − 2·log-likelihood.
    pub fn aic(&self) -> f64 {
        2.0 * self.parameters() as f64 - 2.0 * self.log_likelihood
    }

    /// The Bayesian criterion: ln rows·parameters − 2·log-likelihood.
    pub fn bic(&self) -> f64 {
        log_one(self.rows as f64) * self.parameters() as f64 - 2.0 * self.log_likelihood
    }

    /// McFadden's pseudo-R²: 1 − log-likelihood / that of the model without terms.
    pub fn pseudo_r2(&self) -> f64 {
        1.0 - self.log_likelihood / self.null_log_likelihood
    }

    /// A line a coefficient of a predictor, the intercept first, with Wald's tests and intervals of this level where there are standard errors.
    ///
    /// # Panics
    /// If there is no such predictor.
    pub fn table(&self, predictor: usize, level: f64) -> Vec<Coefficient> {
        let half = normal_quantile(0.5 + level / 2.0);
        let errors = self.std_errors.as_ref().map(|s| &s[predictor]);
        let tested = |(i, c): (usize, Coefficient)| {
            let std_error = errors.map(|s| s[i]).filter(|s| *s > 0.0);
            let statistic = std_error.map(|s| c.estimate / s);
            Coefficient {
                std_error,
                statistic,
                p: statistic.map(two_sided),
                interval: std_error.and_then(|se| interval(c.estimate, half * se)),
                dropped: c.term.is_some_and(|term| self.aliased.contains(&term)),
                ..c
            }
        };
        self.coefficients[predictor].table(self.fit_intercept).into_iter().enumerate().map(tested).collect()
    }

    /// The means of rows: the probability of every class, or the expected count.
    ///
    /// # Shapes
    /// `x` has one column a term; `out` is `[rows, classes]`, or `[rows]` for counts.
    ///
    /// # Panics
    /// If the shapes disagree.
    pub fn predict_into(&self, isa: Isa, x: &[DdSlice<'_>], out: &mut [f64]) {
        let rows = out.len() / self.outputs();
        let eta = |c: &Coefficients| {
            let mut eta = vec![0.0; rows];
            c.predict_into(isa, x, &mut eta);
            eta
        };
        let eta: Vec<_> = self.coefficients.iter().map(eta).collect();
        out.copy_from_slice(&means(isa, self.family, &eta));
    }

    /// The means `[n, classes]`, or of counts `[n, 1]`, for the rows of X `[n, p]`.
    ///
    /// # Errors
    /// If X has not one column a term.
    pub fn predict_matrix(&self, isa: Isa, x: MatRef<'_, f64>) -> Result<Matrix<f64>, LinregError> {
        same("columns of x", self.terms(), x.cols())?;
        let columns = columns_of(x);
        let views: Vec<_> = columns.iter().map(|c| c.first(x.rows())).collect();
        let mut out = Matrix::zeros(x.rows(), self.outputs());
        self.predict_into(isa, &views, out.as_mut_slice());
        Ok(out)
    }

    /// The numbers of a row's prediction.
    fn outputs(&self) -> usize {
        self.family.classes().unwrap_or(1)
    }
}

/// 2·Φ(−|z|), from its own polynomials, which keep the digits of the tail.
fn two_sided(z: f64) -> f64 {
    let mut tail = [-z.abs()];
    normal_cdf(Isa::SCALAR, &mut tail);
    2.0 * tail[0]
}

/// Coefficients in scaled units brought into the units of the data. Rounding of the slopes turns the fit about the point where it is best known.
fn in_units(basis: &Basis, curvature: &Curvature, terms: usize, beta: &[Dd]) -> Coefficients {
    let mut coef = vec![0.0; terms];
    let centre = curvature.centre(basis.kept.len());
    let mut intercept = about(beta, basis.first, &centre, false)[0];
    for ((&term, &b), centre) in basis.kept.iter().zip(&beta[basis.first..]).zip(centre) {
        let exponent = basis.scaling.exponent(term);
        coef[term] = scale_by(b.to_f64(), -exponent);
        let centre = scale_dd(centre, exponent) + Dd::from(basis.scaling.shift[term]);
        intercept = intercept - Dd::from(coef[term]) * centre;
    }
    Coefficients { intercept: if basis.first == 1 { intercept } else { Dd::ZERO }, coef }
}

/// The standard errors of predictor a in the units of the data: a coefficient is a combination cᵀθ, and its variance
/// cᵀH⁻¹c = ‖L⁻¹c‖².
fn std_errors(
    exec: Exec,
    basis: &Basis,
    terms: usize,
    solved: &Solved,
    (heads, a): (usize, usize),
) -> Vec<f64> {
    let error = |combination: &[f64]| solved.curvature.error(basis, heads, a, combination);
    let of_term = |at: usize| {
        let mut alone = vec![0.0; basis.len()];
        alone[basis.first + at] = 1.0;
        scale_by(error(&alone), -basis.scaling.exponent(basis.kept[at]))
    };
    let of_terms: Vec<f64> = match exec.threads > 1 && heads * basis.len() > MANY {
        true => (0..basis.kept.len()).into_par_iter().map(of_term).collect(),
        false => (0..basis.kept.len()).map(of_term).collect(),
    };
    let mut out = vec![0.0; basis.first + terms];
    basis.kept.iter().zip(of_terms).for_each(|(&term, error)| out[basis.first + term] = error);
    if basis.first == 1 {
        let offset = |&term: &usize| -basis.scaling.shift[term] * pow2(-basis.scaling.exponent(term));
        let intercept: Vec<f64> = std::iter::once(1.0).chain(basis.kept.iter().map(offset)).collect();
        out[0] = error(&intercept);
    }
    out
}
