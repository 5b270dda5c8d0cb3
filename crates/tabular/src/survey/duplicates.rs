//! Rows that are the same in every cell, by a hash of 128 bits a row: within a table, and of one table in another.
//!
//! A block's rows are hashed column by column. Of a table with more than five million rows the first five million are compared, which takes
//! 80 MB.

use super::hashing::{FACTORS, MISSING, fold, of_number, of_text};
use crate::table::{Column, Table};
use rayon::prelude::*;
use serde::Serialize;

/// Rows that are compared.
const ROWS: usize = 5_000_000;

/// Rows that are the same as others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct SameRows {
    /// So many.
    pub rows: u64,
    /// Among so many that were compared: the first, if the table has more.
    pub of: u64,
}

/// The hashes of rows.
#[derive(Clone, Debug, Default)]
pub(super) struct RowHashes {
    all: Vec<u128>,
}

impl RowHashes {
    /// Adds the hashes of a block, as far as there is room.
    pub(super) fn extend(&mut self, hashes: Vec<u128>) {
        let room = ROWS - self.all.len();
        self.all.extend(hashes.into_iter().take(room));
    }

    /// Sorts them, after which they can be compared.
    pub(super) fn sort(&mut self) {
        self.all.par_sort_unstable();
    }

    /// Rows that are copies of an earlier one. The hashes must be sorted.
    pub(super) fn copies(&self) -> SameRows {
        let copies = self.all.windows(2).filter(|pair| pair[0] == pair[1]).count();
        SameRows { rows: copies as u64, of: self.all.len() as u64 }
    }

    /// Rows that are in the other table too. The hashes of both must be sorted.
    pub(super) fn found_in(&self, other: &RowHashes) -> SameRows {
        let mut rest = other.all.iter().peekable();
        let found = self.all.iter().filter(|hash| {
            while rest.next_if(|other| other < hash).is_some() {}
            rest.peek() == Some(hash)
        });
        SameRows { rows: found.count() as u64, of: self.all.len() as u64 }
    }
}

/// The hash of each row of a block, over these columns in this order.
pub(super) fn of_block(block: &Table, columns: &[usize]) -> Vec<u128> {
    let mut rows = vec![FACTORS; block.rows()];
    let add = |row: &mut [u64; 2], cell: u64| {
        *row = [fold(row[0] ^ cell, FACTORS[0]), fold(row[1].rotate_left(32) ^ cell, FACTORS[1])];
    };
    for &column in columns {
        match block.column_at(column) {
            Column::Number(c) => {
                rows.iter_mut().zip(c.values()).for_each(|(row, x)| add(row, of_number(*x)));
            }
            Column::Text(c) => {
                // By code, once a text that came; 0 for those that have not come yet.
                let mut known =
                    vec![0; if c.dictionary().len() <= 1 << 14 { c.dictionary().len() } else { 0 }];
                for (i, row) in rows.iter_mut().enumerate() {
                    let hash = || c.at(i).map_or(MISSING, of_text);
                    add(
                        row,
                        match known.get_mut(c.codes()[i] as usize) {
                            Some(known) if *known != 0 => *known,
                            Some(known) => {
                                *known = hash();
                                *known
                            }
                            None => hash(),
                        },
                    );
                }
            }
        }
    }
    rows.iter().map(|[a, b]| u128::from(*a) << 64 | u128::from(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Kind, Schema};

    fn hashes(rows: &[(Option<f64>, Option<&str>)]) -> RowHashes {
        let mut table = Table::new(Schema::new([("x", Kind::Number), ("c", Kind::Category)]));
        for (x, c) in rows {
            table.push_number(0, *x);
            table.push_text(1, *c);
            table.end_row(0);
        }
        let mut hashes = RowHashes::default();
        hashes.extend(of_block(&table, &[0, 1]));
        hashes.sort();
        hashes
    }

    #[test]
    fn copies_are_counted_and_found_in_other_tables() {
        let a = hashes(&[
            (Some(1.0), Some("u")),
            (Some(0.0), None),
            (None, None),
            (Some(-0.0), None),
            (Some(1.0), Some("v")),
        ]);
        assert_eq!(a.copies(), SameRows { rows: 1, of: 5 });
        // Another dictionary, the same texts.
        let b = hashes(&[
            (Some(1.0), Some("v")),
            (Some(1.0), Some("u")),
            (None, Some("u")),
            (Some(1.0), Some("u")),
        ]);
        assert_eq!(b.found_in(&a), SameRows { rows: 3, of: 4 });
        assert_eq!(a.found_in(&b), SameRows { rows: 2, of: 5 });
        assert_eq!(hashes(&[]).copies(), SameRows { rows: 0, of: 0 });
    }

    #[test]
    fn a_value_counts_in_its_own_column() {
        let table = |cells: [Option<f64>; 2]| {
            let mut t = Table::new(Schema::new([("x", Kind::Number), ("y", Kind::Number)]));
            (0..2).for_each(|i| t.push_number(i, cells[i]));
            t.end_row(0);
            of_block(&t, &[0, 1])
        };
        assert_ne!(table([Some(1.0), None]), table([None, Some(1.0)]));
        assert_ne!(table([Some(1.0), Some(2.0)]), table([Some(2.0), Some(1.0)]));
    }
}
