//! Where a run stands, who watches it, and who stores it. Nothing here depends on the clock or the machine.

use crate::data::{Data, Rows};
use crate::forest::Forest;
use crate::settings::Settings;
use serde::{Deserialize, Serialize};

/// Which part of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Training rows are learnt from, and held-out rows, if there are any, say when to stop.
    Search,
    /// All rows are learnt from, for as many rounds as the search said.
    Refit,
}

/// One round.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Round {
    /// Its number, from 1.
    pub round: usize,
    /// The mean loss of the rows that are learnt from, after the round.
    pub loss: f64,
    /// That of the held-out rows.
    pub held_loss: Option<f64>,
}

/// Why a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// All rounds were run.
    Completed,
    /// The held-out rows' loss no longer fell.
    EarlyStopping,
    /// No split lowered the loss.
    NoSplit,
    /// The observer asked for it.
    Interrupted,
}

/// The record of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct History {
    /// The rounds of the search.
    pub search: Vec<Round>,
    /// The round with the lowest loss on held-out rows, or the last; 0 if the base score was best.
    pub best_round: usize,
    /// The rounds of the fit to all rows; none if there was no such fit.
    pub refit: Vec<Round>,
    /// Why the search ended.
    pub stop: Stop,
    /// Rows learnt from in the search.
    pub rows: usize,
    /// Rows held out in the search.
    pub held_rows: usize,
}

/// Where a run stands between two rounds.
#[derive(Clone, PartialEq, Debug)]
pub struct Progress {
    /// The part of the run.
    pub stage: Stage,
    /// What there is to tell so far.
    pub history: History,
    /// The trees of this stage.
    pub forest: Forest,
    /// In the second stage, what the best round of the first said of the held-out rows: their scores, `[held × outputs]`.
    pub held_scores: Vec<f64>,
}

/// What an observer wants after a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// The next round.
    Continue,
    /// The end: the search ends with its best round, and there is no fit to all rows; a fit to all rows ends as it stands.
    Stop,
    /// A pause: a checkpoint is written, and `fit` ends with [`TreesError::Suspended`](crate::TreesError::Suspended).
    Suspend,
}

/// Watches a run and may stop it.
pub trait Observer: Send {
    /// Before everything: what each tree is multiplied by.
    fn learning_rate(&mut self, rate: f64) {
        let _ = rate;
    }
    /// Before the first round of a stage: the most rounds that it has.
    fn stage(&mut self, stage: Stage, rounds: usize) {
        let _ = (stage, rounds);
    }
    /// After each round.
    fn round(&mut self, stage: Stage, round: &Round) -> Wish {
        let _ = (stage, round);
        Wish::Continue
    }
    /// Before the first round: where the checkpoint that is continued stands.
    fn resumed(&mut self, progress: &Progress) {
        let _ = progress;
    }
}

impl Observer for () {}

/// Everything that decides what a run computes: a checkpoint of another run must not be continued.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The data.
    pub data: &'a Data<'a>,
    /// The rows.
    pub rows: &'a Rows<'a>,
    /// The settings.
    pub settings: &'a Settings,
}

/// A store of checkpoints.
pub trait Checkpoints: Send {
    /// Called once, before the first round: where to go on from, if there is a checkpoint and it is wanted.
    ///
    /// # Errors
    /// A checkpoint that cannot be read, is damaged, or is another run's, as a message that names the file.
    fn open(&mut self, run: &Identity<'_>) -> Result<Option<Progress>, String>;

    /// Whether a checkpoint is due after this many rounds of both stages.
    fn is_due(&mut self, rounds: usize) -> bool;

    /// Stores a checkpoint in place of the last one, whole or not at all.
    ///
    /// # Errors
    /// What cannot be written; the last checkpoint is still there.
    fn save(&mut self, progress: &Progress) -> Result<(), String>;
}
