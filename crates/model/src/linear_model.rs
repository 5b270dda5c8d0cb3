//! A fitted linear model with the pipeline that feeds it. All families are one enum, [`LinearFit`]; what differs between them stands in its
//! methods.

use crate::error::ModelError;
use planish_linreg::glm::FittedGlm;
use planish_linreg::ols::Alias;
use planish_linreg::penalised::{FittedElasticNet, FittedNonNegative, FittedRidge};
use planish_linreg::{Coefficients, FittedLinearRegression};
use planish_tabular::{Design, Target, Task};
use planish_tensor::dd::DdSlice;
use planish_tensor::{Isa, Matrix};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A linear model with its pipeline.
#[derive(Clone, Debug)]
pub struct LinearModel {
    /// The pipeline: from a row to the terms.
    pub design: Design,
    /// The fit.
    pub fit: LinearFit,
}

/// The fit of a linear model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinearFit {
    /// Ordinary or weighted least squares, of one response.
    LeastSquares(Box<FittedLinearRegression>),
    /// Ridge regression.
    Ridge(FittedRidge),
    /// Lasso or elastic net.
    ElasticNet(FittedElasticNet),
    /// Non-negative least squares.
    NonNegative(FittedNonNegative),
    /// Logistic, multinomial or Poisson regression.
    Glm(FittedGlm),
}

impl LinearModel {
    /// An error unless the fit is whole, and of these terms and this target.
    pub(crate) fn validate(&self, target: &Target) -> Result<(), ModelError> {
        let fail = |what: &str| Err(ModelError::inconsistent(what));
        self.fit.validate(self.design.width())?;
        match (&self.fit, target.task()) {
            (LinearFit::LeastSquares(_), Task::Classify) => fail("a linear model predicts numbers"),
            _ if self.fit.classes() != target.classes().len() => {
                fail("the model's classes are not the target's")
            }
            _ => Ok(()),
        }
    }
}

impl LinearFit {
    /// The model's name: `linear` (least squares), `ridge`, `lasso`, `elastic-net`, `non-negative`, `logistic`, `multinomial`, `poisson`.
    pub fn name(&self) -> &'static str {
        match self {
            LinearFit::LeastSquares(_) => "linear",
            LinearFit::Ridge(_) => "ridge",
            LinearFit::ElasticNet(f) if f.l1_ratio == 1.0 => "lasso",
            LinearFit::ElasticNet(_) => "elastic-net",
            LinearFit::NonNegative(_) => "non-negative",
            LinearFit::Glm(f) => f.family.name(),
        }
    }

    /// The fit, if it is of least squares.
    pub fn least_squares(&self) -> Option<&FittedLinearRegression> {
        match self {
            LinearFit::LeastSquares(f) => Some(f),
            LinearFit::Ridge(_)
            | LinearFit::ElasticNet(_)
            | LinearFit::NonNegative(_)
            | LinearFit::Glm(_) => None,
        }
    }

    /// The fit, if it is of a generalised linear model.
    pub fn glm(&self) -> Option<&FittedGlm> {
        match self {
            LinearFit::Glm(f) => Some(f),
            LinearFit::LeastSquares(_)
            | LinearFit::Ridge(_)
            | LinearFit::ElasticNet(_)
            | LinearFit::NonNegative(_) => None,
        }
    }

    /// The coefficients of each linear predictor, rounded to `f64`; of several classes those of class 1, 2, … against class 0.
    pub fn coefficients(&self) -> Cow<'_, [Coefficients]> {
        Cow::Borrowed(match self {
            LinearFit::LeastSquares(f) => {
                let of = |r: &planish_linreg::ols::Response| Coefficients {
                    intercept: r.intercept,
                    coef: r.coef.iter().map(|c| c.to_f64()).collect(),
                };
                return f.responses.iter().map(of).collect();
            }
            LinearFit::Ridge(f) => std::slice::from_ref(&f.coefficients),
            LinearFit::ElasticNet(f) => std::slice::from_ref(&f.coefficients),
            LinearFit::NonNegative(f) => std::slice::from_ref(&f.coefficients),
            LinearFit::Glm(f) => &f.coefficients,
        })
    }

    /// The number of linear predictors: one, or of several classes one less than these.
    pub(crate) fn predictors(&self) -> usize {
        self.glm().map_or(1, |f| f.coefficients.len())
    }

    /// Whether there is an intercept.
    pub fn has_intercept(&self) -> bool {
        match self {
            LinearFit::LeastSquares(f) => f.fit_intercept,
            LinearFit::Ridge(f) => f.fit_intercept,
            LinearFit::ElasticNet(f) => f.fit_intercept,
            LinearFit::NonNegative(f) => f.fit_intercept,
            LinearFit::Glm(f) => f.fit_intercept,
        }
    }

    /// Rows that were fitted.
    pub fn rows(&self) -> u64 {
        match self {
            LinearFit::LeastSquares(f) => f.rows,
            LinearFit::Ridge(f) => f.rows,
            LinearFit::ElasticNet(f) => f.rows,
            LinearFit::NonNegative(f) => f.rows,
            LinearFit::Glm(f) => f.rows,
        }
    }

    /// R² of the training rows, of models that have one.
    pub fn r2(&self) -> Option<f64> {
        match self {
            LinearFit::LeastSquares(f) => Some(f.responses[0].r2),
            LinearFit::Ridge(f) => Some(f.r2),
            LinearFit::ElasticNet(f) => Some(f.r2),
            LinearFit::NonNegative(f) => Some(f.r2),
            LinearFit::Glm(_) => None,
        }
    }

    /// Whether the iteration came to its end.
    pub fn converged(&self) -> bool {
        match self {
            LinearFit::LeastSquares(_) | LinearFit::Ridge(_) | LinearFit::NonNegative(_) => true,
            LinearFit::ElasticNet(f) => f.converged,
            LinearFit::Glm(f) => f.converged,
        }
    }

    /// The terms that are combinations of terms before them: dropped, unless the coefficients of least norm were asked for.
    pub fn aliased(&self) -> &[usize] {
        match self {
            LinearFit::LeastSquares(f) => &f.aliased,
            LinearFit::Glm(f) => &f.aliased,
            LinearFit::Ridge(_) | LinearFit::ElasticNet(_) | LinearFit::NonNegative(_) => &[],
        }
    }

    /// The combinations that these equal, as far as they are known.
    pub(crate) fn aliases(&self) -> &[Alias] {
        match self {
            LinearFit::LeastSquares(f) => &f.aliases,
            LinearFit::Glm(f) => &f.aliases,
            LinearFit::Ridge(_) | LinearFit::ElasticNet(_) | LinearFit::NonNegative(_) => &[],
        }
    }

    /// The number of classes that it predicts; zero for numbers.
    pub(crate) fn classes(&self) -> usize {
        self.glm().and_then(|f| f.family.classes()).unwrap_or(0)
    }

    /// Predicts every row of these terms into `out`, `[rows, classes or 1]`.
    pub(crate) fn predict_into(&self, isa: Isa, terms: &[DdSlice<'_>], out: &mut Matrix<f64>) {
        let out = out.as_mut_slice();
        match self {
            LinearFit::LeastSquares(f) => f.predict_into(isa, terms, 0, out),
            LinearFit::Ridge(f) => f.coefficients.predict_into(isa, terms, out),
            LinearFit::ElasticNet(f) => f.coefficients.predict_into(isa, terms, out),
            LinearFit::NonNegative(f) => f.coefficients.predict_into(isa, terms, out),
            LinearFit::Glm(f) => f.predict_into(isa, terms, out),
        }
    }

    /// An error unless its numbers fit together and are of so many terms.
    fn validate(&self, terms: usize) -> Result<(), ModelError> {
        let fail = |what: &str| Err(ModelError::inconsistent(what));
        if let LinearFit::LeastSquares(f) = self {
            let coefficients = f.responses.first().map_or(0, |r| r.coef.len());
            if f.responses.len() != 1 || coefficients != terms {
                return fail(&format!("{coefficients} coefficients for {terms} terms"));
            }
        }
        let coefficients = self.coefficients();
        if coefficients.iter().any(|c| c.coef.len() != terms) || coefficients.is_empty() {
            return fail("there is not a coefficient for each term");
        }
        if !coefficients.iter().all(Coefficients::is_finite) {
            return fail("a coefficient is not finite");
        }
        match self {
            LinearFit::LeastSquares(f) => f.validate(),
            LinearFit::Glm(f) => validate_glm(f, terms),
            LinearFit::Ridge(_) | LinearFit::ElasticNet(_) | LinearFit::NonNegative(_) => Ok(()),
        }
        .map_err(ModelError::inconsistent)
    }
}

fn validate_glm(f: &FittedGlm, terms: usize) -> Result<(), &'static str> {
    let predictors = f.coefficients.len();
    if f.family.classes().is_some_and(|c| c < 2) || predictors != f.family.predictors() {
        return Err("there are not as many linear predictors as the classes need");
    }
    let each = terms + usize::from(f.fit_intercept);
    if f.std_errors.as_ref().is_some_and(|s| s.len() != predictors || s.iter().any(|s| s.len() != each)) {
        return Err("there is not a standard error for each coefficient");
    }
    if !f.aliased.is_sorted_by(|a, b| a < b) || f.aliased.last().is_some_and(|&a| a >= terms) {
        return Err("the dropped terms are not terms of the model");
    }
    Ok(())
}
