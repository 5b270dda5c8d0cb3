//! Sums of columns in double-double, each in the order of its rows. Such a sum is a chain of additions, each of which waits for the one before it; so
//! the columns lie in lanes, and as many chains go on side by side.

use crate::dd::lanes::{self, V};
use crate::dd::{Dd, DdSlice};
use crate::isa::Isa;
use crate::number::Number;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};

/// Vectors of columns that are added at a time.
const VECTORS: usize = 2;
/// Columns that are added at a time.
const COLUMNS: usize = VECTORS * f64::LANES;
/// Rows that are laid side by side at a time: 16 KiB.
const ROWS: usize = 64;

/// Numbers or sums, column beside column.
type Row = [f64; COLUMNS];

/// sums ← sums + rows, one after the other.
struct AddRows<'a> {
    rows: [&'a [Row]; 2],
    sums: &'a mut [Row; 2],
}

impl LaneKernel<f64> for AddRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let load = |hi: &Row, lo: &Row, v: usize| -> V<S> {
            (s.load_at(hi, v * f64::LANES), s.load_at(lo, v * f64::LANES))
        };
        let [hi, lo] = &mut *self.sums;
        let mut sums: [V<S>; VECTORS] = std::array::from_fn(|v| load(hi, lo, v));
        for (x, y) in self.rows[0].iter().zip(self.rows[1]) {
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = lanes::add(s, *sum, load(x, y, v));
            }
        }
        for (v, sum) in sums.into_iter().enumerate() {
            s.store_at(hi, v * f64::LANES, sum.0);
            s.store_at(lo, v * f64::LANES, sum.1);
        }
    }
}

/// Adds to each sum the numbers of its column, one after the other, as `sum + number` does. Columns may have different lengths.
///
/// # Panics
/// If there is not a column a sum, or one has not as many rests as numbers.
pub fn add_columns(isa: Isa, sums: &mut [Dd], columns: &[DdSlice<'_>]) {
    assert_eq!(sums.len(), columns.len(), "a column a sum");
    assert!(columns.iter().all(|c| c.hi.len() == c.lo.len()), "a rest a number");
    for (sums, columns) in sums.chunks_mut(COLUMNS).zip(columns.chunks(COLUMNS)) {
        let common = columns.iter().map(|c| c.hi.len()).min().unwrap_or(0);
        let mut total = [[0.0; COLUMNS]; 2];
        for (c, sum) in sums.iter().enumerate() {
            (total[0][c], total[1][c]) = (sum.hi, sum.lo);
        }
        let (mut hi, mut lo) = ([[0.0; COLUMNS]; ROWS], [[0.0; COLUMNS]; ROWS]);
        for start in (0..common).step_by(ROWS) {
            let n = ROWS.min(common - start);
            for (c, column) in columns.iter().enumerate() {
                hi.iter_mut().zip(&column.hi[start..start + n]).for_each(|(row, &x)| row[c] = x);
                lo.iter_mut().zip(&column.lo[start..start + n]).for_each(|(row, &x)| row[c] = x);
            }
            f64::dispatch(isa, AddRows { rows: [&hi[..n], &lo[..n]], sums: &mut total });
        }
        for (c, (sum, column)) in sums.iter_mut().zip(columns).enumerate() {
            let rest = column.hi[common..].iter().zip(&column.lo[common..]);
            let begun = Dd { hi: total[0][c], lo: total[1][c] };
            *sum = rest.fold(begun, |sum, (&hi, &lo)| sum + Dd { hi, lo });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_side_by_side_are_summed_as_one_after_the_other() {
        let number = |c: usize, i: usize| {
            let x = ((i * 7919 + c * 104_729) % 100_003) as f64 / 3.0 - 16_000.0;
            Dd { hi: x, lo: x * 1e-17 }
        };
        for width in [0, 1, 7, 8, 16, 37] {
            let length = |c: usize| 1000 + 13 * (c % 3);
            let columns: Vec<[Vec<f64>; 2]> = (0..width)
                .map(|c| {
                    let numbers = (0..length(c)).map(|i| number(c, i));
                    [numbers.clone().map(|x| x.hi).collect(), numbers.map(|x| x.lo).collect()]
                })
                .collect();
            let slices: Vec<_> = columns.iter().map(|[hi, lo]| DdSlice { hi, lo }).collect();
            let start = |c: usize| Dd { hi: c as f64, lo: 1e-20 };
            let expected: Vec<Dd> =
                (0..width).map(|c| (0..length(c)).fold(start(c), |sum, i| sum + number(c, i))).collect();
            for isa in Isa::all_exact() {
                let mut sums: Vec<Dd> = (0..width).map(start).collect();
                add_columns(isa, &mut sums, &slices);
                assert_eq!(sums, expected);
            }
        }
    }
}
