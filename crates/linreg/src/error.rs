//! What can be wrong with the data of a least-squares problem.

use std::convert::Infallible;

/// Data that no model can be fitted to, or that does not fit the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinregError {
    /// The source has no rows.
    #[error("0 rows: nothing to fit")]
    NoRows,
    /// Neither terms nor an intercept.
    #[error("0 terms and no intercept: nothing to fit")]
    NoTerms,
    /// Nothing to predict.
    #[error("0 responses: nothing to fit")]
    NoResponses,
    /// The problem has no unique solution.
    #[error("{rows} rows for {parameters} parameters: fitting needs at least as many rows as parameters")]
    TooFewRows {
        /// Rows with a weight above zero.
        rows: u64,
        /// Terms, and one for the intercept.
        parameters: usize,
    },
    /// A value of a term is NaN, infinite or beyond 2¹⁰⁰⁰.
    #[error("row {row}, term {term}: not a finite number below 2^1000 in magnitude")]
    BadTerm {
        /// The row, from 0.
        row: u64,
        /// The term, from 0.
        term: usize,
    },
    /// A value of a response is NaN, infinite or beyond 2¹⁰⁰⁰.
    #[error("row {row}, response {response}: not a finite number below 2^1000 in magnitude")]
    BadResponse {
        /// The row, from 0.
        row: u64,
        /// The response, from 0.
        response: usize,
    },
    /// A weight is negative, NaN, infinite or beyond 2¹⁰⁰⁰.
    #[error("row {row}: the weight is not a number from 0 to 2^1000")]
    BadWeight {
        /// The row, from 0.
        row: u64,
    },
    /// All weights are zero.
    #[error("all {rows} weights are 0: nothing to fit")]
    ZeroWeights {
        /// The rows read.
        rows: u64,
    },
    /// The coefficients exceed the range of `f64`.
    #[error("response {response}: the coefficients exceed the range of f64; choose other units")]
    Overflow {
        /// The response, from 0.
        response: usize,
    },
    /// A setting of the configuration cannot be used.
    #[error("{setting} is {value}: {needs}")]
    Setting {
        /// The field of the configuration.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        needs: &'static str,
    },
    /// More parameters than the matrix of their covariances may have columns.
    #[error("{parameters} parameters: at most {limit} can be fitted together")]
    TooManyParameters {
        /// Coefficients and intercepts of all predictors.
        parameters: usize,
        /// The most.
        limit: usize,
    },
    /// The model has one response, the source another number of them.
    #[error("{responses} responses: this model is fitted to one")]
    OneResponse {
        /// The responses of the source.
        responses: usize,
    },
    /// All rows have the same response.
    #[error("the response is {value} in every row: there is nothing to explain")]
    ConstantResponse {
        /// Its value.
        value: String,
    },
    /// A fold has no row with a weight above zero.
    #[error("fold {fold} of {folds} has no rows: use fewer folds")]
    EmptyFold {
        /// The fold, from 1.
        fold: usize,
        /// The number of folds.
        folds: usize,
    },
    /// A response that is no class.
    #[error("row {row}: the response is {value}, not a class from 0 to {last}")]
    BadClass {
        /// The row, from 0.
        row: u64,
        /// The response.
        value: String,
        /// The last class.
        last: usize,
    },
    /// A class without a row.
    #[error("no row with a weight above 0 has class {class}")]
    EmptyClass {
        /// The class, from 0.
        class: usize,
    },
    /// A response that is no count.
    #[error("row {row}: the response is {value}, which is negative: a Poisson model needs counts")]
    BadCount {
        /// The row, from 0.
        row: u64,
        /// The response.
        value: String,
    },
    /// The responses can be separated by the terms, so the likelihood has no maximum: coefficients grow without end.
    #[error(
        "terms {terms:?} separate the responses of {told} of {rows} rows: the coefficients grow without end; leave terms out, or use a penalty"
    )]
    Separation {
        /// The terms whose coefficients grow (from 0).
        terms: Vec<usize>,
        /// Rows with a weight above zero whose responses are told, and all of them.
        told: u64,
        /// See `told`.
        rows: u64,
        /// The first of those that are told (from 0, among all rows).
        first: Vec<u64>,
    },
    /// An iteration ended without a solution.
    #[error("{method} did not converge in {iterations} iterations: {advice}")]
    NoConvergence {
        /// The iteration.
        method: &'static str,
        /// How many there were.
        iterations: usize,
        /// What may help.
        advice: &'static str,
    },
    /// Coordinate descent ended without a solution for this penalty.
    #[error(
        "coordinate descent did not converge in {iterations} iterations for alpha {alpha}: leave out terms that are nearly combinations of others, or give an alpha that is larger"
    )]
    NoSolution {
        /// The penalty.
        alpha: String,
        /// Sweeps over all coordinates.
        iterations: usize,
    },
    /// Two arguments, or an argument and the model, disagree in shape.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// Terms that are combinations of terms before them, where the policy is to refuse them.
    #[error("{} combination of terms before it: drop it, or choose another policy for aliased terms", said(.terms))]
    Aliased {
        /// The terms, from 0.
        terms: Vec<usize>,
    },
    /// Intervals that do not exist.
    #[error("there are no intervals: {why}")]
    NoInterval {
        /// Why not.
        why: &'static str,
    },
    /// Two models of which the second is not the larger.
    #[error(
        "an analysis of variance compares a model with a larger one, found {small} and {large} parameters"
    )]
    NotNested {
        /// Parameters of the first.
        small: usize,
        /// Parameters of the second.
        large: usize,
    },
    /// A later reading of the source had another number of rows than the first.
    #[error("{first} rows at the first reading, {now} at a later one: the source changed")]
    Changed {
        /// Rows of the first reading.
        first: u64,
        /// Rows of the later reading.
        now: u64,
    },
}

fn said(terms: &[usize]) -> String {
    match terms {
        [one] => format!("term {one} is a"),
        _ => {
            let all: Vec<String> = terms.iter().map(usize::to_string).collect();
            format!("each of the terms {} is a", all.join(", "))
        }
    }
}

/// Why a fit from a [`BlockSource`](crate::BlockSource) failed.
#[derive(Debug, thiserror::Error)]
pub enum FitError<E> {
    /// The source could not be read.
    #[error(transparent)]
    Source(E),
    /// The data cannot be fitted.
    #[error(transparent)]
    Linreg(#[from] LinregError),
}

/// The error of a source that cannot fail is that of its data.
impl From<FitError<Infallible>> for LinregError {
    fn from(e: FitError<Infallible>) -> LinregError {
        match e {
            FitError::Linreg(e) => e,
            FitError::Source(never) => match never {},
        }
    }
}

/// Refuses counts that differ.
pub(crate) fn same(what: &'static str, expected: usize, found: usize) -> Result<(), LinregError> {
    if expected == found { Ok(()) } else { Err(LinregError::Shape { what, expected, found }) }
}
