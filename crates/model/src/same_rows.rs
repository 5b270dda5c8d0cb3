//! Whether two linear models were fitted to the same rows, as far as their files tell: by digests of targets and weights, and by what the pipelines know of
//! the columns that both read.

use crate::model::Model;

/// Whether the rows are the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SameRows {
    /// They are.
    Proved,
    /// Nothing that is known of them differs, but an earlier version kept no digest.
    Unproved,
    /// They are not.
    Not(Doubt),
}

/// What differs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Doubt {
    /// The number of rows.
    #[error("it was fitted to {small} rows, the larger model to {large}")]
    Rows {
        /// Of the smaller model.
        small: u64,
        /// Of the larger.
        large: u64,
    },
    /// The targets.
    #[error("it was fitted to other values of the target than the larger model, or to rows in another order")]
    Targets,
    /// The weights.
    #[error("it was fitted with other weights than the larger model")]
    Weights,
    /// A column that both read.
    #[error("column {column:?} had other values when it was fitted than for the larger model")]
    Column {
        /// The column.
        column: String,
    },
}

/// The largest difference of the two models' total sums of squares, as a part of them, that rounding can explain.
const ROUNDING: f64 = 1e-9;

impl Model {
    /// Whether this least-squares model, the larger, and a smaller one were fitted to the same rows.
    pub fn same_rows(&self, small: &Model) -> SameRows {
        let (Some(wide), Some(narrow)) = (self.least_squares(), small.least_squares()) else {
            return SameRows::Unproved;
        };
        let rows = [(narrow.rows, wide.rows), (small.record().rows, self.record().rows)];
        if let Some(&(small, large)) = rows.iter().find(|(small, large)| small != large) {
            return SameRows::Not(Doubt::Rows { small, large });
        }
        if let (Some(a), Some(b)) = (self.linear(), small.linear())
            && let Some(column) = a.design.differing_column(&b.design)
        {
            return SameRows::Not(Doubt::Column { column: column.to_owned() });
        }
        match (&self.record().digest, &small.record().digest) {
            (Some(a), Some(b)) if a.targets != b.targets => SameRows::Not(Doubt::Targets),
            (Some(a), Some(b)) if a.weights != b.weights => SameRows::Not(Doubt::Weights),
            (Some(_), Some(_)) => SameRows::Proved,
            (None, _) | (_, None) => {
                let totals = [wide, narrow].map(|fit| fit.responses[0].tss);
                let comparable = wide.fit_intercept == narrow.fit_intercept;
                match comparable && (totals[0] - totals[1]).abs() > ROUNDING * totals[0].abs() {
                    true => SameRows::Not(Doubt::Targets),
                    false => SameRows::Unproved,
                }
            }
        }
    }

    /// The name of a term of the smaller model that the larger has not, if it has all of them none: then they are nested.
    pub fn term_beyond(&self, small: &Model) -> Option<String> {
        let (Some(wide), Some(narrow)) = (self.linear(), small.linear()) else { return None };
        if narrow.fit.has_intercept() && !wide.fit.has_intercept() {
            return Some("(intercept)".to_owned());
        }
        let known = wide.design.terms();
        let names = narrow.design.names();
        narrow.design.terms().iter().zip(names).find(|(term, _)| !known.contains(term)).map(|(_, name)| name)
    }
}
