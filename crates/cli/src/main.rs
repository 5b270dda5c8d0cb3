//! `planish`: trains, evaluates and serves neural networks, boosted trees and linear models from tables of data.
//!
//! `args` holds the command line, `config` adds a file of settings to it, `requests` refuses what has no effect by `rules`, `commands` one file a command, `print` what is printed, `log` the service's lines, `progress` the bar, `run_files` what is written of the epochs, `traces` (with the feature `otlp`) what a collector is sent. Results go to
//! standard output, progress and notes to standard error. Exit codes: 0, 1 for an error, 2 for wrong usage.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod config;
mod log;
mod print;
mod progress;
mod requests;
mod rules;
mod run_files;
#[cfg(feature = "otlp")]
mod traces;

use args::{Cli, Command};
use clap::{CommandFactory, FromArgMatches};
use std::process::ExitCode;

fn main() -> ExitCode {
    let line = match config::expand(std::env::args_os().collect()) {
        Ok(Some(line)) => line,
        Ok(None) => return ExitCode::SUCCESS,
        Err(e) => {
            print::say(&format!("error: {e:#}"));
            return ExitCode::FAILURE;
        }
    };
    let matches = Cli::command().get_matches_from(line);
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(e) => e.exit(),
    };
    let Some((command, typed)) = matches.subcommand() else { unreachable!("clap asks for a command") };
    requests::refuse_unused(command, typed, &[]);
    let result = match &cli.command {
        Command::Quickstart(a) => commands::quickstart::run(a),
        Command::Check(a) => commands::check::run(a),
        Command::Train(a) => commands::train::run(a, typed),
        Command::Evaluate(a) => commands::evaluate::run(a),
        Command::Predict(a) => commands::predict::run(a),
        Command::Inspect(a) => commands::inspect::run(a),
        Command::Report(a) => commands::report::run(a),
        Command::Serve(a) => commands::serve::run(a, typed),
    };
    let code = match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output has seen enough.
        Err(e) if is_broken_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            print::say(&format!("error: {e:#}"));
            ExitCode::FAILURE
        }
    };
    log::finish();
    code
}

fn is_broken_pipe(e: &anyhow::Error) -> bool {
    let broken = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    e.chain().any(|cause| match cause.downcast_ref::<planish_io::IoError>() {
        Some(planish_io::IoError::System { reason, .. }) => broken(reason),
        _ => cause.downcast_ref().is_some_and(broken),
    })
}
