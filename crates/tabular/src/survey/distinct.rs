//! How many different numbers a column has, counted up to a bound and no further.
//!
//! A table of open addresses that doubles while it is more than half full; past the bound it is given up, so that most columns of
//! measurements cost nothing after their first rows.

use super::hashing::{FACTORS, MISSING, fold, of_number};
use serde::Serialize;

/// How many different values there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Distinct {
    /// So many.
    pub count: u64,
    /// Whether there are more than that.
    pub more: bool,
}

impl Distinct {
    /// So many and no more.
    pub(super) fn exactly(count: u64) -> Distinct {
        Distinct { count, more: false }
    }
}

/// Different values up to which a column is counted, by the number of columns: a table of thousands has the same memory.
pub(super) fn bound(columns: usize) -> usize {
    match columns {
        0..=50 => 100_000,
        51..=500 => 10_000,
        _ => 1000,
    }
}

/// Different numbers.
#[derive(Clone, Debug)]
pub(super) struct NumberSet {
    slots: Vec<u64>,
    count: usize,
    bound: usize,
    /// Whether one came twice before the bound was passed.
    repeats: bool,
}

impl NumberSet {
    pub(super) fn new(bound: usize) -> NumberSet {
        NumberSet { slots: vec![MISSING; 64], count: 0, bound, repeats: false }
    }

    /// Takes numbers, of which some may be missing.
    pub(super) fn extend(&mut self, values: &[f64]) {
        for &x in values {
            if self.is_over() {
                return;
            }
            let bits = of_number(x);
            if bits != MISSING {
                self.insert(bits);
            }
        }
    }

    fn insert(&mut self, bits: u64) {
        let place = place_of(&self.slots, bits);
        if self.slots[place] == bits {
            self.repeats = true;
            return;
        }
        self.slots[place] = bits;
        self.count += 1;
        if self.is_over() {
            self.slots = Vec::new();
        } else if 2 * self.count > self.slots.len() {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![MISSING; 2 * old.len()];
            for bits in old.into_iter().filter(|bits| *bits != MISSING) {
                let place = place_of(&self.slots, bits);
                self.slots[place] = bits;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.count > self.bound
    }

    pub(super) fn count(&self) -> Distinct {
        Distinct { count: self.count.min(self.bound) as u64, more: self.is_over() }
    }

    /// Whether no number came twice, as far as they were counted.
    pub(super) fn all_different(&self) -> bool {
        !self.repeats
    }
}

/// Where these bits are, or would be.
fn place_of(slots: &[u64], bits: u64) -> usize {
    let last = slots.len() - 1;
    let mut at = fold(bits ^ FACTORS[1], FACTORS[0]) as usize & last;
    while slots[at] != MISSING && slots[at] != bits {
        at = (at + 1) & last;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_up_to_the_bound() {
        let counted = |bound: usize, values: &[f64]| {
            let mut set = NumberSet::new(bound);
            values.chunks(7).for_each(|some| set.extend(some));
            (set.count().count, set.count().more, set.all_different())
        };
        let many: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(counted(1000, &many), (1000, false, true));
        assert_eq!(counted(999, &many), (999, true, true));
        let tenths: Vec<f64> = (0..5000).map(|i| f64::from(i % 300) / 10.0).collect();
        assert_eq!(counted(1000, &tenths), (300, false, false));
        assert_eq!(counted(9, &[0.0, -0.0, f64::NAN, f64::NAN]), (1, false, false));
        assert_eq!(counted(9, &[]), (0, false, true));
    }
}
