//! From rows to the linear models beside least squares: ridge, lasso, elastic net, non-negative, logistic, multinomial and Poisson
//! regression. Rows are read in passes, as by [`fit_linear`](crate::fit_linear): one to fit the pipeline and the target, then those of the fit.

use crate::error::{Failed, ModelError};
use crate::labelled_rows::{LabelledRows, Response, survey};
use crate::linear::LinearSettings;
use crate::model::{LinearModelPredictor, Model, Predictor};
use crate::record::{Record, Settings};
use planish_linreg::{
    AlphaRule, BlockSource, Coefficients, ElasticNet, ElasticNetCv, Family, Fit, FitError, FittedElasticNet,
    FittedGlm, FittedNonNegative, FittedRidge, Glm, KFold, LinregError, NonNegative, Ridge, RidgeCv,
};
use planish_tabular::{Kind, RowSource, Table, TabularError, Task};
use planish_tensor::{Dd, Exec};
use serde::{Deserialize, Serialize};

/// A linear model beside least squares, and its own settings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinearKind {
    /// Ridge regression.
    Ridge {
        /// The penalty; chosen by generalised cross-validation if none.
        alpha: Option<f64>,
        /// Whether it is on coefficients of standardised columns.
        standardize: bool,
    },
    /// Elastic net; with `l1_ratio` 1 the lasso.
    ElasticNet {
        /// The penalty; chosen by cross-validation if none.
        alpha: Option<f64>,
        /// The share of the penalty on absolute values.
        l1_ratio: f64,
        /// Whether the columns and the response are standardised first.
        standardize: bool,
        /// The folds of the choice.
        folds: usize,
        /// The seed by which rows are dealt to them.
        seed: u64,
        /// The choice.
        rule: AlphaRule,
    },
    /// Least squares with coefficients that are not negative.
    NonNegative,
    /// Logistic regression of two classes, multinomial of more.
    Logistic {
        /// The penalty ½·l2·‖b‖².
        l2: f64,
    },
    /// Poisson regression.
    Poisson {
        /// The penalty ½·l2·‖b‖².
        l2: f64,
    },
}

impl LinearKind {
    /// The task that the model is for.
    pub fn task(&self) -> Task {
        match self {
            LinearKind::Logistic { .. } => Task::Classify,
            _ => Task::Regress,
        }
    }

    fn response(&self) -> Response {
        match self {
            LinearKind::Logistic { .. } => Response::Class,
            LinearKind::Poisson { .. } => Response::Count,
            _ => Response::Number,
        }
    }
}

/// Settings of a linear model beside least squares.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LinearModelSettings {
    /// The target, the columns to leave out, the intercept.
    pub linear: LinearSettings,
    /// The model.
    pub kind: LinearKind,
}

/// The fit of a linear model beside least squares.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinearModelFit {
    /// Ridge regression.
    Ridge(FittedRidge),
    /// Lasso or elastic net.
    ElasticNet(FittedElasticNet),
    /// Non-negative least squares.
    NonNegative(FittedNonNegative),
    /// Logistic, multinomial or Poisson regression.
    Glm(FittedGlm),
}

impl LinearModelFit {
    /// The model's name: `ridge`, `lasso`, `elastic-net`, `non-negative`, `logistic`, `multinomial`, `poisson`.
    pub fn name(&self) -> &'static str {
        match self {
            LinearModelFit::Ridge(_) => "ridge",
            LinearModelFit::ElasticNet(f) if f.l1_ratio == 1.0 => "lasso",
            LinearModelFit::ElasticNet(_) => "elastic-net",
            LinearModelFit::NonNegative(_) => "non-negative",
            LinearModelFit::Glm(f) => f.family.name(),
        }
    }

    /// The coefficients of each linear predictor; of several classes those of class 1, 2, … against class 0.
    pub fn coefficients(&self) -> &[Coefficients] {
        match self {
            LinearModelFit::Ridge(f) => std::slice::from_ref(&f.coefficients),
            LinearModelFit::ElasticNet(f) => std::slice::from_ref(&f.coefficients),
            LinearModelFit::NonNegative(f) => std::slice::from_ref(&f.coefficients),
            LinearModelFit::Glm(f) => &f.coefficients,
        }
    }

    /// Whether there is an intercept.
    pub fn has_intercept(&self) -> bool {
        match self {
            LinearModelFit::Ridge(f) => f.fit_intercept,
            LinearModelFit::ElasticNet(f) => f.fit_intercept,
            LinearModelFit::NonNegative(f) => f.fit_intercept,
            LinearModelFit::Glm(f) => f.fit_intercept,
        }
    }

    /// Rows that were fitted.
    pub fn rows(&self) -> u64 {
        match self {
            LinearModelFit::Ridge(f) => f.rows,
            LinearModelFit::ElasticNet(f) => f.rows,
            LinearModelFit::NonNegative(f) => f.rows,
            LinearModelFit::Glm(f) => f.rows,
        }
    }

    /// R² of the training rows, of models that have one.
    pub fn r2(&self) -> Option<f64> {
        match self {
            LinearModelFit::Ridge(f) => Some(f.r2),
            LinearModelFit::ElasticNet(f) => Some(f.r2),
            LinearModelFit::NonNegative(f) => Some(f.r2),
            LinearModelFit::Glm(_) => None,
        }
    }

    /// Whether the iteration came to its end.
    pub fn converged(&self) -> bool {
        match self {
            LinearModelFit::ElasticNet(f) => f.converged,
            LinearModelFit::Glm(f) => f.converged,
            _ => true,
        }
    }

    /// The terms that were dropped because they depend on others.
    pub fn aliased(&self) -> &[usize] {
        if let LinearModelFit::Glm(f) = self { &f.aliased } else { &[] }
    }

    /// The number of classes that it predicts; zero for numbers.
    pub(crate) fn classes(&self) -> usize {
        if let LinearModelFit::Glm(f) = self { f.family.classes().unwrap_or(0) } else { 0 }
    }

    /// Whether its numbers fit together: the names of what does not.
    pub(crate) fn flaw(&self, terms: usize) -> Option<&'static str> {
        let coefficients = self.coefficients();
        if coefficients.iter().any(|c| c.coef.len() != terms) || coefficients.is_empty() {
            return Some("there is not a coefficient for each term");
        }
        if !coefficients.iter().all(Coefficients::is_finite) {
            return Some("a coefficient is not finite");
        }
        let LinearModelFit::Glm(f) = self else { return None };
        if f.family.classes().is_some_and(|c| c < 2) || coefficients.len() != f.family.predictors() {
            return Some("there are not as many linear predictors as the classes need");
        }
        let each = terms + usize::from(f.fit_intercept);
        if f.std_errors
            .as_ref()
            .is_some_and(|s| s.len() != coefficients.len() || s.iter().any(|s| s.len() != each))
        {
            return Some("there is not a standard error for each coefficient");
        }
        if !f.aliased.is_sorted_by(|a, b| a < b) || f.aliased.last().is_some_and(|&a| a >= terms) {
            return Some("the dropped terms are not terms of the model");
        }
        None
    }
}

/// Fits a linear model on all rows of the source that have a target.
///
/// # Errors
/// Rows that cannot be read, a table or settings that cannot be used, classes that the terms separate.
pub fn fit_linear_model<S: RowSource>(
    exec: Exec,
    source: &mut S,
    settings: &LinearModelSettings,
) -> Result<Model, Failed<S::Error>> {
    let survey = survey(source, &settings.linear, settings.kind.response())?;
    let (design, target) = (survey.design, survey.target);
    let mut rows = LabelledRows::new(source, &design, &target, &settings.linear);
    let fit = fit(exec, &mut rows, settings, target.classes().len()).map_err(|e| match e {
        FitError::Source(failed) => failed,
        FitError::Linreg(LinregError::Separation { terms }) => {
            let names = design.names();
            let terms = terms.iter().map(|&t| names[t].clone()).collect();
            ModelError::Separation { target: settings.linear.target.clone(), terms }.into()
        }
        FitError::Linreg(e) => Failed::Model(e.into()),
    })?;
    let record = Record {
        settings: Settings::LinearModel(settings.clone()),
        rows: survey.rows,
        rows_without_target: survey.without_target,
        rare_categories: Default::default(),
        validation: Default::default(),
        confusion: None,
        history: None,
    };
    let model = Model::new(target, Predictor::LinearModel(LinearModelPredictor { design, fit }), record)?;
    Ok(model.with_fit_notes(survey.notes))
}

fn fit<B: BlockSource>(
    exec: Exec,
    rows: &mut B,
    settings: &LinearModelSettings,
    classes: usize,
) -> Result<LinearModelFit, FitError<B::Error>> {
    let fit_intercept = settings.linear.intercept;
    let glm = |family, l2| Glm { fit_intercept, l2, ..Glm::new(family) };
    Ok(match settings.kind {
        LinearKind::Ridge { alpha: Some(alpha), standardize } => {
            LinearModelFit::Ridge(Ridge { alpha, fit_intercept, standardize }.fit(exec, rows)?)
        }
        LinearKind::Ridge { alpha: None, standardize } => {
            let ridge = RidgeCv { fit_intercept, standardize, ..RidgeCv::default() };
            LinearModelFit::Ridge(ridge.fit(exec, rows)?)
        }
        LinearKind::ElasticNet { alpha, l1_ratio, standardize, folds, seed, rule } => {
            let base = ElasticNet { l1_ratio, fit_intercept, standardize, ..ElasticNet::default() };
            LinearModelFit::ElasticNet(match alpha {
                Some(alpha) => ElasticNet { alpha, ..base }.fit(exec, rows)?,
                None => {
                    let folds = KFold { folds, seed: Some(seed) };
                    ElasticNetCv { base, folds, rule, ..ElasticNetCv::default() }.fit(exec, rows)?
                }
            })
        }
        LinearKind::NonNegative => {
            LinearModelFit::NonNegative(NonNegative { fit_intercept }.fit(exec, rows)?)
        }
        LinearKind::Logistic { l2 } => {
            let family = if classes == 2 { Family::Logistic } else { Family::Multinomial { classes } };
            LinearModelFit::Glm(glm(family, l2).fit(exec, rows)?)
        }
        LinearKind::Poisson { l2 } => LinearModelFit::Glm(glm(Family::Poisson, l2).fit(exec, rows)?),
    })
}

/// The task of a linear model that was not told: classes for a text target, a number otherwise. A column in which texts stand among
/// numbers is an error, since most of these are typing errors in a column of numbers.
///
/// # Errors
/// Rows that cannot be read, no such column, or texts among numbers.
pub fn infer_linear_task<S: RowSource>(source: &mut S, target: &str) -> Result<Task, Failed<S::Error>> {
    let position = source.schema().position(target)?;
    if source.schema().columns[position].kind == Kind::Number {
        return Ok(Task::Regress);
    }
    let mut table = Table::new(source.schema().clone());
    let (mut has_numbers, mut first_text) = (false, None);
    source.rewind().map_err(Failed::Source)?;
    loop {
        source.next(&mut table).map_err(Failed::Source)?;
        if table.rows() == 0 {
            break;
        }
        has_numbers |= table.text(target)?.dictionary().iter().any(|t| Dd::parse_decimal(t).is_some());
        match table.numbers(target) {
            Err(e @ TabularError::WrongKind { .. }) if first_text.is_none() && !is_without_text(&e) => {
                first_text = Some(e)
            }
            _ => {}
        }
    }
    match first_text {
        Some(e) if has_numbers => Err(e.into()),
        _ => Ok(Task::Classify),
    }
}

/// Whether the error names no text that is no number.
fn is_without_text(e: &TabularError) -> bool {
    matches!(e, TabularError::WrongKind { found, .. } if found.is_empty())
}
