//! Ridge regression: min Σᵢ wᵢ(yᵢ − b₀ − xᵢb)² + α‖b‖², scikit-learn's `Ridge`.
//!
//! With R = UΣVᵀ of the centred factor, b(α) = V·diag(σ/(σ² + α))·Uᵀz: one decomposition serves every α. The penalty may be chosen by
//! generalised cross-validation, the least n·‖(I − A)y‖²/(tr(I − A))² with A(α) the matrix of the fit (Golub, Heath, Wahba,
//! "Generalized cross-validation as a method for choosing a good ridge parameter", 1979), or by the mean squared
//! error when each row is left out, as scikit-learn's `RidgeCV`.

use super::alphas::check_alphas;
use super::leave_one_out;
use super::spectrum::Spectrum;
use crate::error::{FitError, LinregError};
use crate::fit::Fit;
use crate::fitted::coefficients::Coefficients;
use crate::rows::block::BlockSource;
use planish_tensor::Exec;
use serde::{Deserialize, Serialize};

/// Least squares with a penalty α‖b‖².
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ridge {
    /// The penalty α, zero or more; zero gives the solution of least norm.
    pub alpha: f64,
    /// Whether the model has an intercept, which is not penalised.
    pub fit_intercept: bool,
    /// Whether the penalty is on the coefficients of columns scaled to a standard deviation of one (divisor n).
    pub standardize: bool,
}

impl Default for Ridge {
    /// α = 1 with an intercept, in the units of the data.
    fn default() -> Self {
        Ridge { alpha: 1.0, fit_intercept: true, standardize: false }
    }
}

/// Ridge regression that chooses its penalty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RidgeCv {
    /// The penalties to choose from, each above zero; none for 100 from ten times the largest squared singular value of the columns down
    /// over eleven powers of ten.
    pub alphas: Option<Vec<f64>>,
    /// What is to be least.
    pub criterion: RidgeCriterion,
    /// As [`Ridge::fit_intercept`].
    pub fit_intercept: bool,
    /// As [`Ridge::standardize`].
    pub standardize: bool,
}

impl Default for RidgeCv {
    /// By generalised cross-validation over penalties that the data give, with an intercept, in the units of the data.
    fn default() -> Self {
        RidgeCv { alphas: None, criterion: RidgeCriterion::Gcv, fit_intercept: true, standardize: false }
    }
}

/// By what a penalty is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RidgeCriterion {
    /// Generalised cross-validation; needs no second pass over the rows.
    Gcv,
    /// The weighted mean of the squared errors of rows that are left out; a second pass.
    LeaveOneOut,
}

/// A penalty that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RidgeScore {
    /// The penalty.
    pub alpha: f64,
    /// The effective degrees of freedom, tr A, the intercept's included.
    pub degrees_of_freedom: f64,
    /// The criterion's value.
    pub score: f64,
}

/// A fitted ridge regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedRidge {
    /// Rows with a weight above zero.
    pub rows: u64,
    /// Whether the model has an intercept.
    pub fit_intercept: bool,
    /// The penalty.
    pub alpha: f64,
    /// The coefficients.
    pub coefficients: Coefficients,
    /// The effective degrees of freedom, tr A, the intercept's included.
    pub degrees_of_freedom: f64,
    /// Σ w·(y − ŷ)²
    pub rss: f64,
    /// Σ w·(y − ȳ)², or Σ w·y² without an intercept.
    pub tss: f64,
    /// 1 − rss/tss
    pub r2: f64,
    /// The penalties that were tried, if it was chosen.
    pub scores: Vec<RidgeScore>,
}

impl Fit for Ridge {
    type Fitted = FittedRidge;

    /// Reads the source once or twice.
    fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedRidge, FitError<S::Error>> {
        let mut path = self.path(exec, source, &[self.alpha])?;
        Ok(path.remove(0))
    }
}

impl Ridge {
    /// Fits for every one of these penalties in place of [`Ridge::alpha`], from one pass and one decomposition.
    ///
    /// # Errors
    /// As [`Ridge::fit`].
    pub fn path<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
        alphas: &[f64],
    ) -> Result<Vec<FittedRidge>, FitError<S::Error>> {
        check_alphas(alphas, |a| a >= 0.0, "it must be zero or more")?;
        let spectrum = Spectrum::new(exec.into(), source, self.fit_intercept, self.standardize)?;
        alphas
            .iter()
            .map(|&alpha| FittedRidge::new(&spectrum, alpha))
            .collect::<Result<_, _>>()
            .map_err(FitError::Linreg)
    }
}

impl Fit for RidgeCv {
    type Fitted = FittedRidge;

    /// Chooses the penalty and fits. The source is read once, or twice if rows are left out.
    fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedRidge, FitError<S::Error>> {
        let given = self.alphas.as_deref();
        check_alphas(given.unwrap_or(&[1.0]), |a| a >= f64::MIN_POSITIVE, "it must be above zero")?;
        let spectrum = Spectrum::new(exec.into(), source, self.fit_intercept, self.standardize)?;
        let alphas = given.map_or_else(|| spectrum.grid(), <[f64]>::to_vec);
        let scores = match self.criterion {
            RidgeCriterion::Gcv => alphas.iter().map(|&alpha| spectrum.gcv(alpha)).collect(),
            RidgeCriterion::LeaveOneOut => leave_one_out::scores(&spectrum, source, &alphas)?,
        };
        let score = |alpha: &f64, score| RidgeScore {
            alpha: *alpha,
            degrees_of_freedom: spectrum.degrees_of_freedom(*alpha),
            score,
        };
        let scores: Vec<_> = alphas.iter().zip(scores).map(|(a, s)| score(a, s)).collect();
        let best = scores.iter().fold(scores[0], |best, s| if s.score < best.score { *s } else { best });
        let fitted = FittedRidge::new(&spectrum, best.alpha).map_err(FitError::Linreg)?;
        Ok(FittedRidge { scores, ..fitted })
    }
}

impl FittedRidge {
    fn new(spectrum: &Spectrum, alpha: f64) -> Result<FittedRidge, LinregError> {
        let centred = &spectrum.centred;
        let beta = spectrum.beta(alpha);
        let rss = centred.rss(&beta);
        Ok(FittedRidge {
            rows: centred.used,
            fit_intercept: centred.intercept(),
            alpha,
            coefficients: centred.coefficients(&beta)?,
            degrees_of_freedom: spectrum.degrees_of_freedom(alpha),
            rss: centred.squares_in_units(rss),
            tss: centred.squares_in_units(centred.tss),
            r2: centred.r2(rss),
            scores: Vec::new(),
        })
    }
}
