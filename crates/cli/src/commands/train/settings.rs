//! From the options of `planish train` to the settings of a network.

use crate::args::TrainArgs;
use crate::args::train::{ClassWeightArg, ModeArg, OptimizerArgs, RunArgs, ScheduleArg, ScheduleArgs};
use crate::args::usage;
use clap::error::ErrorKind;
use planish_model::{ClassWeight, NetworkSettings};
use planish_optim::{Clip, Curve, EmaSettings, OptimError, Optimizer, ReduceOnPlateau, Schedule};
use planish_train::{Mode, Monitor};

pub(super) fn network_settings(a: &TrainArgs) -> Result<NetworkSettings, OptimError> {
    let (optimizer, weight_decay) = optimizer(&a.optimizer)?;
    Ok(NetworkSettings {
        task: a.task.map(Into::into),
        drop: a.drop.iter().chain(&a.folds.group).cloned().collect(),
        embed_above: a.network.embed_above,
        embed_dim: a.network.embed_dim,
        hidden: a.network.hidden.0.clone(),
        activation: a.network.activation,
        dropout: a.network.dropout,
        batch_norm: a.network.batch_norm,
        layer_norm: a.network.layer_norm,
        residual: a.network.residual,
        l1: a.network.l1,
        l2: a.network.l2,
        max_norm: a.network.max_norm,
        initializer: a.network.initializer,
        loss: a.network.loss,
        label_smoothing: a.network.label_smoothing,
        optimizer,
        weight_decay,
        schedule: schedule(&a.schedule),
        plateau: plateau(&a.schedule),
        clip: clip(&a.optimizer),
        ema: ema(&a.optimizer),
        class_weight: match a.network.class_weight {
            ClassWeightArg::None => ClassWeight::None,
            ClassWeightArg::Balanced => ClassWeight::Balanced,
        },
        sample_weight: a.network.sample_weight.clone(),
        epochs: a.run.epochs,
        max_steps: a.run.max_steps,
        batch_size: a.run.batch_size,
        validation_split: a.run.validation_split,
        metrics: a.run.metrics.clone(),
        monitor: monitor(&a.run),
        patience: a.run.patience,
        min_delta: a.run.min_delta,
        seed: a.seed,
        ..NetworkSettings::new(&a.target)
    })
}

/// The optimizer, and the weight decay that is not its own. Options that it has not were refused before.
fn optimizer(a: &OptimizerArgs) -> Result<(Optimizer, f64), OptimError> {
    let mut optimizer = Optimizer::from_name(&a.name, a.lr)?;
    let mut decay = a.weight_decay.unwrap_or(0.0);
    let set = |place: &mut f64, value: Option<f64>| *place = value.unwrap_or(*place);
    match &mut optimizer {
        Optimizer::Sgd { momentum, nesterov, .. } => {
            set(momentum, a.momentum);
            *nesterov |= a.nesterov;
        }
        Optimizer::Adam { beta1, beta2, epsilon, .. } | Optimizer::Nadam { beta1, beta2, epsilon, .. } => {
            set(beta1, a.beta1);
            set(beta2, a.beta2);
            set(epsilon, a.epsilon);
        }
        Optimizer::AdamW { beta1, beta2, epsilon, weight_decay, .. } => {
            set(beta1, a.beta1);
            set(beta2, a.beta2);
            set(epsilon, a.epsilon);
            set(weight_decay, a.weight_decay);
            decay = 0.0;
        }
        Optimizer::RmsProp { rho, momentum, epsilon, centered, .. } => {
            set(rho, a.rho);
            set(momentum, a.momentum);
            set(epsilon, a.epsilon);
            *centered |= a.centered;
        }
        Optimizer::Adagrad { epsilon, .. } => set(epsilon, a.epsilon),
        Optimizer::Lion { beta1, beta2, .. } => {
            set(beta1, a.beta1);
            set(beta2, a.beta2);
        }
        _ => {}
    }
    optimizer.check().map(|()| (optimizer, decay))
}

fn clip(a: &OptimizerArgs) -> Option<Clip> {
    match (a.clip_norm, a.clip_value) {
        (Some(_), Some(_)) => {
            usage(ErrorKind::ArgumentConflict, "--clip-norm and --clip-value cannot be used together")
        }
        (norm, value) => norm.map(Clip::GlobalNorm).or(value.map(Clip::Value)),
    }
}

fn ema(a: &OptimizerArgs) -> Option<EmaSettings> {
    a.ema.map(|momentum| EmaSettings { momentum, overwrite_every: a.ema_overwrite })
}

fn schedule(a: &ScheduleArgs) -> Schedule {
    let (end, steps, rate) = (a.schedule_end, a.schedule_steps, a.schedule_rate);
    let curve = match a.curve {
        ScheduleArg::Constant => Curve::Constant,
        ScheduleArg::Piecewise => match &a.schedule_factors {
            Some(factors) => Curve::Piecewise { steps: factors.0.clone() },
            None => usage(
                ErrorKind::MissingRequiredArgument,
                "--schedule piecewise needs --schedule-factors STEP:X,…",
            ),
        },
        ScheduleArg::Exponential => Curve::Exponential { rate, steps, staircase: false },
        ScheduleArg::InverseTime => Curve::InverseTime { rate, steps, staircase: false },
        ScheduleArg::Polynomial => Curve::Polynomial { end, power: a.schedule_power },
        ScheduleArg::Cosine => Curve::Cosine { end },
        ScheduleArg::CosineRestarts => Curve::CosineRestarts { steps, t_mul: 2.0, m_mul: 1.0, end },
        ScheduleArg::OneCycle => Curve::one_cycle(),
        ScheduleArg::Coslog4 => Curve::Coslog4,
        ScheduleArg::FlatCosine => Curve::FlatCosine { flat: 0.5, end },
    };
    Schedule { warmup: a.warmup, curve }
}

fn plateau(a: &ScheduleArgs) -> Option<ReduceOnPlateau> {
    a.plateau.then_some(ReduceOnPlateau {
        factor: a.plateau_factor,
        patience: a.plateau_patience,
        min_delta: a.plateau_min_delta,
        cooldown: a.plateau_cooldown,
        min_lr: a.plateau_min_lr,
    })
}

fn monitor(a: &RunArgs) -> Monitor {
    let mode = match a.monitor_mode {
        ModeArg::Auto => Mode::Auto,
        ModeArg::Min => Mode::Min,
        ModeArg::Max => Mode::Max,
    };
    Monitor { name: a.monitor.clone(), mode }
}
