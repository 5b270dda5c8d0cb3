//! A digest of a column's numbers, row by row: two columns have the same one if they have the same numbers in the same order. It depends on
//! nothing else, neither on blocks and threads nor on how the file is written; that two others have the same happens by a chance of 2⁻¹⁰⁰ or so.

use crate::rows::Rows;
use crate::survey::hashing::{FACTORS, fold, of_number};
use crate::table::NumberColumn;

/// A digest in progress.
#[derive(Clone, Debug)]
pub struct Digest {
    halves: [u64; 2],
    rows: u64,
    all_one: bool,
}

impl Default for Digest {
    fn default() -> Digest {
        Digest { halves: FACTORS, rows: 0, all_one: true }
    }
}

impl Digest {
    /// Takes the numbers of these rows.
    pub fn push_rows(&mut self, column: &NumberColumn, rows: Rows<'_>) {
        let Digest { halves: [mut a, mut b], mut all_one, .. } = *self;
        let values = column.values();
        for x in rows.places().map(|row| values[row]) {
            let bits = of_number(x);
            a = fold(a ^ bits, FACTORS[0]).wrapping_add(FACTORS[1]);
            b = fold(b.rotate_left(32) ^ bits, FACTORS[1]).wrapping_add(FACTORS[0]);
            all_one &= x == 1.0;
        }
        *self = Digest { halves: [a, b], rows: self.rows + rows.len() as u64, all_one };
    }

    /// Whether every number was one.
    pub fn is_all_one(&self) -> bool {
        self.all_one
    }

    /// The digest of these numbers and of how many there are, as 32 hexadecimal digits.
    pub fn finish(&self) -> String {
        let [a, b] = [0, 1].map(|i| fold(self.halves[i] ^ self.rows, FACTORS[1 - i]));
        format!("{a:016x}{b:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(blocks: &[&[f64]]) -> String {
        let mut digest = Digest::default();
        for block in blocks {
            let column: NumberColumn = block.iter().map(|x| Some((*x).into())).collect();
            digest.push_rows(&column, Rows::Between(0, block.len()));
        }
        digest.finish()
    }

    #[test]
    fn it_is_of_the_numbers_in_their_order_and_not_of_the_blocks() {
        let whole = of(&[&[1.0, 2.5, -0.0, 7.0]]);
        assert_eq!(whole, of(&[&[1.0], &[], &[2.5, 0.0], &[7.0]]));
        assert_eq!(whole.len(), 32);
        for other in [
            &[2.5, 1.0, 0.0, 7.0][..],
            &[1.0, 2.5, 0.0],
            &[1.0, 2.5, 0.0, 7.0, 0.0],
            &[1.0, 2.5, 0.0, 7.000000000000001],
        ] {
            assert_ne!(whole, of(&[other]));
        }
    }

    #[test]
    fn a_column_of_ones_is_known_as_such() {
        let digest = |values: &[f64]| {
            let column: NumberColumn = values.iter().map(|x| Some((*x).into())).collect();
            let mut digest = Digest::default();
            digest.push_rows(&column, Rows::Between(0, values.len()));
            digest.is_all_one()
        };
        assert!(digest(&[1.0, 1.0]) && !digest(&[1.0, 2.0]));
    }
}
