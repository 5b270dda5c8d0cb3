//! Which rows a survey keeps cells of: all up to a limit, beyond it every 2nd, 4th … row, so that memory is bounded and nothing is random.
//!
//! All columns keep the same rows, so that a feature can be set against the target. As [`planish_tensor::Thinned`], for columns of any kind.

/// Cells that are kept of all columns together.
const CELLS: usize = 1 << 22;
/// Rows that are kept at most, and at least if there are so many.
const ROWS: [usize; 2] = [1 << 16, 1 << 12];

/// How far the rows have come.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    limit: usize,
    seen: u64,
    kept: usize,
    /// Every how manieth row is kept, as a power of two.
    power: u32,
}

/// What to keep of a block of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picked {
    /// How often to drop every second of those that were kept before.
    halvings: u32,
    /// The first row to keep of the block, and the distance to the next.
    first: usize,
    step: usize,
}

impl Steps {
    /// For a table of so many columns.
    pub(super) fn new(columns: usize) -> Steps {
        let rows = (CELLS / columns.max(1)).next_power_of_two();
        Steps::within(rows.clamp(ROWS[1], ROWS[0]))
    }

    fn within(limit: usize) -> Steps {
        Steps { limit, seen: 0, kept: 0, power: 0 }
    }

    /// What is kept of the next block.
    pub(super) fn pick(&mut self, rows: usize) -> Picked {
        let mut halvings = 0;
        loop {
            let step = 1_u64 << self.power;
            let first = self.seen.next_multiple_of(step) - self.seen;
            let more = (rows as u64).saturating_sub(first).div_ceil(step) as usize;
            if self.kept + more <= self.limit {
                self.seen += rows as u64;
                self.kept += more;
                return Picked { halvings, first: first as usize, step: step as usize };
            }
            (self.power, self.kept, halvings) = (self.power + 1, self.kept.div_ceil(2), halvings + 1);
        }
    }

    /// Every how manieth row is kept: 1 if all are.
    pub(super) fn every(&self) -> u64 {
        1 << self.power
    }
}

impl Picked {
    /// Halves what was kept as often as it takes, and adds the kept rows of the block.
    pub(super) fn keep<T: Copy>(self, kept: &mut Vec<T>, rows: usize, cell: impl Fn(usize) -> T) {
        for _ in 0..self.halvings {
            let mut even = false;
            kept.retain(|_| {
                even = !even;
                even
            });
        }
        kept.extend((self.first..rows).step_by(self.step).map(cell));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows that are kept of so many that come in blocks.
    fn kept(limit: usize, rows: u64, block: usize) -> (Vec<u64>, u64) {
        let (mut steps, mut kept) = (Steps::within(limit), Vec::new());
        for first in (0..rows).step_by(block) {
            let n = (rows - first).min(block as u64) as usize;
            steps.pick(n).keep(&mut kept, n, |row| first + row as u64);
        }
        (kept, steps.every())
    }

    #[test]
    fn rows_beyond_the_limit_are_kept_at_even_steps() {
        assert_eq!(kept(8, 8, 3), ((0..8).collect(), 1));
        assert_eq!(kept(8, 9, 3), ((0..9).step_by(2).collect(), 2));
        for block in [1, 5, 64] {
            let (rows, every) = kept(8, 1000, block);
            assert_eq!(rows, (0..1000).step_by(every as usize).collect::<Vec<_>>(), "{block}");
            assert!(rows.len() <= 8 && rows.len() > 3, "{block}: {}", rows.len());
        }
        assert_eq!(Steps::new(11).limit, 1 << 16);
        assert_eq!(Steps::new(3000).limit, 1 << 12);
        assert_eq!(Steps::new(256).limit, 1 << 14);
    }
}
