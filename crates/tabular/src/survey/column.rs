//! A column while its rows are read, and the report on it when they are: kind and reason, median, histogram, levels.

use super::alone::Cells;
use super::distinct::Distinct;
use super::numbers::NumberTally;
use super::record::{ColumnReport, LevelReport, NumberReport};
use super::sample::Picked;
use super::texts::TextTally;
use crate::schema::{ColumnSchema, DateOrder, DecimalMark, Kind};
use crate::table::Column;

/// Bins of a histogram.
const BINS: usize = 10;
/// Levels that are told.
const LEVELS: usize = 10;
/// From this share of numbers on a column of text looks like one of numbers.
const NEARLY_NUMBERS: f64 = 0.9;

/// What is gathered of a column.
#[derive(Clone, Debug)]
pub(super) enum Tally {
    Numbers(NumberTally),
    Texts(TextTally),
}

impl Tally {
    pub(super) fn new(kind: Kind, bound: usize) -> Tally {
        match kind {
            Kind::Number | Kind::Formatted(_) | Kind::Date(_) => Tally::Numbers(NumberTally::new(bound)),
            Kind::Category => Tally::Texts(TextTally::new(bound)),
        }
    }

    /// Takes a block's cells.
    pub(super) fn take(&mut self, column: &Column, picked: Picked) {
        match (self, column) {
            (Tally::Numbers(tally), Column::Number(c)) => tally.take(c.values(), picked),
            (Tally::Texts(tally), Column::Text(c)) => tally.take(c, picked),
            (Tally::Numbers(_), Column::Text(_)) | (Tally::Texts(_), Column::Number(_)) => {
                unreachable!("a column is stored by its kind")
            }
        }
    }

    /// The cells of the rows that are kept.
    pub(super) fn kept(&self) -> Cells<'_> {
        match self {
            Tally::Numbers(tally) => Cells::Numbers(&tally.kept),
            Tally::Texts(tally) => Cells::Texts(&tally.kept),
        }
    }

    pub(super) fn present(&self) -> u64 {
        match self {
            Tally::Numbers(tally) => tally.present,
            Tally::Texts(tally) => tally.present,
        }
    }

    /// Whether its values name rows: texts that all differ, or numbers of rows.
    pub(super) fn is_identifier(&self) -> bool {
        match self {
            Tally::Numbers(tally) => tally.counts_rows(),
            Tally::Texts(tally) => tally.missing == 0 && tally.all_different(),
        }
    }

    /// The value that came most often, and its share of the cells with a value; of numbers, in the rows that are kept.
    pub(super) fn most_frequent(&self, kind: Kind) -> Option<(String, f64)> {
        match self {
            Tally::Numbers(tally) => {
                let sorted = sorted(&tally.kept);
                let longest = sorted
                    .chunk_by(|a, b| a == b)
                    .fold(&sorted[..0], |best, run| if run.len() > best.len() { run } else { best });
                let x = *longest.first()?;
                Some((number_text(x, kind), longest.len() as f64 / sorted.len() as f64))
            }
            Tally::Texts(tally) => {
                let ranked = tally.ranked();
                let first = ranked.first()?;
                Some((first.name.clone(), first.rows as f64 / tally.present as f64))
            }
        }
    }

    /// The report, without what needs other columns.
    pub(super) fn report(&self, column: &ColumnSchema) -> ColumnReport {
        let (missing, distinct, numbers, levels) = match self {
            Tally::Numbers(t) => (t.missing, t.distinct.count(), numbers(t), Vec::new()),
            Tally::Texts(t) => (t.missing, t.distinct(), None, levels(t)),
        };
        let (kind, why) = kind(self, column.kind, distinct);
        ColumnReport {
            name: column.name.clone(),
            kind,
            why,
            left_out: None,
            missing,
            distinct,
            numbers,
            levels,
            alone: None,
        }
    }
}

/// A number as its column has it: a date as ISO 8601 writes it.
pub(super) fn number_text(x: f64, kind: Kind) -> String {
    match kind {
        Kind::Date(_) => crate::calendar::text(x),
        Kind::Number | Kind::Formatted(_) | Kind::Category => x.to_string(),
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

fn numbers(t: &NumberTally) -> Option<NumberReport> {
    let mut kept: Vec<f64> = t.kept.iter().copied().filter(|x| !x.is_nan()).collect();
    if t.present == 0 {
        return None;
    }
    let histogram = histogram(&kept, t.least, t.largest);
    let median = median(&mut kept).unwrap_or(t.mean);
    Some(NumberReport { least: t.least, median, largest: t.largest, mean: t.mean, sd: t.sd(), histogram })
}

/// The middle number, or the mean of the two in the middle.
fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    if values.is_empty() {
        return None;
    }
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| even);
    Some(lower.map_or(upper, |lower| lower / 2.0 + upper / 2.0))
}

/// The share of the numbers in each of ten equal parts between the ends.
fn histogram(values: &[f64], least: f64, largest: f64) -> Vec<f64> {
    let mut counts = [0_u64; BINS];
    // Halves, so that the span of huge numbers is finite.
    let span = largest / 2.0 - least / 2.0;
    for x in values {
        let place = if span > 0.0 { (x / 2.0 - least / 2.0) / span * BINS as f64 } else { 0.0 };
        counts[(place as usize).min(BINS - 1)] += 1;
    }
    counts.iter().map(|&n| n as f64 / values.len().max(1) as f64).collect()
}

fn levels(t: &TextTally) -> Vec<LevelReport> {
    let share = |rows: u64| rows as f64 / t.present as f64;
    let report =
        |l: &super::texts::Level| LevelReport { level: l.name.clone(), rows: l.rows, share: share(l.rows) };
    t.ranked().into_iter().take(LEVELS).map(report).collect()
}

/// The kind in a word, and why.
fn kind(tally: &Tally, kind: Kind, distinct: Distinct) -> (&'static str, String) {
    match tally {
        Tally::Numbers(t) if t.present == 0 => (kind.name(), "no values".to_owned()),
        Tally::Numbers(t) => match kind {
            Kind::Date(DateOrder::Ymd) => ("date", "year first".to_owned()),
            Kind::Date(DateOrder::Dmy) => ("date", "day first".to_owned()),
            Kind::Date(DateOrder::Mdy) => ("date", "month first".to_owned()),
            Kind::Formatted(DecimalMark::Point) => ("number", "as 1,340.56".to_owned()),
            Kind::Formatted(DecimalMark::Comma) => ("number", "as 1.340,56".to_owned()),
            Kind::Number | Kind::Category
                if distinct.count == 2 && t.whole && t.least == 0.0 && t.largest == 1.0 =>
            {
                ("boolean", "0 and 1".to_owned())
            }
            Kind::Number | Kind::Category => {
                ("number", if t.whole { "whole" } else { "decimals" }.to_owned())
            }
        },
        Tally::Texts(t) => {
            let ranked = t.ranked();
            if let [a, b] = &ranked[..]
                && !distinct.more
                && is_boolean(&a.name, &b.name)
            {
                return ("boolean", format!("{} and {}", a.name, b.name));
            }
            let why = match t.numbers() {
                (share, None) if share > 0.0 => "codes".to_owned(),
                (share, Some(other)) if share >= NEARLY_NUMBERS => {
                    format!("numbers but {}", crate::listed::shown(other))
                }
                _ => "text".to_owned(),
            };
            ("category", why)
        }
    }
}

/// Whether these two words are yes and no.
fn is_boolean(a: &str, b: &str) -> bool {
    let pairs = [["true", "false"], ["yes", "no"], ["t", "f"], ["y", "n"]];
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    pairs.iter().any(|[yes, no]| a == *yes && b == *no || a == *no && b == *yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_histograms_are_those_by_hand() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&mut [1.7e308, 1.7e308]), Some(1.7e308));
        assert_eq!(median(&mut []), None);
        let values: Vec<f64> = (0..=10).map(f64::from).collect();
        let mut want = vec![1.0 / 11.0; 9];
        want.push(2.0 / 11.0);
        assert_eq!(histogram(&values, 0.0, 10.0), want);
        assert_eq!(histogram(&[5.0; 4], 5.0, 5.0)[..2], [1.0, 0.0]);
        assert_eq!(
            histogram(&[-1.7e308, 1.7e308], -1.7e308, 1.7e308),
            [0.5, 0., 0., 0., 0., 0., 0., 0., 0., 0.5]
        );
    }

    #[test]
    fn yes_and_no_are_boolean_in_many_words() {
        assert!(is_boolean("Yes", "no") && is_boolean("FALSE", "TRUE") && is_boolean("n", "Y"));
        assert!(!is_boolean("yes", "yes") && !is_boolean("yes", "false") && !is_boolean("a", "b"));
    }
}
