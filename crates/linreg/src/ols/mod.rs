//! Ordinary least squares: of rows that can be read more than once (`regression`), or that are seen once (`state`).

pub(crate) mod regression;
pub(crate) mod state;

pub use crate::factor::alias::{Alias, AliasedPolicy};
pub use crate::factor::factorization::Factorization;
pub use crate::factor::rank::DEFAULT_TOLERANCE;
pub use crate::fitted::regression::{FittedLinearRegression, Response};
pub use crate::fitted::stored::{Covariance, Inference, ResponseInference};
pub use regression::LinearRegression;
pub use state::LeastSquaresState;
