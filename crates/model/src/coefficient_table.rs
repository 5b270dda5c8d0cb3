//! The coefficients of a linear model, a line each with what is known of it: `planish inspect`, reports and the service show these.

use crate::linear_model::LinearModelFit;
use crate::model::{LinearModelPredictor, LinearPredictor, Model, Predictor};
use planish_linreg::{Coefficient, FittedGlm};
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
        match self.predictor() {
            Predictor::Network(_) => Vec::new(),
            Predictor::Linear(l) => vec![least_squares(l)],
            Predictor::LinearModel(l) => match &l.fit {
                LinearModelFit::Glm(fit) => glm(l, fit),
                _ => vec![plain(l)],
            },
        }
    }
}

/// The lines with the names of their terms.
fn named(design: &Design, known: Vec<Coefficient>) -> Vec<CoefficientLine> {
    let names = design.names();
    let name = |term: Option<usize>| term.map_or_else(|| "(intercept)".to_owned(), |t| names[t].clone());
    let line = |c: Coefficient| CoefficientLine {
        name: name(c.term),
        term: c.term,
        estimate: c.estimate,
        std_error: c.std_error,
        statistic: c.statistic,
        p: c.p,
        interval: c.interval,
        vif: c.vif,
        dropped: c.dropped,
    };
    known.into_iter().map(line).collect()
}

/// With the statistics that the fit can give: those of its residuals, else those that need none, else none at all.
fn least_squares(l: &LinearPredictor) -> CoefficientTable {
    CoefficientTable { class: None, of: EffectsOf::Target, lines: named(&l.design, l.fit.table(0, LEVEL)) }
}

/// With Wald's tests, where there are standard errors.
fn glm(l: &LinearModelPredictor, fit: &FittedGlm) -> Vec<CoefficientTable> {
    let of = if fit.family.classes().is_some() { EffectsOf::LogOdds } else { EffectsOf::LogMean };
    let predictors = fit.coefficients.len();
    let table = |predictor: usize| CoefficientTable {
        class: (predictors > 1).then_some(predictor + 1),
        of,
        lines: named(&l.design, fit.table(predictor, LEVEL)),
    };
    (0..predictors).map(table).collect()
}

/// Estimates of penalised and non-negative fits, which have no standard errors.
fn plain(l: &LinearModelPredictor) -> CoefficientTable {
    let known = l.fit.coefficients()[0].table(l.fit.has_intercept());
    CoefficientTable { class: None, of: EffectsOf::Target, lines: named(&l.design, known) }
}
