//! Linear least squares with several right-hand sides, by QR and refined with double-double residuals; and other linear models.
//!
//! # Model
//! y = b₀ + X·b + ε, or without b₀ if `fit_intercept` is false. With n rows, p terms and q responses the objective of
//! each response is min over b₀, b of Σᵢ wᵢ·(yᵢ − b₀ − xᵢᵀ·b)², where all wᵢ = 1 unless weights are given.
//!
//! # Shapes
//! X is `[n, p]`, Y is `[n, q]`, weights are `[n]`. Rows come in blocks of [`BLOCK_ROWS`](rows::BLOCK_ROWS) from a [`BlockSource`] that can be
//! read more than once, so n is bounded by patience, not by memory; memory is p² times log₂(n / 4096).
//!
//! # Method
//! Each step has a folder; data pass from the first to the last, on top of `linalg` (triangular factors and the loops over rows).
//!
//! 1. `rows`: rows come in blocks, in columns that are shifted and scaled by powers of two.
//! 2. `factor`: one pass makes the triangular factor R of [1 X Y]: from the Gram matrix (`gram`), or, where its condition number is too
//!    large for that, in a second pass by reflections (`fold`). Terms that depend on earlier terms are found, named and dropped (`rank`).
//! 3. `refine`: corrected semi-normal equations: passes with residuals in double-double, until the coefficients settle. Data with a condition
//!    number below about 10³ settle after one such pass.
//! 4. `fitted`: coefficients and predictions in the units of the data.
//! 5. `gather`: if asked for, a last pass gathers what inference needs of each row and corrects R in double-double, so that standard errors
//!    have the digits of the coefficients.
//! 6. `summary`: tables, tests and intervals are made of what that leaves.
//!
//! The families of models, `ols`, `penalised` and `glm`, put these steps together. Where rows can be seen only once, or lie on several
//! machines, [`LeastSquaresState`] is the fold of step 2 with the products of the columns in double-double beside it, from which step 3 is
//! done without the rows.
//!
//! # Other models
//! From the same fold come [`Ridge`], [`Lasso`], [`ElasticNet`] and [`NonNegative`](penalised::NonNegative) least squares, and the choice of their penalties, in one
//! pass ([`RidgeCv`](penalised::RidgeCv), [`ElasticNetCv`](penalised::ElasticNetCv)); [`Glm`] fits logistic, multinomial and Poisson regressions by Newton's iteration. Each is a configuration
//! that is fitted by [`Fit`] to a source or to matrices, and has a fitted type of its own.
//!
//! The result has the same bits for every instruction set, and does not depend on the units of the columns.
//!
//! ```
//! use planish_linreg::{Fit, LinearRegression};
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

mod error;
mod factor;
mod fit;
mod fitted;
mod gather;
pub mod glm;
mod linalg;
pub mod ols;
pub mod penalised;
mod refine;
pub mod rows;
pub mod summary;

pub use error::{FitError, LinregError};
pub use fit::Fit;
pub use fitted::coefficient::Coefficient;
pub use fitted::coefficients::Coefficients;
pub use glm::Glm;
pub use ols::{FittedLinearRegression, LeastSquaresState, LinearRegression};
pub use penalised::{ElasticNet, Lasso, Ridge};
pub use rows::{BlockSource, MatrixSource};
