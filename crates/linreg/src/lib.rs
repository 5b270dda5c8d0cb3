//! Linear least squares with several right-hand sides, by QR and refined with double-double residuals; and other linear models.
//!
//! # Model
//! y = b₀ + X·b + ε, or without b₀ if `fit_intercept` is false. With n rows, p terms and q responses the objective of
//! each response is min over b₀, b of Σᵢ wᵢ·(yᵢ − b₀ − xᵢᵀ·b)², where all wᵢ = 1 unless weights are given.
//!
//! # Shapes
//! X is `[n, p]`, Y is `[n, q]`, weights are `[n]`. Rows come in blocks of [`BLOCK_ROWS`] from a [`BlockSource`] that can be
//! read more than once, so n is bounded by patience, not by memory; memory is p² times log₂(n / 4096).
//!
//! # Method
//! 1. One pass makes the triangular factor R of [1 X Y], in a frame of shifted and power-of-two scaled columns (`frame`): from the Gram
//!    matrix (`gram_tier`), or, where its condition number is too large for that, in a second pass by reflections (`fold`, `triangle`).
//! 2. Terms that depend on earlier terms are found, named and dropped (`rank`).
//! 3. Corrected semi-normal equations: passes with residuals in double-double (`refine`, `sweep`), until the coefficients
//!    settle. Data with a condition number below about 10³ settle after one such pass.
//! 4. If asked for, a last pass gathers what inference needs of each row (`last_pass`, `residuals`, `meat`) and corrects R in
//!    double-double, so that standard errors have the digits of the coefficients. [`Summary`] is made of what it leaves.
//!
//! Where rows can be seen only once, or lie on several machines, [`LeastSquaresState`] is the fold of step 1 with the products of the columns in
//! double-double (`products`) beside it, from which step 3 is done without the rows.
//!
//! # Other models
//! From the same fold come [`Ridge`], [`Lasso`], [`ElasticNet`] and [`NonNegative`] least squares, and the choice of their penalties, in one
//! pass ([`RidgeCv`], [`ElasticNetCv`]); [`Glm`] fits logistic, multinomial and Poisson regressions by Newton's iteration. Each is a configuration
//! with `fit` (a source) and `fit_matrix`, and has a fitted type of its own.
//!
//! The result has the same bits for every instruction set, and does not depend on the units of the columns.
//!
//! ```
//! use planish_linreg::LinearRegression;
//! use planish_tensor::{Isa, Matrix};
//!
//! let x = Matrix::from_rows(&[[1.0, 0.0], [2.0, 1.0], [3.0, 0.0], [4.0, 1.0]]);
//! let y = Matrix::from_rows(&[[5.0], [8.0], [9.0], [12.0]]);
//! let fitted = LinearRegression::default().fit_matrix(Isa::best(), x.view(), y.view(), None)?;
//! assert_eq!(fitted.responses[0].coef[0].to_f64(), 2.0);
//! assert_eq!(fitted.responses[0].coef[1].to_f64(), 1.0);
//! assert_eq!(fitted.responses[0].intercept.to_f64(), 3.0);
//! # Ok::<(), planish_linreg::LinregError>(())
//! ```
//!
//! # Source
//! Björck, "Stability analysis of the method of seminormal equations", 1987; Demmel, Grigori, Hoemmen, Langou,
//! "Communication-optimal parallel and sequential QR and LU factorizations", 2012 (the fold); LINPACK's `dqrdc2` as
//! changed for R's `lm` (the order of dropping).

#![forbid(unsafe_code)]

mod alias;
mod anova;
mod block;
mod cholesky;
mod coefficients;
mod config;
mod counter;
mod covariance;
mod dd_serde;
pub mod distributions;
mod error;
mod fitted;
mod fold;
mod frame;
mod glm;
mod gram_tier;
mod inference;
mod influence;
mod interval;
mod kernels;
mod largest;
mod last_pass;
mod meat;
mod normality;
mod packed_serde;
mod part;
mod penalised;
mod plain_summary;
mod products;
mod rank;
mod refine;
mod residuals;
mod rows_tile;
mod source;
mod state;
mod summary;
mod sweep;
#[cfg(test)]
mod tests;
mod tier;
mod tile_kernel;
mod tile_sweep;
mod triangle;
mod upper;

pub use alias::{Alias, AliasedPolicy};
pub use anova::{Anova, anova};
pub use block::{BLOCK_ROWS, Block, BlockSource};
pub use coefficients::Coefficients;
pub use config::{DEFAULT_TOLERANCE, LinearRegression};
pub use covariance::Covariance;
pub use error::{FitError, LinregError};
pub use fitted::{FittedLinearRegression, Response};
pub use glm::{CoefficientRow, Family, FittedGlm, Glm};
pub use inference::{Inference, ResponseInference};
pub use influence::cook_times_variance;
pub use interval::HalfWidths;
pub use largest::Largest;
pub use normality::Test;
pub use part::Matrices;
pub use penalised::{
    AlphaRule, AlphaScore, ElasticNet, ElasticNetCv, FittedElasticNet, FittedNonNegative, FittedRidge, KFold,
    Lasso, NonNegative, Ridge, RidgeCriterion, RidgeCv, RidgeScore,
};
pub use plain_summary::PlainSummary;
pub use residuals::{InfluentialRow, quantile};
pub use source::{ColumnSource, MatrixSource};
pub use state::LeastSquaresState;
pub use summary::{Coefficient, Summary};
pub use tier::Tier;
