//! From rows to a model. A network and trees are fitted on a table held whole (`network` and `trees`, over
//! `known_rows`, once a fold by `folds`, and as candidates of a blend by `auto`); a linear model reads its rows in passes
//! (`linear`): first the `survey`, which fits the pipeline and the target, then those of the fit over `labelled_rows`; or in one pass, with declared
//! columns (`one_pass`). What a model that was not told is for, `task` finds; `complete` leaves rows out that lack a
//! value, `dealt` says by what rows are held out. Which columns are the cause where there is no fit say `causes`, and `separated` for rows that they tell apart.

mod auto;
mod causes;
mod complete;
mod dealt;
mod folds;
mod known_rows;
mod labelled_rows;
mod linear;
mod network;
mod one_pass;
mod separated;
mod survey;
mod task;
#[cfg(test)]
mod tests;
mod threshold;
mod trees;

pub use auto::{AutoObserver, fit_auto};
pub use folds::{cross_validate_auto, cross_validate_network, cross_validate_trees};
pub use linear::{fit_linear, fit_linear_watched};
pub use network::{LearningRates, fit_network, fit_network_with_checkpoints, lr_range_test};
pub use one_pass::fit_linear_once;
pub use task::infer_task;
pub use trees::{epoch_of_round, fit_trees, fit_trees_with_checkpoints};
