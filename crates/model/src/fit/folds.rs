//! Cross-validation of a network, of trees or of a blend on a table: every fold fits pipeline and model on its training rows alone and is scored on the rows
//! that it holds out, in the target's units.

use super::auto::{AutoObserver, fit_auto};
use super::complete::complete_rows;
use super::dealt::{Dealt, learnable};
use super::known_rows::{Wanted, class};
use super::network::fit_network;
use super::trees::fit_trees;
use crate::auto_settings::AutoSettings;
use crate::error::{Failed, ModelError};
use crate::model::Model;
use crate::network_settings::NetworkSettings;
use crate::tree_settings::TreeSettings;
use planish_tabular::{Table, TableSource, Target, Task};
use planish_tensor::Exec;
use planish_train::{CrossValidation, FoldScores, Observer};

/// Fits and scores a network for each of so many folds, dealt as rows are held out. Rows without a target are left out, and incomplete ones if the settings say so.
///
/// # Errors
/// A table or settings that cannot be used, a group or time that is missing; what goes wrong in a fold names it.
pub fn cross_validate_network(
    exec: Exec,
    table: &Table,
    settings: &NetworkSettings,
    folds: usize,
    observer: &mut dyn Observer,
) -> Result<CrossValidation, ModelError> {
    cross_validate(exec, table, &settings.wanted(), folds, |rows, task| {
        fit_network(exec, rows, &NetworkSettings { task: Some(task), ..settings.clone() }, observer)
    })
}

/// As [`cross_validate_network`], with trees.
///
/// # Errors
/// As [`cross_validate_network`].
pub fn cross_validate_trees(
    exec: Exec,
    table: &Table,
    settings: &TreeSettings,
    folds: usize,
    observer: &mut dyn planish_trees::Observer,
) -> Result<CrossValidation, ModelError> {
    cross_validate(exec, table, &settings.wanted(), folds, |rows, task| {
        fit_trees(exec, rows, &TreeSettings { task: Some(task), ..settings.clone() }, observer)
    })
}

/// As [`cross_validate_network`], with the best blend of each fold.
///
/// # Errors
/// As [`cross_validate_network`].
pub fn cross_validate_auto(
    exec: Exec,
    table: &Table,
    settings: &AutoSettings,
    folds: usize,
    observer: &mut dyn AutoObserver,
) -> Result<CrossValidation, ModelError> {
    cross_validate(exec, table, &settings.wanted(), folds, |rows, task| {
        fit_auto(exec, rows, &AutoSettings { task: Some(task), ..settings.clone() }, observer)
    })
}

fn cross_validate(
    exec: Exec,
    table: &Table,
    wanted: &Wanted<'_>,
    folds: usize,
    mut fit: impl FnMut(&Table, Task) -> Result<Model, ModelError>,
) -> Result<CrossValidation, ModelError> {
    if wanted.hold_out.is_of_rows() {
        return Err(ModelError::Setting {
            setting: "folds",
            value: folds.to_string(),
            needs: "there are none where it is said which rows are held out",
        });
    }
    let table = table.with_values(wanted.target)?;
    let (table, _) = complete_rows(table, wanted.missing, wanted.target, &wanted.no_features())?;
    // Of all rows: those of a fold could have fewer different values.
    let task = wanted.task.map_or_else(|| Task::infer(&table, wanted.target), Ok)?;
    let classes = classes(&table, wanted, task)?;
    let dealt = Dealt::new(&table, wanted.hold_out, None)?;
    let split = dealt.folds(table.rows(), classes.as_deref(), folds, wanted.seed)?;
    let mut found = Vec::with_capacity(folds);
    for fold in 0..split.len() {
        let (rows, held) = learnable(split.split(fold), classes.as_deref(), &dealt);
        let model = fit(&table.select(&rows), task);
        let scored = model.and_then(|model| fold_scores(exec, &table, wanted, &model, (rows.len(), &held)));
        found.push(scored.map_err(|e| ModelError::Fold { fold: fold + 1, error: Box::new(e) })?);
    }
    Ok(CrossValidation::new(found))
}

/// The class of each row; none where the target is a number.
fn classes(table: &Table, wanted: &Wanted<'_>, task: Task) -> Result<Option<Vec<u32>>, ModelError> {
    if task == Task::Regress {
        return Ok(None);
    }
    let all: Vec<u32> = (0..table.rows() as u32).collect();
    let labels = Target::fit(table, wanted.target, task, &all)?.labels(table)?;
    Ok(Some(labels.into_iter().flatten().map(class).collect()))
}

fn fold_scores(
    exec: Exec,
    table: &Table,
    wanted: &Wanted<'_>,
    model: &Model,
    (rows, held): (usize, &[u32]),
) -> Result<FoldScores, ModelError> {
    let held_rows = table.select(held);
    let scores = match model.evaluate_weighted(exec, &mut TableSource::new(&held_rows), wanted.sample_weight)
    {
        Ok(evaluation) => evaluation.metrics,
        Err(Failed::Model(e)) => return Err(e),
    };
    let best_epoch = model.record().history.as_ref().map_or(0, |h| h.best_epoch);
    Ok(FoldScores { rows, held_rows: held.len(), best_epoch, scores })
}
