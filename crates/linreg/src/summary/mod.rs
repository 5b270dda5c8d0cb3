//! What can be said of a fitted regression: tables, tests, intervals, influence. Nothing here reads a row of the training data.

pub(crate) mod anova;
pub(crate) mod covariance;
pub mod distributions;
pub(crate) mod influence;
pub(crate) mod interval;
pub(crate) mod normality;
pub(crate) mod statistics;
pub(crate) mod why;

pub use crate::fitted::stored::InfluentialRow;
pub use crate::gather::largest::Largest;
pub use crate::gather::residuals::quantile;
pub use crate::linalg::leverage::{Leverage, cook_times_variance};
pub use anova::{Anova, anova};
pub use interval::HalfWidths;
pub use normality::Test;
pub use statistics::{ResidualSummary, Summary};
pub use why::Why;
