//! What can be wrong with a network or its data.

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// The network is too large to count its parameters.
    #[error("the network is too large: its parameters, gradients and moments do not fit into memory")]
    TooLarge,
}
