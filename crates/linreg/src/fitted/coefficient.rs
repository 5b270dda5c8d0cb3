//! A coefficient and what is known of it: the line of every table of coefficients.

use serde::Serialize;

/// A coefficient in the units of the data. What is undefined or not known is `None`, and left out where it is serialised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Coefficient {
    /// The term, from 0; none for the intercept.
    #[serde(skip)]
    pub term: Option<usize>,
    /// The estimate; 0 for a dropped term.
    pub estimate: f64,
    /// Its standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub std_error: Option<f64>,
    /// Estimate by standard error: t of least squares, Wald's z of generalised models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<f64>,
    /// The probability of a statistic at least as far from zero if the coefficient were zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// The confidence interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// The variance inflation factor, of terms of least squares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vif: Option<f64>,
    /// Whether the term was dropped, since it is a combination of others.
    pub dropped: bool,
}

impl Coefficient {
    /// An estimate of which no more is known.
    pub fn estimate(term: Option<usize>, estimate: f64) -> Coefficient {
        Coefficient { term, estimate, ..Coefficient::default() }
    }
}

/// estimate ± half; none where that overflows.
pub(crate) fn interval(estimate: f64, half: f64) -> Option<[f64; 2]> {
    Some([estimate - half, estimate + half]).filter(|limits| limits.iter().all(|x| x.is_finite()))
}
