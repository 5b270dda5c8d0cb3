//! What is kept of rows that stream by, so that memory is bounded and nothing is random: a part at even steps.

/// All rows up to a limit, beyond it every 2nd, 4th … row, in the order in which they came; a row is `width` numbers.
#[derive(Clone, Debug)]
pub struct Thinned {
    width: usize,
    /// The most rows that are kept.
    limit: usize,
    seen: u64,
    /// Every how manieth row is kept, as a power of two.
    power: u32,
    values: Vec<f64>,
}

impl Thinned {
    /// None yet, of rows of `width` numbers; at most `limit` of them are kept.
    pub fn new(width: usize, limit: usize) -> Thinned {
        Thinned { width, limit, seen: 0, power: 0, values: Vec::new() }
    }

    /// Takes a row, if it is one of those that are kept.
    pub fn push(&mut self, row: impl Iterator<Item = f64>) {
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

    /// How many rows came.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// How many rows are kept.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Every how manieth row is kept: 1 if all are.
    pub fn every(&self) -> u64 {
        1 << self.power
    }

    /// The rows that are kept.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.width)
    }
}
