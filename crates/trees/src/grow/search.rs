//! The best split of a leaf: in columns of numbers every limit is tried, with missing values on either side.

use super::judge::{Growth, Judge, MIN_HESSIAN, Parent, Question, Split};
use super::sets::search_levels;
use crate::histogram::{Cell, Sums, pack};
use std::ops::Range;

/// The best split of a leaf in these columns, the first of equals.
pub(crate) fn search(
    growth: &Growth<'_>,
    histogram: &[Cell],
    parent: &Parent,
    columns: &Range<usize>,
) -> Option<Split> {
    if parent.sums.n < 2 * growth.settings.min_rows_in_leaf as i64 {
        return None;
    }
    let judge = Judge::new(growth, parent);
    let mut best: Option<Split> = None;
    for column in columns.clone().filter(|&column| growth.may_use[column]) {
        let cells = &histogram[growth.source.layout.cells_of(&(column..column + 1))];
        let found = if growth.is_levels[column] {
            search_levels(&judge, cells, growth.settings.min_rows_in_group)
        } else {
            search_numbers(&judge, cells, growth.monotone[column])
        };
        let Some((gain, question, left)) = found else { continue };
        if gain > best.as_ref().map_or(0.0, |b| b.gain) {
            best = Some(Split { column, question, gain, left, right: parent.sums - left });
        }
    }
    best
}

type Found = Option<(f64, Question, Sums)>;

/// The best limit of a column of numbers: missing values on either side.
fn search_numbers(judge: &Judge, cells: &[Cell], monotone: i8) -> Found {
    let missing = Sums::of(cells[0]);
    let (gain, bin, missing_left, left) = if judge.bounded || monotone != 0 {
        bounded(judge, cells, monotone)
    } else {
        let (best, found) = free(judge, cells, Sums::default(), (0.0, (0, Sums::default())));
        let right = (best, found.0, false, found.1);
        if missing.n == 0 {
            right
        } else {
            let (best, found) = free(judge, cells, missing, (best, found));
            if best > right.0 { (best, found.0, true, found.1) } else { right }
        }
    };
    // Where no row was missing, a missing value goes where most rows go.
    let missing_left = if missing.n == 0 { 2 * left.n > judge.parent.n } else { missing_left };
    (gain > 0.0).then_some((gain, Question::AtMost { bin: bin as u8, missing_left }, left))
}

/// The best limit where values may be any, with these sums on the left from the start: a gain, the bin and the sums on the left, those
/// given if none is better.
fn free(judge: &Judge, cells: &[Cell], start: Sums, best: (f64, (usize, Sums))) -> (f64, (usize, Sums)) {
    let (whole, min_rows) = (judge.parent, judge.min_rows);
    let min_h = (MIN_HESSIAN / judge.scale_h).ceil() as i64;
    // In units of the integers: gains are a common factor larger.
    let unit = 0.5 * judge.scale_g * judge.scale_g / judge.scale_h;
    let l2 = judge.l2 / judge.scale_h;
    let of_parent = judge.parent_gain / (2.0 * unit);
    let (g_all, h_all) = (whole.g as f64, whole.h as f64 + l2);
    let mut largest = best.0 / unit + of_parent;
    let mut found = best.1;
    let first = pack(start);
    let (mut gn, mut h) = (first[0], first[1]);
    for (bin, cell) in cells.iter().enumerate().skip(1) {
        if cell[0] == 0 {
            continue;
        }
        gn += cell[0];
        h += cell[1];
        let left = Sums::of([gn, h]);
        if left.n < min_rows {
            continue;
        }
        if whole.n - left.n < min_rows {
            break;
        }
        let (gl, hl) = (left.g as f64, left.h as f64 + l2);
        let (gr, hr) = (g_all - gl, h_all - left.h as f64);
        // One division for both sides.
        let sides = (gl * gl * hr + gr * gr * hl) / (hl * hr);
        if sides > largest && left.h >= min_h && whole.h - left.h >= min_h {
            (largest, found) = (sides, (bin, left));
        }
    }
    if found == best.1 { best } else { (unit * (largest - of_parent), found) }
}

/// The best limit where values are bounded, or may only rise or fall from left to right.
fn bounded(judge: &Judge, cells: &[Cell], monotone: i8) -> (f64, usize, bool, Sums) {
    let (missing, whole) = (Sums::of(cells[0]), judge.parent);
    let mut best: (f64, usize, bool, Sums) = (0.0, 0, false, Sums::default());
    let mut left = Sums::default();
    for (bin, &cell) in cells.iter().enumerate().skip(1).filter(|(_, cell)| cell[0] != 0) {
        left = left + Sums::of(cell);
        for missing_left in [false, true] {
            let left = if missing_left { left + missing } else { left };
            let right = whole - left;
            if !judge.allows(left, right) || missing_left && missing.n == 0 {
                continue;
            }
            let gain = judge.gain(left, right, 0.0);
            let step = judge.value(right, 0.0) - judge.value(left, 0.0);
            if gain > best.0 && (monotone == 0 || f64::from(monotone) * step >= 0.0) {
                best = (gain, bin, missing_left, left);
            }
        }
    }
    best
}
