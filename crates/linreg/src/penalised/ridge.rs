//! Ridge regression: min Σᵢ wᵢ(yᵢ − b₀ − xᵢb)² + α‖b‖², scikit-learn's `Ridge`.
//!
//! With R = UΣVᵀ of the centred factor, b(α) = V·diag(σ/(σ² + α))·Uᵀz: one decomposition serves every α. The penalty may be chosen by
//! generalised cross-validation, the least n·‖(I − A)y‖²/(tr(I − A))² with A(α) the matrix of the fit (Golub, Heath, Wahba,
//! "Generalized cross-validation as a method for choosing a good ridge parameter", 1979), or by the mean squared
//! error when each row is left out, as scikit-learn's `RidgeCV`.

use super::centred::Centred;
use super::leave_one_out;
use super::moments::gather_all;
use super::svd::Svd;
use crate::block::BlockSource;
use crate::coefficients::Coefficients;
use crate::error::{FitError, LinregError};
use crate::source::MatrixSource;
use planish_tensor::math::{exp, log_one};
use planish_tensor::{Exec, Isa, MatRef, reduce};
use serde::{Deserialize, Serialize};

/// A singular value of at most this part of the largest is rounding; without a penalty it counts as zero.
const NOISE: f64 = 1e-13;

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

impl Ridge {
    /// Fits to the rows of a source, which is read once or twice.
    ///
    /// # Errors
    /// If the source fails, or its rows cannot be fitted: see [`LinregError`].
    pub fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedRidge, FitError<S::Error>> {
        let mut path = self.path(exec, source, &[self.alpha])?;
        Ok(path.remove(0))
    }

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
        let spectrum = Spectrum::gather(exec.into(), source, self.fit_intercept, self.standardize)?;
        alphas.iter().map(|&alpha| spectrum.fitted(alpha)).collect::<Result<_, _>>().map_err(FitError::Linreg)
    }

    /// Fits to a matrix X `[n, p]` and a response Y `[n, 1]`, with optional weights `[n]`.
    ///
    /// # Errors
    /// If the shapes disagree or the data cannot be fitted.
    pub fn fit_matrix(
        &self,
        exec: impl Into<Exec>,
        x: MatRef<'_, f64>,
        y: MatRef<'_, f64>,
        weights: Option<&[f64]>,
    ) -> Result<FittedRidge, LinregError> {
        Ok(self.fit(exec, &mut MatrixSource::new(x, y, weights)?)?)
    }
}

impl RidgeCv {
    /// Chooses the penalty and fits. The source is read once, or twice if rows are left out.
    ///
    /// # Errors
    /// If the source fails, or its rows cannot be fitted: see [`LinregError`].
    pub fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedRidge, FitError<S::Error>> {
        let given = self.alphas.as_deref();
        check_alphas(given.unwrap_or(&[1.0]), |a| a >= f64::MIN_POSITIVE, "it must be above zero")?;
        let spectrum = Spectrum::gather(exec.into(), source, self.fit_intercept, self.standardize)?;
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
        let fitted = spectrum.fitted(best.alpha).map_err(FitError::Linreg)?;
        Ok(FittedRidge { scores, ..fitted })
    }

    /// As [`RidgeCv::fit`], for matrices: see [`Ridge::fit_matrix`].
    ///
    /// # Errors
    /// If the shapes disagree or the data cannot be fitted.
    pub fn fit_matrix(
        &self,
        exec: impl Into<Exec>,
        x: MatRef<'_, f64>,
        y: MatRef<'_, f64>,
        weights: Option<&[f64]>,
    ) -> Result<FittedRidge, LinregError> {
        Ok(self.fit(exec, &mut MatrixSource::new(x, y, weights)?)?)
    }
}

/// Refuses penalties that are not finite or too small, and an empty list.
pub(super) fn check_alphas(
    alphas: &[f64],
    is_large_enough: impl Fn(f64) -> bool,
    needs: &'static str,
) -> Result<(), LinregError> {
    match alphas.iter().find(|&&a| !(is_large_enough(a) && a.is_finite())) {
        Some(alpha) => Err(LinregError::Setting { setting: "alpha", value: alpha.to_string(), needs }),
        None if alphas.is_empty() => {
            Err(LinregError::Setting { setting: "alphas", value: "empty".to_owned(), needs: "one is needed" })
        }
        None => Ok(()),
    }
}

/// `count` numbers in equal ratios from the largest to `eps` of it.
pub(super) fn geometric(isa: Isa, largest: f64, eps: f64, count: usize) -> Vec<f64> {
    let step = log_one(eps) / count.saturating_sub(1).max(1) as f64;
    let mut parts: Vec<f64> = (0..count).map(|i| step * i as f64).collect();
    exp(isa, &mut parts);
    parts.iter().map(|part| largest * part).collect()
}

/// The centred problem and its singular values.
pub(super) struct Spectrum {
    pub(super) centred: Centred,
    pub(super) svd: Svd,
    /// σⱼuⱼᵀz
    projections: Vec<f64>,
}

impl Spectrum {
    fn gather<S: BlockSource>(
        exec: Exec,
        source: &mut S,
        fit_intercept: bool,
        standardize: bool,
    ) -> Result<Spectrum, FitError<S::Error>> {
        let moments = gather_all(exec, fit_intercept, source)?;
        let isa = exec.isa;
        let centred = Centred::new(isa, &moments, None, standardize)?;
        let svd = Svd::new(isa, &centred.columns);
        let projections = svd.scaled_left.iter().map(|a| reduce::dot(isa, a, &centred.z)).collect();
        Ok(Spectrum { centred, svd, projections })
    }

    /// Penalties from ten times the largest σ² down to 10⁻¹⁰ of it.
    fn grid(&self) -> Vec<f64> {
        let largest = self.svd.squares.iter().fold(f64::MIN_POSITIVE, |m: f64, s| m.max(*s));
        let largest = self.centred.square_penalty_in_units(10.0 * largest).clamp(1e-290, 1e290);
        geometric(self.centred.isa, largest, 1e-11, 100)
    }

    /// 1/(σⱼ² + α), zero where that is the inverse of rounding.
    pub(super) fn damped(&self, alpha: f64) -> Vec<f64> {
        let penalty = self.centred.square_penalty(alpha);
        let largest = self.svd.squares.iter().fold(0.0, |m: f64, s| m.max(*s));
        let least = NOISE * NOISE * largest;
        self.svd.squares.iter().map(|s| if s + penalty > least { 1.0 / (s + penalty) } else { 0.0 }).collect()
    }

    /// The coefficients of the centred problem.
    pub(super) fn beta(&self, alpha: f64) -> Vec<f64> {
        let mut beta = vec![0.0; self.projections.len()];
        for ((p, d), v) in self.projections.iter().zip(self.damped(alpha)).zip(&self.svd.right) {
            reduce::axpy(self.centred.isa, p * d, v, &mut beta);
        }
        beta
    }

    /// tr A = [intercept] + Σ σ²/(σ² + α)
    fn degrees_of_freedom(&self, alpha: f64) -> f64 {
        let terms: f64 = self.svd.squares.iter().zip(self.damped(alpha)).map(|(s, d)| s * d).sum();
        terms + f64::from(u8::from(self.centred.intercept()))
    }

    /// n·rss/(n − tr A)²
    fn gcv(&self, alpha: f64) -> f64 {
        let n = self.centred.used as f64;
        let free = n - self.degrees_of_freedom(alpha);
        let rss = self.centred.squares_in_units(self.centred.rss(&self.beta(alpha)));
        if free <= 0.0 { f64::MAX } else { (n * rss / (free * free)).min(f64::MAX) }
    }

    fn fitted(&self, alpha: f64) -> Result<FittedRidge, LinregError> {
        let beta = self.beta(alpha);
        let rss = self.centred.rss(&beta);
        Ok(FittedRidge {
            rows: self.centred.used,
            fit_intercept: self.centred.intercept(),
            alpha,
            coefficients: self.centred.coefficients(&beta)?,
            degrees_of_freedom: self.degrees_of_freedom(alpha),
            rss: self.centred.squares_in_units(rss),
            tss: self.centred.squares_in_units(self.centred.tss),
            r2: self.centred.r2(rss),
            scores: Vec::new(),
        })
    }
}
