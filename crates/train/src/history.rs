//! What happened during training, epoch by epoch. Nothing in it depends on the clock or the machine.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One epoch.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: usize,
    /// The mean of the batches' losses, each taken before its update.
    pub loss: f64,
    /// The loss on the validation rows after the epoch.
    pub val_loss: Option<f64>,
    /// Metrics after the epoch, on weights that stand still: of the validation rows (`val_accuracy`), else of the training rows.
    pub metrics: BTreeMap<String, f64>,
}

/// Why training stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// All epochs were run.
    Completed,
    /// The watched quantity, by default the validation loss, no longer became better.
    EarlyStopping,
    /// The loss became infinite or NaN; the last good weights were kept.
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The step within it, from 1; 0 if it was found at the end of the epoch.
        step: usize,
    },
    /// The observer asked for it.
    Interrupted,
    /// No split of a tree lowered the loss.
    NoSplit,
    /// The steps that were allowed were done.
    MaxSteps,
    /// The time that was allowed was over.
    TimeLimit,
}

/// The record of a training run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct History {
    /// The finished epochs.
    pub epochs: Vec<Epoch>,
    /// The epoch whose weights the network has now, from 1.
    pub best_epoch: usize,
    /// Why training stopped.
    pub stop: Stop,
    /// Rows trained on.
    pub rows: usize,
    /// Rows held out for validation.
    pub validation_rows: usize,
}
