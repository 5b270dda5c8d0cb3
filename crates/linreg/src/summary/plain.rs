//! What a summary can say without residuals: of a fit whose rows were read once, or that was made without inference.

use crate::fitted::coefficient::Coefficient;
use crate::fitted::regression::FittedLinearRegression;
use crate::summary::distributions::f_upper;
use crate::summary::normality::Test;
use serde::Serialize;

/// The classical statistics of one response, as in [`Summary`](crate::Summary). What is undefined is `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlainSummary {
    /// The level of the intervals.
    pub level: f64,
    /// Rows of positive weight.
    pub rows: u64,
    /// Parameters that were estimated, the intercept among them.
    pub rank: usize,
    /// Rows less the rank.
    pub df_resid: u64,
    /// The rank without the intercept.
    pub df_model: usize,
    /// R²
    pub r2: f64,
    /// R² adjusted for the degrees of freedom.
    pub adjusted_r2: f64,
    /// The standard deviation of the residuals.
    pub residual_sd: f64,
    /// F of all terms.
    pub f: Option<Test>,
    /// The condition number of the scaled terms.
    pub condition: f64,
    /// The parameters, the intercept first.
    pub coefficients: Vec<Coefficient>,
}

impl FittedLinearRegression {
    /// The classical statistics that need no residuals, with intervals of this level; `None` if standard errors are undefined or
    /// the fit has [`inference`](FittedLinearRegression::inference), whose [`summary`](FittedLinearRegression::summary) says more.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn plain_summary(&self, response: usize, level: f64) -> Option<PlainSummary> {
        let r = &self.responses[response];
        if r.std_errors.is_empty() || self.inference.is_some() {
            return None;
        }
        let first = usize::from(self.fit_intercept);
        let (rank, df_model) = (self.rank(), self.rank() - first);
        let df = self.rows as f64 - rank as f64;
        let mut kept = r.std_errors.iter().copied();
        let is_dropped = |i: usize| i >= first && self.aliased.binary_search(&(i - first)).is_ok();
        let error = |i| if is_dropped(i) { Some(0.0) } else { kept.next() };
        let errors: Vec<f64> = (0..first + r.coef.len()).map_while(error).collect();
        let statistic = (r.tss - r.rss) / df_model as f64 / (r.rss / df);
        let f = (df_model > 0 && statistic.is_finite())
            .then(|| Test { statistic, p: f_upper(statistic, df_model as f64, df) });
        Some(PlainSummary {
            level,
            rows: self.rows,
            rank,
            df_resid: self.rows - rank as u64,
            df_model,
            r2: r.r2,
            adjusted_r2: 1.0 - (1.0 - r.r2) * (self.rows as f64 - first as f64) / df,
            residual_sd: r.residual_sd,
            f,
            condition: self.condition,
            coefficients: self.coefficient_table(response, level, Some(&errors), Some(df)),
        })
    }
}
