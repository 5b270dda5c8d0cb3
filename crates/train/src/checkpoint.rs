//! What a run must remember to go on as if nothing had happened, and who stores it.
//!
//! Between two steps a run is its [`Progress`], a few counters, and arenas of numbers with names: parameters, moments, averages. The
//! order of rows, dropout and the like are computed from the seed and these counters. Nothing here opens a file: a
//! [`Checkpoints`] does.

use crate::data::Data;
use crate::history::Epoch;
use crate::options::FitOptions;
use planish_nn::{Element, Loss, Sequential};
use planish_optim::{Counters, Group, Optimizer, Plateau};
use serde::{Deserialize, Serialize};

/// An arena and its name.
pub type Arena<'a, T> = (&'static str, &'a [T]);
/// An arena to be filled, and its name.
pub type ArenaMut<'a, T> = (&'static str, &'a mut [T]);

/// Where a run stands, apart from its arenas.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// The epoch in progress, from 1.
    pub epoch: usize,
    /// Steps done in it.
    pub step: usize,
    /// Steps done in the whole run.
    pub steps: u64,
    /// The sum of this epoch's losses, each times the rows of its batch.
    pub loss_sum: f64,
    /// What the optimizer counts.
    pub counters: Counters,
    /// Steps that the average of the weights has taken in.
    pub ema_steps: u64,
    /// The state of the reduction on plateau.
    pub plateau: Plateau,
    /// The best watched quantity so far, turned so that less is better.
    pub best: f64,
    /// The epoch whose weights are kept, 0 before the first is finished.
    pub kept_epoch: usize,
    /// The finished epochs.
    pub epochs: Vec<Epoch>,
}

impl Progress {
    /// The beginning.
    pub(crate) fn new() -> Progress {
        Progress {
            epoch: 1,
            step: 0,
            steps: 0,
            loss_sum: 0.0,
            counters: Counters { steps: 0, powers: [1.0; 3] },
            ema_steps: 0,
            plateau: Plateau::default(),
            best: f64::INFINITY,
            kept_epoch: 0,
            epochs: Vec::new(),
        }
    }
}

/// Everything that decides what a run computes: a checkpoint of another run must not be continued.
pub struct Identity<'a, T> {
    /// The architecture.
    pub sequential: &'a Sequential,
    /// The optimizer.
    pub optimizer: &'a Optimizer,
    /// Its groups of parameters.
    pub groups: &'a [Group],
    /// The loss.
    pub loss: Loss,
    /// The seed.
    pub seed: u64,
    /// The settings of the run.
    pub options: &'a FitOptions,
    /// The data, class weights not yet applied.
    pub data: &'a Data<'a, T>,
    /// The rows to train on.
    pub rows: &'a [u32],
    /// The rows held out.
    pub held: &'a [u32],
}

/// What went wrong with a checkpoint, as a message that names the file.
pub type CheckpointFault = String;

/// A store of checkpoints. The kept weights (the best, or the last good ones) are stored apart, because they change rarely.
pub trait Checkpoints<T: Element>: Send {
    /// Called once, before the first step: where to go on from, if there is a checkpoint and it is wanted.
    ///
    /// # Errors
    /// A checkpoint that cannot be read, is damaged, or is another run's.
    fn open(&mut self, run: &Identity<'_, T>) -> Result<Option<Progress>, CheckpointFault>;

    /// Fills the arenas from the checkpoint that was opened.
    ///
    /// # Errors
    /// Arenas with other names or lengths, or a damaged file; what is in the arenas then is undefined.
    fn load(&mut self, arenas: &mut [ArenaMut<'_, T>]) -> Result<(), CheckpointFault>;

    /// Whether a checkpoint is due after this many steps of the run.
    fn is_due(&mut self, steps: u64) -> bool;

    /// Stores a checkpoint in place of the last one, whole or not at all.
    ///
    /// # Errors
    /// What cannot be written; the last checkpoint is still there.
    fn save(&mut self, progress: &Progress, arenas: &[Arena<'_, T>]) -> Result<(), CheckpointFault>;

    /// Whether kept weights of this many bytes are stored here as soon as there are better ones, and no copy is held in memory; else
    /// they are stored with the next checkpoint.
    fn keeps_weights(&self, bytes: usize) -> bool;

    /// Stores the kept weights of an epoch; those that the last checkpoint needs stay until the next one.
    ///
    /// # Errors
    /// What cannot be written.
    fn save_kept(&mut self, epoch: usize, arenas: &[Arena<'_, T>]) -> Result<(), CheckpointFault>;

    /// Fills the arenas with the kept weights of an epoch.
    ///
    /// # Errors
    /// As [`Checkpoints::load`].
    fn load_kept(&mut self, epoch: usize, arenas: &mut [ArenaMut<'_, T>]) -> Result<(), CheckpointFault>;
}
