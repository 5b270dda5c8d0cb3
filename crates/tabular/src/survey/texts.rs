//! What is gathered of a column of text, block by block: how often each level came, how many there are, and the hashes of a part of the
//! cells at even steps.
//!
//! A text is hashed once a block, however many rows have it. Past the bound the levels that came most often are followed on, others are
//! given up.

use super::distinct::Distinct;
use super::hashing::{MISSING, of_text};
use super::sample::Picked;
use crate::table::TextColumn;
use planish_tensor::Dd;
use std::collections::HashMap;

/// Levels that are followed past the bound.
const FOLLOWED: usize = 1000;
/// Letters of a level that are kept.
const LETTERS: usize = 60;

/// A level.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) hash: u64,
    /// Its first letters.
    pub(super) name: String,
    pub(super) rows: u64,
    /// Whether it is a number as it is written.
    is_number: bool,
}

/// The texts of a column so far.
#[derive(Clone, Debug)]
pub(super) struct TextTally {
    pub(super) present: u64,
    pub(super) missing: u64,
    /// In the order in which they came.
    levels: Vec<Level>,
    places: HashMap<u64, usize>,
    bound: usize,
    over: bool,
    /// Whether one came twice before the bound was passed.
    repeats: bool,
    /// The hashes of the rows that are kept.
    pub(super) kept: Vec<u64>,
}

impl TextTally {
    /// None yet; at most `bound` levels are counted.
    pub(super) fn new(bound: usize) -> TextTally {
        TextTally {
            present: 0,
            missing: 0,
            levels: Vec::new(),
            places: HashMap::new(),
            bound,
            over: false,
            repeats: false,
            kept: Vec::new(),
        }
    }

    /// Takes the texts of a block.
    pub(super) fn take(&mut self, column: &TextColumn, picked: Picked) {
        let codes = column.codes();
        for (code, rows) in counted(codes, column.dictionary().len()) {
            match column.dictionary().get(code as usize) {
                Some(text) => self.add(text, rows),
                None => self.missing += rows,
            }
        }
        picked.keep(&mut self.kept, codes.len(), |row| column.at(row).map_or(MISSING, of_text));
    }

    fn add(&mut self, text: &str, rows: u64) {
        self.present += rows;
        let hash = of_text(text);
        if let Some(&place) = self.places.get(&hash) {
            self.levels[place].rows += rows;
            self.repeats = true;
            return;
        }
        if self.over {
            return;
        }
        self.repeats = self.repeats || rows > 1;
        self.places.insert(hash, self.levels.len());
        let name = text.chars().take(LETTERS).collect();
        self.levels.push(Level { hash, name, rows, is_number: Dd::parse_decimal(text).is_some() });
        if self.levels.len() > self.bound {
            self.over = true;
            self.levels = self.ranked().into_iter().filter(|l| l.rows > 1).take(FOLLOWED).cloned().collect();
            self.places = self.levels.iter().enumerate().map(|(i, level)| (level.hash, i)).collect();
        }
    }

    /// The levels, the most frequent first; of equals the one that came first.
    pub(super) fn ranked(&self) -> Vec<&Level> {
        let mut levels: Vec<&Level> = self.levels.iter().collect();
        levels.sort_by_key(|level| std::cmp::Reverse(level.rows));
        levels
    }

    pub(super) fn distinct(&self) -> Distinct {
        let count = if self.over { self.bound } else { self.levels.len() };
        Distinct { count: count as u64, more: self.over }
    }

    /// Whether no text came twice, as far as they were counted.
    pub(super) fn all_different(&self) -> bool {
        !self.repeats
    }

    /// Whether this text came; not known of all past the bound.
    pub(super) fn has(&self, hash: u64) -> Option<bool> {
        let known = self.places.contains_key(&hash);
        (known || !self.over).then_some(known)
    }

    /// The share of rows whose text is a number, and the first text that is none.
    pub(super) fn numbers(&self) -> (f64, Option<&str>) {
        let rows: u64 = self.levels.iter().filter(|l| l.is_number).map(|l| l.rows).sum();
        let other = self.levels.iter().find(|l| !l.is_number).map(|l| l.name.as_str());
        (rows as f64 / self.present.max(1) as f64, other)
    }
}

/// The codes of a block with their numbers of rows, in the order of their first row.
fn counted(codes: &[u32], dictionary: usize) -> Vec<(u32, u64)> {
    let mut found: Vec<(u32, u64)> = Vec::new();
    if dictionary > 4 * codes.len() + 1024 {
        let mut places = HashMap::new();
        for &code in codes {
            let place = *places.entry(code).or_insert(found.len());
            if place == found.len() {
                found.push((code, 0));
            }
            found[place].1 += 1;
        }
        return found;
    }
    // One more for those that are missing.
    let mut rows = vec![0_u32; dictionary + 1];
    let slot = |code: u32| (code as usize).min(dictionary);
    for &code in codes {
        if rows[slot(code)] == 0 {
            found.push((code, 0));
        }
        rows[slot(code)] += 1;
    }
    found.iter_mut().for_each(|(code, n)| *n = u64::from(rows[slot(*code)]));
    found
}

#[cfg(test)]
mod tests {
    use super::super::sample::Steps;
    use super::*;
    use crate::schema::{Kind, Schema};
    use crate::table::{Column, Table};

    fn tally(bound: usize, cells: &[Option<&str>], block: usize) -> TextTally {
        let (mut tally, mut steps) = (TextTally::new(bound), Steps::new(1));
        let mut table = Table::new(Schema::new([("c", Kind::Category)]));
        for some in cells.chunks(block) {
            table.clear();
            for cell in some {
                table.push_text(0, *cell);
                table.end_row(0);
            }
            let Column::Text(column) = table.column_at(0) else { unreachable!() };
            tally.take(column, steps.pick(some.len()));
        }
        tally
    }

    #[test]
    fn levels_are_counted_in_any_blocks() {
        let cells = [Some("b"), None, Some("a"), Some("a"), Some("7"), None, Some("a")];
        for block in [1, 2, 7] {
            let t = tally(9, &cells, block);
            let levels: Vec<(&str, u64)> = t.ranked().iter().map(|l| (l.name.as_str(), l.rows)).collect();
            assert_eq!(levels, [("a", 3), ("b", 1), ("7", 1)]);
            assert_eq!((t.present, t.missing, t.all_different()), (5, 2, false));
            assert_eq!(t.numbers(), (0.2, Some("b")));
            assert_eq!((t.has(of_text("b")), t.has(of_text("x"))), (Some(true), Some(false)));
            assert_eq!((t.kept.len(), t.kept[1], t.kept[2]), (7, MISSING, of_text("a")));
        }
    }

    #[test]
    fn past_the_bound_frequent_levels_are_followed() {
        let names: Vec<String> =
            (0..50).map(|i| if i % 2 == 0 { "often".into() } else { format!("t{i}") }).collect();
        let cells: Vec<Option<&str>> = names.iter().map(|n| Some(n.as_str())).collect();
        let t = tally(10, &cells, 4);
        assert_eq!((t.distinct(), t.present), (Distinct { count: 10, more: true }, 50));
        assert_eq!(t.ranked().iter().map(|l| (l.name.as_str(), l.rows)).collect::<Vec<_>>(), [("often", 25)]);
        assert_eq!((t.has(of_text("often")), t.has(of_text("t1"))), (Some(true), None));
    }

    #[test]
    fn a_dictionary_of_other_blocks_is_not_walked() {
        let codes = [5, 900_000, 5, u32::MAX];
        let want = vec![(5, 2), (900_000, 1), (u32::MAX, 1)];
        assert_eq!(counted(&codes, 1_000_000), want);
        assert_eq!(counted(&[5, 900, 5, u32::MAX], 901), [(5, 2), (900, 1), (u32::MAX, 1)]);
    }
}
