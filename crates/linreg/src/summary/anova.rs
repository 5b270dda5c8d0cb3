//! Analysis of variance of two nested models: does the larger explain more than chance?
//!
//! F = ((rss₀ − rss₁)/(k₁ − k₀)) / (rss₁/(n − k₁)), as R's `anova(small, large)` and statsmodels' `anova_lm`.

use crate::error::LinregError;
use crate::error::same;
use crate::fitted::regression::FittedLinearRegression;
use crate::summary::distributions::f_upper;
use crate::summary::normality::Test;
use serde::Serialize;

/// The comparison of a model with a larger one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Anova {
    /// Residual degrees of freedom of the smaller and of the larger model.
    pub df_resid: [u64; 2],
    /// Residual sums of squares of the smaller and of the larger model.
    pub rss: [f64; 2],
    /// Parameters that the larger model has more.
    pub df: u64,
    /// What they explain.
    pub sum_of_squares: f64,
    /// F and its p-value; `None` if the larger model leaves no degrees of freedom or no residuals.
    pub f: Option<Test>,
}

/// What the larger model explains more, as a part of what it leaves. Where squares leave the range, from the standard deviations.
fn ratio(small: &FittedLinearRegression, large: &FittedLinearRegression, response: usize, more: f64) -> f64 {
    let rss = large.responses[response].rss;
    match [small, large].map(|m| m.residual_sd(response).zip(Some((m.rows as usize - m.rank()) as f64))) {
        [Some((s0, df0)), Some((s1, df1))] if !(f64::MIN_POSITIVE..f64::MAX).contains(&rss) => {
            (s0 / s1) * (s0 / s1) * df0 / df1 - 1.0
        }
        _ => more / rss,
    }
}

/// Compares two models of one response on the same rows; all terms of the smaller must be combinations of the larger's.
///
/// # Errors
/// Other numbers of rows, no such response, or a "larger" model that has not more parameters.
///
/// ```
/// use planish_linreg::{Fit, LinearRegression};
/// use planish_linreg::summary::anova;
/// use planish_tensor::{Isa, Matrix};
///
/// let x = Matrix::from_fn(20, 2, |i, j| ((i * (7 + j)) % 13) as f64);
/// let y = Matrix::from_fn(20, 1, |i, _| x[(i, 0)] + ((i * i) % 5) as f64);
/// let fit = |x: &Matrix<f64>| LinearRegression::default().fit_matrix(Isa::best(), x.view(), y.view(), None);
/// let small = fit(&Matrix::from_fn(20, 1, |i, _| x[(i, 0)]))?;
/// let table = anova(&small, &fit(&x)?, 0)?;
/// assert_eq!((table.df, table.df_resid), (1, [18, 17]));
/// # Ok::<(), planish_linreg::LinregError>(())
/// ```
pub fn anova(
    small: &FittedLinearRegression,
    large: &FittedLinearRegression,
    response: usize,
) -> Result<Anova, LinregError> {
    same("rows of the larger model", small.rows as usize, large.rows as usize)?;
    for model in [small, large] {
        if response >= model.responses.len() {
            return Err(LinregError::Shape {
                what: "responses",
                expected: response + 1,
                found: model.responses.len(),
            });
        }
    }
    let more = large.rank().saturating_sub(small.rank());
    if more == 0 {
        return Err(LinregError::NotNested { small: small.rank(), large: large.rank() });
    }
    let df = [small, large].map(|m| m.rows.saturating_sub(m.rank() as u64));
    let rss = [small, large].map(|m| m.responses[response].rss);
    let sum_of_squares = rss[0] - rss[1];
    let statistic = ratio(small, large, response, sum_of_squares) / more as f64 * df[1] as f64;
    let f = (df[1] > 0 && statistic.is_finite())
        .then(|| Test { statistic, p: f_upper(statistic, more as f64, df[1] as f64) });
    Ok(Anova { df_resid: df, rss, df: more as u64, sum_of_squares, f })
}
