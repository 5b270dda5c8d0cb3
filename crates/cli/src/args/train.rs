//! The options of `planish train`, by what they set. Each is also a key of the file of settings.

use super::linear::LinearArgs;
use super::penalty::PenaltyArgs;
use super::{
    Factors, Hidden, ModelKind, TableArgs, TaskArg, parse_activation, parse_count, parse_duration,
    parse_every, parse_factors, parse_hidden, parse_initializer, parse_loss, parse_not_negative,
    parse_positive, parse_share, parse_threads,
};
use clap::{Args, ValueEnum};
use planish_io::Every;
use planish_nn::{Activation, Initializer, Loss};
use planish_optim::Optimizer;
use planish_train::Metric;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeArg {
    /// Up for accuracy, AUC, R² and the like, down for everything else
    Auto,
    /// Down
    Min,
    /// Up
    Max,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScheduleArg {
    /// The learning rate stays
    Constant,
    /// Factors from given steps on (--schedule-factors)
    Piecewise,
    /// RATE to the power i/STEPS
    Exponential,
    /// 1/(1 + RATE·i/STEPS)
    InverseTime,
    /// Down to END along (1 − t) to the power POWER
    Polynomial,
    /// Down to END along half a cosine
    Cosine,
    /// Cosines of STEPS steps, each next one twice as long
    CosineRestarts,
    /// Up from 1/25 in the first 30 % of the run, then down to 1/250000
    OneCycle,
    /// Four waves, each longer than the last
    Coslog4,
    /// Constant for half the run, then a cosine down to END
    FlatCosine,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassWeightArg {
    /// Every row alike
    None,
    /// Every class alike
    Balanced,
}

#[derive(Args)]
#[command(after_help = "Examples:
  planish train adult.csv --target income -o income.safetensors
  planish train houses.csv --target price --model linear --drop id -o price.safetensors
  planish train houses.csv --target price --model linear --poly area:2 --interact area:city --cov hc3 -o price.safetensors
  planish train houses.csv --target price --model lasso -o price.safetensors
  planish train digits.csv --target digit --hidden 256,256 --schedule one-cycle --ema 0.99 -o digit.safetensors
  planish train big.csv --target y --checkpoint run1 --resume -o y.safetensors
  planish train --config run.toml --epochs 50

The environment variable PLANISH_ISA (scalar, avx2, avx512, portable) forces the code that runs; all but portable give the same model, bit for bit.")]
pub(crate) struct TrainArgs {
    /// The table, a CSV file (-: standard input)
    pub(crate) data: String,
    /// Column to predict
    #[arg(long, value_name = "COL")]
    pub(crate) target: String,
    /// File for the trained model (-: standard output)
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) output: Option<PathBuf>,
    /// Replace files that hold something else than a model (--output) or a history (--history)
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// What to predict; inferred from the target if not given
    #[arg(long, value_enum)]
    pub(crate) task: Option<TaskArg>,
    /// Kind of model
    #[arg(long, value_enum, default_value = "mlp")]
    pub(crate) model: ModelKind,
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
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// TOML file with options as keys; what is given on the command line wins
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    pub(crate) config: Option<PathBuf>,
    /// Print all settings as TOML, and train nothing
    #[arg(long, help_heading = "Settings")]
    pub(crate) print_config: bool,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) linear: LinearArgs,
    #[command(flatten)]
    pub(crate) penalty: PenaltyArgs,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) optimizer: OptimizerArgs,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) folds: FoldArgs,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
    #[command(flatten)]
    pub(crate) checkpoints: CheckpointArgs,
}

#[derive(Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    /// Categories with more levels than N become learned vectors (embeddings) instead of a column a level: --embed-above 9
    #[arg(long, value_name = "N")]
    pub(crate) embed_above: Option<usize>,
    /// Length of those vectors
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) embed_dim: usize,
    /// Units of each hidden layer, or "none"
    #[arg(long, value_name = "N,N…", default_value = "128,128", value_parser = parse_hidden)]
    pub(crate) hidden: Hidden,
    /// Activation of the hidden layers: linear, relu, leaky_relu, elu, selu, gelu, silu, mish, softplus, softsign, tanh, sigmoid,
    /// hard_sigmoid, exponential
    #[arg(long, value_name = "NAME", default_value = "relu", value_parser = parse_activation)]
    pub(crate) activation: Activation,
    /// Share of each hidden layer's outputs that are zeroed at random in training
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = parse_share, allow_negative_numbers = true)]
    pub(crate) dropout: f64,
    /// Batch normalisation after each hidden layer's activation
    #[arg(long, conflicts_with = "layer_norm")]
    pub(crate) batch_norm: bool,
    /// Layer normalisation after each hidden layer's activation
    #[arg(long)]
    pub(crate) layer_norm: bool,
    /// Hidden layers as wide as the one before add to what they read
    #[arg(long)]
    pub(crate) residual: bool,
    /// L1 penalty on the weights: X·Σ|w| in the loss
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = parse_not_negative, allow_negative_numbers = true)]
    pub(crate) l1: f64,
    /// L2 penalty on the weights: X·Σw² in the loss
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = parse_not_negative, allow_negative_numbers = true)]
    pub(crate) l2: f64,
    /// Largest norm of each hidden unit's weights
    #[arg(long, value_name = "X", value_parser = parse_positive, allow_negative_numbers = true)]
    pub(crate) max_norm: Option<f64>,
    /// Initial weights: zeros, glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal
    #[arg(long, value_name = "NAME", default_value = "glorot_uniform", value_parser = parse_initializer)]
    pub(crate) initializer: Initializer,
    /// Loss: for numbers mse, mae, sse, huber:D, log_cosh, quantile:Q or poisson; for two classes binary_crossentropy, mse, hinge or
    /// squared_hinge; the one that suits the target if not given
    #[arg(long, value_name = "NAME", value_parser = parse_loss)]
    pub(crate) loss: Option<Loss>,
    /// Share by which a cross-entropy's targets are moved to the classes' average
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = parse_share, allow_negative_numbers = true)]
    pub(crate) label_smoothing: f64,
    /// Whether rows of rare classes count more
    #[arg(long, value_enum, default_value = "none")]
    pub(crate) class_weight: ClassWeightArg,
    /// Column with the rows' weights, of networks and linear models; it is no feature: --weights people
    #[arg(long, value_name = "COL", visible_alias = "weights")]
    pub(crate) sample_weight: Option<String>,
}

#[derive(Args)]
#[command(next_help_heading = "Optimizer")]
pub(crate) struct OptimizerArgs {
    /// Optimizer
    #[arg(long = "optimizer", value_name = "NAME", default_value = "adam", value_parser = Optimizer::NAMES)]
    pub(crate) name: String,
    /// Learning rate
    #[arg(long, value_name = "X", default_value_t = 0.001, value_parser = parse_positive, allow_negative_numbers = true)]
    pub(crate) lr: f64,
    /// Momentum of sgd and rmsprop
    #[arg(long, value_name = "X", value_parser = parse_share, allow_negative_numbers = true)]
    pub(crate) momentum: Option<f64>,
    /// Nesterov's look-ahead for sgd with momentum
    #[arg(long)]
    pub(crate) nesterov: bool,
    /// Decay of the first moment of adam, adamw, nadam and lion
    #[arg(long, value_name = "X", value_parser = parse_share, allow_negative_numbers = true)]
    pub(crate) beta1: Option<f64>,
    /// Decay of the second moment of adam, adamw, nadam and lion
    #[arg(long, value_name = "X", value_parser = parse_share, allow_negative_numbers = true)]
    pub(crate) beta2: Option<f64>,
    /// Decay of the mean square of rmsprop
    #[arg(long, value_name = "X", value_parser = parse_share, allow_negative_numbers = true)]
    pub(crate) rho: Option<f64>,
    /// rmsprop less the square of the mean gradient
    #[arg(long)]
    pub(crate) centered: bool,
    /// What keeps the divisor from zero, in adam, adamw, nadam, rmsprop and adagrad
    #[arg(long, value_name = "X", value_parser = parse_not_negative, allow_negative_numbers = true)]
    pub(crate) epsilon: Option<f64>,
    /// Decoupled weight decay; 0.004 for adamw if not given, else 0
    #[arg(long, value_name = "X", value_parser = parse_not_negative, allow_negative_numbers = true)]
    pub(crate) weight_decay: Option<f64>,
    /// Largest norm of all gradients together
    #[arg(long, value_name = "X", value_parser = parse_positive, allow_negative_numbers = true)]
    pub(crate) clip_norm: Option<f64>,
    /// Largest absolute value of a gradient
    #[arg(long, value_name = "X", value_parser = parse_positive, allow_negative_numbers = true)]
    pub(crate) clip_value: Option<f64>,
    /// Average the weights over steps, keeping this share of the average at each; the average is the model
    #[arg(long, value_name = "X", value_parser = parse_share, allow_negative_numbers = true)]
    pub(crate) ema: Option<f64>,
    /// Steps between overwriting the weights with their average
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) ema_overwrite: Option<u64>,
}

#[derive(Args)]
#[command(next_help_heading = "Learning rate")]
pub(crate) struct ScheduleArgs {
    /// How the learning rate changes over the run
    #[arg(long = "schedule", value_enum, default_value = "constant")]
    pub(crate) curve: ScheduleArg,
    /// Steps of linear warm-up before the schedule
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) warmup: u64,
    /// Last factor of polynomial, cosine, cosine-restarts and flat-cosine
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = parse_not_negative, allow_negative_numbers = true)]
    pub(crate) schedule_end: f64,
    /// Steps of exponential and inverse-time, and of the first cosine of cosine-restarts
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) schedule_steps: u64,
    /// Rate of exponential and inverse-time
    #[arg(long, value_name = "X", default_value_t = 0.9, value_parser = parse_positive, allow_negative_numbers = true)]
    pub(crate) schedule_rate: f64,
    /// Power of polynomial
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = parse_positive, allow_negative_numbers = true)]
    pub(crate) schedule_power: f64,
    /// Factors of piecewise, each from its step on
    #[arg(long, value_name = "STEP:X,…", value_parser = parse_factors)]
    pub(crate) schedule_factors: Option<Factors>,
    /// Lower the learning rate when the held-out loss no longer falls
    #[arg(long)]
    pub(crate) plateau: bool,
    /// Factor of a reduction
    #[arg(long, value_name = "X", default_value_t = 0.1, value_parser = parse_positive, allow_negative_numbers = true)]
    pub(crate) plateau_factor: f64,
    /// Epochs without a fall before a reduction
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) plateau_patience: u64,
    /// A fall smaller than this does not count
    #[arg(long, value_name = "X", default_value_t = 1e-4, value_parser = parse_not_negative, allow_negative_numbers = true)]
    pub(crate) plateau_min_delta: f64,
    /// Epochs after a reduction that do not count
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) plateau_cooldown: u64,
    /// Least learning rate of reductions
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = parse_not_negative, allow_negative_numbers = true)]
    pub(crate) plateau_min_lr: f64,
    /// Find a learning rate by a short run in which it grows, print it, and write no model
    #[arg(long)]
    pub(crate) lr_range_test: bool,
}

#[derive(Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct RunArgs {
    /// Most passes over the training rows
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = parse_count)]
    pub(crate) epochs: usize,
    /// Rows of a training step
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = parse_count)]
    pub(crate) batch_size: usize,
    /// Share of rows held out to watch the loss (0: none)
    #[arg(long, value_name = "X", default_value_t = 0.1, value_parser = parse_share, allow_negative_numbers = true)]
    pub(crate) validation_split: f64,
    /// Scores to compute after each epoch, of the held-out rows if there are any: --metrics accuracy,auc
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) metrics: Vec<Metric>,
    /// What is watched to stop early: val_loss, loss, or val_ and the name of a metric
    #[arg(long, value_name = "NAME", default_value = "val_loss")]
    pub(crate) monitor: String,
    /// Which way it is better
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) monitor_mode: ModeArg,
    /// Epochs to wait for a better value; the best weights are kept
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = parse_count)]
    pub(crate) patience: usize,
    /// A change smaller than this does not count as better
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = parse_not_negative, allow_negative_numbers = true)]
    pub(crate) min_delta: f64,
    /// Most training steps
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_steps: Option<u64>,
    /// Longest time to train: 90s, 5m, 2h; the model then depends on the machine
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) time_limit: Option<Duration>,
}

#[derive(Args)]
#[command(next_help_heading = "Cross-validation")]
pub(crate) struct FoldArgs {
    /// Score K models first, each on the rows that it did not see; the model that is written is fitted as without. Of lasso and elastic-net
    /// the folds by which the penalty is chosen
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(2..=1000), conflicts_with = "folder")]
    pub(crate) folds: Option<u64>,
    /// Column whose equal cells stay together in a fold; it is no feature
    #[arg(long, value_name = "COL", conflicts_with = "time")]
    pub(crate) group: Option<String>,
    /// Column by which folds go forward in time
    #[arg(long, value_name = "COL")]
    pub(crate) time: Option<String>,
}

#[derive(Args)]
#[command(next_help_heading = "Records")]
pub(crate) struct RecordArgs {
    /// File for the history, a line an epoch: JSON lines (.jsonl) or CSV (.csv)
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
    /// Steps (500) or time (90s, 5m, 2h) between checkpoints
    #[arg(long = "checkpoint-every", value_name = "N|TIME", default_value = "5m", value_parser = parse_every)]
    pub(crate) every: Every,
    /// Go on from the checkpoint, if there is one
    #[arg(long)]
    pub(crate) resume: bool,
}
