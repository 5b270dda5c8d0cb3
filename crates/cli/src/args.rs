//! The command line, as clap sees it.

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, CommandFactory, Parser, Subcommand};
use planish_io::{OtherColumns, is_standard_output};
use planish_model::setting::{Described, THREADS};
use planish_tensor::{Exec, Isa};
use std::path::{Path, PathBuf};

mod serve;
mod settings;
mod table;
mod train;
mod values;

pub(crate) use serve::{LogFormat, LogLevel, ServeArgs};
pub(crate) use settings::default_with;
use table::{KindArgs, TableArgs};
pub(crate) use train::{DeclaredColumn, Preset, TrainArgs};

/// Train, evaluate and serve neural networks, boosted trees and linear models from tables of data.
#[derive(Parser)]
#[command(
    name = "planish",
    version,
    arg_required_else_help = true,
    after_help = "Start with:\n  planish quickstart\n  planish check data.csv --target price\n  planish train data.csv --target price -o model.safetensors"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Train a network and a linear model on a built-in table, and say what to type next
    Quickstart(QuickstartArgs),
    /// Look at a table: what its columns hold, and what to worry about
    Check(CheckArgs),
    /// Train a model on a table
    Train(Box<TrainArgs>),
    /// Score a model on a table whose target is known
    Evaluate(EvaluateArgs),
    /// Predict every row of a table
    Predict(PredictArgs),
    /// Show what is in a model: architecture, coefficients or importance, columns, training record
    Inspect(InspectArgs),
    /// Write a page about a model: scores, pictures of its errors, coefficients, training
    Report(ReportArgs),
    /// Serve models over HTTP: the V2 inference protocol, TensorFlow Serving's, and POST /predict
    Serve(Box<ServeArgs>),
}

#[derive(Args)]
#[command(after_help = "Example:\n  planish quickstart --out first-steps")]
pub(crate) struct QuickstartArgs {
    /// Folder for the models and predictions
    #[arg(long, value_name = "DIR", default_value = "planish-quickstart")]
    pub(crate) out: PathBuf,
    /// Threads to use (0: one a core); the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = THREADS)]
    pub(crate) threads: usize,
    /// Replace files in the folder that quickstart did not write
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:
  planish check houses.csv --target price
  planish check train.csv --target price --against test.csv -o houses.html

A line a column: kind and why, missing and different values, least, median, largest and a histogram, or the most frequent levels. Below it
what to worry about: columns that alone predict the target, identifiers, copies, rare classes, drift between two tables.")]
pub(crate) struct CheckArgs {
    /// The table (-: standard input)
    pub(crate) data: String,
    /// The column to be predicted: what predicts it alone, and how rare its classes are
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
    /// A second table, such as test rows: drift, new levels, rows that both have
    #[arg(long, value_name = "TEST")]
    pub(crate) against: Option<String>,
    /// Write an HTML page too (-: to standard output)
    #[arg(short, long, value_name = "OUT.html")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that holds something else than a report
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads to use (0: one a core); the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = THREADS)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) kinds: KindArgs,
}

#[derive(Args)]
#[command(after_help = "Example:\n  planish evaluate income.safetensors adult_test.csv --json")]
pub(crate) struct EvaluateArgs {
    /// The model
    pub(crate) model: PathBuf,
    /// The table, with the target column (-: standard input)
    pub(crate) data: String,
    /// Column with the rows' weights, by which they count
    #[arg(long, value_name = "COL")]
    pub(crate) weights: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads to use (0: one a core)
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = THREADS)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

#[derive(Args)]
#[command(after_help = "Examples:
  planish predict income.safetensors new.csv -o predictions.csv
  cat new.csv | planish predict income.safetensors - | head
  planish predict income.safetensors new.csv --keep id,name -o predictions.jsonl.gz
  planish predict price.safetensors new.csv --interval 0.95

The output has one row a row of input, in order: prediction, and for classes the probability of each; with --interval the
limits mean_ci_lower, mean_ci_upper (of the mean) and obs_ci_lower, obs_ci_upper (of a new observation). Before them stand the columns
of --keep: those that the model does not read as the file has them, of those that it reads numbers in their shortest form (1.50 as 1.5) and dates as
2024-01-31; a cell without a value is empty. One that is called as a column of the predictions is refused.")]
pub(crate) struct PredictArgs {
    /// The model
    pub(crate) model: PathBuf,
    /// The table (-: standard input)
    pub(crate) data: String,
    /// File for the predictions, in the format of its ending: .csv, .csv.gz, .jsonl, .jsonl.gz, .parquet; CSV with any other, and on standard output, if not
    /// given or for -
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Columns of the table to carry through to the output, or all: --keep id,name
    #[arg(long, value_name = "COL,…|all", value_parser = OtherColumns::parse)]
    pub(crate) keep: Option<OtherColumns>,
    /// Replace a file that holds something else than predictions
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Confidence and prediction intervals of this level beside the predictions of a linear model: --interval 0.95
    #[arg(long, value_name = "LEVEL", value_parser = values::level, allow_negative_numbers = true)]
    pub(crate) interval: Option<f64>,
    /// Print one JSON object instead of CSV
    #[arg(long, conflicts_with = "output")]
    pub(crate) json: bool,
    /// Threads to use (0: one a core)
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = THREADS)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

#[derive(Args)]
#[command(after_help = "Examples:
  planish inspect price.safetensors
  planish inspect price.safetensors --tree 1
  planish inspect price.safetensors --against price_without_region.safetensors")]
pub(crate) struct InspectArgs {
    /// The model
    pub(crate) model: PathBuf,
    /// Show this tree of boosted trees, from 1: its questions and leaves
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) tree: Option<u64>,
    /// A least-squares model with some of this one's terms, fitted to the same rows: does this one explain more than chance?
    #[arg(long, value_name = "MODEL")]
    pub(crate) against: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:
  planish report price.safetensors houses.csv -o price.html
  planish report income.safetensors adult_test.csv

The page is one file: no script, no request to any host. With the table that a least-squares model was fitted to it has leverages and
Cook's distances; with another, leverages of new rows.")]
pub(crate) struct ReportArgs {
    /// The model
    pub(crate) model: PathBuf,
    /// A table with the target column (-: standard input); without one the page shows what the model holds
    pub(crate) data: Option<String>,
    /// HTML file (-: standard output); the model's name with .html if not given
    #[arg(short, long, value_name = "OUT.html")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that holds something else than a report
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Print one JSON object: the path, the scores and the numbers behind the pictures
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads to use (0: one a core); the page does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = THREADS)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

/// How to run: the instruction set of `PLANISH_ISA` or the best, and this many threads.
pub(crate) fn exec(threads: usize) -> anyhow::Result<Exec> {
    Ok(Exec::serial(Isa::from_env()?).with_threads(threads))
}

/// Ends the program as clap does for a wrong command line.
pub(crate) fn usage(kind: ErrorKind, what: &str) -> ! {
    Cli::command().error(kind, what).exit()
}

/// The settings that were typed, of this model if one is named.
pub(crate) fn chosen<S: Described>(typed: &ArgMatches, model: Option<&str>) -> S {
    settings::chosen(typed, model).unwrap_or_else(|what| usage(ErrorKind::ArgumentConflict, &what))
}

/// Refuses an output that would mix with the JSON object.
pub(crate) fn refuse_json_beside(output: &Path, json: bool) {
    if json && is_standard_output(output) {
        usage(ErrorKind::ArgumentConflict, "--json and --output - would both write to standard output");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
