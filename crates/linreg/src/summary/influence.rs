//! How far rows lie from the others, and how much one moves the fit: leverages, studentized residuals and Cook's distances of rows that
//! are given again.
//!
//! The leverage is h = w·xᵀ(XᵀWX)⁻¹x, from the factor that is stored for intervals; e is a residual times the root of its row's weight, s the
//! residual standard deviation and k the number of parameters. A row that was fitted has the internally studentized residual
//! e/(s·√(1 − h)), whose standard deviation is one, and Cook's distance e²·h/((1 − h)²·k·s²). A row that was not fitted did not draw the fit
//! towards itself: its error is larger than s, and e/(s·√(1 + h)) has the standard deviation one; there is no Cook's distance.
//!
//! Source: Cook, Weisberg, "Residuals and influence in regression", 1982; statsmodels' `OLSInfluence` has the same conventions.

use crate::error::LinregError;
use crate::error::same;
use crate::fitted::regression::FittedLinearRegression;
use crate::linalg::leverage::{FULL_LEVERAGE, cook_times_variance};
use planish_tensor::dd::DdSlice;

impl FittedLinearRegression {
    /// The leverage of each row, given as columns of terms and weights (none: one each).
    ///
    /// # Errors
    /// A model fitted without inference, or another number of columns than terms.
    ///
    /// # Panics
    /// If there are weights and not one a row.
    pub fn leverages(&self, x: &[DdSlice<'_>], weights: Option<&[f64]>) -> Result<Vec<f64>, LinregError> {
        let without = LinregError::NoInterval { why: "the model was fitted without inference" };
        let inference = self.inference.as_ref().ok_or(without)?;
        same("columns of x", self.terms(), x.len())?;
        let rows = x.first().map_or(weights.map_or(0, <[f64]>::len), |c| c.hi.len());
        assert!(weights.is_none_or(|w| w.len() == rows), "one weight a row");
        let mut t = Vec::new();
        let leverage = |i: usize| {
            inference.row_factor.transformed(x, i, &mut t);
            weights.map_or(1.0, |w| w[i]) * t.iter().map(|t| t * t).sum::<f64>()
        };
        Ok((0..rows).map(leverage).collect())
    }

    /// The studentized residual of a row, `fitted` or new, with e its residual times the root of its weight; `None` where it is undefined:
    /// no residual variance, or a leverage of one.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn studentized(&self, response: usize, e: f64, leverage: f64, fitted: bool) -> Option<f64> {
        let sd = self.residual_sd(response).filter(|sd| *sd > 0.0)?;
        let rest = if fitted { 1.0 - leverage } else { 1.0 + leverage };
        let r = e / (sd * rest.max(0.0).sqrt());
        (rest > FULL_LEVERAGE && r.is_finite()).then_some(r)
    }

    /// Cook's distance of a fitted row, with e its residual times the root of its weight; `None` where it is undefined.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn cook(&self, response: usize, e: f64, leverage: f64) -> Option<f64> {
        let sd = self.residual_sd(response)?;
        let distance = cook_times_variance(e, leverage)? / (self.rank() as f64 * sd * sd);
        distance.is_finite().then_some(distance)
    }
}
