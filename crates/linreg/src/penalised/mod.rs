//! Penalised and constrained least squares: ridge, lasso, elastic net and non-negative coefficients.
//!
//! All of them need only the triangular factor of [1 X y], which one pass over the rows gives; what follows works on it alone
//! and takes the same time for any number of rows. The intercept is never penalised: it is eliminated first, and what remains of the factor is
//! that of the columns about their means (`centred`).
//!
//! For cross-validation the same pass makes one factor for each fold (`factor::folds`); the factor of the rows outside a fold is that of the
//! other factors stacked, and the squared error on a fold is a norm in its own factor.

mod active_set;
mod alphas;
mod centred;
mod descent;
mod elastic_net;
mod growing;
mod leave_one_out;
mod moments;
mod non_negative;
mod point;
mod ridge;
mod search;
mod spectrum;

pub use crate::factor::folds::KFold;
pub use elastic_net::{AlphaRule, AlphaScore, ElasticNet, ElasticNetCv, FittedElasticNet, Lasso};
pub use non_negative::{FittedNonNegative, NonNegative};
pub use ridge::{FittedRidge, Ridge, RidgeCriterion, RidgeCv, RidgeScore};
