//! What trees are fitted to: columns, what is to be predicted, weights, and which rows are for what.

use crate::error::TreesError;

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// A column of the table, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    /// Numbers; NaN is missing.
    Numbers(&'a [f64]),
    /// Codes of categories, each below `levels` or [`MISSING`]; any other code is an unknown level.
    Codes {
        /// The code of each row.
        codes: &'a [u32],
        /// The number of levels.
        levels: usize,
    },
}

impl Column<'_> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Column::Numbers(x) => x.len(),
            Column::Codes { codes, .. } => codes.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What is to be predicted, row by row.
#[derive(Clone, Copy, Debug)]
pub enum Labels<'a> {
    /// Numbers, for all losses but those of classes.
    Numbers(&'a [f64]),
    /// Classes, from 0.
    Classes {
        /// The class of each row.
        classes: &'a [u32],
        /// How many classes there are, at least two.
        count: usize,
    },
}

/// Columns and labels of the same rows.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The columns.
    pub columns: &'a [Column<'a>],
    /// The labels.
    pub labels: Labels<'a>,
    /// The weight of each row, none of them negative; all one if absent.
    pub weights: Option<&'a [f64]>,
    /// What is added to each row's score before the link, `[rows × outputs]`; nothing if absent.
    pub offset: Option<&'a [f64]>,
}

/// Which rows are for what.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Rows to learn from.
    pub train: &'a [u32],
    /// Rows held out to say when to stop; afterwards they are learnt from too, unless [`Settings::refit`](crate::Settings::refit) is off.
    pub held: &'a [u32],
}

impl<'a> Data<'a> {
    /// Columns and labels, without weights.
    pub fn new(columns: &'a [Column<'a>], labels: Labels<'a>) -> Data<'a> {
        Data { columns, labels, weights: None, offset: None }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self.labels {
            Labels::Numbers(y) => y.len(),
            Labels::Classes { classes, .. } => classes.len(),
        }
    }

    /// The weight of a row.
    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |w| w[row])
    }

    /// Refuses what cannot be fitted: other lengths, rows that are not there, labels and weights that are no numbers.
    pub(crate) fn check(&self, rows: &Rows<'_>, outputs: usize) -> Result<(), TreesError> {
        let n = self.rows();
        let lengths = self.columns.iter().map(Column::len).chain(self.weights.map(<[f64]>::len));
        if lengths.chain(self.offset.map(|o| o.len() / outputs)).any(|len| len != n) {
            return Err(TreesError::data(
                "columns, labels, weights and offsets have different numbers of rows",
            ));
        }
        if n >= MISSING as usize {
            return Err(TreesError::data("there are more rows than 2^32"));
        }
        if rows.train.is_empty() {
            return Err(TreesError::data("there is no row to learn from"));
        }
        if rows.train.iter().chain(rows.held).any(|&r| r as usize >= n) {
            return Err(TreesError::data("a row is listed that is not there"));
        }
        let used = || rows.train.iter().chain(rows.held).map(|&r| r as usize);
        let bad_label = match self.labels {
            Labels::Numbers(y) => used().any(|r| !y[r].is_finite()),
            Labels::Classes { classes, count } => used().any(|r| classes[r] as usize >= count) || count < 2,
        };
        if bad_label {
            return Err(TreesError::data("a label is not finite, or not one of the classes"));
        }
        if used().any(|r| !(self.weight(r) >= 0.0 && self.weight(r).is_finite())) {
            return Err(TreesError::data("a weight is negative or not finite"));
        }
        if rows.train.iter().all(|&r| self.weight(r as usize) == 0.0) {
            return Err(TreesError::data("all weights are zero"));
        }
        Ok(())
    }
}
