//! The small linear algebra of the fits: triangular factors, decompositions, and the loops over the rows of a block.
//!
//! Nothing here knows where rows come from, or what a model is.

pub(crate) mod cholesky;
pub(crate) mod counter;
pub(crate) mod dots;
pub(crate) mod kernels;
pub(crate) mod leverage;
pub(crate) mod powers;
pub(crate) mod substitution;
pub(crate) mod svd;
pub(crate) mod triangle;
pub(crate) mod upper;

use planish_tensor::{Isa, reduce};

/// ‖x‖
pub(crate) fn norm(isa: Isa, x: &[f64]) -> f64 {
    reduce::dot(isa, x, x).sqrt()
}
