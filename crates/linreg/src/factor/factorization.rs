//! Which way the triangular factor was found.

use serde::{Deserialize, Serialize};

/// How the triangular factor of the columns was found. Whichever it was, refinement settles the coefficients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Factorization {
    /// By Cholesky's method from the Gram matrix: for well-conditioned columns.
    #[serde(rename = "fast")]
    Cholesky,
    /// By Cholesky's method from products in double-double: for columns that are nearly dependent.
    #[serde(rename = "products")]
    Products,
    /// By Householder reflections.
    #[default]
    #[serde(rename = "sure")]
    Householder,
}

impl Factorization {
    /// `"cholesky"`, `"products"` or `"householder"`.
    pub fn name(self) -> &'static str {
        match self {
            Factorization::Cholesky => "cholesky",
            Factorization::Products => "products",
            Factorization::Householder => "householder",
        }
    }
}
