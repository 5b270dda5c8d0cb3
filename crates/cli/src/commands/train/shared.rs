//! What runs of networks and of trees have in common: which columns are no features, the folder of checkpoints, and what comes of a run.

use super::features;
use crate::args::TrainArgs;
use crate::print;
use crate::progress::TrainingProgress;
use crate::run_files::RunFiles;
use planish_io::{CheckpointFolder, TableRows, open_table};
use planish_model::{HoldOut, Model};
use planish_tabular::{Kind, RowSource, Schema, Table};
use planish_tensor::Exec;
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

/// Adds columns that are no features to those to leave out: what tells rows apart.
pub(super) fn add_no_features(
    a: &TrainArgs,
    source: &TableRows,
    used: &[&String],
    hold_out: &HoldOut,
    drop: &mut Vec<String>,
) {
    let deciding = [&hold_out.group, &hold_out.time, &hold_out.column].into_iter().flatten();
    let used: Vec<&String> = used.iter().copied().chain(deciding).collect();
    drop.extend(features::left_out(source, a, &used, drop));
}

/// A column of dates by which rows are held out is no feature: all dates to come are new to a model.
pub(super) fn leave_out_time(hold_out: &HoldOut, schema: &Schema, drop: &mut Vec<String>) {
    let Some(time) = &hold_out.time else { return };
    let is_of_dates = |kind| match kind {
        Kind::Date(_) => true,
        Kind::Number | Kind::Formatted(_) | Kind::Category => false,
    };
    if schema.columns.iter().any(|c| c.name == *time && is_of_dates(c.kind)) && !drop.contains(time) {
        drop.push(time.clone());
        print::note(&format!("the dates of column {time:?} are the order of the rows and no feature"));
    }
}

/// The whole table; with the rows of `--validation` at its end, which are to be held out.
pub(super) fn read_with_validation(
    exec: Exec,
    a: &TrainArgs,
    source: &mut TableRows,
    hold_out: &mut HoldOut,
) -> anyhow::Result<Table> {
    let mut table = source.read_all()?;
    if let Some(path) = &a.validation {
        let options = a.table.options(exec).with_columns(source.schema().clone());
        let mut held = open_table(path, &options)?;
        held.warnings().iter().for_each(|w| print::note(w));
        print::ignored(&held.ignored());
        let held = held.read_all()?;
        table.append(&held);
        hold_out.last = Some(held.rows() as u64);
    }
    Ok(table)
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
