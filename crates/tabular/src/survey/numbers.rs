//! What is gathered of a column of numbers, block by block: range, mean and spread, whether they are whole or ascend by one, how many
//! differ, and a part of them at even steps.

use super::distinct::NumberSet;
use super::sample::Picked;

/// Sums that run side by side, so that a processor can add several numbers at once.
const LANES: usize = 8;

/// Numbers from here on are all whole.
const ALL_WHOLE: f64 = 9_007_199_254_740_992.0;

/// The numbers of a column so far.
#[derive(Clone, Debug)]
pub(super) struct NumberTally {
    pub(super) present: u64,
    pub(super) missing: u64,
    /// Infinity and its negative while there are none.
    pub(super) least: f64,
    pub(super) largest: f64,
    pub(super) mean: f64,
    /// The sum of squares about the mean.
    squares: f64,
    /// Whether all are whole.
    pub(super) whole: bool,
    /// Whether each is one more than that of the row before, and none is missing.
    pub(super) ascends: bool,
    last: Option<f64>,
    pub(super) distinct: NumberSet,
    /// Those of the rows that are kept; NaN is missing.
    pub(super) kept: Vec<f64>,
}

impl NumberTally {
    /// None yet; at most `bound` different ones are counted.
    pub(super) fn new(bound: usize) -> NumberTally {
        NumberTally {
            present: 0,
            missing: 0,
            least: f64::INFINITY,
            largest: f64::NEG_INFINITY,
            mean: 0.0,
            squares: 0.0,
            whole: true,
            ascends: true,
            last: None,
            distinct: NumberSet::new(bound),
            kept: Vec::new(),
        }
    }

    /// Takes the numbers of a block, NaN for a missing one.
    pub(super) fn take(&mut self, values: &[f64], picked: Picked) {
        self.summarise(values);
        if self.whole {
            self.whole = values.iter().all(|&x| x.is_nan() || (x as i64) as f64 == x || x.abs() >= ALL_WHOLE);
        }
        if self.ascends {
            let follows = |x: &f64| {
                let follows = self.last.is_none_or(|last| *x == last + 1.0) && !x.is_nan();
                self.last = Some(*x);
                follows
            };
            self.ascends = values.iter().all(follows);
        }
        self.distinct.extend(values);
        picked.keep(&mut self.kept, values.len(), |row| values[row]);
    }

    /// Number, range, mean and squares, joined with those before by Chan's formula.
    fn summarise(&mut self, values: &[f64]) {
        let mut least = [f64::INFINITY; LANES];
        let mut largest = [f64::NEG_INFINITY; LANES];
        let (mut sums, mut present) = ([0.0; LANES], [0_u64; LANES]);
        for some in values.chunks(LANES) {
            for (lane, &x) in some.iter().enumerate() {
                // Comparisons with NaN are false.
                least[lane] = if x < least[lane] { x } else { least[lane] };
                largest[lane] = if x > largest[lane] { x } else { largest[lane] };
                sums[lane] += if x.is_nan() { 0.0 } else { x };
                present[lane] += u64::from(!x.is_nan());
            }
        }
        let n: u64 = present.iter().sum();
        self.missing += values.len() as u64 - n;
        if n == 0 {
            return;
        }
        self.least = least.iter().fold(self.least, |a, b| a.min(*b));
        self.largest = largest.iter().fold(self.largest, |a, b| a.max(*b));
        let mean = sums.iter().sum::<f64>() / n as f64;
        let mut squares = [0.0; LANES];
        for some in values.chunks(LANES) {
            for (lane, &x) in some.iter().enumerate() {
                let d = if x.is_nan() { 0.0 } else { x - mean };
                squares[lane] += d * d;
            }
        }
        let (before, all) = (self.present as f64, (self.present + n) as f64);
        let step = mean - self.mean;
        self.mean += step * (n as f64 / all);
        self.squares += squares.iter().sum::<f64>() + step * step * (before * n as f64 / all);
        self.present += n;
    }

    /// The standard deviation, with one less than their number below; none of less than two, or of numbers whose squares are too large.
    pub(super) fn sd(&self) -> Option<f64> {
        let sd = (self.squares / (self.present.max(2) - 1) as f64).sqrt();
        (self.present > 1 && sd.is_finite()).then_some(sd)
    }

    /// Whether they are whole, all different, and lie without a gap: a number of the row, in any order.
    pub(super) fn counts_rows(&self) -> bool {
        let gapless = self.largest - self.least == (self.present as f64 - 1.0);
        self.missing == 0 && (self.ascends || self.whole && gapless && self.distinct.all_different())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::Steps;
    use super::*;

    fn tally(values: &[f64], block: usize) -> NumberTally {
        let (mut tally, mut steps) = (NumberTally::new(1000), Steps::new(1));
        values.chunks(block).for_each(|some| tally.take(some, steps.pick(some.len())));
        tally
    }

    #[test]
    fn the_moments_are_those_by_hand_in_any_blocks() {
        let values = [2.0, f64::NAN, 4.0, 4.0, 4.0, 5.0, f64::NAN, 5.0, 7.0, 9.0];
        for block in [1, 3, 10] {
            let t = tally(&values, block);
            assert_eq!((t.present, t.missing, t.least, t.largest), (8, 2, 2.0, 9.0));
            assert!((t.mean - 5.0).abs() < 1e-14);
            // Squares about 5: 9 + 3·1 + 0 + 0 + 4 + 16 = 32.
            assert!((t.sd().unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-14);
            assert_eq!((t.whole, t.distinct.count().count, t.kept.len()), (true, 5, 10));
        }
        let none = tally(&[f64::NAN; 3], 2);
        assert_eq!((none.present, none.missing, none.sd()), (0, 3, None));
        assert_eq!(tally(&[1e300, -1e300], 2).sd(), None);
        assert_eq!(tally(&[3.0], 1).sd(), None);
    }

    #[test]
    fn numbers_of_rows_are_known_in_order_and_shuffled() {
        let rows: Vec<f64> = (1..=500).map(f64::from).collect();
        assert!(tally(&rows, 7).counts_rows());
        let shuffled: Vec<f64> = (0..500).map(|i| f64::from(i * 77 % 500)).collect();
        assert!(!tally(&shuffled, 7).ascends && tally(&shuffled, 7).counts_rows());
        let twice: Vec<f64> = (0..500).map(|i| f64::from(i % 499)).collect();
        assert!(!tally(&twice, 7).counts_rows());
        let halves: Vec<f64> = rows.iter().map(|x| x / 2.0).collect();
        assert!(!tally(&halves, 7).counts_rows() && !tally(&halves, 7).whole);
        assert!(tally(&[1e300, ALL_WHOLE], 2).whole);
    }
}
