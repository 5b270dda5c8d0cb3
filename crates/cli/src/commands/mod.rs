//! One file a command.

pub(crate) mod evaluate;
pub(crate) mod inspect;
mod inspect_against;
mod inspect_linear;
mod inspect_linear_model;
mod linear_settings;
pub(crate) mod predict;
pub(crate) mod quickstart;
pub(crate) mod report;
mod report_card;
mod report_classes;
mod report_coefficients;
mod report_numbers;
pub(crate) mod serve;
pub(crate) mod train;
mod train_folds;
mod train_linear_model;
mod train_once;
mod train_settings;
