//! From rows to a model. A network is fitted on a table held whole (`network`, and once a fold by `folds`); a linear model reads its rows in passes
//! (`linear`): first the `survey`, which fits the pipeline and the target, then those of the fit over `labelled_rows`; or in one pass, with declared
//! columns (`one_pass`).

mod folds;
mod labelled_rows;
mod linear;
mod network;
mod one_pass;
mod survey;

pub use folds::{FoldBy, cross_validate_network};
pub use linear::{fit_linear, infer_linear_task};
pub use network::{LearningRates, fit_network, fit_network_with_checkpoints, lr_range_test};
pub use one_pass::fit_linear_once;
