//! Which rows of a table are meant: those between two places, or these. Where they lie side by side, columns are copied in one piece.

use std::borrow::Cow;

/// Rows of a table, in the order in which they are taken.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// From the first place to before the second.
    Between(usize, usize),
    /// These.
    These(&'a [u32]),
}

impl<'a> Rows<'a> {
    /// How many.
    pub fn len(self) -> usize {
        match self {
            Rows::Between(from, to) => to - from,
            Rows::These(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The place of each in the table.
    pub fn places(self) -> impl Iterator<Item = usize> + use<'a> {
        let (between, these) = match self {
            Rows::Between(from, to) => (from..to, [].as_slice()),
            Rows::These(rows) => (0..0, rows),
        };
        between.chain(these.iter().map(|&row| row as usize))
    }

    /// Rows `from` to before `to` of these.
    #[must_use]
    pub fn part(self, from: usize, to: usize) -> Rows<'a> {
        match self {
            Rows::Between(start, _) => Rows::Between(start + from, start + to),
            Rows::These(rows) => Rows::These(&rows[from..to]),
        }
    }

    /// Copies these rows of a column.
    ///
    /// # Panics
    /// If there are not as many places.
    pub fn copy(self, column: &[f64], to: &mut [f64]) {
        match self {
            Rows::Between(from, end) => to.copy_from_slice(&column[from..end]),
            Rows::These(rows) => {
                assert_eq!(rows.len(), to.len(), "a place a row");
                to.iter_mut().zip(rows).for_each(|(to, &row)| *to = column[row as usize]);
            }
        }
    }

    /// These rows of a column, where they lie or copied together.
    pub(crate) fn of(self, column: &[f64]) -> Cow<'_, [f64]> {
        match self {
            Rows::Between(from, to) => Cow::Borrowed(&column[from..to]),
            Rows::These(rows) => Cow::Owned(rows.iter().map(|&row| column[row as usize]).collect()),
        }
    }
}
