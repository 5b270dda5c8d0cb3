//! Which covariance of the coefficients is reported.

use serde::{Deserialize, Serialize};

/// A covariance of the coefficients. h is a row's leverage, e its residual, n the rows and k the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
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
    /// The name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Covariance::Classical => "classical",
            Covariance::Hc0 => "hc0",
            Covariance::Hc1 => "hc1",
            Covariance::Hc2 => "hc2",
            Covariance::Hc3 => "hc3",
            Covariance::Cluster => "cluster",
        }
    }
}
