//! What is known of a column of numbers after some rows: their sum, the least and the greatest, how they lay.

use crate::bins::Sample;
use crate::rows::Rows;
use crate::table::NumberColumn;
use planish_tensor::dd::DdSlice;
use planish_tensor::{Dd, Isa, add_columns};
use std::borrow::Cow;

/// Sums over the numbers of a column.
#[derive(Clone, Debug)]
pub(crate) struct NumberSurvey {
    pub(crate) sum: Dd,
    pub(crate) range: [f64; 2],
    pub(crate) count: u64,
    pub(crate) missing: u64,
    pub(crate) sample: Sample,
}

impl NumberSurvey {
    pub(crate) fn new() -> NumberSurvey {
        NumberSurvey {
            sum: Dd::ZERO,
            range: [f64::MAX, f64::MIN],
            count: 0,
            missing: 0,
            sample: Sample::new(),
        }
    }

    /// Takes note of numbers that are there, but for their sum, and of how many are not.
    fn take(&mut self, numbers: &[f64], missing: u64) {
        self.missing += missing;
        self.sample.add_missing(missing);
        self.sample.extend(numbers);
        self.count += numbers.len() as u64;
        let (least, greatest) = extremes(numbers);
        let [low, high] = self.range;
        // Of zeros of both signs it depends on the order which one stays.
        self.range = if least == 0.0 || greatest == 0.0 {
            numbers.iter().fold(self.range, |[low, high], &x| [low.min(x), high.max(x)])
        } else {
            [low.min(least), high.max(greatest)]
        };
    }
}

/// The least and the greatest, of which zeros may have either sign; found in eight chains.
fn extremes(numbers: &[f64]) -> (f64, f64) {
    let (mut least, mut greatest) = ([f64::MAX; 8], [f64::MIN; 8]);
    let eights = numbers.chunks_exact(8);
    let rest = eights.remainder();
    for eight in eights.chain(std::iter::once(rest)) {
        for ((x, least), greatest) in eight.iter().zip(&mut least).zip(&mut greatest) {
            *least = if x < least { *x } else { *least };
            *greatest = if x > greatest { *x } else { *greatest };
        }
    }
    (least.into_iter().fold(f64::MAX, f64::min), greatest.into_iter().fold(f64::MIN, f64::max))
}

/// Takes note of these rows of some columns.
pub(crate) fn survey(mut of: Vec<(&mut NumberSurvey, &NumberColumn)>, rows: Rows<'_>) {
    let zeros = vec![0.0; rows.len()];
    let present: Vec<_> = of.iter().map(|(_, column)| present(column, rows, &zeros)).collect();
    let slices: Vec<_> = present.iter().map(|[hi, lo]| DdSlice { hi, lo }).collect();
    let mut sums: Vec<Dd> = of.iter().map(|(known, _)| known.sum).collect();
    add_columns(Isa::best(), &mut sums, &slices);
    for (((known, _), numbers), sum) in of.iter_mut().zip(slices).zip(sums) {
        known.sum = sum;
        known.take(numbers.hi, (rows.len() - numbers.hi.len()) as u64);
    }
}

/// The numbers of a column that are there in these rows, and their rests.
fn present<'c>(column: &'c NumberColumn, rows: Rows<'_>, zeros: &'c [f64]) -> [Cow<'c, [f64]>; 2] {
    let mut hi = rows.of(column.values());
    let mut lo = column.rests().map_or(Cow::Borrowed(zeros), |rests| rows.of(rests));
    if hi.iter().fold(false, |any, x| any | x.is_nan()) {
        let mut there = hi.iter().map(|x| !x.is_nan());
        lo.to_mut().retain(|_| there.next().is_some_and(|there| there));
        hi.to_mut().retain(|x| !x.is_nan());
    }
    [hi, lo]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_surveyed_as_row_by_row() {
        let cell = |i: u32, k: u32| {
            let x = f64::from(i * 7919 % 1009 * (k + 1)) - 500.0;
            (i % (11 + k) != 3 || k == 2).then_some(Dd { hi: x / 3.0, lo: x * 1e-18 })
        };
        let column = |k: u32| (0..3000).map(|i| cell(i, k)).collect::<NumberColumn>();
        let columns: Vec<NumberColumn> = (0..4).map(column).collect();
        let odd: Vec<u32> = (0..3000).filter(|i| i % 2 == 1).collect();
        for (rows, width) in
            [(Rows::Between(0, 3000), 4), (Rows::Between(7, 2999), 3), (Rows::These(&odd), 1)]
        {
            let mut found: Vec<NumberSurvey> = (0..width).map(|_| NumberSurvey::new()).collect();
            for part in [rows.part(0, 100), rows.part(100, rows.len())] {
                survey(found.iter_mut().zip(&columns).collect(), part);
            }
            for (found, column) in found.into_iter().zip(&columns) {
                let mut expected = NumberSurvey::new();
                for x in rows.places().filter_map(|row| column.at(row)) {
                    expected.sum = expected.sum + x;
                    expected.range = [expected.range[0].min(x.hi), expected.range[1].max(x.hi)];
                    expected.count += 1;
                }
                assert_eq!(
                    (found.sum, found.range, found.count),
                    (expected.sum, expected.range, expected.count)
                );
                assert_eq!(found.missing + found.count, rows.len() as u64);
                let mut sample = Sample::new();
                rows.places().for_each(|row| sample.push(column.at(row).map(|x| x.hi)));
                assert_eq!(found.sample.finish(), sample.finish());
            }
        }
    }
}
