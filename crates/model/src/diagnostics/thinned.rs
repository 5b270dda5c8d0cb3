//! Rows kept for pictures and quantiles: all of them up to a limit, beyond it every 2nd, 4th … row, so that memory is bounded and
//! nothing is random.

/// Rows of `width` numbers each, in the order in which they came.
pub(super) struct Thinned {
    width: usize,
    /// The most rows that are kept.
    limit: usize,
    seen: u64,
    /// Every how manieth row is kept, as a power of two.
    power: u32,
    values: Vec<f64>,
}

impl Thinned {
    pub(super) fn new(width: usize, limit: usize) -> Thinned {
        Thinned { width, limit, seen: 0, power: 0, values: Vec::new() }
    }

    /// Takes a row, if it is one of those that are kept.
    pub(super) fn push(&mut self, row: impl Iterator<Item = f64>) {
        let place = self.seen;
        self.seen += 1;
        if self.len() == self.limit && place.is_multiple_of(self.every()) {
            self.halve();
        }
        if place.is_multiple_of(self.every()) {
            self.values.extend(row);
            debug_assert!(self.values.len().is_multiple_of(self.width));
        }
    }

    /// Keeps the 1st, 3rd, … of the rows.
    fn halve(&mut self) {
        let (mut at, twice) = (0, 2 * self.width);
        self.values.retain(|_| {
            at += 1;
            (at - 1) % twice < self.width
        });
        self.power += 1;
    }

    /// Rows that are kept.
    pub(super) fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Every how manieth row is kept: 1 if all are.
    pub(super) fn every(&self) -> u64 {
        1 << self.power
    }

    pub(super) fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_rows_are_kept_at_even_steps() {
        let mut kept = Thinned::new(2, 4);
        (0..4).for_each(|i| kept.push([f64::from(i), 0.5].into_iter()));
        assert_eq!((kept.len(), kept.every()), (4, 1));
        (4..19).for_each(|i| kept.push([f64::from(i), 0.5].into_iter()));
        let rows: Vec<&[f64]> = kept.rows().collect();
        assert_eq!(rows, [[0.0, 0.5], [8.0, 0.5], [16.0, 0.5]]);
        assert_eq!(kept.every(), 8);
    }
}
