//! From rows to a least-squares fit. Rows are read in passes: one to fit the pipeline, one for the triangular factor, one a
//! refinement, and a last one for inference; the table is never held whole.

use crate::aliases;
use crate::error::{Failed, ModelError};
use crate::labelled_rows::{LabelledRows, Response, Survey, survey};
use crate::model::{LinearPredictor, Model, Predictor};
use crate::record::{Record, Settings};
use planish_linreg::{
    AliasedPolicy, Covariance, Fit, FitError, FittedLinearRegression, LinearRegression, LinregError,
};
use planish_tabular::{Design, Formula, RowSource, Target};
use planish_tensor::Exec;
use serde::{Deserialize, Serialize};

/// Settings of a linear model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LinearSettings {
    /// The target column, which must hold numbers.
    pub target: String,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Whether the model has an intercept.
    pub intercept: bool,
    /// Powers and products of columns.
    #[serde(default)]
    pub formula: Formula,
    /// What becomes of terms that are combinations of terms before them.
    #[serde(default)]
    pub aliased: AliasedPolicy,
    /// The covariance of the coefficients.
    #[serde(default)]
    pub covariance: Covariance,
    /// The column of clusters, no feature.
    #[serde(default)]
    pub cluster: Option<String>,
    /// The column of the rows' weights, no feature.
    #[serde(default)]
    pub weights: Option<String>,
}

impl LinearSettings {
    /// With an intercept, on all other columns.
    pub fn new(target: &str) -> LinearSettings {
        LinearSettings {
            target: target.to_owned(),
            drop: Vec::new(),
            intercept: true,
            formula: Formula::default(),
            aliased: AliasedPolicy::Drop,
            covariance: Covariance::Classical,
            cluster: None,
            weights: None,
        }
    }

    /// The columns that are no features: those left out, and those of weights and clusters.
    pub(crate) fn no_features(&self) -> Vec<String> {
        self.drop.iter().chain(&self.weights).chain(&self.cluster).cloned().collect()
    }
}

/// Fits ordinary or weighted least squares on all rows of the source that have a target.
///
/// # Errors
/// Rows that cannot be read, a table that cannot be used, or fewer rows than parameters.
pub fn fit_linear<S: RowSource<Error: Send> + Send>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
) -> Result<Model, Failed<S::Error>> {
    let survey = survey(source, settings, Response::Number)?;
    let design = &survey.design;
    let regression = LinearRegression { inference: Some(settings.covariance), ..regression(settings) };
    let mut rows = LabelledRows::new(source, design, &survey.target, settings);
    let fit = exec.install(|| regression.fit(exec, &mut rows)).map_err(|e| match e {
        FitError::Source(failed) => failed,
        FitError::Linreg(e) => Failed::Model(named(e, design)),
    })?;
    Ok(assemble(settings, survey, fit)?)
}

/// The settings of the fit, without inference.
pub(crate) fn regression(settings: &LinearSettings) -> LinearRegression {
    LinearRegression {
        fit_intercept: settings.intercept,
        // To be refused they must be named, so they are first dropped.
        aliased: match settings.aliased {
            AliasedPolicy::Error => AliasedPolicy::Drop,
            other => other,
        },
        ..LinearRegression::default()
    }
}

/// The error of a fit, in the names of the design.
pub(crate) fn named(e: LinregError, design: &Design) -> ModelError {
    match e {
        LinregError::BadTerm { row, term } => {
            ModelError::TermRange { term: design.names()[term].clone(), row: row + 1 }
        }
        e => e.into(),
    }
}

/// The model of a fit.
pub(crate) fn assemble(
    settings: &LinearSettings,
    survey: Survey,
    fit: FittedLinearRegression,
) -> Result<Model, ModelError> {
    let design = survey.design;
    if settings.aliased == AliasedPolicy::Error && !fit.aliases.is_empty() {
        return Err(ModelError::Aliased { terms: aliases::equations(&fit, &design.names()).join(", ") });
    }
    let response = &fit.responses[0];
    let target = Target::Number {
        column: settings.target.clone(),
        mean: survey.sum.to_f64() / survey.rows as f64,
        sd: (response.tss.max(0.0) / fit.rows as f64).sqrt(),
    };
    let record = Record {
        settings: Settings::Linear(settings.clone()),
        rows: survey.rows,
        rows_without_target: survey.without_target,
        rare_categories: Default::default(),
        validation: Default::default(),
        confusion: None,
        history: None,
    };
    let model = Model::new(target, Predictor::Linear(LinearPredictor { design, fit }), record)?;
    Ok(model.with_fit_notes(survey.notes))
}
