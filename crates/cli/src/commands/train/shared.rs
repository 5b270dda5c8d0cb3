//! What runs of networks and of trees have in common: which columns are no features, the folder of checkpoints, and what comes of a run.

use super::features;
use crate::args::TrainArgs;
use crate::print;
use crate::progress::TrainingProgress;
use crate::run_files::RunFiles;
use planish_io::{CheckpointFolder, TableRows};
use planish_model::Model;
use planish_tabular::{Kind, Schema};
use planish_train::CrossValidation;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A model, and what was recorded and found beside it.
pub(super) struct Trained {
    pub(super) model: Model,
    pub(super) files: RunFiles,
    pub(super) folds: Option<CrossValidation>,
}

/// Adds columns that are no features to those to leave out: one of groups, and what tells rows apart.
pub(super) fn add_no_features(a: &TrainArgs, source: &TableRows, used: &[&String], drop: &mut Vec<String>) {
    let used: Vec<&String> = used.iter().copied().chain(&a.folds.group).chain(&a.folds.time).collect();
    drop.extend(features::left_out(source, a, &used, drop));
    drop.extend(a.folds.group.clone());
}

/// A column of dates by which folds go forward in time is no feature: all dates to come are new to a model.
pub(super) fn leave_out_time(a: &TrainArgs, schema: &Schema, drop: &mut Vec<String>) {
    let Some(time) = &a.folds.time else { return };
    let is_of_dates = |kind| match kind {
        Kind::Date(_) => true,
        Kind::Number | Kind::Formatted(_) | Kind::Category => false,
    };
    if schema.columns.iter().any(|c| c.name == *time && is_of_dates(c.kind)) && !drop.contains(time) {
        drop.push(time.clone());
        print::note(&format!("the dates of column {time:?} are the order of the rows and no feature"));
    }
}

/// The folder of checkpoints, if one is named; a run with one can be interrupted.
pub(super) fn checkpoints(
    a: &TrainArgs,
    progress: &mut TrainingProgress,
) -> anyhow::Result<Option<CheckpointFolder>> {
    let Some(path) = &a.checkpoints.folder else { return Ok(None) };
    let opened = CheckpointFolder::new(path, a.checkpoints.every, a.checkpoints.resume)?;
    if a.checkpoints.resume && !opened.has_checkpoint() {
        print::note(&format!("there is no checkpoint in {}: starting from the beginning", path.display()));
    }
    progress.suspend_on(interrupts()?);
    Ok(Some(opened))
}

/// A flag that the first interrupt sets; the second ends the program at once.
fn interrupts() -> anyhow::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, flag.clone())?;
        signal_hook::flag::register(signal, flag.clone())?;
    }
    Ok(flag)
}
