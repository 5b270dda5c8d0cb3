//! How well one column predicts the target alone. One that does so almost without a mistake is rarely a discovery: it was made from the target,
//! or after it.
//!
//! A column is cut into groups of like values: levels, single numbers if they are few, else quantiles. A class is predicted as the most frequent
//! one of the group, a number as its mean; both are found in one half of the kept rows and tried on the other, and the other way round, so that an
//! identifier, whose groups are single rows, gains nothing. Beside it stands what needs no groups: the area under the ROC curve of two
//! classes by the value itself, and a straight line.

use super::hashing::{FACTORS, MISSING, fold};
use super::record::{Alone, Measure};
use crate::moments::mean_and_sd;
use std::collections::HashMap;

/// Rows with a target below which nothing is said.
const FEW_ROWS: usize = 30;
/// Different numbers that are a group each.
const SINGLE_VALUES: usize = 256;
/// Groups of many numbers.
const QUANTILES: usize = 64;
/// Rows a group of numbers has at least, by and large.
const ROWS_OF_GROUP: usize = 8;
/// From here on a column is suspicious.
const SUSPICIOUS: f64 = 0.99;
/// And leaves at most this part of the mistakes that the most frequent class makes.
const MISTAKES: f64 = 0.1;

/// The cells of a column in the rows that are kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cells<'a> {
    /// Numbers; NaN is missing.
    Numbers(&'a [f64]),
    /// Hashes of texts.
    Texts(&'a [u64]),
}

/// What is to be predicted in those rows.
#[derive(Clone, Debug)]
pub(super) enum Labels {
    /// A class, [`NONE`] where the target is missing; and the number of classes.
    Classes(Vec<u32>, usize),
    /// A number in standard deviations from the mean; NaN is missing.
    Numbers(Vec<f64>),
}

/// No class.
pub(super) const NONE: u32 = u32::MAX;

impl Labels {
    /// The classes of a target's cells, numbered as they come.
    pub(super) fn classes(target: Cells<'_>) -> Labels {
        let hashes: Vec<u64> = match target {
            Cells::Numbers(values) => values.iter().map(|x| super::hashing::of_number(*x)).collect(),
            Cells::Texts(hashes) => hashes.to_vec(),
        };
        let mut numbers = HashMap::new();
        let mut number = |hash: u64| {
            let next = numbers.len() as u32;
            if hash == MISSING { NONE } else { *numbers.entry(hash).or_insert(next) }
        };
        let classes = hashes.into_iter().map(&mut number).collect();
        Labels::Classes(classes, numbers.len())
    }

    /// The numbers of a target's cells.
    pub(super) fn numbers(target: &[f64]) -> Labels {
        let present: Vec<f64> = target.iter().copied().filter(|x| !x.is_nan()).collect();
        let (mean, sd) = if present.is_empty() { (0.0, 1.0) } else { mean_and_sd(&present) };
        let sd = if sd > 0.0 { sd } else { 1.0 };
        Labels::Numbers(target.iter().map(|x| (x - mean) / sd).collect())
    }
}

/// How well a column predicts the labels; nothing of too few rows or of a target that is one and the same.
pub(super) fn alone(cells: Cells<'_>, labels: &Labels) -> Option<Alone> {
    let groups = groups(cells);
    match labels {
        Labels::Classes(classes, count) => {
            let rows = classes.iter().filter(|c| **c != NONE).count();
            if rows < FEW_ROWS || *count < 2 {
                return None;
            }
            let by_group = accuracy(&groups, classes, *count);
            let area = match cells {
                Cells::Numbers(values) if *count == 2 => area(values, classes),
                Cells::Numbers(_) | Cells::Texts(_) => None,
            };
            Some(match area {
                Some(area) if area.suspicious && !by_group.suspicious => area,
                Some(_) | None => by_group,
            })
        }
        Labels::Numbers(y) => {
            let rows = y.iter().filter(|y| !y.is_nan()).count();
            let total: f64 = y.iter().filter(|y| !y.is_nan()).map(|y| y * y).sum();
            if rows < FEW_ROWS || total == 0.0 {
                return None;
            }
            let line = match cells {
                Cells::Numbers(values) => line(values, y, rows),
                Cells::Texts(_) => 0.0,
            };
            let value = line.max(1.0 - squares_within(&groups, y) / total).max(0.0);
            Some(Alone { measure: Measure::R2, value, suspicious: value >= SUSPICIOUS })
        }
    }
}

/// The group of each row; missing cells are one of their own.
fn groups(cells: Cells<'_>) -> Vec<u32> {
    let values = match cells {
        Cells::Texts(hashes) => {
            let mut places = HashMap::new();
            let mut place = |hash: &u64| {
                let next = places.len() as u32;
                *places.entry(*hash).or_insert(next)
            };
            return hashes.iter().map(&mut place).collect();
        }
        Cells::Numbers(values) => values,
    };
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let rows = sorted.len();
    let most = (rows / ROWS_OF_GROUP).max(1);
    let mut edges = sorted.clone();
    edges.dedup();
    if edges.len() > most.min(SINGLE_VALUES) {
        let parts = most.min(QUANTILES);
        edges = (0..parts).map(|k| sorted[k * rows / parts]).collect();
        edges.dedup();
    }
    let group = |x: &f64| if x.is_nan() { NONE } else { edges.partition_point(|edge| edge <= x) as u32 };
    values.iter().map(group).collect()
}

/// To which half a row belongs: by chance, so that an order of the rows is none of the halves.
fn half(row: usize) -> usize {
    (fold(row as u64 ^ FACTORS[1], FACTORS[0]) & 1) as usize
}

/// The accuracy of each half's most frequent classes on the other half.
fn accuracy(groups: &[u32], classes: &[u32], count: usize) -> Alone {
    let mut rows: Vec<(u32, u32, usize)> = (0..groups.len())
        .filter(|&row| classes[row] != NONE)
        .map(|row| (groups[row], classes[row], half(row)))
        .collect();
    let mut overall = vec![[0_u64; 2]; count];
    rows.iter().for_each(|(_, class, half)| overall[*class as usize][*half] += 1);
    let usual = most_frequent(overall.iter().copied().enumerate());
    rows.sort_unstable();
    let mut right = 0;
    for group in rows.chunk_by(|a, b| a.0 == b.0) {
        let of_class = group.chunk_by(|a, b| a.1 == b.1).map(|rows| {
            let second = rows.iter().filter(|row| row.2 == 1).count() as u64;
            (rows[0].1 as usize, [rows.len() as u64 - second, second])
        });
        let counts: Vec<(usize, [u64; 2])> = of_class.collect();
        let guess = most_frequent(counts.iter().copied());
        for half in 0..2 {
            let guess = guess[half].or(usual[half]);
            right += counts.iter().filter(|(c, _)| Some(*c) == guess).map(|(_, n)| n[1 - half]).sum::<u64>();
        }
    }
    let of = rows.len() as f64;
    let value = right as f64 / of;
    let most = overall.iter().map(|n| n[0] + n[1]).max().unwrap_or(0) as f64;
    let suspicious = value >= SUSPICIOUS && 1.0 - value <= MISTAKES * (1.0 - most / of);
    Alone { measure: Measure::Accuracy, value, suspicious }
}

/// The most frequent class in each half, the first of equals; none of a half without rows.
fn most_frequent(counts: impl Iterator<Item = (usize, [u64; 2])> + Clone) -> [Option<usize>; 2] {
    [0, 1].map(|half| {
        let best = counts
            .clone()
            .fold((None, 0), |best, (class, n)| if n[half] > best.1 { (Some(class), n[half]) } else { best });
        best.0
    })
}

/// The area under the ROC curve of two classes by the numbers, whichever class the large ones are of; missing numbers are left out.
fn area(values: &[f64], classes: &[u32]) -> Option<Alone> {
    let mut rows: Vec<(f64, u32)> = values
        .iter()
        .copied()
        .zip(classes.iter().copied())
        .filter(|(x, c)| !x.is_nan() && *c != NONE)
        .collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let second = rows.iter().filter(|row| row.1 == 1).count() as f64;
    let first = rows.len() as f64 - second;
    if first.min(second) < ROWS_OF_GROUP as f64 || 2 * rows.len() < values.len() {
        return None;
    }
    let (mut below, mut wins) = (0.0, 0.0);
    for equal in rows.chunk_by(|a, b| a.0 == b.0) {
        let ones = equal.iter().filter(|row| row.1 == 1).count() as f64;
        let zeros = equal.len() as f64 - ones;
        wins += ones * (below + zeros / 2.0);
        below += zeros;
    }
    let area = wins / (first * second);
    let value = area.max(1.0 - area);
    Some(Alone { measure: Measure::Auc, value, suspicious: value >= SUSPICIOUS })
}

/// The squares about the means of the groups, each half by the means of the other.
fn squares_within(groups: &[u32], y: &[f64]) -> f64 {
    let mut rows: Vec<(u32, usize)> =
        (0..groups.len()).filter(|&row| !y[row].is_nan()).map(|row| (groups[row], row)).collect();
    let means = |rows: &[(u32, usize)]| -> [Option<f64>; 2] {
        [0, 1].map(|of| {
            let of_half = || rows.iter().filter(|(_, row)| half(*row) == of).map(|(_, row)| y[*row]);
            let n = of_half().count();
            (n > 0).then(|| of_half().sum::<f64>() / n as f64)
        })
    };
    let usual = means(&rows);
    rows.sort_unstable();
    let mut squares = 0.0;
    for group in rows.chunk_by(|a, b| a.0 == b.0) {
        let means = means(group);
        for (_, row) in group {
            let other = 1 - half(*row);
            let d = y[*row] - means[other].or(usual[other]).unwrap_or(0.0);
            squares += d * d;
        }
    }
    squares
}

/// The squared correlation, of rows that have both numbers; none unless those are half of all.
fn line(values: &[f64], y: &[f64], rows: usize) -> f64 {
    let both: Vec<(f64, f64)> =
        values.iter().copied().zip(y.iter().copied()).filter(|(x, y)| !x.is_nan() && !y.is_nan()).collect();
    if both.len() < FEW_ROWS || 2 * both.len() < rows {
        return 0.0;
    }
    let (xs, ys): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
    let ((mean_x, sd_x), (mean_y, sd_y)) = (mean_and_sd(&xs), mean_and_sd(&ys));
    if sd_x == 0.0 || sd_y == 0.0 {
        return 0.0;
    }
    let products = xs.iter().zip(&ys).map(|(x, y)| ((x - mean_x) / sd_x) * ((y - mean_y) / sd_y));
    let r = products.sum::<f64>() / xs.len() as f64;
    (r * r).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern.
    fn noise(i: usize) -> f64 {
        (fold(i as u64 ^ FACTORS[1], FACTORS[0]) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn of(n: usize, f: impl Fn(usize) -> f64) -> Vec<f64> {
        (0..n).map(f).collect()
    }

    #[test]
    fn a_copy_of_the_class_is_found_and_an_identifier_is_none() {
        let y = of(400, |i| f64::from(u8::from(noise(i) > 0.6)));
        let labels = Labels::classes(Cells::Numbers(&y));
        let found = |values: &[f64]| alone(Cells::Numbers(values), &labels).unwrap();
        let copy = found(&of(400, |i| 7.0 - y[i]));
        assert_eq!(copy, Alone { measure: Measure::Accuracy, value: 1.0, suspicious: true });
        // All different: predicts no better than the most frequent class.
        let hashes: Vec<u64> = (0..400).collect();
        let id = alone(Cells::Texts(&hashes), &labels).unwrap();
        let usual = 1.0 - y.iter().sum::<f64>() / 400.0;
        assert!(!id.suspicious && (id.value - usual).abs() < 1e-12, "{id:?} {usual}");
        assert!(!found(&of(400, |i| noise(i + 1000))).suspicious);
        // A threshold within a group: the area is 1.
        let sharp = found(&of(400, |i| y[i] + noise(i + 5000) * 0.99));
        assert!(sharp.suspicious, "{sharp:?}");
    }

    #[test]
    fn a_rare_class_is_no_reason_for_suspicion() {
        let y = of(4000, |i| f64::from(u8::from(i % 400 == 7)));
        let labels = Labels::classes(Cells::Numbers(&y));
        let a = alone(Cells::Numbers(&of(4000, noise)), &labels).unwrap();
        assert!(a.value > 0.99 && !a.suspicious, "{a:?}");
    }

    #[test]
    fn areas_are_those_by_hand() {
        // Of 8 × 8 pairs the second class is larger in all but 4, and equal in one.
        let values: Vec<f64> =
            [1., 2., 3., 4., 5., 6., 7., 12., 8.5, 12., 13., 14., 15., 16., 10., 11.].to_vec();
        let classes: Vec<u32> = (0..16).map(|i| u32::from(i >= 8)).collect();
        let a = area(&values, &classes).unwrap();
        assert!((a.value - (64.0 - 3.0 - 0.5) / 64.0).abs() < 1e-15, "{a:?}");
        let mirrored: Vec<f64> = values.iter().map(|x| -x).collect();
        assert!((area(&mirrored, &classes).unwrap().value - a.value).abs() < 1e-15);
        assert_eq!(area(&values[..12], &classes[..12]), None);
    }

    #[test]
    fn a_line_a_curve_and_means_of_levels_explain_numbers() {
        let x = of(2000, noise);
        let r2 = |cells: Cells<'_>, y: &[f64]| alone(cells, &Labels::numbers(y)).unwrap();
        let line = r2(Cells::Numbers(&x), &of(2000, |i| 3.0 - 2.0 * x[i]));
        assert!((line.value - 1.0).abs() < 1e-12 && line.suspicious);
        let curve = r2(Cells::Numbers(&x), &of(2000, |i| (x[i] - 0.5) * (x[i] - 0.5)));
        assert!(curve.suspicious, "{curve:?}");
        let weak = r2(Cells::Numbers(&x), &of(2000, |i| x[i] + 0.3 * noise(i + 9999)));
        assert!(!weak.suspicious && weak.value > 0.8, "{weak:?}");
        let levels: Vec<u64> = (0..2000).map(|i| i % 5).collect();
        let means = of(2000, |i| (i % 5) as f64);
        assert!(r2(Cells::Texts(&levels), &means).suspicious);
        let all_different: Vec<u64> = (0..2000).collect();
        assert_eq!(r2(Cells::Texts(&all_different), &means).value, 0.0);
        // Missing cells are a group, and a target without spread is nothing.
        let gaps = of(2000, |i| if i % 2 == 0 { f64::NAN } else { 1.0 });
        assert!(r2(Cells::Numbers(&gaps), &of(2000, |i| (i % 2) as f64)).suspicious);
        assert_eq!(alone(Cells::Numbers(&x), &Labels::numbers(&[5.0; 2000])), None);
        assert_eq!(alone(Cells::Numbers(&x[..20]), &Labels::numbers(&x[..20])), None);
    }
}
