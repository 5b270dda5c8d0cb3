//! The architecture: layers as plain data. The list is what is saved with a model.

use crate::activation::Activation;
use crate::batch_norm::BatchNorm;
use crate::dense::Dense;
use crate::dropout::Dropout;
use crate::inputs::{Embedding, Inputs};
use crate::layer_norm::LayerNorm;
use crate::parametric::Parametric;
use crate::residual::Residual;
use crate::scale::Scale;
use serde::{Deserialize, Serialize};

/// A layer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn every_layer() -> Sequential {
        Sequential::new(3)
            .embedding(5, 2)
            .scale()
            .dense(4, Activation::Linear)
            .batch_norm()
            .parametric(Activation::Mish)
            .dropout(0.1)
            .residual([Layer::LayerNorm(LayerNorm::default()), Layer::Dense(Dense::new(4, Activation::Silu))])
            .dense(2, Activation::Softmax)
    }

    #[test]
    fn records_round_trip_and_plain_ones_are_plain() {
        let net = every_layer();
        let json = serde_json::to_string(&net).unwrap();
        assert_eq!(serde_json::from_str::<Sequential>(&json).unwrap(), net);
        let plain = serde_json::to_string(&Sequential::new(2).dense(1, Activation::Relu)).unwrap();
        let want = r#"{"inputs":2,"layers":[{"dense":{"units":1,"activation":"relu","use_bias":true,"kernel_initializer":"glorot_uniform"}}]}"#;
        assert_eq!(plain, want);
    }

    #[test]
    fn unknown_layers_and_fields_are_refused() {
        let fail = |json: &str| serde_json::from_str::<Sequential>(json).unwrap_err().to_string();
        assert!(fail(r#"{"inputs":2,"layers":[{"conv":{}}]}"#).contains("unknown variant `conv`"));
        let units = r#"{"inputs":2,"layers":[{"dense":{"units":1,"activation":"relu","unit":2}}]}"#;
        assert!(fail(units).contains("unknown field `unit`"));
        assert!(fail(r#"{"inputs":2,"layers":[],"x":1}"#).contains("unknown field `x`"));
        assert!(
            fail(r#"{"inputs":{"numbers":1,"tables":[]},"layers":[]}"#).contains("unknown field `tables`")
        );
        assert!(fail(r#"{"inputs":"two","layers":[]}"#).contains("the number of inputs"));
        assert!(
            fail(r#"{"inputs":2,"layers":[{"batch_norm":{"axis":1}}]}"#).contains("unknown field `axis`")
        );
    }
}
