//! Those who watch a run: they see steps and epochs, and say whether it goes on. The clock is theirs, so no time can reach a
//! weight.

use crate::history::{Epoch, Stop};
use std::ops::ControlFlow;

/// What an observer wants after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// The next step.
    Continue,
    /// The end, for this reason: the epoch is validated as it stands, and the best weights are restored.
    Stop(Stop),
    /// A pause: a checkpoint is written, and `fit` ends with [`TrainError::Suspended`](crate::TrainError::Suspended).
    Suspend,
}

/// Watches a run and may stop it.
pub trait Observer: Send {
    /// After each step: steps done and steps of the epoch.
    fn step(&mut self, done: usize, total: usize) -> Wish {
        let _ = (done, total);
        Wish::Continue
    }
    /// Before each call of [`Observer::epoch`]: the learning rate of the epoch's last step.
    fn learning_rate(&mut self, rate: f64) {
        let _ = rate;
    }
    /// After each epoch.
    fn epoch(&mut self, epoch: &Epoch) -> ControlFlow<()> {
        let _ = epoch;
        ControlFlow::Continue(())
    }
    /// Before the first step: the finished epochs of the checkpoint that is continued.
    fn resumed(&mut self, epochs: &[Epoch], step: usize) {
        let _ = (epochs, step);
    }
}

impl Observer for () {}

impl<F: FnMut(&Epoch) -> ControlFlow<()> + Send> Observer for F {
    fn epoch(&mut self, epoch: &Epoch) -> ControlFlow<()> {
        self(epoch)
    }
}
