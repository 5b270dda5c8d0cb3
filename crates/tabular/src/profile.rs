//! What a pipeline knows of its columns from the training rows: what a form offers, and what a prediction can be warned of.

use crate::bins::Bins;
use crate::levels::Levels;
use crate::schema::Kind;

/// A column that a pipeline reads, as it was in the training rows.
#[derive(Clone, Copy, Debug)]
pub struct ColumnProfile<'p> {
    /// The column.
    pub column: &'p str,
    /// Its cells.
    pub cells: CellProfile<'p>,
}

/// The cells of a column in the training rows.
#[derive(Clone, Copy, Debug)]
pub enum CellProfile<'p> {
    /// Numbers.
    Number {
        /// How cells are written: numbers, formatted numbers, or dates, which are then seconds since 1970.
        kind: Kind,
        /// What a missing cell is taken for: the median (networks) or the mean (linear models).
        typical: f64,
        /// The least and the greatest; absent in models of earlier versions.
        range: Option<[f64; 2]>,
        /// How they lay; absent in models of earlier versions.
        bins: Option<&'p Bins>,
    },
    /// Categories.
    Category(&'p Levels),
}

impl CellProfile<'_> {
    /// The kind of the column.
    pub fn kind(&self) -> Kind {
        match self {
            CellProfile::Number { kind, .. } => *kind,
            CellProfile::Category(_) => Kind::Category,
        }
    }
}
