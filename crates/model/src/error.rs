//! What can go wrong between a table and a model.

use planish_linreg::LinregError;
use planish_nn::NnError;
use planish_optim::OptimError;
use planish_tabular::{TabularError, drop_option, line_prefix, shown};
use planish_train::TrainError;
use planish_trees::TreesError;

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
    /// Trees could not be grown.
    #[error(transparent)]
    Trees(#[from] TreesError),
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
    /// Weights by which no row counts.
    #[error("the weights in column {column:?} of all {rows} are 0")]
    NoWeight {
        /// The column of weights.
        column: String,
        /// Which rows.
        rows: &'static str,
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
        "each of the {rows} rows with a target has a missing value in a feature, most often in column {column:?}: leave it out ({}), or fill values in (--missing fill)",
        drop_option(std::slice::from_ref(column), 99)
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
    /// A target that the gamma loss cannot take.
    #[error("{}a gamma target must be above 0, found {found} in column {column:?}", line_prefix(.line))]
    TargetNotAboveZero {
        /// The target column.
        column: String,
        /// The line in the file, 0 if there is none.
        line: u64,
        /// What is there.
        found: f64,
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
    /// Classes or counts that some columns separate.
    #[error("{} the target {} perfectly ({told}), so coefficients would grow without end: {advice}", tells(.columns), shown(.target))]
    Separation {
        /// The target.
        target: String,
        /// The columns.
        columns: Vec<String>,
        /// Which rows: by a level if there is one, else their number and the first of them.
        told: String,
        /// What may be done.
        advice: String,
    },
    /// More parameters than rows, or than can be fitted.
    #[error("{found}: {needs}; {causes}")]
    Parameters {
        /// How many there are of both.
        found: String,
        /// What fitting needs.
        needs: &'static str,
        /// The columns that make most of the parameters, and what may be done.
        causes: String,
    },
    /// A word that does not say whether a row is held out.
    #[error("{}column {column:?} must say whether a row is held out: 1 or 0, true or false, yes or no, validation or train; found {found:?}", line_prefix(.line))]
    HeldOutCell {
        /// The column.
        column: String,
        /// The line in the file, 0 if there is none.
        line: u64,
        /// What is there.
        found: String,
    },
    /// A class that no training row has.
    #[error("class {class:?} is in held-out rows alone, so nothing can be learnt of it: {needs}")]
    HeldOutClass {
        /// The class.
        class: String,
        /// What may be done.
        needs: &'static str,
    },
    /// A row that cannot be held out or dealt to a fold.
    #[error("{}there is no value in column {column:?}, by which rows are held out", line_prefix(.line))]
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
    /// Whether the run is to be continued later, as its observer wished.
    pub(crate) fn is_suspension(&self) -> bool {
        matches!(
            self,
            ModelError::Train(TrainError::Suspended { .. }) | ModelError::Trees(TreesError::Suspended { .. })
        )
    }

    pub(crate) fn inconsistent(what: &str) -> ModelError {
        ModelError::Inconsistent { what: what.to_owned() }
    }
}

/// `the column x tells`, `the columns x and y together tell`.
fn tells(columns: &[String]) -> String {
    format!("{} {}", several(columns), if columns.len() == 1 { "tells" } else { "together tell" })
}

/// Letters of the names of several columns.
const NAMED: usize = 45;

/// `the columns x, y and z`, or where there is no room for their names `12 columns`.
pub(crate) fn several(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|name| shown(name)).collect();
    let letters: usize = names.iter().map(|name| name.chars().count() + 2).sum();
    match names.split_last() {
        Some((last, first)) if letters <= NAMED && !first.is_empty() => {
            format!("the columns {} and {last}", first.join(", "))
        }
        Some((one, [])) => format!("the column {one}"),
        Some(_) | None => format!("{} columns", columns.len()),
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
