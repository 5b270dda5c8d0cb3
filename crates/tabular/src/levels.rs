//! The levels of a category, with their shares of the training rows.
//!
//! A category that training did not see is encoded by the shares: the average training row. So no weight is used
//! that was never trained, for networks and linear models alike.

use crate::rows::Rows;
use crate::table::TextColumn;
use serde::{Deserialize, Serialize};

/// The name of the level that stands for missing values.
pub(crate) const MISSING: &str = "(missing)";

/// Levels of a category that get a code of their own, where codes cost little: embedded ones, and those of trees.
pub(crate) const MAX_CODES: usize = 1 << 16;

/// The known levels of a category, sorted; missing values, if training had any, are one more level at the end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Levels {
    names: Vec<String>,
    shares: Vec<f64>,
    has_missing: bool,
}

/// How a cell is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// The level at this position.
    Level(usize),
    /// Unknown: the shares.
    Unknown,
    /// Missing where training had no missing values: the shares.
    Missing,
}

/// Counts of a category's levels.
#[derive(Clone, Debug, Default)]
pub(crate) struct LevelCounts {
    counts: std::collections::BTreeMap<String, u64>,
    missing: u64,
}

impl LevelCounts {
    /// Counts these rows of a column; of many rows each text is looked up once.
    pub(crate) fn push_rows(&mut self, column: &TextColumn, rows: Rows<'_>) {
        if rows.len() < column.dictionary().len() {
            return rows.places().for_each(|row| self.push(column.at(row)));
        }
        let mut counts = vec![0; column.dictionary().len()];
        for row in rows.places() {
            *counts.get_mut(column.codes()[row] as usize).unwrap_or(&mut self.missing) += 1;
        }
        for (text, n) in column.dictionary().iter().zip(counts).filter(|(_, n)| *n > 0) {
            self.add(Some(text), n);
        }
    }

    fn add(&mut self, text: Option<&str>, rows: u64) {
        match text.map(|t| (self.counts.get_mut(t), t)) {
            None => self.missing += rows,
            Some((Some(n), _)) => *n += rows,
            Some((None, t)) => drop(self.counts.insert(t.to_owned(), rows)),
        }
    }

    pub(crate) fn push(&mut self, text: Option<&str>) {
        self.add(text, 1);
    }

    /// Makes a level known that no row may have.
    pub(crate) fn declare(&mut self, level: &str) {
        self.counts.entry(level.to_owned()).or_default();
    }

    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The most frequent levels, at most `limit` (ties by name), in sorted order.
    pub(crate) fn finish(self, limit: usize) -> Levels {
        let total = (self.counts.values().sum::<u64>() + self.missing).max(1) as f64;
        let mut by_count: Vec<(String, u64)> = self.counts.into_iter().collect();
        by_count.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        by_count.truncate(limit);
        by_count.sort();
        let has_missing = self.missing > 0;
        let (mut names, mut counts): (Vec<String>, Vec<u64>) = by_count.into_iter().unzip();
        if has_missing {
            names.push(MISSING.to_owned());
            counts.push(self.missing);
        }
        Levels { names, shares: counts.into_iter().map(|n| n as f64 / total).collect(), has_missing }
    }
}

impl Levels {
    /// Checks levels that were read from outside.
    pub(crate) fn validate(&self) -> Result<(), &'static str> {
        let known = self.names.len().checked_sub(usize::from(self.has_missing)).filter(|&n| n > 0);
        let known = known.ok_or("a category has no levels")?;
        self.validate_shares()?;
        let sorted = self.names[..known].is_sorted_by(|a, b| a < b);
        sorted.then_some(()).ok_or("the levels of a category are not sorted")
    }

    /// Checks the shares alone, of levels that have an order of their own.
    pub(crate) fn validate_shares(&self) -> Result<(), &'static str> {
        let fit = !self.names.is_empty() && self.shares.len() == self.names.len();
        let shares = self.shares.iter().all(|s| (0.0..=1.0).contains(s));
        (fit && shares).then_some(()).ok_or("the shares of a category do not fit its levels")
    }

    /// Levels with their counts, in an order of their own.
    pub(crate) fn in_order(counted: Vec<(String, u64)>) -> Levels {
        let total = counted.iter().map(|(_, n)| n).sum::<u64>().max(1) as f64;
        let (names, counts): (Vec<String>, Vec<u64>) = counted.into_iter().unzip();
        Levels { names, shares: counts.into_iter().map(|n| n as f64 / total).collect(), has_missing: false }
    }

    /// Whether these levels could be of the same rows: all that rows have, with the same shares.
    pub(crate) fn had_same_rows(&self, other: &Levels) -> bool {
        let had = |levels: &'_ Levels| -> Vec<(String, f64)> {
            let all = levels.names.iter().cloned().zip(levels.shares.iter().copied());
            all.filter(|(_, share)| *share > 0.0).collect()
        };
        had(self) == had(other)
    }

    /// The levels' names in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Each level's share of the training rows.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The sorted names without the one for missing values.
    pub fn known(&self) -> &[String] {
        &self.names[..self.names.len() - usize::from(self.has_missing)]
    }

    /// Whether training had missing values, so that they are a level of their own.
    pub fn has_missing(&self) -> bool {
        self.has_missing
    }

    pub(crate) fn code(&self, text: Option<&str>) -> Code {
        match text {
            None if self.has_missing => Code::Level(self.names.len() - 1),
            None => Code::Missing,
            Some(t) => {
                self.known().binary_search_by(|name| name.as_str().cmp(t)).map_or(Code::Unknown, Code::Level)
            }
        }
    }

    /// As [`Levels::codes`], of levels in an order of their own.
    pub(crate) fn codes_in_order(&self, column: &TextColumn) -> LevelCodes {
        let place = |text: &String| self.names.iter().position(|name| name == text);
        let entries = column.dictionary().iter().map(|t| place(t).map_or(Code::Unknown, Code::Level));
        LevelCodes { entries: entries.collect(), missing: Code::Missing }
    }

    /// The code of every dictionary entry of a column, and of missing.
    pub(crate) fn codes(&self, column: &TextColumn) -> LevelCodes {
        LevelCodes {
            entries: column.dictionary().iter().map(|t| self.code(Some(t))).collect(),
            missing: self.code(None),
        }
    }
}

/// A column's dictionary translated to levels.
#[derive(Clone, Debug)]
pub(crate) struct LevelCodes {
    entries: Vec<Code>,
    missing: Code,
}

impl LevelCodes {
    pub(crate) fn at(&self, code: u32) -> Code {
        self.entries.get(code as usize).copied().unwrap_or(self.missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_sorted_and_missing_comes_last() {
        let mut counts = LevelCounts::default();
        [Some("b"), None, Some("a"), Some("b"), Some("z")].into_iter().for_each(|t| counts.push(t));
        let levels = counts.clone().finish(2);
        assert_eq!(levels.names(), ["a", "b", "(missing)"]);
        assert_eq!(levels.shares(), [0.2, 0.4, 0.2]);
        assert_eq!(
            (levels.code(Some("b")), levels.code(Some("z")), levels.code(None)),
            (Code::Level(1), Code::Unknown, Code::Level(2))
        );
        assert_eq!(counts.finish(9).names(), ["a", "b", "z", "(missing)"]);
    }
}
