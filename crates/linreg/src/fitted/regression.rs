//! The fitted model: coefficients in the units of the data, sums of squares, predictions.

use crate::error::LinregError;
use crate::error::same;
use crate::factor::alias::{Alias, MinNorm};
use crate::factor::factorization::Factorization;
use crate::factor::fold::Folded;
use crate::factor::rank::Factor;
use crate::fitted::dd_serde;
use crate::fitted::stored::Inference;
use crate::linalg::kernels::{self, columns_of};
use crate::linalg::powers::{scale_by, scale_dd};
use crate::linalg::upper::inner;
use crate::refine::problem::Solution;
use crate::rows::scaling::Scaling;
use planish_tensor::dd::{DdSlice, DdVec};
use planish_tensor::{Dd, Isa, MatRef, Matrix, reduce};
use serde::{Deserialize, Serialize};

/// A fitted linear regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedLinearRegression {
    /// Rows with a weight above zero.
    pub rows: u64,
    /// Whether the model has an intercept.
    pub fit_intercept: bool,
    /// The terms (from 0) that depend on earlier ones, or are constant beside an intercept: dropped, with coefficient 0, unless
    /// `min_norm`.
    pub aliased: Vec<usize>,
    /// The combinations that they equal.
    #[serde(default)]
    pub aliases: Vec<Alias>,
    /// Whether the coefficients are those of least norm, aliased terms included.
    #[serde(default)]
    pub min_norm: bool,
    /// The condition number of the kept terms, about their means and with unit norms; 1 without terms.
    pub condition: f64,
    /// The most corrections that a response took.
    pub refinements: usize,
    /// How the triangular factor was found.
    #[serde(default, rename = "tier")]
    pub factorization: Factorization,
    /// The coefficients of each response.
    pub responses: Vec<Response>,
    /// What tables, tests and intervals need, if it was asked for.
    #[serde(default)]
    pub inference: Option<Inference>,
}

/// The fit of one response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The intercept; zero if the model has none.
    #[serde(with = "dd_serde::one")]
    pub intercept: Dd,
    /// A coefficient for each term; zero for an aliased one.
    #[serde(with = "dd_serde::many")]
    pub coef: Vec<Dd>,
    /// R² = 1 − rss/tss. For a constant response (tss = 0) it is 1, since the fit is exact.
    pub r2: f64,
    /// The residual sum of squares Σ w·(y − ŷ)².
    pub rss: f64,
    /// The total sum of squares Σ w·(y − ȳ)² about the weighted mean, or Σ w·y² without an intercept.
    pub tss: f64,
    /// Whether the residuals are within the rounding of the response's numbers, so that there is nothing to test.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub perfect: bool,
    /// √(rss / (rows − rank)), the standard deviation of the residuals; zero if rows = rank, where it is undefined.
    pub residual_sd: f64,
    /// The classical standard errors of the intercept, if there is one, and of the kept terms, from the triangular factor in `f64`: for a
    /// condition number κ in error by about κ·2⁻⁵² of themselves, by Cholesky's method κ²·2⁻⁵². Empty where rows =
    /// rank, the coefficients are those of least norm, or `inference` was asked for, which has them with more digits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub std_errors: Vec<f64>,
}

impl FittedLinearRegression {
    /// Brings the solutions from scaled units into the units of the data.
    pub(crate) fn new(
        isa: Isa,
        folded: &Folded,
        factor: &Factor,
        terms: usize,
        solutions: &[Solution],
    ) -> Result<Self, LinregError> {
        let responses: Vec<_> = (0..solutions.len())
            .map(|q| Response::new(isa, folded, factor, terms, q, &solutions[q]))
            .collect();
        if let Some(response) = responses.iter().position(|r| !r.is_finite()) {
            return Err(LinregError::Overflow { response });
        }
        Ok(FittedLinearRegression {
            rows: folded.used,
            fit_intercept: folded.scaling.intercept,
            aliased: factor.aliased.clone(),
            aliases: Vec::new(),
            min_norm: false,
            condition: factor.condition(isa).min(f64::MAX),
            refinements: solutions.iter().map(|s| s.refinements).max().unwrap_or(0),
            factorization: Factorization::Householder,
            responses,
            inference: None,
        })
    }

    /// Shares the coefficients out over all terms, so that their norm is least.
    pub(crate) fn spread(&mut self, p: &MinNorm) {
        self.min_norm = true;
        let constants = p.intercept();
        for r in &mut self.responses {
            r.std_errors.clear();
            let kept: Vec<Dd> = (0..r.coef.len())
                .filter(|t| self.aliased.binary_search(t).is_err())
                .map(|t| r.coef[t])
                .collect();
            if self.fit_intercept {
                r.intercept = r.intercept + inner(&constants, &kept);
            }
            for (term, coef) in r.coef.iter_mut().enumerate() {
                *coef = inner(p.row(term), &kept);
            }
        }
    }

    /// Says what is wrong with a fit that was read from outside, if anything is.
    ///
    /// # Errors
    /// Parts that do not fit together.
    pub fn validate(&self) -> Result<(), &'static str> {
        let terms = self.terms();
        let term = |t: &usize| *t < terms;
        let parts = |a: &Alias| term(&a.term) && a.combination.iter().all(|(t, _)| term(t));
        if !self.aliased.is_sorted_by(|a, b| a < b)
            || !self.aliased.iter().all(term)
            || !self.aliases.iter().all(parts)
        {
            return Err("the dropped terms are not terms of the model");
        }
        let Some(inference) = &self.inference else { return Ok(()) };
        if inference.responses.len() != self.responses.len() {
            return Err("there is not one inference a response");
        }
        inference.validate(terms, terms + usize::from(self.fit_intercept), self.rank())
    }

    /// The number of terms, aliased ones included.
    pub fn terms(&self) -> usize {
        self.responses.first().map_or(0, |r| r.coef.len())
    }

    /// The number of parameters that were estimated: kept terms, and one for the intercept.
    pub fn rank(&self) -> usize {
        self.terms() - self.aliased.len() + usize::from(self.fit_intercept)
    }

    /// The residual standard deviation of a response; `None` if there are no more rows than parameters.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn residual_sd(&self, response: usize) -> Option<f64> {
        (self.rows > self.rank() as u64).then_some(self.responses[response].residual_sd)
    }

    /// outᵢ ← intercept + Σⱼ xⱼᵢ·coefⱼ, evaluated in double-double and rounded once.
    ///
    /// # Shapes
    /// `x` has one column a term, each as long as `out`.
    ///
    /// # Panics
    /// If the shapes disagree or there is no such response.
    pub fn predict_into(&self, isa: Isa, x: &[DdSlice<'_>], response: usize, out: &mut [f64]) {
        let Response { intercept, coef, .. } = &self.responses[response];
        kernels::predict(isa, x, *intercept, coef, out);
    }

    /// The predictions `[n, q]` for the rows of X `[n, p]`.
    ///
    /// # Errors
    /// If X has not one column a term.
    pub fn predict_matrix(&self, isa: Isa, x: MatRef<'_, f64>) -> Result<Matrix<f64>, LinregError> {
        same("columns of x", self.terms(), x.cols())?;
        let columns = columns_of(x);
        let views: Vec<_> = columns.iter().map(|c| c.first(x.rows())).collect();
        let mut out = Matrix::zeros(x.rows(), self.responses.len());
        let mut column = vec![0.0; x.rows()];
        for q in 0..self.responses.len() {
            self.predict_into(isa, &views, q, &mut column);
            column.iter().enumerate().for_each(|(i, &v)| out[(i, q)] = v);
        }
        Ok(out)
    }

    /// The residuals y − ŷ `[n, q]`, evaluated in double-double and rounded once.
    ///
    /// # Errors
    /// If X has not one column a term, Y not one a response, or their numbers of rows differ.
    pub fn residuals(
        &self,
        isa: Isa,
        x: MatRef<'_, f64>,
        y: MatRef<'_, f64>,
    ) -> Result<Matrix<f64>, LinregError> {
        same("columns of x", self.terms(), x.cols())?;
        same("columns of y", self.responses.len(), y.cols())?;
        same("rows of y", x.rows(), y.rows())?;
        let n = x.rows();
        let (xs, ys) = (columns_of(x), columns_of(y));
        let plain = |c| kernels::Column { values: DdVec::first(c, n), shift: 0.0, scale: 1.0 };
        let views: Vec<_> = xs.iter().map(plain).collect();
        let (mut out, mut r) = (Matrix::zeros(n, y.cols()), DdVec::zeros(n));
        for (q, response) in self.responses.iter().enumerate() {
            kernels::residual(isa, plain(&ys[q]), &views, response.intercept, &response.coef, &mut r);
            (0..n).for_each(|i| out[(i, q)] = r.hi[i] + r.lo[i]);
        }
        Ok(out)
    }
}

impl Response {
    fn new(
        isa: Isa,
        folded: &Folded,
        factor: &Factor,
        terms: usize,
        q: usize,
        solution: &Solution,
    ) -> Response {
        let scaling = &folded.scaling;
        let unit = scaling.exponent(terms + q);
        let mut coef = vec![Dd::ZERO; terms];
        let mut intercept = Dd::ZERO;
        if scaling.intercept {
            intercept = Dd::from(scaling.shift[terms + q]) + scale_dd(solution.beta[0], unit);
        }
        for (&term, &b) in factor.kept.iter().zip(&solution.beta[factor.first..]) {
            coef[term] = scale_dd(b, unit - scaling.exponent(term));
            intercept = intercept - coef[term] * Dd::from(scaling.shift[term]);
        }
        let (rss, tss) = (solution.rss.to_f64(), solution.tss.to_f64());
        let freedom = folded.used.saturating_sub(factor.rank() as u64);
        let variance = if freedom == 0 { 0.0 } else { rss / freedom as f64 };
        let units = unit + scaling.root.value();
        Response {
            intercept,
            coef,
            perfect: solution.is_perfect(freedom, factor.rank()),
            r2: if tss == 0.0 {
                1.0
            } else {
                (Dd::ONE - solution.rss / solution.tss).to_f64().clamp(0.0, 1.0)
            },
            rss: scale_by(rss, 2 * units).min(f64::MAX),
            tss: scale_by(tss, 2 * units).min(f64::MAX),
            residual_sd: scale_by(variance.sqrt(), units),
            std_errors: if freedom == 0 {
                Vec::new()
            } else {
                std_errors(isa, scaling, factor, unit, variance.sqrt())
            },
        }
    }

    fn is_finite(&self) -> bool {
        self.intercept.is_finite() && self.coef.iter().all(|c| c.is_finite())
    }
}

/// Standard errors in the units of the data, for a response of this exponent and residual deviation in scaled units.
fn std_errors(isa: Isa, scaling: &Scaling, factor: &Factor, unit: i32, sd: f64) -> Vec<f64> {
    let terms = factor.kept.iter().zip(&factor.inverse_squares()[factor.first..]);
    let errors = terms.map(|(&term, square)| scale_by(sd * square.sqrt(), unit - scaling.exponent(term)));
    if factor.first == 0 {
        return errors.collect();
    }
    // The intercept is that of the scaled columns less the shifts times the coefficients.
    let offset = |&term: &usize| -scaling.shift[term] * scaling.exponents[term].scale();
    let mut v: Vec<f64> = std::iter::once(1.0).chain(factor.kept.iter().map(offset)).collect();
    factor.solve_transposed(isa, &mut v);
    let intercept = scale_by(sd * reduce::dot(isa, &v, &v).sqrt(), unit);
    std::iter::once(intercept).chain(errors).map(|e| e.min(f64::MAX)).collect()
}
