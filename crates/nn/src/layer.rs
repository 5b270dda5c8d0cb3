//! The architecture: layers as plain data. The list is what is saved with a model.

use crate::activation::Activation;
use crate::init::Initializer;
use serde::{Deserialize, Serialize};

/// A layer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Layer {
    /// f(x·W + b)
    Dense(Dense),
}

/// A fully connected layer, f(x·W + b) with W of shape `[inputs, units]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Dense {
    /// The number of outputs.
    pub units: usize,
    /// f
    pub activation: Activation,
    /// Whether there is a b.
    pub use_bias: bool,
    /// How W is filled before training; b starts at zero.
    pub kernel_initializer: Initializer,
}

impl Dense {
    /// A layer with Keras's defaults: a bias, and glorot_uniform kernels.
    pub fn new(units: usize, activation: Activation) -> Dense {
        Dense { units, activation, use_bias: true, kernel_initializer: Initializer::default() }
    }
}

/// A network: layers one after the other.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sequential {
    /// Numbers in a row of input.
    pub inputs: usize,
    /// The layers, first to last.
    pub layers: Vec<Layer>,
}

impl Sequential {
    /// A network without layers for rows of `inputs` numbers.
    pub fn new(inputs: usize) -> Sequential {
        Sequential { inputs, layers: Vec::new() }
    }

    /// Adds a dense layer with default settings.
    pub fn dense(self, units: usize, activation: Activation) -> Sequential {
        self.layer(Layer::Dense(Dense::new(units, activation)))
    }

    /// Adds a layer.
    pub fn layer(mut self, layer: Layer) -> Sequential {
        self.layers.push(layer);
        self
    }
}
