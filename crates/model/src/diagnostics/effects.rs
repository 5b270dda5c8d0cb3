//! The coefficients of a linear model on one scale, so that units hide no term: the change for one standard deviation of the term over the
//! rows at hand. Of least squares and its penalised kin it is in standard deviations of the target; of logistic and multinomial regression it is of the
//! logarithm of the odds, of Poisson regression of the logarithm of the mean.

use crate::linear_model::LinearModelFit;
use crate::model::{LinearModelPredictor, LinearPredictor, Model, Predictor};
use planish_linreg::distributions::normal_quantile;
use planish_linreg::{CoefficientRow, FittedGlm};
use planish_tabular::Target;
use serde::Serialize;

/// The level of the intervals.
pub(super) const LEVEL: f64 = 0.95;

/// A term's coefficient on the common scale.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The term.
    pub term: String,
    /// The coefficient times the standard deviation of the term.
    pub value: f64,
    /// Its 95 % confidence interval, of models that have standard errors.
    pub interval: Option<[f64; 2]>,
}

/// The effects of the terms of one linear predictor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effects {
    /// Of several classes the one that is set against the first.
    pub class: Option<usize>,
    /// What the effects are changes of.
    pub of: EffectsOf,
    /// A term each, the intercept and dropped terms left out.
    pub effects: Vec<Effect>,
}

/// What effects are changes of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectsOf {
    /// The target, in its standard deviations.
    Target,
    /// The logarithm of the odds.
    LogOdds,
    /// The logarithm of the mean.
    LogMean,
}

/// The effects of a linear model whose terms have these standard deviations; of several classes a list each.
pub(super) fn effects(model: &Model, sds: &[f64]) -> Vec<Effects> {
    match model.predictor() {
        Predictor::Network(_) => Vec::new(),
        Predictor::Linear(l) => vec![least_squares(model, l, sds)],
        Predictor::LinearModel(l) => match &l.fit {
            LinearModelFit::Glm(fit) => (0..fit.coefficients.len()).map(|p| glm(l, fit, p, sds)).collect(),
            _ => vec![penalised(model, l, sds)],
        },
    }
}

/// The standard deviation of the target, or one where it has none.
fn target_sd(model: &Model) -> f64 {
    match model.target() {
        Target::Number { sd, .. } if *sd > 0.0 => *sd,
        _ => 1.0,
    }
}

fn least_squares(model: &Model, l: &LinearPredictor, sds: &[f64]) -> Effects {
    let sd = target_sd(model);
    let first = usize::from(l.fit.fit_intercept);
    let summary = l.fit.summary(0, LEVEL).map(|s| s.coefficients);
    let table = summary.or_else(|| l.fit.plain_summary(0, LEVEL).map(|s| s.coefficients));
    let names = l.design.names().into_iter().enumerate();
    let effect = |(i, term): (usize, String)| {
        let scale = sds[i] / sd;
        let line = table.as_ref().map(|t| t[first + i]);
        let dropped = !l.fit.min_norm && l.fit.aliased.binary_search(&i).is_ok();
        let value = scale * l.fit.responses[0].coef[i].to_f64();
        let interval = line.and_then(|c| c.ci).map(|ci| ci.map(|x| scale * x));
        (!dropped).then_some(Effect { term, value, interval })
    };
    Effects { class: None, of: EffectsOf::Target, effects: names.filter_map(effect).collect() }
}

fn glm(l: &LinearModelPredictor, fit: &FittedGlm, predictor: usize, sds: &[f64]) -> Effects {
    let names = l.design.names();
    let half = normal_quantile(0.5 + LEVEL / 2.0);
    let effect = |row: CoefficientRow| {
        let i = row.term.filter(|i| row.predictor == predictor && !fit.aliased.contains(i))?;
        let interval =
            row.std_error.map(|se| [row.estimate - half * se, row.estimate + half * se].map(|x| sds[i] * x));
        Some(Effect { term: names[i].clone(), value: sds[i] * row.estimate, interval })
    };
    let of = if fit.family.classes().is_some() { EffectsOf::LogOdds } else { EffectsOf::LogMean };
    let class = (fit.coefficients.len() > 1).then_some(predictor + 1);
    Effects { class, of, effects: fit.table().into_iter().filter_map(effect).collect() }
}

fn penalised(model: &Model, l: &LinearModelPredictor, sds: &[f64]) -> Effects {
    let sd = target_sd(model);
    let coef = &l.fit.coefficients()[0].coef;
    let effect = |(i, term)| Effect { term, value: sds[i] / sd * coef[i], interval: None };
    let effects = l.design.names().into_iter().enumerate().map(effect).collect();
    Effects { class: None, of: EffectsOf::Target, effects }
}
