//! The architecture: layers as plain data. The list is what is saved with a model.

use crate::activation::Activation;
use crate::layers::{BatchNorm, Dense, Dropout, Embedding, Inputs, LayerNorm, Parametric, Scale};
use serde::{Deserialize, Serialize};

/// A layer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// f(x·W + b)
    Dense(Dense),
    /// Zero with a probability, in training.
    Dropout(Dropout),
    /// Columns of the batch brought to mean 0 and variance 1.
    BatchNorm(BatchNorm),
    /// Rows brought to mean 0 and variance 1.
    LayerNorm(LayerNorm),
    /// x + f(x)
    Residual(Residual),
    /// A weight a unit.
    Scale(Scale),
    /// x + α·(f(x) − x)
    Parametric(Parametric),
}

impl Layer {
    /// The kind's name, as in records; a layer without a name is called after it.
    pub fn kind(&self) -> &'static str {
        match self {
            Layer::Dense(_) => "dense",
            Layer::Dropout(_) => "dropout",
            Layer::BatchNorm(_) => "batch_norm",
            Layer::LayerNorm(_) => "layer_norm",
            Layer::Residual(_) => "residual",
            Layer::Scale(_) => "scale",
            Layer::Parametric(_) => "parametric",
        }
    }

    /// The name given to it, if any.
    pub fn name(&self) -> Option<&str> {
        match self {
            Layer::Dense(l) => l.name.as_deref(),
            Layer::Dropout(l) => l.name.as_deref(),
            Layer::BatchNorm(l) => l.name.as_deref(),
            Layer::LayerNorm(l) => l.name.as_deref(),
            Layer::Residual(l) => l.name.as_deref(),
            Layer::Scale(l) => l.name.as_deref(),
            Layer::Parametric(l) => l.name.as_deref(),
        }
    }
}

/// y = x + f(x)
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// f, first layer to last.
    pub layers: Vec<Layer>,
    /// Its name; `residual_1` … if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Residual {
    /// The block around these layers.
    pub fn new(layers: impl Into<Vec<Layer>>) -> Residual {
        Residual { layers: layers.into(), name: None }
    }
}

/// A network: layers one after the other.
///
/// ```
/// use planish_nn::{Activation, Sequential};
///
/// let json = r#"{"inputs":10,"layers":[{"dense":{"units":1,"activation":"sigmoid"}}]}"#;
/// assert_eq!(serde_json::from_str::<Sequential>(json)?, Sequential::new(10).dense(1, Activation::Sigmoid));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequential {
    /// What a row of input is made of.
    pub inputs: Inputs,
    /// The layers, first to last.
    pub layers: Vec<Layer>,
}

impl Sequential {
    /// A network without layers for rows of `inputs` numbers.
    pub fn new(inputs: usize) -> Sequential {
        Sequential { inputs: inputs.into(), layers: Vec::new() }
    }

    /// Adds a category code to each row of input, looked up in a table of `categories` rows of `dim` numbers.
    pub fn embedding(mut self, categories: usize, dim: usize) -> Sequential {
        self.inputs.embeddings.push(Embedding::new(categories, dim));
        self
    }

    /// Adds a dense layer with default settings.
    pub fn dense(self, units: usize, activation: Activation) -> Sequential {
        self.layer(Layer::Dense(Dense::new(units, activation)))
    }

    /// Adds dropout.
    pub fn dropout(self, rate: f64) -> Sequential {
        self.layer(Layer::Dropout(Dropout::new(rate)))
    }

    /// Adds batch normalisation with default settings.
    pub fn batch_norm(self) -> Sequential {
        self.layer(Layer::BatchNorm(BatchNorm::default()))
    }

    /// Adds layer normalisation with default settings.
    pub fn layer_norm(self) -> Sequential {
        self.layer(Layer::LayerNorm(LayerNorm::default()))
    }

    /// Adds a residual block around these layers.
    pub fn residual(self, layers: impl Into<Vec<Layer>>) -> Sequential {
        self.layer(Layer::Residual(Residual::new(layers)))
    }

    /// Adds a learnable diagonal.
    pub fn scale(self) -> Sequential {
        self.layer(Layer::Scale(Scale::default()))
    }

    /// Adds a parametric activation.
    pub fn parametric(self, activation: Activation) -> Sequential {
        self.layer(Layer::Parametric(Parametric::new(activation)))
    }

    /// Adds a layer.
    pub fn layer(mut self, layer: Layer) -> Sequential {
        self.layers.push(layer);
        self
    }
}
