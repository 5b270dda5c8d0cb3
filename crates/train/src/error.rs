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
    /// The data do not fit the network.
    #[error("the data do not fit the network: {what}")]
    Data {
        /// What is wrong.
        what: String,
    },
    /// The loss became infinite or NaN before an epoch was finished, so there are no good weights to keep.
    #[error(
        "training diverged in epoch {epoch}, step {step}: the loss is not finite; try a smaller learning rate"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The step within it, from 1.
        step: usize,
    },
}
