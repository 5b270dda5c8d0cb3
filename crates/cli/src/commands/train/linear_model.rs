//! `planish train --model linear` and its like: which linear model is asked for, and what its fit says of itself.

use crate::args::{TrainArgs, chosen, usage};
use crate::print;
use crate::requests::refuse_unused;
use clap::ArgMatches;
use clap::error::ErrorKind;
use planish_io::TableRows;
use planish_linreg::ols::Covariance;
use planish_model::{LinearFit, LinearSettings, infer_task};
use planish_tabular::{RowSource, Task};
use serde_json::{Value, json};

/// The settings of the linear model that is asked for.
pub(crate) fn choose(
    a: &TrainArgs,
    typed: &ArgMatches,
    source: &mut TableRows,
) -> anyhow::Result<LinearSettings> {
    if a.model != "linear" {
        let settings = linear_settings(typed, &a.model);
        check_task(a, settings.kind.task());
        return Ok(settings);
    }
    let found = match task(a, source)? {
        Task::Classify => "logistic",
        Task::Regress if typed.contains_id("alpha") => usage(
            ErrorKind::ArgumentConflict,
            "least squares has no --alpha: use --model ridge, lasso or elastic-net",
        ),
        Task::Regress => "ols",
    };
    refuse_unused("train", typed, &[("model", found)]);
    Ok(linear_settings(typed, found))
}

/// The settings that were typed, of this model.
pub(crate) fn linear_settings(typed: &ArgMatches, model: &str) -> LinearSettings {
    let settings: LinearSettings = chosen(typed, Some(model));
    match (settings.covariance == Covariance::Cluster, &settings.cluster) {
        (true, None) => usage(ErrorKind::MissingRequiredArgument, "--cov cluster needs --cluster COL"),
        (false, Some(_)) => usage(ErrorKind::MissingRequiredArgument, "--cluster needs --cov cluster"),
        (true, Some(_)) | (false, None) => settings,
    }
}

/// The columns that the settings name, beside the target.
pub(crate) fn columns(settings: &LinearSettings) -> Vec<&String> {
    let products = settings.formula.interactions.iter().flat_map(|(a, b)| [a, b]);
    let powers = settings.formula.powers.iter().map(|(column, _)| column);
    settings.weights.iter().chain(&settings.cluster).chain(products).chain(powers).collect()
}

/// Refuses a task that was asked for and is not that of the model.
pub(crate) fn check_task(a: &TrainArgs, fits: Task) {
    if let Some(asked) = a.task.filter(|t| *t != fits) {
        let name = &a.model;
        let what = match asked {
            Task::Classify => {
                format!("--model {name} predicts numbers; for classes use --model logistic or mlp")
            }
            Task::Regress => {
                format!("--model {name} predicts classes; for numbers use --model linear or mlp")
            }
        };
        usage(ErrorKind::ArgumentConflict, &what);
    }
}

/// The task that was told, or the one that suits the target.
fn task(a: &TrainArgs, source: &mut TableRows) -> anyhow::Result<Task> {
    match a.task {
        Some(task) => Ok(task),
        None => {
            let name = source.name().to_owned();
            infer_task(source, &a.target).map_err(|e| print::of_file(e, name))
        }
    }
}

/// What the fit says of itself, a line.
pub(crate) fn line(fit: &LinearFit) -> String {
    let score = print::score;
    let kept = |c: &[f64]| {
        format!("{} of {} coefficients are not zero", c.iter().filter(|c| **c != 0.0).count(), c.len())
    };
    let chosen = |tried: usize, how: &str| match tried {
        0 => String::new(),
        n => format!(", chosen from {n} by {how}"),
    };
    match fit {
        LinearFit::LeastSquares(f) => {
            let sd = f.residual_sd(0).map_or("undefined".to_owned(), score);
            format!("r2 {}   residual standard deviation {sd}\n", score(f.responses[0].r2))
        }
        LinearFit::Ridge(f) => format!(
            "alpha {}{}   effective degrees of freedom {}   r2 {}\n",
            score(f.alpha),
            chosen(f.scores.len(), "generalised cross-validation"),
            score(f.degrees_of_freedom),
            score(f.r2)
        ),
        LinearFit::ElasticNet(f) => format!(
            "alpha {}{}   {}   r2 {}\n",
            score(f.alpha),
            chosen(f.scores.len(), "cross-validation"),
            kept(&f.coefficients.coef),
            score(f.r2)
        ),
        LinearFit::NonNegative(f) => format!("{}   r2 {}\n", kept(&f.coefficients.coef), score(f.r2)),
        LinearFit::Glm(f) => format!(
            "deviance {} (without terms {})   log-likelihood {}   AIC {}   pseudo r2 {}\n",
            score(f.deviance),
            score(f.null_deviance),
            score(f.log_likelihood),
            score(f.aic()),
            score(f.pseudo_r2())
        ),
    }
}

/// The numbers of a fit by name, without its coefficients.
pub(crate) fn to_json(fit: &LinearFit) -> Value {
    let mut out = match fit {
        LinearFit::LeastSquares(f) => json!({ "residual_sd": f.residual_sd(0) }),
        LinearFit::Ridge(f) => json!({
            "alpha": f.alpha, "degrees_of_freedom": f.degrees_of_freedom, "rss": f.rss, "alphas": f.scores,
        }),
        LinearFit::ElasticNet(f) => json!({
            "alpha": f.alpha, "l1_ratio": f.l1_ratio, "non_zero": f.non_zero(), "duality_gap": f.duality_gap,
            "iterations": f.iterations, "rss": f.rss, "alphas": f.scores,
        }),
        LinearFit::NonNegative(f) => json!({ "iterations": f.iterations, "rss": f.rss }),
        LinearFit::Glm(f) => json!({
            "alpha": f.l2, "deviance": f.deviance, "null_deviance": f.null_deviance,
            "log_likelihood": f.log_likelihood, "null_log_likelihood": f.null_log_likelihood,
            "aic": f.aic(), "bic": f.bic(), "pseudo_r2": f.pseudo_r2(), "iterations": f.iterations,
            "gradient_norm": f.gradient_norm,
        }),
    };
    out["rows"] = json!(fit.rows());
    out["converged"] = json!(fit.converged());
    if let Some(r2) = fit.r2() {
        out["r2"] = json!(r2);
    }
    out
}
