//! Which way the triangular factor was found.

use serde::{Deserialize, Serialize};

/// How the triangular factor of the columns was found. Whichever it was, refinement settles the coefficients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// By Cholesky's method from the Gram matrix: for well-conditioned columns.
    Fast,
    /// By Householder reflections.
    #[default]
    Sure,
}

impl Tier {
    /// `"fast"` or `"sure"`.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Fast => "fast",
            Tier::Sure => "sure",
        }
    }
}
