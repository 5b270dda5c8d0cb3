//! What can go wrong while training.

use planish_nn::NnError;
use planish_optim::OptimError;

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The network is wrong.
    #[error(transparent)]
    Network(#[from] NnError),
    /// The optimizer's settings are wrong.
    #[error(transparent)]
    Optimizer(#[from] OptimError),
    /// A setting of `fit` is wrong.
    #[error("{setting} is {value}: {needs}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        needs: &'static str,
    },
    /// A warm-up that is longer than the run.
    #[error(
        "a warm-up of {warmup} steps is longer than the run, which has {planned}: make it shorter (--warmup), or the run longer (--epochs)"
    )]
    Warmup {
        /// Its steps.
        warmup: u64,
        /// The steps that are planned.
        planned: u64,
    },
    /// A metric that does not suit.
    #[error("metric {metric} cannot be computed: {needs}")]
    Metric {
        /// Its name.
        metric: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// A metric that is not known.
    #[error("unknown metric {name:?}: use one of {known}")]
    UnknownMetric {
        /// The name.
        name: String,
        /// The names that are known.
        known: String,
    },
    /// The data do not fit the network.
    #[error("the data do not fit the network: {what}")]
    Data {
        /// What is wrong.
        what: String,
    },
    /// Early stopping watches what is not there.
    #[error("cannot watch {name:?}: this run has {known}")]
    Monitor {
        /// What was to be watched.
        name: String,
        /// What there is.
        known: String,
    },
    /// Early stopping watches a metric that these rows have not.
    #[error("cannot watch {name:?}: the rows that it is of are all of one class")]
    OneClass {
        /// What was to be watched.
        name: String,
    },
    /// A checkpoint cannot be read, written or continued.
    #[error("{what}")]
    Checkpoint {
        /// The file, and what is wrong.
        what: String,
    },
    /// The observer wished a pause; if there is a store of checkpoints, it has one of this very step.
    #[error("training was suspended after step {step} of epoch {epoch}")]
    Suspended {
        /// The epoch, from 1.
        epoch: usize,
        /// Steps done in it.
        step: usize,
    },
    /// The loss became infinite or NaN before an epoch was finished, so there are no good weights to keep.
    #[error("training diverged in epoch {epoch}{}: the loss is not finite; try a smaller learning rate", at_step(.step))]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The step within it, from 1; 0 if it was found at the end of the epoch.
        step: usize,
    },
}

fn at_step(step: &usize) -> String {
    if *step == 0 { String::new() } else { format!(", step {step}") }
}
