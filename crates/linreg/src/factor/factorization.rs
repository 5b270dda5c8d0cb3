//! Which way the triangular factor was found.

use serde::{Deserialize, Serialize};

/// How the triangular factor of the columns was found. Whichever it was, refinement settles the coefficients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Factorization {
    /// By Cholesky's method from the Gram matrix: for well-conditioned columns.
    #[serde(rename = "fast")]
    Cholesky,
    /// By Householder reflections.
    #[default]
    #[serde(rename = "sure")]
    Householder,
}

impl Factorization {
    /// `"cholesky"` or `"householder"`.
    pub fn name(self) -> &'static str {
        match self {
            Factorization::Cholesky => "cholesky",
            Factorization::Householder => "householder",
        }
    }
}
