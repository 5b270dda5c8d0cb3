//! Commands as a person types them.
//!
//! - `as_they_come`: tables that were not made for this program
//! - `bad_input`: what is said of wrong files and settings
//! - `check`: what a table holds, and what to worry about
//! - `convergence`: fits that are hard to end, and separation
//! - `dates`: columns of dates, from the file to the prediction
//! - `filled`: cells without a value are counted wherever they are filled in
//! - `inference`: tables, intervals and aliased terms of linear models
//! - `journey`: train, evaluate, predict, inspect, quickstart
//! - `linear_models`: penalised and generalised linear models
//! - `missing`: rows with a missing value left out
//! - `network_options`: layers, losses and records of `planish train`
//! - `no_intercept`: categories of linear models without an intercept
//! - `outputs`: what a command may write where
//! - `predict`: columns beside the predictions, and their formats
//! - `report`: the page about a model
//! - `requests`: options that can have no effect
//! - `resume`: checkpoints and files of settings
//! - `task`: what a target is for, where nobody says it

mod as_they_come;
mod bad_input;
mod check;
mod convergence;
mod dates;
mod filled;
mod inference;
mod journey;
mod linear_models;
mod missing;
mod network_options;
mod no_intercept;
mod outputs;
mod predict;
mod report;
mod requests;
mod resume;
mod task;
