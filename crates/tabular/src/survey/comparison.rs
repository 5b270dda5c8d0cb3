//! A second table beside the first, such as test rows beside training rows: which columns both have, how far the shares of their values lie
//! apart, and what levels are new.

use super::alone::Cells;
use super::column::Tally;
use super::duplicates::SameRows;
use super::hashing::MISSING;
use super::record::{ColumnComparison, ComparisonReport, OtherKind};
use super::texts::TextTally;
use crate::bins::Sample;
use crate::schema::{Kind, Schema};
use crate::source::LeftOut;
use crate::stability::stability_index;
use std::collections::{HashMap, HashSet};

/// Rows of the second table below which no drift is told.
const FEW: u64 = 100;
/// An index from which on it is told, above what chance makes of so few rows.
const DRIFT: f64 = 0.1;
/// Levels with a smaller share are one part.
const RARE: f64 = 0.01;
/// New levels that are named.
const NAMED: usize = 10;

/// A table as far as it is compared.
pub(super) struct Side<'a> {
    pub(super) schema: &'a Schema,
    pub(super) tallies: &'a [Tally],
    pub(super) left_out: &'a [LeftOut],
}

/// Compares the tables' columns.
pub(super) fn compare(
    table: &str,
    rows: u64,
    first: &Side<'_>,
    second: &Side<'_>,
    in_both: SameRows,
) -> ComparisonReport {
    let places: HashMap<&str, usize> =
        second.schema.columns.iter().enumerate().map(|(i, c)| (c.name.as_str(), i)).collect();
    let mut report = ComparisonReport {
        table: table.to_owned(),
        rows,
        in_both,
        columns: Vec::new(),
        lacking: Vec::new(),
        additional: Vec::new(),
        other_kinds: Vec::new(),
    };
    let is_feature = |name: &String| first.left_out.iter().all(|l| l.column != *name);
    let columns = first.schema.columns.iter().zip(first.tallies).filter(|(c, _)| is_feature(&c.name));
    for (column, tally) in columns {
        let Some(&place) = places.get(column.name.as_str()) else {
            report.lacking.push(column.name.clone());
            continue;
        };
        let kind = second.schema.columns[place].kind;
        let has_values = tally.present() > 0 && second.tallies[place].present() > 0;
        if has_values && !alike(column.kind, kind) {
            let kinds = [column.kind.name(), kind.name()];
            report.other_kinds.push(OtherKind { name: column.name.clone(), kinds });
            continue;
        }
        report.columns.extend(of_column(&column.name, tally, &second.tallies[place], rows));
    }
    let known: HashSet<&String> = first.schema.columns.iter().map(|c| &c.name).collect();
    let names = second.schema.columns.iter().map(|c| &c.name);
    report.additional = names.filter(|name| !known.contains(name)).cloned().collect();
    report
}

/// Whether values of both kinds can be set beside each other.
pub(super) fn alike(a: Kind, b: Kind) -> bool {
    a.name() == b.name()
}

fn of_column(name: &str, first: &Tally, second: &Tally, rows: u64) -> Option<ColumnComparison> {
    let (expected, counts) = match (first.kept(), second.kept()) {
        (Cells::Numbers(a), Cells::Numbers(b)) => of_numbers(a, b)?,
        (Cells::Texts(a), Cells::Texts(b)) => of_texts(a, b),
        // A column without values counts as numbers.
        (Cells::Numbers(_), Cells::Texts(_)) | (Cells::Texts(_), Cells::Numbers(_)) => return None,
    };
    let kept: u64 = counts.iter().sum();
    let drift = (rows >= FEW).then(|| stability_index(&expected, |part| counts[part], kept));
    // What the index is on average of rows from the same source.
    let parts = expected.iter().filter(|p| **p > 0.0).count() as f64;
    let kept_before = match first.kept() {
        Cells::Numbers(values) => values.len(),
        Cells::Texts(values) => values.len(),
    };
    let chance = (parts - 1.0).max(0.0) * (1.0 / kept as f64 + 1.0 / kept_before as f64);
    let (unseen_levels, unseen_rows, unseen) = match (first, second) {
        (Tally::Texts(a), Tally::Texts(b)) => unseen(a, b),
        (Tally::Numbers(_) | Tally::Texts(_), Tally::Numbers(_) | Tally::Texts(_)) => (0, 0, Vec::new()),
    };
    Some(ColumnComparison {
        name: name.to_owned(),
        drift,
        drifted: drift.is_some_and(|index| index - chance >= DRIFT),
        unseen_levels,
        unseen_rows,
        unseen,
    })
}

/// The expected shares and the counts of the second table, by deciles of the first; nothing without numbers in it.
fn of_numbers(first: &[f64], second: &[f64]) -> Option<(Vec<f64>, Vec<u64>)> {
    let cell = |x: &f64| (!x.is_nan()).then_some(*x);
    let mut sample = Sample::new();
    first.iter().for_each(|x| sample.push(cell(x)));
    let bins = sample.finish()?;
    let mut counts = vec![0; bins.shares().len()];
    second.iter().for_each(|x| counts[bins.place(cell(x))] += 1);
    Some((bins.shares().to_vec(), counts))
}

/// As [`of_numbers`], by frequent levels, missing cells, and all others.
fn of_texts(first: &[u64], second: &[u64]) -> (Vec<f64>, Vec<u64>) {
    let mut rows: HashMap<u64, (usize, u64)> = HashMap::new();
    for (place, hash) in first.iter().enumerate() {
        rows.entry(*hash).or_insert((place, 0)).1 += 1;
    }
    let share = |n: u64| n as f64 / first.len().max(1) as f64;
    let mut frequent: Vec<(usize, u64, f64)> = rows
        .into_iter()
        .filter(|(hash, (_, n))| *hash == MISSING || share(*n) >= RARE)
        .map(|(hash, (place, n))| (place, hash, share(n)))
        .collect();
    frequent.sort_unstable_by_key(|level| level.0);
    let parts: HashMap<u64, usize> = frequent.iter().enumerate().map(|(i, level)| (level.1, i)).collect();
    let mut expected: Vec<f64> = frequent.iter().map(|level| level.2).collect();
    expected.push((1.0 - expected.iter().sum::<f64>()).max(0.0));
    let mut counts = vec![0; expected.len()];
    second.iter().for_each(|hash| counts[parts.get(hash).copied().unwrap_or(frequent.len())] += 1);
    (expected, counts)
}

/// Levels of the second column that the first has not: their number, their rows, the most frequent.
fn unseen(first: &TextTally, second: &TextTally) -> (u64, u64, Vec<String>) {
    let ranked = second.ranked();
    let new = || ranked.iter().filter(|level| first.has(level.hash) == Some(false));
    (new().count() as u64, new().map(|l| l.rows).sum(), new().take(NAMED).map(|l| l.name.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_numbers_and_levels_are_set_against_each_other() {
        let first: Vec<f64> = (0..1000).map(f64::from).collect();
        let (expected, counts) = of_numbers(&first, &[5.0, 950.0, 5000.0, f64::NAN]).unwrap();
        assert_eq!(expected, [vec![0.1; 10], vec![0.0]].concat());
        assert_eq!((counts[0], counts[9], counts[10], counts.iter().sum::<u64>()), (1, 2, 1, 4));
        assert_eq!(of_numbers(&[f64::NAN], &[1.0]), None);
        let first: Vec<u64> = (0..200).map(|i| if i == 3 { 77 } else { i % 2 }).collect();
        let (expected, counts) = of_texts(&first, &[0, 0, 1, 77, 5, MISSING]);
        assert_eq!((expected.len(), counts), (3, vec![2, 1, 3]));
        assert!((expected[0] - 0.5).abs() < 1e-15 && (expected[2] - 0.005).abs() < 1e-12);
    }
}
