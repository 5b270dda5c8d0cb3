//! The layers, a file each: its record (the settings as plain data), and its step (the layer with its places in the arenas) with forward
//! and backward pass side by side.
//!
//! All passes are given the same, in `context`. `fused` has the activations as epilogues of dense layers' products, `columns` the loops over
//! columns that layers share.

mod batch_norm;
mod columns;
pub(crate) mod context;
mod dense;
mod dropout;
mod fused;
mod inputs;
mod layer_norm;
mod parametric;
pub(crate) mod residual;
mod scale;

pub use batch_norm::BatchNorm;
pub(crate) use batch_norm::BatchNormStep;
pub use dense::Dense;
pub(crate) use dense::{DenseOutput, DenseStep};
pub use dropout::Dropout;
pub(crate) use dropout::DropoutStep;
pub use inputs::{Embedding, Inputs};
pub(crate) use inputs::{JoinStep, Table};
pub use layer_norm::LayerNorm;
pub(crate) use layer_norm::LayerNormStep;
pub use parametric::Parametric;
pub(crate) use parametric::ParametricStep;
pub use scale::Scale;
pub(crate) use scale::ScaleStep;
