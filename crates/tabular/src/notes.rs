//! What was unusual in the rows that a pipeline encoded.

use std::collections::BTreeMap;

/// Counts by column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Categories that the training rows did not have, or had too rarely to be kept.
    pub unknown: BTreeMap<String, u64>,
    /// Numbers so far from the training rows that they were cut off.
    pub clamped: BTreeMap<String, u64>,
    /// Missing values that were filled in.
    pub imputed: BTreeMap<String, u64>,
    /// Rows that break a relation of aliased terms, by the relation: `z = 2·x`.
    pub off_relation: BTreeMap<String, u64>,
}

impl Notes {
    /// Adds the counts of other rows.
    pub fn add(&mut self, other: Notes) {
        let Notes { unknown, clamped, imputed, off_relation } = other;
        for (map, counts) in [
            (&mut self.unknown, unknown),
            (&mut self.clamped, clamped),
            (&mut self.imputed, imputed),
            (&mut self.off_relation, off_relation),
        ] {
            counts.into_iter().for_each(|(column, n)| *map.entry(column).or_default() += n);
        }
    }

    /// Takes in the counts of the same rows by another pipeline: of each column the greater.
    pub fn cover(&mut self, other: Notes) {
        let Notes { unknown, clamped, imputed, off_relation } = other;
        for (map, counts) in [
            (&mut self.unknown, unknown),
            (&mut self.clamped, clamped),
            (&mut self.imputed, imputed),
            (&mut self.off_relation, off_relation),
        ] {
            for (column, n) in counts {
                let known = map.entry(column).or_default();
                *known = n.max(*known);
            }
        }
    }

    /// Adds a cell of a column.
    pub(crate) fn count(map: &mut BTreeMap<String, u64>, column: &str) {
        Notes::count_cells(map, column, 1);
    }

    /// Adds cells of a column, if there are any.
    pub(crate) fn count_cells(map: &mut BTreeMap<String, u64>, column: &str, cells: u64) {
        match map.get_mut(column) {
            _ if cells == 0 => {}
            Some(n) => *n += cells,
            None => drop(map.insert(column.to_owned(), cells)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_two_lots_of_rows_add_up() {
        let lot = |columns: &[&str]| {
            let mut notes = Notes::default();
            columns.iter().for_each(|c| Notes::count(&mut notes.imputed, c));
            notes
        };
        let mut all = lot(&["a", "a"]);
        all.add(lot(&["b", "a"]));
        assert_eq!(all, lot(&["a", "b", "a", "a"]));
    }
}
