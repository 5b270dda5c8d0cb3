//! What can be wrong with a network or its data.

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// A name that stands for nothing.
    #[error("unknown {what} {name:?}: use one of {known}")]
    UnknownName {
        /// What was looked for, for example `activation`.
        what: &'static str,
        /// The name as given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The network has no layer.
    #[error("the network has no layers")]
    NoLayers,
    /// A layer, or the input, has no units.
    #[error("layer {layer} has zero units")]
    ZeroUnits {
        /// `inputs` or the layer's name.
        layer: String,
    },
    /// The loss needs another output.
    #[error("loss {loss} needs {needs}, the network ends in {units} {activation} unit(s)")]
    LossOutput {
        /// The loss.
        loss: &'static str,
        /// What it needs.
        needs: &'static str,
        /// The activation of the last layer.
        activation: &'static str,
        /// The units of the last layer.
        units: usize,
    },
    /// A setting of a layer or a loss.
    #[error("{owner}: {setting} is {value}: {needs}")]
    Setting {
        /// The layer's or the loss's name.
        owner: String,
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        needs: &'static str,
    },
    /// A name that cannot be a layer's.
    #[error("a layer cannot be named {name:?}: {needs}")]
    LayerName {
        /// The name.
        name: String,
        /// What it must be.
        needs: &'static str,
    },
    /// A residual block whose layers change the width.
    #[error("layer {layer} adds {outputs} outputs of its layers to {inputs} inputs: they must be as many")]
    ResidualWidth {
        /// The block.
        layer: String,
        /// Numbers in a row of its input.
        inputs: usize,
        /// Numbers in a row of its layers' output.
        outputs: usize,
    },
    /// A residual block without layers.
    #[error("layer {layer} has no layers")]
    EmptyResidual {
        /// The block.
        layer: String,
    },
    /// Category codes that do not fit the network's embeddings.
    #[error(
        "row {row} has code {code} in category column {column}, the embedding has {categories} categories"
    )]
    Code {
        /// The row, from 0.
        row: usize,
        /// The category column, from 0.
        column: usize,
        /// The code.
        code: u32,
        /// The categories of the embedding.
        categories: usize,
    },
    /// The number of category codes is not one a row and embedding.
    #[error("{found} category codes for {rows} rows and {embeddings} embeddings")]
    Codes {
        /// The codes there are.
        found: usize,
        /// The rows.
        rows: usize,
        /// The embeddings.
        embeddings: usize,
    },
    /// The network is too large to count its parameters.
    #[error("the network is too large: its parameters, gradients and moments do not fit into memory")]
    TooLarge,
}
