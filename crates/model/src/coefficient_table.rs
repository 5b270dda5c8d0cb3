//! The coefficients of a linear model, a line each with what is known of it: `planish inspect`, reports and the service show these.

use crate::linear_model::{LinearFit, LinearModel};
use crate::model::Model;
use planish_linreg::distributions::normal_quantile;
use planish_linreg::{CoefficientRow, FittedGlm, FittedLinearRegression};
use planish_tabular::Design;
use serde::Serialize;

/// The level of the intervals.
const LEVEL: f64 = 0.95;

/// What coefficients are changes of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectsOf {
    /// The target.
    Target,
    /// The logarithm of the odds.
    LogOdds,
    /// The logarithm of the mean.
    LogMean,
}

/// A coefficient in the units of the data. What is undefined or not known is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct CoefficientLine {
    /// The term's name.
    pub name: String,
    /// The term's place in the design; none for the intercept.
    pub term: Option<usize>,
    /// The estimate; 0 for a dropped term.
    pub estimate: f64,
    /// Its standard error.
    pub std_error: Option<f64>,
    /// Estimate by standard error: t of least squares, else z.
    pub statistic: Option<f64>,
    /// The probability of a statistic at least as far from zero if the coefficient were zero.
    pub p: Option<f64>,
    /// The 95 % confidence interval.
    pub interval: Option<[f64; 2]>,
    /// The variance inflation factor, of terms of least squares.
    pub vif: Option<f64>,
    /// Whether the term was dropped, since it is a combination of others.
    pub dropped: bool,
}

/// The coefficients of one linear predictor.
#[derive(Clone, Debug, PartialEq)]
pub struct CoefficientTable {
    /// Of more than two classes the one that is set against the first.
    pub class: Option<usize>,
    /// What the coefficients are changes of.
    pub of: EffectsOf,
    /// The intercept, if there is one, then a line a term.
    pub lines: Vec<CoefficientLine>,
}

impl Model {
    /// The coefficients of a linear model, of several classes a table each; none for a network.
    pub fn coefficient_tables(&self) -> Vec<CoefficientTable> {
        let Some(l) = self.linear() else { return Vec::new() };
        match &l.fit {
            LinearFit::LeastSquares(fit) => vec![least_squares(l, fit)],
            LinearFit::Glm(fit) => glm(l, fit),
            LinearFit::Ridge(_) | LinearFit::ElasticNet(_) | LinearFit::NonNegative(_) => vec![plain(l)],
        }
    }
}

/// An estimate alone.
fn estimate(name: String, term: Option<usize>, estimate: f64) -> CoefficientLine {
    CoefficientLine {
        name,
        term,
        estimate,
        std_error: None,
        statistic: None,
        p: None,
        interval: None,
        vif: None,
        dropped: false,
    }
}

/// The names and places of the parameters, in the order of the tables.
fn parameters(design: &Design, has_intercept: bool) -> impl Iterator<Item = (String, Option<usize>)> {
    let intercept = has_intercept.then(|| ("(intercept)".to_owned(), None));
    intercept.into_iter().chain(design.names().into_iter().enumerate().map(|(term, name)| (name, Some(term))))
}

/// With the statistics that the fit can give: those of its residuals, else those that need none, else none at all.
fn least_squares(l: &LinearModel, fit: &FittedLinearRegression) -> CoefficientTable {
    let r = &fit.responses[0];
    let summary = fit.summary(0, LEVEL).map(|s| s.coefficients);
    let known = summary.or_else(|| fit.plain_summary(0, LEVEL).map(|s| s.coefficients));
    let is_dropped = |term: usize| !fit.min_norm && fit.aliased.binary_search(&term).is_ok();
    let line = |(i, (name, term)): (usize, (String, Option<usize>))| {
        let value = term.map_or(r.intercept, |term| r.coef[term]).to_f64();
        let line = CoefficientLine { dropped: term.is_some_and(is_dropped), ..estimate(name, term, value) };
        let Some(c) = known.as_ref().map(|known| known[i]) else { return line };
        CoefficientLine {
            std_error: c.std_error,
            statistic: c.t,
            p: c.p,
            interval: c.ci.filter(are_finite),
            vif: c.vif,
            ..line
        }
    };
    let lines = parameters(&l.design, fit.fit_intercept).enumerate().map(line).collect();
    CoefficientTable { class: None, of: EffectsOf::Target, lines }
}

/// With Wald's tests, where there are standard errors.
fn glm(l: &LinearModel, fit: &FittedGlm) -> Vec<CoefficientTable> {
    let names = l.design.names();
    let half = normal_quantile(0.5 + LEVEL / 2.0);
    let line = |row: &CoefficientRow| {
        let name = row.term.map_or_else(|| "(intercept)".to_owned(), |term| names[term].clone());
        let interval = row.std_error.map(|se| [row.estimate - half * se, row.estimate + half * se]);
        CoefficientLine {
            std_error: row.std_error,
            statistic: row.z,
            p: row.p,
            interval: interval.filter(are_finite),
            dropped: row.term.is_some_and(|term| fit.aliased.contains(&term)),
            ..estimate(name, row.term, row.estimate)
        }
    };
    let of = if fit.family.classes().is_some() { EffectsOf::LogOdds } else { EffectsOf::LogMean };
    let table = |rows: &[CoefficientRow]| CoefficientTable {
        class: (fit.coefficients.len() > 1).then_some(rows[0].predictor + 1),
        of,
        lines: rows.iter().map(line).collect(),
    };
    fit.table().chunk_by(|a, b| a.predictor == b.predictor).map(table).collect()
}

/// Estimates of penalised and non-negative fits, which have no standard errors.
fn plain(l: &LinearModel) -> CoefficientTable {
    let c = &l.fit.coefficients()[0];
    let line = |(name, term): (String, Option<usize>)| {
        estimate(name, term, term.map_or_else(|| c.intercept.to_f64(), |term| c.coef[term]))
    };
    let lines = parameters(&l.design, l.fit.has_intercept()).map(line).collect();
    CoefficientTable { class: None, of: EffectsOf::Target, lines }
}

/// Limits that overflow are no limits.
fn are_finite(interval: &[f64; 2]) -> bool {
    interval.iter().all(|x| x.is_finite())
}
