//! From a column to bins: the ranges of a number, the levels of a category, or a level's mean of the target; learnt once, applied to any row.

mod cuts;
mod learn;
mod rows;

use cuts::cuts;
pub(crate) use learn::learn;
pub use rows::BinnedRows;
use rows::bin_of;

use crate::data::{Column, MISSING};
use crate::error::TreesError;
use planish_tensor::Exec;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What bins a column is cut into. Bin 0 is for missing values.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bins {
    /// Ranges: bin b holds the numbers above `edges[b − 2]` and at most `edges[b − 1]`, the last one all above the last edge.
    Numbers {
        /// Rising.
        edges: Vec<f64>,
    },
    /// A bin a level.
    Levels {
        /// The bin of each code; 0, as for missing and unknown levels, if there are too many.
        bins: Vec<u8>,
        /// The number of bins beside bin 0.
        count: u8,
    },
    /// The mean of the target, or the share of one class, among the training rows of a level, drawn towards that of all.
    Means {
        /// The class, if they are shares.
        class: Option<u32>,
        /// Rising.
        edges: Vec<f64>,
        /// The mean of each code.
        means: Vec<f64>,
        /// The mean of missing values.
        missing: f64,
        /// The mean of levels that the training rows did not have.
        unknown: f64,
    },
}

/// A column of bins.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BinnedColumn {
    /// The column it is made of.
    pub source: u32,
    /// Its bins.
    pub bins: Bins,
}

/// The bins of all columns.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Binner {
    /// The number of columns that it reads.
    pub sources: usize,
    /// Which of them are categories, and their numbers of levels.
    pub levels: Vec<Option<u32>>,
    /// The columns of bins; a category may have several.
    pub columns: Vec<BinnedColumn>,
}

impl Bins {
    /// The number of bins, that of missing values among them.
    pub fn count(&self) -> usize {
        match self {
            Bins::Numbers { edges } | Bins::Means { edges, .. } => edges.len() + 2,
            Bins::Levels { count, .. } => usize::from(*count) + 1,
        }
    }

    /// Whether it is made of numbers.
    pub(crate) fn is_numbers(&self) -> bool {
        matches!(self, Bins::Numbers { .. })
    }

    /// Whether its bins have no order.
    pub fn is_levels(&self) -> bool {
        matches!(self, Bins::Levels { .. })
    }

    /// The bin of a code.
    pub fn of_code(&self, code: u32) -> u8 {
        let (bins, missing, unknown) = self.of_codes();
        if code == MISSING { missing } else { bins.get(code as usize).copied().unwrap_or(unknown) }
    }

    /// The bin of each code, and of missing and unknown ones.
    fn of_codes(&self) -> (Vec<u8>, u8, u8) {
        match self {
            Bins::Numbers { .. } => (Vec::new(), 0, 0),
            Bins::Levels { bins, .. } => (bins.clone(), 0, 0),
            Bins::Means { edges, means, missing, unknown, .. } => (
                means.iter().map(|&m| bin_of(edges, m)).collect(),
                bin_of(edges, *missing),
                bin_of(edges, *unknown),
            ),
        }
    }
}

impl Binner {
    /// The bins of these columns.
    ///
    /// # Errors
    /// Columns of other kinds or another number of them.
    pub fn bin(&self, exec: Exec, columns: &[Column<'_>]) -> Result<BinnedRows, TreesError> {
        let of_kind =
            |(c, levels): (&Column<'_>, &Option<u32>)| matches!(c, Column::Numbers(_)) == levels.is_none();
        if columns.len() != self.sources || !columns.iter().zip(&self.levels).all(of_kind) {
            return Err(TreesError::data("the columns are not those that the trees were grown on"));
        }
        Ok(self.bin_all(exec, columns))
    }

    /// As [`Binner::bin`], of the columns that the bins were learnt from.
    fn bin_all(&self, exec: Exec, columns: &[Column<'_>]) -> BinnedRows {
        let mut out = BinnedRows::new(columns.first().map_or(0, Column::len), self.columns.len());
        for (place, column) in self.columns.iter().enumerate() {
            self.fill(exec, columns, (place, column), &mut out);
        }
        out
    }

    /// Fills a column of bins.
    fn fill(
        &self,
        exec: Exec,
        columns: &[Column<'_>],
        (place, column): (usize, &BinnedColumn),
        out: &mut BinnedRows,
    ) {
        match columns[column.source as usize] {
            Column::Numbers(x) => out.fill_numbers(exec, place, x, column.edges()),
            Column::Codes { codes, .. } => {
                let (bins, missing, unknown) = column.bins.of_codes();
                out.fill(exec, place, |row| match codes[row] {
                    MISSING => missing,
                    code => bins.get(code as usize).copied().unwrap_or(unknown),
                });
            }
        }
    }

    /// Refuses bins that could not have been learnt.
    ///
    /// # Errors
    /// What is wrong.
    pub fn validate(&self) -> Result<(), TreesError> {
        if self.levels.len() != self.sources {
            return Err(TreesError::inconsistent("the bins are of another number of columns"));
        }
        self.columns.par_iter().try_for_each(|c| c.validate(&self.levels))
    }
}

impl BinnedColumn {
    fn edges(&self) -> &[f64] {
        match &self.bins {
            Bins::Numbers { edges } | Bins::Means { edges, .. } => edges,
            Bins::Levels { .. } => &[],
        }
    }

    fn validate(&self, levels: &[Option<u32>]) -> Result<(), TreesError> {
        let Some(levels) = levels.get(self.source as usize) else {
            return Err(TreesError::inconsistent("bins of a column that is not there"));
        };
        let rising = |edges: &[f64]| {
            edges.len() <= 254 && edges.windows(2).all(|e| e[0] < e[1]) && !edges.iter().any(|e| e.is_nan())
        };
        let holds = match (&self.bins, levels) {
            (Bins::Numbers { edges }, None) => rising(edges),
            (Bins::Levels { bins, count }, Some(n)) => {
                bins.len() == *n as usize && bins.iter().all(|b| b <= count)
            }
            (Bins::Means { edges, means, missing, unknown, .. }, Some(n)) => {
                rising(edges)
                    && means.len() == *n as usize
                    && means.iter().chain([missing, unknown]).all(|m| m.is_finite())
            }
            (Bins::Numbers { .. }, Some(_)) | (Bins::Levels { .. } | Bins::Means { .. }, None) => false,
        };
        if holds {
            Ok(())
        } else {
            Err(TreesError::inconsistent("the bins of a column are not as they can be"))
        }
    }
}
