//! The command line, as clap sees it.

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use planish_io::{Every, Header, TableOptions, is_standard_output};
use planish_nn::{Activation, Initializer, Loss};
use planish_tabular::Task;
use planish_tensor::{Exec, Isa};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) mod linear;
mod penalty;
pub(crate) mod requests;
mod rules;
mod serve;
pub(crate) mod train;

pub(crate) use serve::{LogFormat, LogLevel, ServeArgs};
pub(crate) use train::TrainArgs;

/// Train, evaluate and serve neural networks and linear models from tables of data.
#[derive(Parser)]
#[command(
    name = "planish",
    version,
    arg_required_else_help = true,
    after_help = "Start with:\n  planish quickstart\n  planish train data.csv --target price -o model.safetensors"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Train a network and a linear model on a built-in table, and say what to type next
    Quickstart(QuickstartArgs),
    /// Train a model on a table
    Train(Box<TrainArgs>),
    /// Score a model on a table whose target is known
    Evaluate(EvaluateArgs),
    /// Predict every row of a table
    Predict(PredictArgs),
    /// Show what is in a model: architecture or coefficients, columns, training record
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
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = parse_threads)]
    pub(crate) threads: usize,
    /// Replace files in the folder that quickstart did not write
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelKind {
    /// A neural network of dense layers
    Mlp,
    /// ols for a number, logistic for classes
    Linear,
    /// Ordinary least squares
    Ols,
    /// Least squares with a penalty on squared coefficients
    Ridge,
    /// Least squares with a penalty on absolute coefficients
    Lasso,
    /// Both penalties
    ElasticNet,
    /// Least squares with coefficients that are not negative
    NonNegative,
    /// Logistic regression of two classes, multinomial of more
    Logistic,
    /// Poisson regression of counts
    Poisson,
}

impl ModelKind {
    /// As it is typed.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TaskArg {
    /// Predict one of several classes
    Classify,
    /// Predict a number
    Regress,
}

impl From<TaskArg> for Task {
    fn from(t: TaskArg) -> Task {
        match t {
            TaskArg::Classify => Task::Classify,
            TaskArg::Regress => Task::Regress,
        }
    }
}

/// Units of the hidden layers.
#[derive(Clone, Debug)]
pub(crate) struct Hidden(pub(crate) Vec<usize>);

/// Steps from which on the learning rate has a factor.
#[derive(Clone, Debug)]
pub(crate) struct Factors(pub(crate) Vec<(u64, f64)>);

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HeaderArg {
    /// A first row without any number is the header
    Auto,
    /// The first row is the header
    Yes,
    /// There is no header: columns are named column_1, column_2 …
    No,
}

/// How to read a table.
#[derive(Args)]
pub(crate) struct TableArgs {
    /// Character between fields, or "tab"; found in the first line if not given
    #[arg(long, value_name = "CHAR", value_parser = parse_delimiter)]
    delimiter: Option<u8>,
    /// Whether the first row holds the columns' names
    #[arg(long, value_enum, default_value = "auto")]
    header: HeaderArg,
}

impl TableArgs {
    pub(crate) fn options(&self) -> TableOptions {
        let header = match self.header {
            HeaderArg::Auto => Header::Auto,
            HeaderArg::Yes => Header::Yes,
            HeaderArg::No => Header::No,
        };
        TableOptions { delimiter: self.delimiter, header, columns: None }
    }
}

#[derive(Args)]
#[command(after_help = "Example:\n  planish evaluate income.safetensors adult_test.csv --json")]
pub(crate) struct EvaluateArgs {
    /// The model
    pub(crate) model: PathBuf,
    /// The table, with the target column (-: standard input)
    pub(crate) data: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Threads to use (0: one a core)
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = parse_threads)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

#[derive(Args)]
#[command(after_help = "Examples:
  planish predict income.safetensors new.csv -o predictions.csv
  cat new.csv | planish predict income.safetensors - | head
  planish predict price.safetensors new.csv --interval 0.95

The output has one row a row of input, in order: prediction, and for classes the probability of each; with --interval the
limits mean_ci_lower, mean_ci_upper (of the mean) and obs_ci_lower, obs_ci_upper (of a new observation).")]
pub(crate) struct PredictArgs {
    /// The model
    pub(crate) model: PathBuf,
    /// The table (-: standard input)
    pub(crate) data: String,
    /// CSV file for the predictions; standard output if not given, or for -
    #[arg(short, long, value_name = "OUT.csv")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that holds something else than predictions
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Confidence and prediction intervals of this level beside the predictions of a linear model: --interval 0.95
    #[arg(long, value_name = "LEVEL", value_parser = parse_level, allow_negative_numbers = true)]
    pub(crate) interval: Option<f64>,
    /// Print one JSON object instead of CSV
    #[arg(long, conflicts_with = "output")]
    pub(crate) json: bool,
    /// Threads to use (0: one a core)
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = parse_threads)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

#[derive(Args)]
#[command(after_help = "Examples:
  planish inspect price.safetensors
  planish inspect price.safetensors --against price_without_region.safetensors")]
pub(crate) struct InspectArgs {
    /// The model
    pub(crate) model: PathBuf,
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
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = parse_threads)]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

/// How to run: the instruction set of `PLANISH_ISA` or the best, and this many threads.
pub(crate) fn exec(threads: usize) -> anyhow::Result<Exec> {
    Ok(Exec::serial(Isa::from_env()?).with_threads(threads))
}

fn parse_hidden(text: &str) -> Result<Hidden, String> {
    if text == "none" {
        return Ok(Hidden(Vec::new()));
    }
    text.split(',')
        .map(|n| {
            n.trim()
                .parse()
                .ok()
                .filter(|&n: &usize| n > 0)
                .ok_or_else(|| format!("{n:?} is not a positive whole number"))
        })
        .collect::<Result<_, _>>()
        .map(Hidden)
}

fn parse_activation(text: &str) -> Result<Activation, String> {
    match text.parse::<Activation>() {
        Ok(Activation::Softmax) => {
            Err("softmax is for the output; choose another for hidden layers".to_owned())
        }
        other => other.map_err(|e| e.to_string()),
    }
}

fn parse_count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n > 0).ok_or_else(|| "it must be a positive whole number".to_owned())
}

fn parse_threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n <= 1024).ok_or_else(|| "it must be a whole number up to 1024".to_owned())
}

fn parse_positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|x: &f64| x.is_finite() && *x > 0.0)
        .ok_or_else(|| "it must be a positive number".to_owned())
}

fn parse_share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|x| (0.0..1.0).contains(x)).ok_or_else(|| "it must lie in [0, 1)".to_owned())
}

fn parse_level(text: &str) -> Result<f64, String> {
    let level = text.parse().ok().filter(|x| *x > 0.0 && *x < 1.0);
    level.ok_or_else(|| "it must lie between 0 and 1, such as 0.95".to_owned())
}

fn parse_not_negative(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|x: &f64| x.is_finite() && *x >= 0.0)
        .ok_or_else(|| "it must be a number that is not negative".to_owned())
}

fn parse_l1_ratio(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|x: &f64| *x > 0.0 && *x <= 1.0)
        .ok_or_else(|| "it must be above 0 and at most 1 (for 0 use --model ridge)".to_owned())
}

fn parse_initializer(text: &str) -> Result<Initializer, String> {
    text.parse().map_err(|e: planish_nn::NnError| e.to_string())
}

fn parse_loss(text: &str) -> Result<Loss, String> {
    text.parse().map_err(|e: planish_nn::NnError| e.to_string())
}

/// 90s, 5m or 2h.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let seconds = |unit: char, each: f64| text.strip_suffix(unit)?.parse::<f64>().ok().map(|n| n * each);
    seconds('s', 1.0)
        .or_else(|| seconds('m', 60.0))
        .or_else(|| seconds('h', 3600.0))
        .filter(|s| *s > 0.0 && *s < 1e9)
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "it must be a time such as 90s, 5m or 2h".to_owned())
}

/// 500 (steps), or a time.
fn parse_every(text: &str) -> Result<Every, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(Every::Steps(n)),
        _ => parse_duration(text).map(Every::Time).map_err(|_| {
            "it must be a number of steps such as 500, or a time such as 90s, 5m or 2h".to_owned()
        }),
    }
}

/// 100:0.1,200:0.01: from step 100 on a tenth, from 200 on a hundredth.
fn parse_factors(text: &str) -> Result<Factors, String> {
    let pair = |part: &str| {
        let (step, factor) = part.split_once(':')?;
        Some((step.trim().parse().ok()?, factor.trim().parse().ok()?))
    };
    text.split(',')
        .map(|part| pair(part).ok_or_else(|| format!("{part:?} is not of the form STEP:FACTOR")))
        .collect::<Result<_, _>>()
        .map(Factors)
}

/// Ends the program as clap does for a wrong command line.
pub(crate) fn usage(kind: ErrorKind, what: &str) -> ! {
    Cli::command().error(kind, what).exit()
}

/// Refuses an output that would mix with the JSON object.
pub(crate) fn refuse_json_beside(output: &Path, json: bool) {
    if json && is_standard_output(output) {
        usage(ErrorKind::ArgumentConflict, "--json and --output - would both write to standard output");
    }
}

fn parse_delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [b'"' | b'\n' | b'\r'] => Err("a quote or a line end cannot be the delimiter".to_owned()),
            [b] => Ok(*b),
            _ => Err("it must be one ASCII character, or \"tab\"".to_owned()),
        },
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
