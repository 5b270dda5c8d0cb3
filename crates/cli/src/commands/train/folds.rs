//! `planish train --folds K`: the scores of a model for every fold, before the one that is kept.

use crate::args::TrainArgs;
use crate::print;
use crate::progress::TrainingProgress;
use planish_model::{AutoSettings, ModelError, NetworkSettings, TreeSettings, cross_validate_network};
use planish_tabular::Table;
use planish_tensor::Exec;
use planish_train::{CrossValidation, Metric};
use serde_json::{Value, json};

pub(super) fn cross_validate(
    exec: Exec,
    a: &TrainArgs,
    table: &Table,
    settings: &NetworkSettings,
) -> Result<Option<CrossValidation>, ModelError> {
    with_folds(a, TrainingProgress::new("epoch", settings.fit.epochs), |folds, progress| {
        cross_validate_network(exec, table, settings, folds, progress)
    })
}

pub(super) fn cross_validate_trees(
    exec: Exec,
    a: &TrainArgs,
    table: &Table,
    settings: &TreeSettings,
) -> Result<Option<CrossValidation>, ModelError> {
    with_folds(a, TrainingProgress::new("round", 0), |folds, progress| {
        planish_model::cross_validate_trees(exec, table, settings, folds, progress)
    })
}

pub(super) fn cross_validate_auto(
    exec: Exec,
    a: &TrainArgs,
    table: &Table,
    settings: &AutoSettings,
) -> Result<Option<CrossValidation>, ModelError> {
    with_folds(a, TrainingProgress::new("fold", 0), |plan, _| {
        planish_model::cross_validate_auto(exec, table, settings, plan, &mut ())
    })
}

/// What comes of the folds that are asked for, if any are.
fn with_folds(
    a: &TrainArgs,
    mut progress: TrainingProgress,
    score: impl FnOnce(usize, &mut TrainingProgress) -> Result<CrossValidation, ModelError>,
) -> Result<Option<CrossValidation>, ModelError> {
    let Some(folds) = a.folds.folds else { return Ok(None) };
    let found = score(folds as usize, &mut progress);
    progress.finish();
    found.map(Some)
}

/// A line a score: each fold's, and mean ± standard deviation.
pub(super) fn text(found: &CrossValidation) -> String {
    let mut rows = vec![vec!["fold".to_owned()], vec!["held-out rows".to_owned()]];
    for (i, fold) in found.folds.iter().enumerate() {
        rows[0].push((i + 1).to_string());
        rows[1].push(print::count(fold.held_rows as u64));
    }
    rows[0].push("mean ± sd".to_owned());
    for metric in Metric::ALL {
        let Some(spread) = found.summary.get(metric.name()) else { continue };
        let mut row = vec![metric.name().to_owned()];
        row.extend(
            found
                .folds
                .iter()
                .map(|f| f.scores.get(metric.name()).map_or("-".to_owned(), |s| print::score(*s))),
        );
        row.push(format!("{} ± {}", print::score(spread.mean), print::score(spread.sd)));
        rows.push(row);
    }
    format!("{}the model below is fitted on all rows, as without --folds\n\n", print::columns(&rows))
}

pub(super) fn to_json(found: &CrossValidation) -> Value {
    let folds: Vec<Value> = found
        .folds
        .iter()
        .map(|f| json!({ "rows": f.rows, "held_rows": f.held_rows, "best_epoch": f.best_epoch, "metrics": f.scores }))
        .collect();
    let summary: serde_json::Map<String, Value> = found
        .summary
        .iter()
        .map(|(name, s)| (name.clone(), json!({ "mean": s.mean, "sd": s.sd, "folds": s.folds })))
        .collect();
    json!({ "folds": folds, "summary": summary })
}
