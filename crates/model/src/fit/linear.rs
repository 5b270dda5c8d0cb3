//! From rows to a linear model: least squares, ridge, lasso, elastic net, non-negative, logistic, multinomial and Poisson regression. Rows are
//! read in passes: one to fit the pipeline and the target, then those of the fit; the table is never held whole.

use super::causes::{columns_of, too_few_rows, too_many_parameters};
use super::complete::fit_complete;
use super::labelled_rows::LabelledRows;
use super::separated::{Told, separated};
use super::survey::{Survey, survey};
use crate::aliases;
use crate::error::{Failed, ModelError};
use crate::linear_model::{LinearFit, LinearModel};
use crate::linear_settings::{LinearKind, LinearSettings};
use crate::missing::Missing;
use crate::model::Model;
use crate::predictor::Predictor;
use crate::record::{Record, Settings};
use planish_linreg::glm::Family;
use planish_linreg::ols::AliasedPolicy;
use planish_linreg::penalised::{ElasticNetCv, KFold, NonNegative, RidgeCv};
use planish_linreg::rows::Watch;
use planish_linreg::{BlockSource, ElasticNet, Fit, FitError, Glm, LinearRegression, LinregError, Ridge};
use planish_tabular::{Design, RowSource, Target, listed};
use planish_tensor::Exec;
use std::sync::Arc;

/// Fits the linear model of the settings on all rows of the source that have a target, or on those that have a value in every feature too.
///
/// # Errors
/// Rows that cannot be read, a table or settings that cannot be used, fewer rows than parameters, classes that the terms separate.
pub fn fit_linear<S: RowSource<Error: Send> + Send>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
) -> Result<Model, Failed<S::Error>> {
    fit_linear_watched(exec, source, settings, None)
}

/// The same with someone who is told how far the fit is.
///
/// # Errors
/// As [`fit_linear`].
pub fn fit_linear_watched<S: RowSource<Error: Send> + Send>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
    watch: Option<Arc<dyn Watch>>,
) -> Result<Model, Failed<S::Error>> {
    match settings.missing {
        Missing::Fill => fit_rows(exec, source, settings, watch),
        Missing::DropRows => fit_complete(source, settings, |rows| fit_rows(exec, rows, settings, watch)),
    }
}

fn fit_rows<S: RowSource<Error: Send> + Send>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
    watch: Option<Arc<dyn Watch>>,
) -> Result<Model, Failed<S::Error>> {
    let survey = exec.install(|| survey(exec, source, settings))?;
    let design = &survey.design;
    let mut rows = LabelledRows::new(source, design, &survey.target, settings).watched(watch);
    let classes = survey.target.classes().len();
    let fit = match exec.install(|| fit(exec, &mut rows, settings, classes)) {
        Ok(fit) => fit,
        Err(FitError::Source(failed)) => return Err(failed),
        Err(FitError::Linreg(LinregError::Separation { terms, told, rows, first })) => {
            let columns = columns_of(design, &terms);
            let told = Told { rows: told, of: rows, first };
            return Err(separated(source, design, &survey.target, settings, columns, &told));
        }
        Err(FitError::Linreg(e)) => return Err(Failed::Model(named(e, design, settings))),
    };
    Ok(assemble(settings, survey, fit)?)
}

fn fit<B: BlockSource>(
    exec: Exec,
    rows: &mut B,
    settings: &LinearSettings,
    classes: usize,
) -> Result<LinearFit, FitError<B::Error>> {
    let fit_intercept = settings.intercept;
    let glm = |family, l2| Glm { fit_intercept, l2, ..Glm::new(family) };
    Ok(match settings.kind {
        LinearKind::LeastSquares => {
            let inference = Some(settings.covariance);
            LinearFit::LeastSquares(
                LinearRegression { inference, ..regression(settings) }.fit(exec, rows)?.into(),
            )
        }
        LinearKind::Ridge { alpha: Some(alpha), standardize } => {
            LinearFit::Ridge(Ridge { alpha, fit_intercept, standardize }.fit(exec, rows)?)
        }
        LinearKind::Ridge { alpha: None, standardize } => {
            let ridge = RidgeCv { fit_intercept, standardize, ..RidgeCv::default() };
            LinearFit::Ridge(ridge.fit(exec, rows)?)
        }
        LinearKind::ElasticNet { alpha, l1_ratio, standardize, folds, seed, rule } => {
            let base = ElasticNet { l1_ratio, fit_intercept, standardize, ..ElasticNet::default() };
            LinearFit::ElasticNet(match alpha {
                Some(alpha) => ElasticNet { alpha, ..base }.fit(exec, rows)?,
                None => {
                    let folds = KFold { folds, seed: Some(seed) };
                    ElasticNetCv { base, folds, rule, ..ElasticNetCv::default() }.fit(exec, rows)?
                }
            })
        }
        LinearKind::NonNegative => LinearFit::NonNegative(NonNegative { fit_intercept }.fit(exec, rows)?),
        LinearKind::Logistic { l2 } => {
            let family = if classes == 2 { Family::Logistic } else { Family::Multinomial { classes } };
            LinearFit::Glm(glm(family, l2).fit(exec, rows)?)
        }
        LinearKind::Poisson { l2 } => LinearFit::Glm(glm(Family::Poisson, l2).fit(exec, rows)?),
    })
}

/// The settings of least squares, without inference.
pub(crate) fn regression(settings: &LinearSettings) -> LinearRegression {
    LinearRegression {
        fit_intercept: settings.intercept,
        // To be refused they must be named, so they are first dropped.
        aliased: match settings.aliased {
            AliasedPolicy::Error => AliasedPolicy::Drop,
            as_asked @ (AliasedPolicy::Drop | AliasedPolicy::MinNorm) => as_asked,
        },
        ..LinearRegression::default()
    }
}

/// The error of a fit, in the names of the design.
#[expect(clippy::wildcard_enum_match_arm, reason = "most errors name no term")]
pub(crate) fn named(e: LinregError, design: &Design, settings: &LinearSettings) -> ModelError {
    let names = design.names();
    match e {
        LinregError::BadTerm { row, term } => {
            ModelError::TermRange { term: names[term].clone(), row: row + 1 }
        }
        LinregError::TooFewRows { rows, parameters } => too_few_rows(rows, parameters, design, settings),
        LinregError::TooManyParameters { parameters, limit } => {
            too_many_parameters(parameters, limit, design, settings)
        }
        e => e.into(),
    }
}

/// The model of a fit.
pub(crate) fn assemble(
    settings: &LinearSettings,
    survey: Survey,
    fit: LinearFit,
) -> Result<Model, ModelError> {
    let Survey { design, mut target, sum, rows, without_target, digest, notes, written, na } = survey;
    if let LinearFit::LeastSquares(f) = &fit {
        if settings.aliased == AliasedPolicy::Error && !f.aliases.is_empty() {
            return Err(ModelError::Aliased {
                terms: listed("", aliases::equations(&f.aliases, &design.names()).into_iter()),
            });
        }
        // Its total sum of squares is more exact than the survey's sums.
        target = Target::Number {
            column: settings.target.clone(),
            mean: sum.to_f64() / rows as f64,
            sd: (f.responses[0].tss.max(0.0) / f.rows as f64).sqrt(),
        };
    }
    let record = Record {
        settings: Settings::Linear(settings.clone()),
        rows,
        rows_without_target: without_target,
        rows_incomplete: 0,
        digest,
        rare_categories: Default::default(),
        validation: Default::default(),
        confusion: None,
        threshold: None,
        written,
        na,
        history: None,
        blend: None,
    };
    let model = Model::new(target, Predictor::Linear(LinearModel { design, fit }), record)?;
    Ok(model.with_fit_notes(notes))
}
