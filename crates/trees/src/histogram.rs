//! Sums of slopes by column and bin. The slopes are integers, so it does not matter in which order, by how many threads, or by how many
//! processes they are added up.

mod build;
mod slopes;

pub(crate) use build::{Layout, Source, subtract};
pub(crate) use slopes::{Scales, Slopes, quantise};

/// Bits of a cell's first word that count rows; the bits above are the sum of first derivatives.
const COUNT_BITS: u32 = 28;

/// A bin's sums: first derivatives (above) and rows (the lowest bits) in one word, second derivatives in the other.
pub(crate) type Cell = [i64; 2];

/// The sums of some rows, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sums {
    /// First derivatives.
    pub(crate) g: i64,
    /// Second derivatives.
    pub(crate) h: i64,
    /// Rows.
    pub(crate) n: i64,
}

impl Sums {
    #[inline(always)]
    pub(crate) fn of(cell: Cell) -> Sums {
        Sums { g: cell[0] >> COUNT_BITS, h: cell[1], n: cell[0] & ((1 << COUNT_BITS) - 1) }
    }
}

/// Sums as a cell.
pub(crate) fn pack(s: Sums) -> Cell {
    [(s.g << COUNT_BITS) + s.n, s.h]
}

impl std::ops::Add for Sums {
    type Output = Sums;
    #[inline(always)]
    fn add(self, o: Sums) -> Sums {
        Sums { g: self.g + o.g, h: self.h + o.h, n: self.n + o.n }
    }
}

impl std::ops::Sub for Sums {
    type Output = Sums;
    #[inline(always)]
    fn sub(self, o: Sums) -> Sums {
        Sums { g: self.g - o.g, h: self.h - o.h, n: self.n - o.n }
    }
}
