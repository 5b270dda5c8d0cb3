//! Seeded splits of row numbers into a training part and a held-out part: once ([`HoldOut`]), or once for each of several folds
//! ([`Folds`]). Randomness is counter-based, so a split depends on the seed and the rows alone.

mod folds;
mod hold_out;

pub use folds::Folds;
pub use hold_out::{HoldBy, HoldOut, holdout};
