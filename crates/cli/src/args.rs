//! The command line, as clap sees it.

use clap::{Args, Parser, Subcommand, ValueEnum};
use planish_io::{CsvOptions, Header};
use planish_nn::Activation;
use planish_optim::Optimizer;
use planish_tabular::Task;
use planish_tensor::{Exec, Isa};
use std::path::PathBuf;

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
    Train(TrainArgs),
    /// Score a model on a table whose target is known
    Evaluate(EvaluateArgs),
    /// Predict every row of a table
    Predict(PredictArgs),
    /// Show what is in a model: architecture or coefficients, columns, training record
    Inspect(InspectArgs),
    /// Serve models over HTTP: the V2 inference protocol, and POST /predict
    Serve(ServeArgs),
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
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelKind {
    /// A neural network of dense layers
    Mlp,
    /// Ordinary least squares
    Linear,
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
    pub(crate) fn options(&self) -> CsvOptions {
        let header = match self.header {
            HeaderArg::Auto => Header::Auto,
            HeaderArg::Yes => Header::Yes,
            HeaderArg::No => Header::No,
        };
        CsvOptions { delimiter: self.delimiter, header }
    }
}

#[derive(Args)]
#[command(after_help = "Examples:
  planish train adult.csv --target income -o income.safetensors
  planish train houses.csv --target price --model linear --drop id -o price.safetensors
  planish train digits.csv --target digit --hidden 256,256 --epochs 50 -o digit.safetensors

The environment variable PLANISH_ISA (scalar, avx2, avx512, portable) forces the code that runs; all but portable give the same model, bit for bit.")]
pub(crate) struct TrainArgs {
    /// The table, a CSV file (-: standard input)
    pub(crate) data: String,
    /// Column to predict
    #[arg(long, value_name = "COL")]
    pub(crate) target: String,
    /// What to predict; inferred from the target if not given
    #[arg(long, value_enum)]
    pub(crate) task: Option<TaskArg>,
    /// Kind of model
    #[arg(long, value_enum, default_value = "mlp")]
    pub(crate) model: ModelKind,
    /// Units of each hidden layer, or "none"
    #[arg(long, value_name = "N,N…", default_value = "128,128", value_parser = parse_hidden)]
    pub(crate) hidden: Hidden,
    /// Activation of the hidden layers: linear, relu, sigmoid, tanh, leaky_relu, gelu
    #[arg(long, value_name = "NAME", default_value = "relu", value_parser = parse_activation)]
    pub(crate) activation: Activation,
    /// Optimizer
    #[arg(long, value_name = "NAME", default_value = "adam", value_parser = Optimizer::NAMES)]
    pub(crate) optimizer: String,
    /// Learning rate
    #[arg(long, value_name = "X", default_value_t = 0.001, value_parser = parse_positive, allow_negative_numbers = true)]
    pub(crate) lr: f64,
    /// Most passes over the training rows
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = parse_count)]
    pub(crate) epochs: usize,
    /// Rows of a training step
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = parse_count)]
    pub(crate) batch_size: usize,
    /// Share of rows held out to watch the loss (0: none)
    #[arg(long, value_name = "X", default_value_t = 0.1, value_parser = parse_share, allow_negative_numbers = true)]
    pub(crate) validation_split: f64,
    /// Epochs to wait for a better held-out loss; the best weights are kept
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = parse_count)]
    pub(crate) patience: usize,
    /// Column to leave out (may be given several times)
    #[arg(long, value_name = "COL")]
    pub(crate) drop: Vec<String>,
    /// A linear model without intercept
    #[arg(long)]
    pub(crate) no_intercept: bool,
    /// Seed of the split, the initial weights and the shuffles
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Threads to use (0: one a core); the model does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = parse_threads)]
    pub(crate) threads: usize,
    /// File for the trained model
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) output: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) table: TableArgs,
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

The output has one row a row of input, in order: prediction, and for classes the probability of each.")]
pub(crate) struct PredictArgs {
    /// The model
    pub(crate) model: PathBuf,
    /// The table (-: standard input)
    pub(crate) data: String,
    /// CSV file for the predictions; standard output if not given
    #[arg(short, long, value_name = "OUT.csv")]
    pub(crate) output: Option<PathBuf>,
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
#[command(after_help = "Example:\n  planish inspect price.safetensors")]
pub(crate) struct InspectArgs {
    /// The model
    pub(crate) model: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:
  planish serve income.safetensors
  planish serve income=models/a.safetensors price=models/b.safetensors --addr 127.0.0.1:9000
  curl -s localhost:8080/v2/models/income")]
pub(crate) struct ServeArgs {
    /// Models, as FILE or NAME=FILE; a file's name without its ending is the model's name
    #[arg(required = true, value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Address to listen on (port 0: any free one)
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) addr: String,
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
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
