//! A coefficient and what is known of it.

use serde::Serialize;

/// A parameter of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coefficient {
    /// The estimate; 0 for a dropped term.
    pub estimate: f64,
    /// Its standard error.
    pub std_error: Option<f64>,
    /// Estimate by standard error.
    pub t: Option<f64>,
    /// P(|T| ≥ |t|)
    pub p: Option<f64>,
    /// The confidence interval.
    pub ci: Option<[f64; 2]>,
    /// The variance inflation factor, of terms only.
    pub vif: Option<f64>,
    /// Whether the term was dropped.
    pub dropped: bool,
}
