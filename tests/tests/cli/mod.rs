//! Commands as a person types them.
//!
//! - `bad_input`: what is said of wrong files and settings
//! - `convergence`: fits that are hard to end, and separation
//! - `filled`: cells without a value are counted wherever they are filled in
//! - `inference`: tables, intervals and aliased terms of linear models
//! - `journey`: train, evaluate, predict, inspect, quickstart
//! - `linear_models`: penalised and generalised linear models
//! - `network_options`: layers, losses and records of `planish train`
//! - `no_intercept`: categories of linear models without an intercept
//! - `outputs`: what a command may write where
//! - `report`: the page about a model
//! - `requests`: options that can have no effect
//! - `resume`: checkpoints and files of settings

mod bad_input;
mod convergence;
mod filled;
mod inference;
mod journey;
mod linear_models;
mod network_options;
mod no_intercept;
mod outputs;
mod report;
mod requests;
mod resume;
