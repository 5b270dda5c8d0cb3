//! The coefficients of a linear model on one scale, so that units hide no term: the change for one standard deviation of the term over the
//! rows at hand. Of least squares and its penalised kin it is in standard deviations of the target; of logistic and multinomial regression it is of the
//! logarithm of the odds, of Poisson regression of the logarithm of the mean.

use crate::coefficient_table::{CoefficientLine, CoefficientTable, EffectsOf};
use crate::model::Model;
use planish_tabular::Target;
use serde::Serialize;

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
    /// Of classes the one that is set against the first.
    pub class: Option<usize>,
    /// What the effects are changes of; the target is in its standard deviations.
    pub of: EffectsOf,
    /// A term each, the intercept and dropped terms left out.
    pub effects: Vec<Effect>,
}

/// The effects of a linear model whose terms have these standard deviations; of several classes a list each.
pub(super) fn effects(model: &Model, sds: &[f64]) -> Vec<Effects> {
    let effects = |table: CoefficientTable| {
        let sd = if table.of == EffectsOf::Target { target_sd(model) } else { 1.0 };
        let effects = table.lines.into_iter().filter_map(|line| effect(line, sds, sd)).collect();
        Effects { class: table.class, of: table.of, effects }
    };
    model.coefficient_tables().into_iter().map(effects).collect()
}

/// The standard deviation of the target, or one where it has none.
fn target_sd(model: &Model) -> f64 {
    match model.target() {
        Target::Number { sd, .. } if *sd > 0.0 => *sd,
        Target::Number { .. } | Target::Classes { .. } => 1.0,
    }
}

fn effect(line: CoefficientLine, sds: &[f64], target_sd: f64) -> Option<Effect> {
    let CoefficientLine { name: term, known } = line;
    let scale = sds[known.term?] / target_sd;
    let interval = known.interval.map(|ci| ci.map(|x| scale * x));
    (!known.dropped).then_some(Effect { term, value: scale * known.estimate, interval })
}
