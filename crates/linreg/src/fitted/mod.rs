//! What a fit leaves, in the units of the data: coefficients, predictions, and the records that are stored.

pub(crate) mod coefficient;
pub(crate) mod coefficients;
mod dd_serde;
mod packed;
pub(crate) mod regression;
pub(crate) mod stored;
