//! The options of `planish train` that are no settings of a model, and where its settings stand among them. Each is also a key of the file
//! of settings.

use super::settings::{OptionsOf, named, one_of};
use super::table::{KindArgs, TableArgs};
use super::values;
use crate::rules::models;
use clap::{Args, ValueEnum};
use planish_io::Every;
use planish_model::setting::{THREADS, TIME};
use planish_model::{AutoSettings, LinearSettings, NetworkSettings, TreeSettings};
use planish_tabular::{DateOrder, Kind, Task};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
#[command(after_help = "Examples:
  planish train adult.csv --target income -o income.safetensors
  planish train houses.csv --target price --model trees --monotone area:+ -o price.safetensors
  planish train houses.csv --target price --model linear --drop id -o price.safetensors
  planish train houses.csv --target price --model linear --poly area:2 --interact area:city --cov hc3 -o price.safetensors
  planish train houses.csv --target price --model lasso -o price.safetensors
  planish train digits.csv --target digit --task classify --hidden 256,256 --schedule one-cycle --ema 0.99 -o digit.safetensors
  planish train big.csv --target y --checkpoint run1 --resume -o y.safetensors
  planish train --config run.toml --epochs 50

The environment variable PLANISH_ISA (scalar, avx2, avx512, portable) forces the code that runs; all but portable give the same model, bit for bit.")]
pub(crate) struct TrainArgs {
    /// The table, a CSV file (-: standard input)
    pub(crate) data: String,
    // What has no line here is a setting, and told of there.
    #[arg(long)]
    pub(crate) target: String,
    /// File for the trained model (-: standard output)
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) output: Option<PathBuf>,
    /// Replace files that hold something else than a model (--output) or a history (--history)
    #[arg(long)]
    pub(crate) overwrite: bool,
    #[arg(long, value_parser = one_of(Task::CHOICES))]
    pub(crate) task: Option<Task>,
    /// Kind of model; one that other options are for, if they are for one alone and none is named
    #[arg(long, default_value = "auto", value_parser = named(models()))]
    pub(crate) model: String,
    /// How much is tried
    #[arg(long)]
    pub(crate) preset: Option<Preset>,
    #[arg(long)]
    pub(crate) drop: Vec<String>,
    #[arg(long, id = "no-intercept")]
    no_intercept: bool,
    #[arg(long)]
    seed: Option<u64>,
    /// Threads to use (0: one a core); the model does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = THREADS)]
    pub(crate) threads: usize,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// TOML file with options as keys; what is given on the command line wins: --no-batch-norm puts off a switch that the file puts on
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    pub(crate) config: Option<PathBuf>,
    /// Print all settings as TOML, and train nothing
    #[arg(long, help_heading = "Settings")]
    pub(crate) print_config: bool,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) kinds: KindArgs,
    #[command(flatten)]
    linear: OptionsOf<LinearSettings>,
    #[command(flatten)]
    network: OptionsOf<NetworkSettings>,
    #[command(flatten)]
    trees: OptionsOf<TreeSettings>,
    #[command(flatten)]
    auto: OptionsOf<AutoSettings>,
    /// Least squares from rows that are read once and not kept, of the columns that --columns declares
    #[arg(long, help_heading = "Linear models")]
    pub(crate) one_pass: bool,
    /// The columns for --one-pass, the target's too, and the categories' levels: --columns price:number,area:number,city:category=Paris|Rome,day:date (or date=dmy,
    /// date=mdy)
    #[arg(
        long,
        help_heading = "Linear models",
        value_name = "COL:KIND",
        value_delimiter = ',',
        value_parser = column
    )]
    pub(crate) columns: Vec<DeclaredColumn>,
    /// Find a learning rate by a short run in which it grows, print it, and write no model
    #[arg(long, help_heading = "Learning rate")]
    pub(crate) lr_range_test: bool,
    /// Longest time to train: 90s, 5m, 2h; the model then depends on the machine
    #[arg(long, help_heading = "Run", value_name = "TIME", value_parser = TIME)]
    pub(crate) time_limit: Option<Duration>,
    /// Table of rows to hold out, with the same columns; they say when to stop and are scored, and are never trained on
    #[arg(long, help_heading = "Held-out rows", value_name = "FILE")]
    pub(crate) validation: Option<String>,
    #[command(flatten)]
    pub(crate) folds: FoldArgs,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
    #[command(flatten)]
    pub(crate) checkpoints: CheckpointArgs,
}

/// How much is tried.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// One network: --model mlp
    Fast,
    /// The best blend: --model auto
    Good,
    /// The best blend of bags: --model auto --bags 8
    Best,
}

impl Preset {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Preset::Fast => "fast",
            Preset::Good => "good",
            Preset::Best => "best",
        }
    }

    pub(crate) fn model(self) -> &'static str {
        match self {
            Preset::Fast => "mlp",
            Preset::Good | Preset::Best => "auto",
        }
    }

    /// The bags of the blend, if the preset says how many.
    pub(crate) fn bags(self) -> Option<usize> {
        (self == Preset::Best).then_some(8)
    }
}

#[derive(Args)]
#[command(next_help_heading = "Cross-validation")]
pub(crate) struct FoldArgs {
    /// Score K models first, each on the rows that it did not see; the model that is written is fitted as without. Of lasso and elastic-net
    /// the folds by which the penalty is chosen
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(2..=1000), conflicts_with = "folder")]
    pub(crate) folds: Option<u64>,
}

#[derive(Args)]
#[command(next_help_heading = "Records")]
pub(crate) struct RecordArgs {
    /// File for the history, a line an epoch, of trees a round: JSON lines (.jsonl) or CSV (.csv)
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    /// Folder for TensorBoard's events, one run each
    #[arg(long, value_name = "DIR")]
    pub(crate) log_dir: Option<PathBuf>,
}

#[derive(Args)]
#[command(next_help_heading = "Checkpoints")]
pub(crate) struct CheckpointArgs {
    /// Folder for checkpoints, from which a run that was stopped can go on
    #[arg(long = "checkpoint", value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Steps, of trees rounds (500), or time (90s, 5m, 2h) between checkpoints
    #[arg(long = "checkpoint-every", value_name = "N|TIME", default_value = "5m", value_parser = values::every)]
    pub(crate) every: Every,
    /// Go on from the checkpoint, if there is one
    #[arg(long)]
    pub(crate) resume: bool,
}

/// A column that is declared, with its kind, and its levels if it is a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredColumn {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) levels: Option<Vec<String>>,
}

fn column(text: &str) -> Result<DeclaredColumn, String> {
    let wrong = "it must be a column and its kind, such as area:number, city:category=Paris|Rome, day:date (2024-01-31) or day:date=dmy (31/01/2024)";
    let (head, kind, levels) = match text.split_once(":category=") {
        Some((name, levels)) => {
            let levels = levels.split('|').map(|l| l.trim().to_owned()).collect::<Vec<_>>();
            (name, Kind::Category, Some(levels))
        }
        None => {
            let (name, kind) = text.rsplit_once(':').ok_or(wrong)?;
            let date = |order: &str| DateOrder::from_name(order).map(Kind::Date);
            let kind = match kind.strip_prefix("date") {
                Some("") => Some(Kind::Date(DateOrder::Ymd)),
                Some(order) => order.strip_prefix('=').and_then(date),
                None => (kind == "number").then_some(Kind::Number),
            };
            (name, kind.ok_or(wrong)?, None)
        }
    };
    if head.trim().is_empty() || levels.iter().flatten().any(String::is_empty) {
        return Err(wrong.to_owned());
    }
    Ok(DeclaredColumn { name: head.trim().to_owned(), kind, levels })
}
