//! Why a statistic does not exist, or says little, in words.

use serde::{Serialize, Serializer};
use std::fmt;

/// Why standard errors, tests or F do not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There are no more rows than parameters.
    NoFreedom {
        /// Rows with a weight above zero.
        rows: u64,
        /// Parameters estimated.
        parameters: usize,
    },
    /// A row has leverage one, so that HC2 and HC3 divide by zero.
    FullLeverage {
        /// The row, from 0, where it is known.
        row: Option<u64>,
    },
    /// All rows are of one cluster, or have none.
    OneCluster,
    /// Sums over so few clusters span fewer directions than there are terms.
    FewClusters {
        /// The clusters.
        clusters: u64,
        /// The terms.
        terms: usize,
    },
    /// The robust covariance of the terms' coefficients has no inverse.
    Singular,
    /// There is no term to test.
    NoTerms,
    /// The residuals are rounding.
    Perfect,
    /// What it is computed from leaves the range of numbers, or is not there.
    OutOfRange,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Why::NoFreedom { rows, parameters } => {
                write!(f, "{rows} rows for {parameters} parameters leave no degrees of freedom")
            }
            Why::FullLeverage { row: Some(row) } => {
                write!(f, "row {} has leverage one: a coefficient depends on it alone", row + 1)
            }
            Why::FullLeverage { row: None } => {
                f.write_str("a row has leverage one: a coefficient depends on it alone")
            }
            Why::OneCluster => f.write_str("a covariance by clusters needs two clusters or more"),
            Why::FewClusters { clusters, terms } => write!(
                f,
                "{clusters} clusters cannot test {terms} terms together: their covariance has rank {} at most",
                clusters.saturating_sub(1)
            ),
            Why::Singular => f.write_str("the robust covariance of the terms' coefficients has no inverse"),
            Why::NoTerms => f.write_str("the model has no terms"),
            Why::Perfect => f.write_str("the fit is perfect: what is left of the target is rounding"),
            Why::OutOfRange => f.write_str("a sum leaves the range of numbers"),
        }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
