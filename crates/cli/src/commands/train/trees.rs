//! `planish train --model trees`: boosted trees, and what is said of them.

use super::folds;
use super::shared::{Trained, add_no_features, checkpoints, leave_out_time, read_with_validation};
use crate::args::{TrainArgs, chosen};
use crate::print;
use crate::progress::TrainingProgress;
use crate::run_files::RunFiles;
use anyhow::{Context, bail};
use clap::ArgMatches;
use planish_io::TableRows;
use planish_model::{ModelError, TreeSettings, TreesPredictor, fit_trees_with_checkpoints};
use planish_tabular::RowSource;
use planish_tensor::Exec;
use planish_train::History;
use planish_trees::{Checkpoints, TreesError};

pub(super) fn train(
    exec: Exec,
    a: &TrainArgs,
    typed: &ArgMatches,
    source: &mut TableRows,
) -> anyhow::Result<Trained> {
    let mut settings: TreeSettings = chosen(typed, None);
    let monotone = settings.monotone.iter().map(|(column, _)| column);
    let used: Vec<&String> = settings.sample_weight.iter().chain(monotone).collect();
    add_no_features(a, source, &used, &settings.hold_out, &mut settings.drop);
    leave_out_time(&settings.hold_out, source.schema(), &mut settings.drop);
    let mut progress = TrainingProgress::new("round", 0);
    progress.write_to(RunFiles::new(a.records.history.clone(), a.records.log_dir.clone()));
    let mut folder = checkpoints(a, &mut progress)?;
    let table = read_with_validation(exec, a, source, &mut settings.hold_out)?;
    let folds =
        folds::cross_validate_trees(exec, a, &table, &settings).with_context(|| source.name().to_owned())?;
    progress.limit(a.time_limit);
    let store = folder.as_mut().map(|f| f as &mut dyn Checkpoints);
    let model = fit_trees_with_checkpoints(exec, &table, &settings, &mut progress, store);
    let files = progress.finish();
    match model {
        Err(ModelError::Trees(e @ TreesError::Suspended { .. })) => {
            bail!("{e}; to go on, give the same command with --resume")
        }
        Err(ModelError::Trees(e @ TreesError::Checkpoint { .. })) => Err(e.into()),
        other => other.map(|model| Trained { model, files, folds }).with_context(|| source.name().to_owned()),
    }
}

/// What the search for the number of rounds found, and what was done with it: a line.
pub(crate) fn rounds(t: &TreesPredictor, h: &History, why: &str) -> String {
    let found = format!("best round {} of {}{why}", h.best_epoch, h.epochs.len());
    match t.forest.rounds() {
        fitted if fitted != h.best_epoch => {
            format!("{found}; then all rows were fitted with {}\n", print::counted_of("round", fitted))
        }
        _ => found + "\n",
    }
}
