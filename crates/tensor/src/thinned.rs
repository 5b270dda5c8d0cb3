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

    /// Takes rows of one number each, in this order; looks at those alone that may be kept.
    ///
    /// # Panics
    /// If rows are of more numbers than one.
    pub fn extend(&mut self, numbers: &[f64]) {
        assert_eq!(self.width, 1, "rows of one number");
        let mut rest = numbers;
        loop {
            let skipped = (self.every() - self.seen % self.every()) % self.every();
            match rest.get(skipped as usize) {
                None => break,
                Some(&number) => {
                    self.seen += skipped;
                    self.push(std::iter::once(number));
                    rest = &rest[skipped as usize + 1..];
                }
            }
        }
        self.seen += rest.len() as u64;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_taken_in_pieces_are_kept_as_one_by_one() {
        let numbers: Vec<f64> = (0..5000).map(f64::from).collect();
        let mut by_one = Thinned::new(1, 37);
        numbers.iter().for_each(|&x| by_one.push(std::iter::once(x)));
        for size in [1, 7, 64, 1000, 5000] {
            let mut by_piece = Thinned::new(1, 37);
            numbers.chunks(size).for_each(|piece| by_piece.extend(piece));
            assert_eq!((by_piece.seen, by_piece.power), (by_one.seen, by_one.power));
            assert_eq!(by_piece.values, by_one.values);
        }
    }
}
