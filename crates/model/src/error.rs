//! What can go wrong between a table and a model.

use planish_linreg::LinregError;
use planish_nn::NnError;
use planish_optim::OptimError;
use planish_tabular::{TabularError, line_prefix};
use planish_train::TrainError;

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The table does not suit.
    #[error(transparent)]
    Table(#[from] TabularError),
    /// Training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] NnError),
    /// The optimizer's settings are wrong.
    #[error(transparent)]
    Optimizer(#[from] OptimError),
    /// Least squares failed.
    #[error(transparent)]
    LeastSquares(#[from] LinregError),
    /// A setting is wrong.
    #[error("{setting} is {value}: {needs}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        needs: &'static str,
    },
    /// A row's weight that cannot be used.
    #[error("{}the weight of a row must be a number that is not negative, found {found} in column {column:?}", line_prefix(.line))]
    SampleWeight {
        /// The column of weights.
        column: String,
        /// The line in the file, 0 if there is none.
        line: u64,
        /// What is there.
        found: String,
    },
    /// A cell that one pass over the rows cannot take.
    #[error("{}column {column:?} has {found}; one pass over the rows cannot take that: fill it in, leave the column out, leave such rows out (--missing drop-rows) or train without --one-pass", line_prefix(.line))]
    OnePass {
        /// The column.
        column: String,
        /// The line in the file, 0 if there is none.
        line: u64,
        /// What is there.
        found: String,
    },
    /// No row that has a value in every feature.
    #[error(
        "each of the {rows} rows with a target has a missing value in a feature, most often in column {column:?}: leave columns out (--drop), or fill values in (--missing fill)"
    )]
    NoCompleteRow {
        /// Rows with a target.
        rows: u64,
        /// The column that has no value most often.
        column: String,
    },
    /// Dates where numbers or classes are needed.
    #[error("column {column:?} holds dates, which cannot be {role}")]
    Dates {
        /// The column.
        column: String,
        /// What they were to be.
        role: &'static str,
    },
    /// A target that Poisson's loss cannot take.
    #[error("{}a Poisson target must not be negative, found {found} in column {column:?}", line_prefix(.line))]
    NegativeTarget {
        /// The target column.
        column: String,
        /// The line in the file, 0 if there is none.
        line: u64,
        /// What is there.
        found: f64,
    },
    /// Classes or counts that some terms separate.
    #[error("{} of the target {target:?} perfectly, so their coefficients would grow without end: leave columns out (--drop), or use a penalty (--alpha 1)", tells(.terms))]
    Separation {
        /// The target.
        target: String,
        /// The terms.
        terms: Vec<String>,
    },
    /// A row that cannot be dealt to a fold.
    #[error("{}there is no value in column {column:?}, by which the folds are made", line_prefix(.line))]
    FoldCell {
        /// The column of groups or times.
        column: String,
        /// The line in the file, 0 if there is none.
        line: u64,
    },
    /// A fold of a cross-validation failed.
    #[error("fold {fold}: {error}")]
    Fold {
        /// The fold, from 1.
        fold: usize,
        /// What went wrong in it.
        error: Box<ModelError>,
    },
    /// A row without a cluster.
    #[error("{}there is no value in column {column:?}, by which rows are clustered", line_prefix(.line))]
    NoCluster {
        /// The column of clusters.
        column: String,
        /// The line in the file, 0 if there is none.
        line: u64,
    },
    /// Terms that are combinations of terms before them, where they are to be refused.
    #[error(
        "terms are combinations of terms before them: {terms}; leave them out (--drop), or use --aliased drop or min-norm"
    )]
    Aliased {
        /// The terms with their combinations.
        terms: String,
    },
    /// A term beyond the range that can be computed with.
    #[error("term {term} is not a number below 2^1000 in row {row}: rescale its columns")]
    TermRange {
        /// The term's name.
        term: String,
        /// The row, from 1, among those with a target.
        row: u64,
    },
    /// The target among the columns to leave out.
    #[error("the target {target:?} cannot be left out (--drop {target})")]
    DroppedTarget {
        /// The target.
        target: String,
    },
    /// The parts of a stored model do not belong together.
    #[error("the model is inconsistent: {what}")]
    Inconsistent {
        /// What does not match.
        what: String,
    },
}

impl ModelError {
    pub(crate) fn inconsistent(what: &str) -> ModelError {
        ModelError::Inconsistent { what: what.to_owned() }
    }
}

/// `x tells some values`, `x, y together tell some values`.
fn tells(terms: &[String]) -> String {
    match terms {
        [term] => format!("the term {term} tells some values"),
        [first @ .., last] if terms.len() <= 6 => {
            format!("the terms {} and {last} together tell some values", first.join(", "))
        }
        _ => format!(
            "the terms {} and {} more together tell some values",
            terms[..5.min(terms.len())].join(", "),
            terms.len().saturating_sub(5)
        ),
    }
}

/// Reading the rows failed, or what was done with them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failed<E> {
    /// The rows could not be read.
    #[error("{0}")]
    Source(E),
    /// The model could not be fitted or asked.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl<E> From<TabularError> for Failed<E> {
    fn from(e: TabularError) -> Self {
        Failed::Model(e.into())
    }
}
