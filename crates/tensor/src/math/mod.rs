//! Vector math over lanes: exp, expm1, log, log1p, tanh, sigmoid, softplus, erf, sin, cos and the normal distribution
//! function; [`rows`] has the kernels along a row: softmax, log-sum-exp and the fused losses.
//!
//! Own polynomials, one set for `f32` and one for `f64`, the same for every instruction set, so results are the same
//! bits everywhere. Maximum errors are published in `docs/numerics.md`. The slice functions ([`exp`], [`log`], …) apply
//! one function to a whole slice.
//!
//! The functions on virtual vectors are in `simd::lane_math`, those of angles in `trig`, the polynomials in `number::coefficients`.
//!
//! Method: exp by Cody and Waite's two-term reduction to |r| ≤ ln 2 / 2 (Software Manual for the Elementary Functions,
//! 1980); log by a polynomial in m − 1 (`f32`) or the series in s = (m − 1)/(m + 1) (`f64`); tanh and sigmoid from
//! expm1 and exp of −|x|; erf by a polynomial in x² below 1 and erfc by exp(−x²) times a polynomial above; sin and cos
//! in `trig`. Arguments that need care (results at the ends of the range, subnormal, negative or infinite arguments of
//! log) take a second path when any lane of a vector has one; a lane's bits do not depend on its neighbours.

pub mod rows;
mod slices;
mod trig;

#[doc(hidden)]
pub use slices::Function;
pub use slices::{cos, erf, exp, expm1, log, log_one, log1p, normal_cdf, sigmoid, sin, softplus, tanh};
