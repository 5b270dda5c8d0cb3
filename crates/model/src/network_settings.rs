//! The settings of a network on a table: plain data that is saved with the model.

use crate::error::ModelError;
use planish_nn::{Activation, Dense, Initializer, Layer, Loss, Sequential};
use planish_optim::{Clip, EmaSettings, Optimizer, ReduceOnPlateau, Schedule};
use planish_tabular::{Target, Task};
use planish_train::{Metric, Monitor};
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};

/// How much the rows of a class count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClassWeight {
    /// Every row alike.
    #[default]
    None,
    /// So that every class counts as much as any other.
    Balanced,
}

/// Settings of a network. [`NetworkSettings::new`] has the defaults of the command line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NetworkSettings {
    /// The target column.
    pub target: String,
    /// The task; inferred from the target if absent.
    pub task: Option<Task>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Units of the hidden layers.
    pub hidden: Vec<usize>,
    /// Their activation.
    pub activation: Activation,
    /// How the kernels of all layers are filled before training.
    #[serde(default)]
    pub initializer: Initializer,
    /// The loss; the one that suits the target if absent.
    #[serde(default)]
    pub loss: Option<Loss>,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// Decoupled weight decay of all parameters, added to AdamW's own.
    #[serde(default)]
    pub weight_decay: f64,
    /// The learning rate's factor by step.
    #[serde(default)]
    pub schedule: Schedule,
    /// Lowers the learning rate when the held-out loss no longer falls.
    #[serde(default)]
    pub plateau: Option<ReduceOnPlateau>,
    /// Bounds the gradients.
    #[serde(default)]
    pub clip: Option<Clip>,
    /// Averages the weights.
    #[serde(default)]
    pub ema: Option<EmaSettings>,
    /// How much the rows of a class count.
    #[serde(default)]
    pub class_weight: ClassWeight,
    /// The column that holds the rows' weights; it is no feature.
    #[serde(default)]
    pub sample_weight: Option<String>,
    /// Passes over the training rows.
    pub epochs: usize,
    /// The most steps.
    #[serde(default)]
    pub max_steps: Option<u64>,
    /// Rows of a step.
    pub batch_size: usize,
    /// The share of rows held out for validation.
    pub validation_split: f64,
    /// What is watched to stop early.
    #[serde(default)]
    pub monitor: Monitor,
    /// Epochs to wait for a better value; the best weights are kept.
    pub patience: usize,
    /// A change smaller than this does not count as better.
    #[serde(default)]
    pub min_delta: f64,
    /// Seed of the split, the initial weights and the shuffles.
    pub seed: u64,
}

impl NetworkSettings {
    /// The defaults for this target.
    pub fn new(target: &str) -> NetworkSettings {
        NetworkSettings {
            target: target.to_owned(),
            task: None,
            drop: Vec::new(),
            hidden: vec![128, 128],
            activation: Activation::Relu,
            initializer: Initializer::default(),
            loss: None,
            optimizer: Optimizer::adam(0.001),
            weight_decay: 0.0,
            schedule: Schedule::default(),
            plateau: None,
            clip: None,
            ema: None,
            class_weight: ClassWeight::None,
            sample_weight: None,
            epochs: 200,
            max_steps: None,
            batch_size: 128,
            validation_split: 0.1,
            monitor: Monitor::default(),
            patience: 15,
            min_delta: 0.0,
            seed: 0,
        }
    }

    /// The architecture and the loss for this target.
    pub(crate) fn sequential(
        &self,
        inputs: usize,
        target: &Target,
    ) -> Result<(Sequential, Loss), ModelError> {
        if self.activation == Activation::Softmax {
            return Err(ModelError::Setting {
                setting: "activation",
                value: "softmax".to_owned(),
                needs: "softmax is for the output; choose another for hidden layers",
            });
        }
        let dense = |units, activation| {
            Layer::Dense(Dense { kernel_initializer: self.initializer, ..Dense::new(units, activation) })
        };
        let (units, activation, loss) = match target.classes().len() {
            0 => (1, Activation::Linear, Loss::Mse),
            2 => (1, Activation::Sigmoid, Loss::BinaryCrossentropy),
            classes => (classes, Activation::Softmax, Loss::CategoricalCrossentropy),
        };
        let loss = match self.loss {
            // Another loss for numbers; classes are learnt by their cross-entropy alone.
            Some(own)
                if own == loss
                    || (activation == Activation::Linear && !own.is_binary() && !own.is_categorical()) =>
            {
                own
            }
            Some(own) => {
                return Err(ModelError::Setting {
                    setting: "loss",
                    value: own.name().to_owned(),
                    needs: "it does not suit the target",
                });
            }
            None => loss,
        };
        let hidden = self
            .hidden
            .iter()
            .fold(Sequential::new(inputs), |net, &units| net.layer(dense(units, self.activation)));
        Ok((hidden.layer(dense(units, activation)), loss))
    }

    /// The metrics that early stopping needs.
    pub(crate) fn metrics(&self) -> Result<Vec<Metric>, ModelError> {
        let name = self.monitor.name.as_str();
        let name = name.strip_prefix("val_").unwrap_or(name);
        if name == "loss" {
            return Ok(Vec::new());
        }
        let text: StrDeserializer<'_, Error> = name.into_deserializer();
        Metric::deserialize(text).map(|metric| vec![metric]).map_err(|_| ModelError::Setting {
            setting: "monitor",
            value: self.monitor.name.clone(),
            needs: "it must be loss, val_loss, or val_ and the name of a metric",
        })
    }
}
