//! Rounds: each makes a tree of the slope of the loss, until held-out rows say that it is enough; then all rows are fitted.

mod progress;
mod run;
mod sample;
mod stage;

pub use progress::{Checkpoints, History, Identity, Observer, Progress, Round, Stage, Stop, Wish};
pub use run::{Fitted, fit, rounds_for_all};
