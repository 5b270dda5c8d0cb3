//! End-to-end and golden tests, one binary.
//!
//! - `binary`: finds and runs the program
//! - `bad_input`: what is said of wrong files and settings
//! - `bits`: one model file, whatever the threads and instruction set
//! - `browser`: the service's page and a report in headless Chromium
//! - `browser_learned`: what that page shows of what a model learned
//! - `convergence`: fits that are hard to end, and separation
//! - `corpus`: what fuzzing found, replayed
//! - `filled`: cells without a value are counted wherever they are filled in
//! - `golden`: agreement with PyTorch and statsmodels
//! - `inference`: tables, intervals and aliased terms of linear models
//! - `journey`: train, evaluate, predict, inspect, quickstart
//! - `linear_models`: penalised and generalised linear models from the command line
//! - `log`: the service's log where nobody reads it
//! - `network_options`: layers, losses and records of `planish train`
//! - `no_intercept`: categories of linear models without an intercept
//! - `old_artifacts`: models of an earlier version
//! - `otlp`: what a collector is sent (with the feature `otlp`)
//! - `outputs`: what a command may write where
//! - `report`: the page about a model
//! - `requests`: options that can have no effect
//! - `resume`: checkpoints and files of settings
//! - `server`: the service, asked over a socket
//! - `tls`: the service with a certificate
#![forbid(unsafe_code)]

mod bad_input;
mod binary;
mod bits;
mod browser;
mod browser_learned;
mod convergence;
mod corpus;
mod filled;
mod golden;
mod inference;
mod journey;
mod linear_models;
mod log;
mod network_options;
mod no_intercept;
mod old_artifacts;
#[cfg(feature = "otlp")]
mod otlp;
mod outputs;
mod report;
mod requests;
mod resume;
mod server;
mod tls;
