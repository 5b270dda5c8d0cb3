//! The settings of a network on a table: plain data that is saved with the model.

use crate::class_choices::ClassChoices;
use crate::error::ModelError;
use crate::hold_out::HoldOut;
use crate::missing::Missing;
use planish_nn::{
    Activation, BatchNorm, Dense, Dropout, Initializer, Layer, LayerNorm, Loss, Regularizer, Sequential,
};
use planish_optim::Optimizer;
use planish_tabular::{Embed, Encoder, Target, Task};
use planish_train::{EarlyStopping, FitOptions, Metric};

mod listed;
mod stored;

/// The longest vector of an embedded level.
const MAX_EMBED_DIM: usize = 1024;

/// Settings of a network. [`NetworkSettings::new`] has the defaults of the command line.
#[derive(Clone, PartialEq, Debug)]
pub struct NetworkSettings {
    /// The target column.
    pub target: String,
    /// The task; by the rule of [`Task::infer`] if absent.
    pub task: Option<Task>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// What becomes of missing values.
    pub missing: Missing,
    /// Categories with more levels than this are embedded; none if absent.
    pub embed_above: Option<usize>,
    /// The length of the vectors of embedded levels.
    pub embed_dim: usize,
    /// Units of the hidden layers.
    pub hidden: Vec<usize>,
    /// Their activation.
    pub activation: Activation,
    /// Dropout after each hidden layer; 0 for none.
    pub dropout: f64,
    /// Batch normalisation after each hidden layer's activation.
    pub batch_norm: bool,
    /// Layer normalisation after each hidden layer's activation.
    pub layer_norm: bool,
    /// Whether a hidden layer as wide as the one before is a residual block.
    pub residual: bool,
    /// The L1 penalty on all kernels.
    pub l1: f64,
    /// The L2 penalty on all kernels.
    pub l2: f64,
    /// A bound on the norm of each hidden unit's weights.
    pub max_norm: Option<f64>,
    /// How the kernels of all layers are filled before training.
    pub initializer: Initializer,
    /// The loss; the one that suits the target if absent.
    pub loss: Option<Loss>,
    /// The share by which a cross-entropy's targets are moved to the classes' average.
    pub label_smoothing: f64,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// Decoupled weight decay of all parameters, added to AdamW's own.
    pub weight_decay: f64,
    /// The column that holds the rows' weights; it is no feature.
    pub sample_weight: Option<String>,
    /// What is decided of the target's classes.
    pub classes: ClassChoices,
    /// By what rows are held out.
    pub hold_out: HoldOut,
    /// What is computed after each epoch beside the loss and what is watched.
    pub metrics: Vec<Metric>,
    /// The settings of the loop.
    pub fit: FitOptions,
    /// Seed of the split, the initial weights and the shuffles.
    pub seed: u64,
}

/// As Holzmüller et al. (2024) have it.
fn embed_dim() -> usize {
    8
}

impl NetworkSettings {
    /// Which categories are embedded.
    pub(crate) fn embed(&self) -> Result<Option<Embed>, ModelError> {
        if !(1..=MAX_EMBED_DIM).contains(&self.embed_dim) {
            return Err(setting("embed_dim", self.embed_dim, "it must lie in 1 to 1024"));
        }
        Ok(self.embed_above.map(|above| Embed { above, dim: self.embed_dim }))
    }

    /// The defaults for this target.
    pub fn new(target: &str) -> NetworkSettings {
        NetworkSettings {
            target: target.to_owned(),
            task: None,
            drop: Vec::new(),
            missing: Missing::Fill,
            embed_above: None,
            embed_dim: embed_dim(),
            hidden: vec![128, 128],
            activation: Activation::Relu,
            dropout: 0.0,
            batch_norm: false,
            layer_norm: false,
            residual: false,
            l1: 0.0,
            l2: 0.0,
            max_norm: None,
            initializer: Initializer::default(),
            loss: None,
            label_smoothing: 0.0,
            optimizer: Optimizer::adam(0.001),
            weight_decay: 0.0,
            sample_weight: None,
            classes: ClassChoices::default(),
            hold_out: HoldOut::default(),
            metrics: Vec::new(),
            fit: NetworkSettings::fit(),
            seed: 0,
        }
    }

    /// The loop's settings by default: more epochs than are needed, and an end when the held-out loss no longer falls.
    pub fn fit() -> FitOptions {
        FitOptions {
            epochs: 200,
            batch_size: 128,
            validation_split: 0.1,
            early_stopping: Some(EarlyStopping { patience: 15, ..EarlyStopping::default() }),
            ..FitOptions::default()
        }
    }

    /// The architecture and the loss for this target.
    pub(crate) fn sequential(
        &self,
        encoder: &Encoder,
        target: &Target,
    ) -> Result<(Sequential, Loss), ModelError> {
        if self.activation == Activation::Softmax {
            return Err(setting(
                "activation",
                "softmax",
                "softmax is for the output; choose another for hidden layers",
            ));
        }
        if self.batch_norm && self.layer_norm {
            return Err(setting("layer_norm", true, "batch_norm is true already; one of them is enough"));
        }
        if self.residual && !self.hidden.windows(2).any(|w| w[0] == w[1]) {
            return Err(setting(
                "residual",
                true,
                "it needs hidden layers of equal width, one after the other",
            ));
        }
        let (units, activation, loss) = self.output(target)?;
        let net = Sequential::new(encoder.width());
        let mut net = encoder.embedded().fold(net, |net, e| net.embedding(e.categories(), e.dim));
        let mut width = None;
        for &units in &self.hidden {
            let block = self.hidden_block(units);
            net = if self.residual && width == Some(units) {
                net.residual(block)
            } else {
                block.into_iter().fold(net, Sequential::layer)
            };
            width = Some(units);
        }
        Ok((net.layer(Layer::Dense(self.dense(units, activation, None))), loss))
    }

    /// A hidden layer with what follows it: dense, normalisation, dropout.
    fn hidden_block(&self, units: usize) -> Vec<Layer> {
        let mut block = vec![Layer::Dense(self.dense(units, self.activation, self.max_norm))];
        if self.batch_norm {
            block.push(Layer::BatchNorm(BatchNorm::default()));
        }
        if self.layer_norm {
            block.push(Layer::LayerNorm(LayerNorm::default()));
        }
        if self.dropout != 0.0 {
            block.push(Layer::Dropout(Dropout::new(self.dropout)));
        }
        block
    }

    fn dense(&self, units: usize, activation: Activation, kernel_max_norm: Option<f64>) -> Dense {
        let (l1, l2) = (self.l1, self.l2);
        Dense {
            kernel_initializer: self.initializer,
            kernel_regularizer: ((l1, l2) != (0.0, 0.0)).then_some(Regularizer { l1, l2 }),
            kernel_max_norm,
            ..Dense::new(units, activation)
        }
    }

    /// The output's units and activation, and the loss.
    fn output(&self, target: &Target) -> Result<(usize, Activation, Loss), ModelError> {
        let classes = target.classes().len();
        let own = match (classes, self.loss) {
            (0, None) => Loss::Mse,
            (2, None) => Loss::BinaryCrossentropy,
            (_, None) => Loss::CategoricalCrossentropy,
            (_, Some(own)) => own,
        };
        own.check_parameter()?;
        let loss = self.smoothed(own)?;
        let wrong = |needs| Err(setting("loss", own, needs));
        match classes {
            0 => match loss {
                // The logarithm is the link: the output is e to the network's sum.
                Loss::Poisson => Ok((1, Activation::Exponential, loss)),
                Loss::Mse
                | Loss::Sse
                | Loss::Mae
                | Loss::Huber { .. }
                | Loss::LogCosh
                | Loss::Quantile { .. } => Ok((1, Activation::Linear, loss)),
                Loss::BinaryCrossentropy
                | Loss::SmoothBinaryCrossentropy { .. }
                | Loss::CategoricalCrossentropy
                | Loss::SmoothCategoricalCrossentropy { .. }
                | Loss::KlDivergence
                | Loss::Hinge
                | Loss::SquaredHinge => {
                    wrong("for numbers use mse, mae, sse, huber, log_cosh, quantile or poisson")
                }
            },
            2 => match loss {
                Loss::Hinge | Loss::SquaredHinge => Ok((1, Activation::Tanh, loss)),
                Loss::Mse | Loss::BinaryCrossentropy | Loss::SmoothBinaryCrossentropy { .. } => {
                    Ok((1, Activation::Sigmoid, loss))
                }
                Loss::Sse
                | Loss::Mae
                | Loss::Huber { .. }
                | Loss::LogCosh
                | Loss::Quantile { .. }
                | Loss::CategoricalCrossentropy
                | Loss::SmoothCategoricalCrossentropy { .. }
                | Loss::KlDivergence
                | Loss::Poisson => {
                    wrong("for two classes use binary_crossentropy, mse, hinge or squared_hinge")
                }
            },
            _ if loss.is_categorical() => Ok((classes, Activation::Softmax, loss)),
            _ => wrong("for more than two classes use categorical_crossentropy"),
        }
    }

    /// The loss with the targets smoothed.
    fn smoothed(&self, loss: Loss) -> Result<Loss, ModelError> {
        let label_smoothing = self.label_smoothing;
        if label_smoothing == 0.0 {
            return Ok(loss);
        }
        let smoothed = if loss == Loss::BinaryCrossentropy {
            Loss::SmoothBinaryCrossentropy { label_smoothing }
        } else if loss == Loss::CategoricalCrossentropy {
            Loss::SmoothCategoricalCrossentropy { label_smoothing }
        } else {
            let needs = "it is for cross-entropies, whose loss does not say it already";
            return Err(setting("label_smoothing", label_smoothing, needs));
        };
        smoothed.check_parameter()?;
        Ok(smoothed)
    }

    /// Whether predictions are e to a sum: the target is then scaled but not shifted.
    pub(crate) fn is_log_linked(&self) -> bool {
        self.loss == Some(Loss::Poisson)
    }

    /// The metrics of each epoch: those that are wished, and what early stopping watches; an error if one does not exist for the target.
    pub(crate) fn epoch_metrics(&self, target: &Target) -> Result<Vec<Metric>, ModelError> {
        self.metrics.iter().try_for_each(|m| check_metric("metrics", *m, target))?;
        let Some(early) = &self.fit.early_stopping else { return Ok(self.metrics.clone()) };
        let monitor = &early.monitor.name;
        let watched = early.monitor.metric();
        watched.map_or(Ok(()), |m| check_metric("monitor", m, target))?;
        if watched.is_none() && !["loss", "val_loss"].contains(&monitor.as_str()) {
            return Err(setting(
                "monitor",
                monitor,
                "it must be loss, val_loss, or val_ and the name of a metric",
            ));
        }
        let mut metrics = self.metrics.clone();
        metrics.extend(watched.filter(|m| !self.metrics.contains(m)));
        Ok(metrics)
    }
}

/// An error unless the metric exists for the target.
fn check_metric(name: &'static str, metric: Metric, target: &Target) -> Result<(), ModelError> {
    let classes = target.classes().len();
    let needs = match (metric.is_classification(), classes) {
        (true, 0) => "it is for classes; the target is a number",
        (false, 1..) => "it is for numbers; the target has classes",
        (true, 3..) if metric.is_of_two_classes() => "it is for two classes; the target has more",
        _ => return Ok(()),
    };
    Err(setting(name, metric.name(), needs))
}

fn setting(setting: &'static str, value: impl ToString, needs: &'static str) -> ModelError {
    ModelError::Setting { setting, value: value.to_string(), needs }
}
