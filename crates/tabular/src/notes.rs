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
}

impl Notes {
    pub(crate) fn count(map: &mut BTreeMap<String, u64>, column: &str) {
        match map.get_mut(column) {
            Some(n) => *n += 1,
            None => drop(map.insert(column.to_owned(), 1)),
        }
    }
}
