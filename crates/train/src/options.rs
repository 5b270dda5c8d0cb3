//! The settings of a training run: plain data, part of what a checkpoint is recognised by.

use crate::class_weights::ClassWeights;
use crate::error::TrainError;
use crate::history::Epoch;
use crate::metrics::Metric;
use planish_optim::{Clip, EmaSettings, ReduceOnPlateau, Schedule};
use serde::{Deserialize, Serialize};

/// Which way a watched quantity is better.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Larger for the metrics that [rise](Metric::rises), smaller for all others and for losses.
    #[default]
    Auto,
    /// Smaller is better.
    Min,
    /// Larger is better.
    Max,
}

impl Mode {
    /// Each with its name and a line about it.
    pub const CHOICES: &'static [(&'static str, Mode, &'static str)] = &[
        ("auto", Mode::Auto, "Up for accuracy, AUC, MCC, R² and the like, down for losses and errors"),
        ("min", Mode::Min, "Down"),
        ("max", Mode::Max, "Up"),
    ];
}

/// What early stopping watches.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Monitor {
    /// `loss`, `val_loss`, or a metric's name as it stands in [`Epoch::metrics`].
    pub name: String,
    /// Which way is better.
    #[serde(default)]
    pub mode: Mode,
}

impl Default for Monitor {
    fn default() -> Self {
        Monitor::new("val_loss")
    }
}

impl Monitor {
    /// Watches the quantity with this name.
    pub fn new(name: &str) -> Monitor {
        Monitor { name: name.to_owned(), mode: Mode::Auto }
    }

    /// The metric that it watches; none where it is a loss.
    pub fn metric(&self) -> Option<Metric> {
        self.name.strip_prefix("val_").unwrap_or(&self.name).parse().ok()
    }

    /// Whether it needs held-out rows.
    pub(crate) fn is_of_held_out_rows(&self) -> bool {
        self.name.starts_with("val_")
    }

    /// The watched quantity turned so that less is better, if it is there.
    pub(crate) fn watched(&self, epoch: &Epoch) -> Option<f64> {
        let value = match self.name.as_str() {
            "loss" => Some(epoch.loss),
            "val_loss" => epoch.val_loss,
            name => epoch.metrics.get(name).copied(),
        };
        let rises = match self.mode {
            Mode::Auto => self.metric().is_some_and(Metric::rises),
            Mode::Min => false,
            Mode::Max => true,
        };
        value.map(|v| if rises { -v } else { v })
    }

    /// An error unless the quantity will be there.
    pub(crate) fn check(&self, metrics: &[Metric], held_out: bool) -> Result<(), TrainError> {
        let prefix = if held_out { "val_" } else { "" };
        let mut known = vec!["loss".to_owned()];
        known.extend(held_out.then(|| "val_loss".to_owned()));
        known.extend(metrics.iter().map(|m| format!("{prefix}{}", m.name())));
        if known.contains(&self.name) {
            return Ok(());
        }
        Err(TrainError::Monitor { name: self.name.clone(), known: known.join(", ") })
    }
}

/// Stops when the watched quantity has not become better for `patience` epochs, and restores the weights of the best epoch.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// What is watched. A quantity of held-out rows is watched only when there are some.
    #[serde(default)]
    pub monitor: Monitor,
    /// Epochs to wait for a better value.
    pub patience: usize,
    /// A change smaller than this does not count.
    pub min_delta: f64,
}

impl Default for EarlyStopping {
    /// Keras's: `val_loss`, every fall counts; patience 1 (Keras's 0 stops as early).
    fn default() -> Self {
        EarlyStopping { monitor: Monitor::default(), patience: 1, min_delta: 0.0 }
    }
}

/// Settings of [`Network::fit`](crate::Network::fit) and [`Trainer`](crate::Trainer).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FitOptions {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows of a step; the last batch of an epoch may be smaller.
    pub batch_size: usize,
    /// The share of rows held out for validation: drawn with the network's seed, in equal shares of each class.
    pub validation_split: f64,
    /// Whether each epoch has a new order of rows.
    pub shuffle: bool,
    /// Used when there is what it watches: by default, the loss of held-out rows.
    pub early_stopping: Option<EarlyStopping>,
    /// The learning rate's factor by step; curves over the whole run span `epochs`, or `max_steps` if that is shorter.
    pub schedule: Schedule,
    /// Lowers the learning rate when the held-out loss (without held-out rows, the training loss) no longer falls.
    pub plateau: Option<ReduceOnPlateau>,
    /// Bounds the gradients.
    pub clip: Option<Clip>,
    /// Averages the weights; the average is what is validated, kept and left in the network.
    pub ema: Option<EmaSettings>,
    /// Factors on the weights of the training rows, by class.
    pub class_weights: ClassWeights,
    /// Stops after this many steps; the epoch that is cut short is validated like any other.
    pub max_steps: Option<u64>,
    /// Whether the weights of the last good epoch are kept, to return to if the loss stops being finite. Without early stopping
    /// this is all that they are kept for: `false` saves an arena, and a divergence is then an error.
    pub keep_weights: bool,
}

impl Default for FitOptions {
    /// Keras's defaults, but for the number of epochs: 10 epochs, batches of 32, shuffled, no validation.
    fn default() -> Self {
        FitOptions {
            epochs: 10,
            batch_size: 32,
            validation_split: 0.0,
            shuffle: true,
            early_stopping: None,
            schedule: Schedule::default(),
            plateau: None,
            clip: None,
            ema: None,
            class_weights: ClassWeights::None,
            max_steps: None,
            keep_weights: true,
        }
    }
}

impl FitOptions {
    pub(crate) fn check(&self) -> Result<(), TrainError> {
        let fail = |setting, value, needs| Err(TrainError::Setting { setting, value, needs });
        if self.epochs == 0 {
            return fail("epochs", 0.0, "at least one is needed");
        }
        if self.batch_size == 0 {
            return fail("batch_size", 0.0, "at least one row is needed");
        }
        if !(0.0..1.0).contains(&self.validation_split) {
            return fail("validation_split", self.validation_split, "it must lie in [0, 1)");
        }
        if self.max_steps == Some(0) {
            return fail("max_steps", 0.0, "at least one is needed");
        }
        if let Some(early) = &self.early_stopping
            && !(early.min_delta >= 0.0 && early.min_delta.is_finite())
        {
            return fail("min_delta", early.min_delta, "it must not be negative");
        }
        self.schedule.check()?;
        self.plateau.map_or(Ok(()), |p| p.check())?;
        self.clip.map_or(Ok(()), |c| c.check())?;
        Ok(self.ema.map_or(Ok(()), |e| e.check())?)
    }

    /// Refuses a warm-up that would never end in a run on this many rows.
    pub(crate) fn check_warmup(&self, rows: usize) -> Result<(), TrainError> {
        let (warmup, planned) = (self.schedule.warmup, self.planned_steps(rows));
        if warmup > planned {
            return Err(TrainError::Warmup { warmup, planned });
        }
        Ok(())
    }

    /// The steps that are planned for this many training rows, which the schedule spans.
    pub(crate) fn planned_steps(&self, rows: usize) -> u64 {
        let all = (self.epochs as u64).saturating_mul(rows.div_ceil(self.batch_size) as u64);
        self.max_steps.map_or(all, |most| most.min(all))
    }
}
