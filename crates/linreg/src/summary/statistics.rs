//! The table of a fitted model: what R's `summary.lm` and statsmodels' `summary` show.
//!
//! Conventions are statsmodels': log L = −n/2·(log 2π + log(rss/n) + 1) + ½Σ log w, AIC = −2·log L + 2k, BIC = −2·log L + k·log n, with k
//! parameters; without an intercept R² and F are about zero. Rows of weight zero do not count (statsmodels counts them). Tests of
//! coefficients use Student's t with n − k degrees of freedom for every covariance, with clusters their number less one, as R's `coeftest`
//! and Stata do; statsmodels does so with `use_t=True`. F is of all terms; with a robust covariance it is Wald's.

use crate::fitted::coefficient::{Coefficient, interval};
use crate::fitted::regression::{FittedLinearRegression, Response};
use crate::fitted::stored::{Covariance, Inference};
use crate::linalg::powers::scale_by;
use crate::summary::distributions::{chi2_upper, f_upper, t_factor, t_two_sided};
use crate::summary::normality::{Test, jarque_bera, omnibus};
use crate::summary::why::Why;
use planish_tensor::math::log_one;
use serde::Serialize;

const LN_TAU: f64 = 1.837_877_066_409_345_3;

/// The statistics of one response. What is undefined (no degrees of freedom, no variance) is `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The level of the intervals.
    pub level: f64,
    /// Rows with a weight above zero.
    pub rows: u64,
    /// Parameters estimated.
    pub rank: usize,
    /// Rows less parameters.
    pub df_resid: u64,
    /// Parameters less the intercept.
    pub df_model: usize,
    /// R², about zero without an intercept.
    pub r2: f64,
    /// R² adjusted for the number of parameters.
    pub adjusted_r2: Option<f64>,
    /// The residual standard deviation.
    pub residual_sd: Option<f64>,
    /// Whether the residuals are rounding of the target's numbers: there is then nothing to test.
    pub perfect: bool,
    /// F of all terms, and its p-value.
    pub f: Option<Test>,
    /// Why there is no F, where there is none.
    pub no_f: Option<Why>,
    /// Why there are no standard errors, where there are none.
    pub no_errors: Option<Why>,
    /// What a reader of the standard errors must know: sums over so few clusters say little.
    pub few_clusters: Option<Why>,
    /// The condition number of the terms, about their means and with unit norms.
    pub condition: f64,
    /// A line a parameter: the intercept, then the terms.
    pub coefficients: Vec<Coefficient>,
    /// What only a fit with [`inference`](FittedLinearRegression::inference) has; the rest is classical without it.
    #[serde(flatten)]
    pub residuals: Option<ResidualSummary>,
}

/// The covariance that was asked for, and what the residuals of the rows say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResidualSummary {
    /// The covariance of the coefficients' errors.
    pub covariance: Covariance,
    /// Degrees of freedom of the tests of coefficients.
    pub df_test: Option<f64>,
    /// Clusters, 0 without.
    pub clusters: u64,
    /// The logarithm of the likelihood of normal errors.
    pub log_likelihood: Option<f64>,
    /// Akaike's criterion.
    pub aic: Option<f64>,
    /// Schwarz's criterion.
    pub bic: Option<f64>,
    /// Minimum, quartiles and maximum of the residuals, each times the root of its row's weight.
    pub residual_quantiles: [f64; 5],
    /// Whether the quartiles are of a part of the rows.
    pub quantiles_sampled: bool,
    /// Skewness of the residuals.
    pub skew: Option<f64>,
    /// Kurtosis of the residuals: 3 for normal ones.
    pub kurtosis: Option<f64>,
    /// D'Agostino and Pearson's test of normality.
    pub omnibus: Option<Test>,
    /// Jarque and Bera's test of normality.
    pub jarque_bera: Option<Test>,
    /// Durbin and Watson's statistic: 2 for residuals that do not depend on the one before.
    pub durbin_watson: Option<f64>,
    /// Breusch and Pagan's test of constant variance, Koenker's form: n·R², χ².
    pub breusch_pagan: Option<Test>,
    /// The same test in its F form.
    pub breusch_pagan_f: Option<Test>,
}

impl FittedLinearRegression {
    /// The statistics of a response with intervals of this level, by the covariance of the fit, the classical one without inference; `None` if
    /// there are no standard errors.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn summary(&self, response: usize, level: f64) -> Option<Summary> {
        let covariance = self.inference.as_ref().map_or(Covariance::Classical, |i| i.covariance);
        self.summary_with(response, level, covariance)
    }

    /// The same by another covariance, which needs inference. F by a robust one is there only for the covariance of the fit.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn summary_with(&self, response: usize, level: f64, covariance: Covariance) -> Option<Summary> {
        let r = &self.responses[response];
        let first = usize::from(self.fit_intercept);
        let (n, rank) = (self.rows as f64, self.rank());
        let (df, df_model) = (n - rank as f64, rank - first);
        let (df_test, errors) = match &self.inference {
            Some(i) => (test_freedom(covariance, i, df), self.std_errors(response, covariance)),
            None if covariance == Covariance::Classical => (Some(df), Some(self.plain_errors(r)?)),
            None => return None,
        };
        let f = self.f_test(response, covariance);
        Some(Summary {
            level,
            rows: self.rows,
            rank,
            df_resid: self.rows.saturating_sub(rank as u64),
            df_model,
            r2: r.r2,
            adjusted_r2: (df > 0.0).then(|| 1.0 - (1.0 - r.r2) * (n - first as f64) / df),
            residual_sd: self.residual_sd(response),
            perfect: r.perfect,
            f: f.ok(),
            no_f: f.err(),
            no_errors: self.no_errors(covariance).filter(|_| errors.is_none() || df_test.is_none()),
            few_clusters: self.few_clusters(covariance),
            condition: self.condition,
            coefficients: self.coefficient_table(response, level, errors.as_deref(), df_test),
            residuals: self
                .inference
                .as_ref()
                .map(|i| self.residual_summary(response, i, covariance, df_test)),
        })
    }

    fn residual_summary(
        &self,
        response: usize,
        inference: &Inference,
        covariance: Covariance,
        df_test: Option<f64>,
    ) -> ResidualSummary {
        let (r, of) = (&self.responses[response], &inference.responses[response]);
        let (n, rank) = (self.rows as f64, self.rank());
        let df = n - rank as f64;
        let df_model = rank - usize::from(self.fit_intercept);
        // Nothing is said of rounding.
        let breusch_pagan = of.squares_r2.filter(|_| df_model > 0 && !r.perfect);
        let log_likelihood = self.log_likelihood(r, inference).filter(|_| !r.perfect);
        let shape = of.shape.filter(|_| !r.perfect);
        let criterion = |penalty: f64| log_likelihood.map(|l| -2.0 * l + rank as f64 * penalty);
        ResidualSummary {
            covariance,
            df_test,
            clusters: inference.clusters,
            log_likelihood,
            aic: criterion(2.0),
            bic: criterion(log_one(n)),
            residual_quantiles: of.residual_quantiles,
            quantiles_sampled: of.quantiles_sampled,
            skew: shape.map(|s| s[0]),
            kurtosis: shape.map(|s| s[1]),
            omnibus: shape.and_then(|s| omnibus(n, s)),
            jarque_bera: shape.map(|s| jarque_bera(n, s)),
            durbin_watson: of.durbin_watson.filter(|_| !r.perfect),
            breusch_pagan: breusch_pagan
                .map(|r2| Test { statistic: n * r2, p: chi2_upper(n * r2, df_model as f64) }),
            breusch_pagan_f: breusch_pagan.filter(|r2| df > 0.0 && *r2 < 1.0).map(|r2| {
                let f = r2 / df_model as f64 / ((1.0 - r2) / df);
                Test { statistic: f, p: f_upper(f, df_model as f64, df) }
            }),
        }
    }

    /// A line a parameter, the intercept first, with what the fit can say of it: intervals of this level are the summary's.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn table(&self, response: usize, level: f64) -> Vec<Coefficient> {
        let known = self.summary(response, level).map(|s| s.coefficients);
        known.unwrap_or_else(|| self.coefficient_table(response, level, None, None))
    }

    fn log_likelihood(&self, r: &Response, inference: &Inference) -> Option<f64> {
        let n = self.rows as f64;
        let in_range = r.rss >= f64::MIN_POSITIVE && r.rss < f64::MAX;
        let freedom = n - self.rank() as f64;
        let log =
            if in_range { log_one(r.rss / n) } else { 2.0 * log_one(r.residual_sd) + log_one(freedom / n) };
        (in_range || r.residual_sd > 0.0 && freedom > 0.0)
            .then(|| -0.5 * n * (LN_TAU + log + 1.0) + 0.5 * inference.log_weights)
    }

    /// Why there are no standard errors by this covariance, if that is known.
    fn no_errors(&self, covariance: Covariance) -> Option<Why> {
        let inference = self.inference.as_ref()?;
        if self.rows <= self.rank() as u64 {
            return Some(Why::NoFreedom { rows: self.rows, parameters: self.rank() });
        }
        match covariance {
            Covariance::Classical | Covariance::Hc0 | Covariance::Hc1 => None,
            Covariance::Hc2 | Covariance::Hc3 => {
                inference.full_leverage.then_some(Why::FullLeverage { row: inference.full_leverage_row })
            }
            Covariance::Cluster => (inference.clusters < 2).then_some(Why::OneCluster),
        }
    }

    /// Whether there are fewer clusters than their sums need to span all terms.
    fn few_clusters(&self, covariance: Covariance) -> Option<Why> {
        let clusters = self.inference.as_ref()?.clusters;
        let terms = self.rank() - usize::from(self.fit_intercept);
        (covariance == Covariance::Cluster && clusters > 1 && clusters <= terms as u64)
            .then_some(Why::FewClusters { clusters, terms })
    }

    fn f_test(&self, response: usize, covariance: Covariance) -> Result<Test, Why> {
        let r = &self.responses[response];
        let of = self.inference.as_ref().map(|i| (i, &i.responses[response]));
        let df_model = (self.rank() - usize::from(self.fit_intercept)) as f64;
        let df = self.rows as f64 - self.rank() as f64;
        if df_model == 0.0 {
            return Err(Why::NoTerms);
        }
        if df <= 0.0 {
            return Err(Why::NoFreedom { rows: self.rows, parameters: self.rank() });
        }
        if r.perfect {
            return Err(Why::Perfect);
        }
        if let Some(why) = self.no_errors(covariance).or(self.few_clusters(covariance)) {
            return Err(why);
        }
        let (statistic, df) = if covariance == Covariance::Classical {
            let (explained, exponent) = of.map_or((r.tss - r.rss, 0), |(_, of)| (of.explained, of.exponent));
            let sd = scale_by(r.residual_sd, -exponent);
            (explained / df_model / if exponent == 0 { r.rss / df } else { sd * sd }, df)
        } else {
            let of = of.filter(|(i, _)| i.covariance == covariance);
            let (inference, of) = of.ok_or(Why::OutOfRange)?;
            (of.wald.ok_or(Why::Singular)?, self.freedom(inference))
        };
        let exists = statistic.is_finite() && df > 0.0;
        let test = || Test { statistic, p: f_upper(statistic, df_model, df) };
        exists.then(test).ok_or(Why::OutOfRange)
    }

    /// The classical standard errors of a fit without inference, 0 for dropped terms; none where they are undefined.
    fn plain_errors(&self, r: &Response) -> Option<Vec<f64>> {
        let first = usize::from(self.fit_intercept);
        let mut kept = r.std_errors.iter().copied();
        let is_dropped = |i: usize| i >= first && self.aliased.binary_search(&(i - first)).is_ok();
        let error = |i| if is_dropped(i) { Some(0.0) } else { kept.next() };
        (!r.std_errors.is_empty()).then(|| (0..first + r.coef.len()).map_while(error).collect())
    }

    /// The lines of [`FittedLinearRegression::table`], from standard errors that are 0 for dropped terms.
    fn coefficient_table(
        &self,
        response: usize,
        level: f64,
        errors: Option<&[f64]>,
        df_test: Option<f64>,
    ) -> Vec<Coefficient> {
        let r = &self.responses[response];
        let first = usize::from(self.fit_intercept);
        let factor = df_test.map(|df| t_factor(level, df));
        let estimates = (first == 1).then_some(r.intercept).into_iter().chain(r.coef.iter().copied());
        let line = |(i, estimate): (usize, planish_tensor::Dd)| {
            let term = i.checked_sub(first);
            let dropped = !self.min_norm && term.is_some_and(|t| self.aliased.binary_search(&t).is_ok());
            let estimate = estimate.to_f64();
            let std_error = errors.and_then(|e| e.get(i).copied()).filter(|_| !dropped && df_test.is_some());
            let t = std_error.map(|se| estimate / se).filter(|t| t.is_finite() && !r.perfect);
            Coefficient {
                term,
                estimate,
                std_error,
                statistic: t,
                p: t.zip(df_test).map(|(t, df)| t_two_sided(t, df)),
                interval: std_error.zip(factor).and_then(|(se, f)| interval(estimate, f * se)),
                vif: term
                    .and_then(|t| self.inference.as_ref()?.vif.get(t).copied())
                    .filter(|vif| *vif > 0.0 && !self.min_norm),
                dropped,
            }
        };
        estimates.enumerate().map(line).collect()
    }

    /// The standard errors of the parameters, the intercept first, 0 for dropped terms; `None` without inference or if they are
    /// undefined.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn std_errors(&self, response: usize, covariance: Covariance) -> Option<Vec<f64>> {
        let inference = self.inference.as_ref()?;
        let (n, df) = (self.rows as f64, self.rows as f64 - self.rank() as f64);
        let (r, of) = (&self.responses[response], &inference.responses[response]);
        let (variances, factor) = match covariance {
            Covariance::Classical => {
                let sd = r.residual_sd;
                let unscaled = inference.unscaled_variances.iter().enumerate();
                let error = |(i, v): (usize, &f64)| scale_by(sd * v.sqrt(), inference.exponent(i));
                return (df > 0.0).then(|| unscaled.map(error).collect());
            }
            Covariance::Hc0 => (&of.hc[0], 1.0),
            Covariance::Hc1 => (&of.hc[0], n / df),
            Covariance::Hc2 => (&of.hc[1], 1.0),
            Covariance::Hc3 => (&of.hc[2], 1.0),
            Covariance::Cluster => (&of.cluster, 1.0),
        };
        let error = |i: usize, v: f64| scale_by(v.sqrt(), inference.exponent(i) + of.exponent);
        (df > 0.0 && !variances.is_empty())
            .then(|| variances.iter().enumerate().map(|(i, v)| error(i, (v * factor).max(0.0))).collect())
    }
}

/// The degrees of freedom of tests of coefficients, if there are any.
fn test_freedom(covariance: Covariance, inference: &Inference, df: f64) -> Option<f64> {
    let df_test = match covariance {
        Covariance::Cluster => inference.clusters as f64 - 1.0,
        Covariance::Classical | Covariance::Hc0 | Covariance::Hc1 | Covariance::Hc2 | Covariance::Hc3 => df,
    };
    (df > 0.0 && df_test > 0.0).then_some(df_test)
}
