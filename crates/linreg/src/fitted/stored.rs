//! What is stored for inference, so that tables, tests and intervals need no row of the training data.

use crate::fitted::packed::{Packed, halves};
use serde::{Deserialize, Serialize};

/// A covariance of the coefficients. h is a row's leverage, e its residual, n the rows and k the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Covariance {
    /// s²·(XᵀWX)⁻¹, for errors of one variance.
    #[default]
    Classical,
    /// White's, for errors of any variance.
    Hc0,
    /// HC0·n/(n − k).
    Hc1,
    /// With e²/(1 − h).
    Hc2,
    /// With e²/(1 − h)².
    Hc3,
    /// For errors that depend on each other within clusters: CR1.
    Cluster,
}

impl Covariance {
    /// Each with its name and a line about it.
    pub const CHOICES: &'static [(&'static str, Covariance, &'static str)] = &[
        ("classical", Covariance::Classical, "Errors of one variance"),
        ("hc0", Covariance::Hc0, "Errors of any variance, White's"),
        ("hc1", Covariance::Hc1, "HC0 times n/(n − k)"),
        ("hc2", Covariance::Hc2, "With e²/(1 − h)"),
        ("hc3", Covariance::Hc3, "With e²/(1 − h)²"),
        ("cluster", Covariance::Cluster, "Errors that depend on each other within clusters (--cluster)"),
    ];

    /// The name, as on the command line.
    pub fn name(self) -> &'static str {
        Covariance::CHOICES[self as usize].0
    }
}

/// What inference needs of the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inference {
    /// The covariance that was asked for.
    pub covariance: Covariance,
    /// The number of clusters; 0 if rows have none.
    pub clusters: u64,
    /// Σ log w over the rows with a weight above zero; 0 without weights.
    pub log_weights: f64,
    /// The diagonal of (XᵀWX)⁻¹, the intercept first; 0 for dropped terms.
    pub unscaled_variances: Vec<f64>,
    /// The powers of two, one a parameter, that were taken out of the square roots of its variances: these and the responses'. None where all squares
    /// are in range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) exponents: Vec<i32>,
    /// The variance inflation factor of each term; 0 for aliased terms.
    pub vif: Vec<f64>,
    /// Rows with the largest leverages.
    pub leverages: Vec<InfluentialRow>,
    /// Whether some row has leverage one, so that HC2 and HC3 are undefined.
    pub full_leverage: bool,
    /// The first such row, from 0, among those that were fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_leverage_row: Option<u64>,
    /// The factor of the columns.
    pub(crate) row_factor: RowFactor,
    /// What belongs to each response.
    pub responses: Vec<ResponseInference>,
}

/// The part of one response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseInference {
    /// Minimum, quartiles and maximum of the residuals, each times the root of its row's weight.
    pub residual_quantiles: [f64; 5],
    /// Whether the quartiles are of a part of the rows.
    pub quantiles_sampled: bool,
    /// Skewness and kurtosis of the residuals; none if all are equal.
    pub shape: Option<[f64; 2]>,
    /// Durbin and Watson's statistic; none if all residuals are zero.
    pub durbin_watson: Option<f64>,
    /// R² of the squared residuals on the columns; none without an intercept.
    pub squares_r2: Option<f64>,
    /// The sum of squares that the terms explain: about the mean with an intercept.
    pub explained: f64,
    /// Rows with the largest Cook's distances; empty if the residual variance is zero or undefined.
    pub cook: Vec<InfluentialRow>,
    /// The power of two that was taken out of the response, where its squares leave the range: squares that are kept here are to be multiplied by
    /// its square.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) exponent: i32,
    /// The variances of the coefficients by HC0, HC2 and HC3.
    pub(crate) hc: [Vec<f64>; 3],
    /// By clusters; empty without.
    pub(crate) cluster: Vec<f64>,
    /// Wald's F of all terms with the robust covariance that was asked for.
    pub(crate) wald: Option<f64>,
    /// The middle part of that covariance; empty for the classical one.
    pub(crate) meat: Packed,
}

/// The triangular factor of the columns √W·[1 X] in scaled units, and the scaling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RowFactor {
    pub(crate) kept: Vec<usize>,
    pub(crate) shift: Vec<f64>,
    pub(crate) exponent: Vec<i32>,
    /// The exponent of the roots of the weights.
    pub(crate) root: i32,
    /// Column by column.
    pub(crate) r: Packed,
    /// What these numbers lose of double-double ones, 24 bits of it; none where no leverage is near one.
    #[serde(default, with = "halves", skip_serializing_if = "Vec::is_empty")]
    pub(crate) rests: Vec<f64>,
}

/// A row that stands out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InfluentialRow {
    /// The row, from 0, among those that were fitted.
    pub row: u64,
    /// Its leverage, or its Cook's distance.
    pub value: f64,
}

fn is_zero(exponent: &i32) -> bool {
    *exponent == 0
}

impl Inference {
    /// The power of two that was taken out of the root of parameter i's variance.
    pub(crate) fn exponent(&self, i: usize) -> i32 {
        self.exponents.get(i).copied().unwrap_or(0)
    }

    /// Says what is wrong with a record that was read from outside, if anything is.
    pub(super) fn validate(&self, terms: usize, parameters: usize, rank: usize) -> Result<(), &'static str> {
        let each = |v: &[f64], len: usize| v.len() == len && v.iter().all(|x| x.is_finite() && *x >= 0.0);
        let or_none = |v: &[f64]| v.is_empty() || v.len() == parameters && v.iter().all(|x| x.is_finite());
        let triangle = rank * (rank + 1) / 2;
        let whole = |r: &ResponseInference| {
            r.hc[0].len() == parameters
                && r.hc.iter().all(|v| or_none(v))
                && or_none(&r.cluster)
                && (r.meat.is_empty() || r.meat.len() == triangle)
        };
        if !each(&self.unscaled_variances, parameters)
            || !each(&self.vif, terms)
            || !(self.exponents.is_empty() || self.exponents.len() == parameters)
            || !self.responses.iter().all(whole)
        {
            return Err("the variances do not fit the terms");
        }
        self.row_factor.validate(terms, rank)
    }
}

impl RowFactor {
    /// One with an intercept.
    pub(crate) fn first(&self) -> usize {
        let (mut order, mut len) = (0, 0);
        while len < self.r.len() {
            order += 1;
            len += order;
        }
        order.saturating_sub(self.kept.len())
    }

    fn validate(&self, terms: usize, rank: usize) -> Result<(), &'static str> {
        let columns = self.kept.len();
        let whole = self.r.len() == rank * (rank + 1) / 2
            && (self.rests.is_empty() || self.rests.len() == self.r.len())
            && self.shift.len() == columns
            && self.exponent.len() == columns
            && (columns == rank || columns + 1 == rank)
            && self.kept.is_sorted_by(|a, b| a < b)
            && self.kept.last().is_none_or(|&t| t < terms);
        if whole { Ok(()) } else { Err("the factor for intervals does not fit the terms") }
    }
}

/// The number, kept within what a record can hold.
pub(crate) fn finite(x: f64) -> f64 {
    if x.is_nan() { f64::MAX } else { x.clamp(-f64::MAX, f64::MAX) }
}
