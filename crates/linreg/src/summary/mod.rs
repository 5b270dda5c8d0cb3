//! What can be said of a fitted regression: tables, tests, intervals, influence. Nothing here reads a row of the training data.

pub(crate) mod anova;
pub(crate) mod covariance;
pub mod distributions;
pub(crate) mod influence;
pub(crate) mod interval;
pub(crate) mod normality;
pub(crate) mod statistics;
