//! The coefficients of a linear model, a line each with what is known of it: `planish inspect`, reports and the service show these.

use crate::linear_model::LinearFit;
use crate::model::Model;
use planish_linreg::Coefficient;
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

/// A coefficient with the name of its term.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoefficientLine {
    /// The term's name, or `(intercept)`.
    #[serde(rename = "term")]
    pub name: String,
    /// The coefficient; its interval is of 95 %.
    #[serde(flatten)]
    pub known: Coefficient,
}

/// The coefficients of one linear predictor.
#[derive(Clone, Debug, PartialEq)]
pub struct CoefficientTable {
    /// Of classes the one that is set against the first.
    pub class: Option<usize>,
    /// What the coefficients are changes of.
    pub of: EffectsOf,
    /// The intercept, if there is one, then a line a term.
    pub lines: Vec<CoefficientLine>,
}

impl Model {
    /// The coefficients of a linear model, of more than two classes a table each; none for a network.
    pub fn coefficient_tables(&self) -> Vec<CoefficientTable> {
        let Some(l) = self.linear() else { return Vec::new() };
        let names = l.design.names();
        let mut intercept = "(intercept)".to_owned();
        while names.contains(&intercept) {
            intercept = format!("({intercept})");
        }
        let name = |term: Option<usize>| term.map_or_else(|| intercept.clone(), |t| names[t].clone());
        let line = |known: Coefficient| CoefficientLine { name: name(known.term), known };
        let predictors = l.fit.predictors();
        let table = |predictor: usize| CoefficientTable {
            class: (l.fit.classes() > 0).then_some(predictor + 1),
            of: l.fit.effects_of(),
            lines: l.fit.table(predictor, LEVEL).into_iter().map(line).collect(),
        };
        (0..predictors).map(table).collect()
    }
}

impl LinearFit {
    fn effects_of(&self) -> EffectsOf {
        match self.glm().map(|f| f.family.classes()) {
            None => EffectsOf::Target,
            Some(Some(_)) => EffectsOf::LogOdds,
            Some(None) => EffectsOf::LogMean,
        }
    }

    /// The coefficients of a linear predictor with the statistics that the fit can give; penalised and non-negative fits have none.
    fn table(&self, predictor: usize, level: f64) -> Vec<Coefficient> {
        match self {
            LinearFit::LeastSquares(f) => f.table(predictor, level),
            LinearFit::Glm(f) => f.table(predictor, level),
            LinearFit::Ridge(_) | LinearFit::ElasticNet(_) | LinearFit::NonNegative(_) => {
                self.coefficients()[predictor].table(self.has_intercept())
            }
        }
    }
}
