//! Commands as a person types them.
//!
//! - `as_they_come`: tables that were not made for this program
//! - `auto`: the best blend, from the table to the prediction
//! - `bad_input`: what is said of wrong files and settings
//! - `causes`: which columns make a fit impossible, and what to type
//! - `check`: what a table holds, and what to worry about
//! - `claims`: least squares where a claim once did not hold
//! - `convergence`: fits that are hard to end, and separation
//! - `dates`: columns of dates, from the file to the prediction
//! - `filled`: cells without a value are counted wherever they are filled in
//! - `held_out`: which rows end training
//! - `inference`: tables, intervals and aliased terms of linear models
//! - `journey`: train, evaluate, predict, inspect, quickstart
//! - `linear_models`: penalised and generalised linear models
//! - `missing`: rows with a missing value left out
//! - `nested`: two models of the same rows compared
//! - `network_options`: layers, losses and records of `planish train`
//! - `no_intercept`: categories of linear models without an intercept
//! - `outputs`: what a command may write where
//! - `predict`: columns beside the predictions, and their formats
//! - `report`: the page about a model
//! - `requests`: options that can have no effect
//! - `resume`: checkpoints and files of settings
//! - `terms`: names and codings of terms, and predictions that they do not support
//! - `training`: what training says of itself, and which rows it holds out
//! - `trees`: boosted trees, from the table to the prediction
//! - `task`: what a target is for, where nobody says it

mod as_they_come;
mod auto;
mod bad_input;
mod causes;
mod check;
mod claims;
mod convergence;
mod dates;
mod filled;
mod held_out;
mod inference;
mod journey;
mod linear_models;
mod missing;
mod nested;
mod network_options;
mod no_intercept;
mod outputs;
mod predict;
mod report;
mod requests;
mod resume;
mod task;
mod terms;
mod training;
mod trees;
mod wide;
