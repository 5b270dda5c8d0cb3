//! From a model and raw rows to what it says of them: `predictions`, `intervals` around those of least squares, scores where the target is known
//! (`evaluate`), and the `proof` that a model read again predicts the same bits.

pub(crate) mod evaluate;
mod intervals;
pub(crate) mod predictions;
mod proof;

pub use evaluate::Evaluation;
pub use intervals::Intervals;
pub use predictions::{BrokenRelation, ClassProbabilities, Encoded, NamedPrediction, Predictions};
