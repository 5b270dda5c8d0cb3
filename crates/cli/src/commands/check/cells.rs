//! Values as a table of a check shows them: numbers in ten letters, histograms of blocks, names that fit.

use crate::commands::inspect::linear::digits;
use crate::print;
use planish_tabular::calendar;
use planish_tabular::survey::{ColumnReport, Distinct, NumberReport, TableReport};

/// The heights of a histogram.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A number in ten letters at most: whole ones as they are, others to six digits, very large and small ones to four.
pub(super) fn number(x: f64) -> String {
    rounded(x, 6)
}

fn rounded(x: f64, n: usize) -> String {
    if x.fract() == 0.0 && x.abs() < 1e9 {
        return format!("{x:.0}");
    }
    let text = digits(x, n);
    if text.contains('e') {
        return format!("{x:.3e}");
    }
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Least, median and largest; of dates their days. A median of a part of the rows has a `~`.
pub(super) fn middle_and_ends(
    column: &ColumnReport,
    numbers: &NumberReport,
    report: &TableReport,
) -> [String; 3] {
    let text = |x: f64, n: usize| match column.kind {
        "date" => calendar::text(x).chars().take("2024-01-31".len()).collect(),
        _ => rounded(x, n),
    };
    let median = match report.sampled_every {
        1 => text(numbers.median, 6),
        _ => format!("~{}", text(numbers.median, 4)),
    };
    [text(numbers.least, 6), median, text(numbers.largest, 6)]
}

/// Shares as blocks of their heights, the tallest whole.
pub(super) fn histogram(shares: &[f64]) -> String {
    let tallest = shares.iter().fold(0.0_f64, |a, b| a.max(*b));
    let block = |share: &f64| match tallest > 0.0 {
        true => BLOCKS[((share / tallest * 8.0).ceil() as usize).clamp(1, 8) - 1],
        false => BLOCKS[0],
    };
    shares.iter().map(block).collect()
}

/// A number of different values.
pub(super) fn distinct(n: Distinct) -> String {
    format!("{}{}", if n.more { ">" } else { "" }, print::count(n.count))
}

/// The text cut to so many letters, with an ellipsis at its end.
pub(super) fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some(_) => text.chars().take(letters - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_ten_letters_at_most() {
        for (x, text) in [
            (0.0, "0"),
            (-3.0, "-3"),
            (999_999_999.0, "999999999"),
            (1e9, "1.000e9"),
            (0.13, "0.13"),
            (1234.5678, "1234.57"),
            (-1.234567e-12, "-1.235e-12"),
            (1.5e300, "1.500e300"),
        ] {
            assert_eq!(number(x), text);
            assert!(text.len() <= 10);
        }
    }

    #[test]
    fn blocks_are_as_high_as_their_shares() {
        assert_eq!(histogram(&[0.0, 0.01, 0.1, 0.2, 0.4, 0.8]), "▁▁▁▂▄█");
        assert_eq!(histogram(&[0.0; 3]), "▁▁▁");
        assert_eq!((cut("abcdef", 6), cut("abcdefg", 6)), ("abcdef".into(), "abcde…".into()));
    }
}
