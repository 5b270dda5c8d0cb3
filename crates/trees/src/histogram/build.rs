//! Adding up the slopes of some rows, by column and bin: eight columns at a time, so that their cells stay in the cache.

use super::{COUNT_BITS, Cell, Slopes};
use crate::bins::BinnedRows;
use planish_tensor::Exec;
use planish_tensor::simd::prefetch;
use std::ops::Range;

/// Rows that are added up in single words, from the top 26 bits of first derivatives, 26 of second ones and 12 of rows, before they are added
/// to cells: 2¹¹ slopes of 15 bits fit.
const CHUNK: usize = 2048;
/// Where the first derivatives and the second ones lie in such a word.
const SHIFTS: (u32, u32) = (38, 12);
/// Rows by which memory is asked ahead.
const AHEAD: usize = 16;
/// Rows from which halves are added up by two threads.
const WORTH_A_COPY: usize = 4096;
/// Cells up to which a second thread may have a copy.
const MOST_TO_COPY: usize = 1 << 19;

/// A word a bin of eight columns, a little apart from each other: words that are a page apart are taken for the same by the processor.
type Words = [[i64; 264]; 8];

/// Where the cells of each column lie in a histogram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    /// Where each column's cells begin; one more, the number of all cells.
    pub(crate) offsets: Vec<usize>,
}

impl Layout {
    /// The layout for columns with these numbers of bins.
    pub(crate) fn new(counts: impl Iterator<Item = usize>) -> Layout {
        let mut offsets = vec![0];
        counts.for_each(|n| offsets.push(offsets[offsets.len() - 1] + n));
        Layout { offsets }
    }

    /// The number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The number of cells.
    pub(crate) fn cells(&self) -> usize {
        self.offsets[self.columns()]
    }

    /// The cells of some columns.
    pub(crate) fn cells_of(&self, columns: &Range<usize>) -> Range<usize> {
        self.offsets[columns.start]..self.offsets[columns.end]
    }
}

/// What is added up.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) rows: &'a BinnedRows,
    pub(crate) slopes: &'a [Slopes],
    pub(crate) layout: &'a Layout,
}

/// a ← a − b
pub(crate) fn subtract(a: &mut [Cell], b: &[Cell]) {
    for (a, b) in a.iter_mut().zip(b) {
        a[0] -= b[0];
        a[1] -= b[1];
    }
}

impl Source<'_> {
    /// The histogram of these rows.
    pub(crate) fn histogram(&self, exec: Exec, index: &[u32]) -> Vec<Cell> {
        let mut out = vec![[0, 0]; self.layout.cells()];
        self.add(exec, index, 0..self.layout.columns(), &mut out);
        out
    }

    /// Adds the rows to the cells of these columns.
    fn add(&self, exec: Exec, index: &[u32], columns: Range<usize>, out: &mut [Cell]) {
        if exec.threads > 1 && index.len() >= 2 * WORTH_A_COPY && out.len() <= MOST_TO_COPY {
            let (left, right) = index.split_at(index.len() / 2);
            let mut other = vec![[0, 0]; out.len()];
            let half = exec.half();
            exec.join_awake(
                || self.add(half, left, columns.clone(), out),
                || self.add(half, right, columns.clone(), &mut other),
            );
            for (a, b) in out.iter_mut().zip(&other) {
                a[0] += b[0];
                a[1] += b[1];
            }
            return;
        }
        if exec.threads > 1 && out.len() > MOST_TO_COPY && columns.len() > 8 {
            let middle = columns.start + (columns.len() / 2).next_multiple_of(8);
            let (first, second) = (columns.start..middle, middle..columns.end);
            let (left, right) = out.split_at_mut(self.layout.cells_of(&first).len());
            let half = exec.half();
            exec.join_awake(|| self.add(half, index, first, left), || self.add(half, index, second, right));
            return;
        }
        let mut scratch = Box::new([[0; 264]; 8]);
        let origin = self.layout.offsets[columns.start];
        for chunk in index.chunks(CHUNK) {
            let mut first = columns.start;
            while first < columns.end {
                let end = columns.end.min((first / 8 + 1) * 8);
                self.add_columns(chunk, first..end, &mut scratch);
                for column in first..end {
                    let words = &mut scratch[column - first];
                    let cells =
                        self.layout.offsets[column] - origin..self.layout.offsets[column + 1] - origin;
                    for (out, word) in out[cells].iter_mut().zip(words.iter_mut()) {
                        let (rows, h) = (*word & 0xFFF, *word >> SHIFTS.1 & 0x3FF_FFFF);
                        out[0] += (*word >> SHIFTS.0 << COUNT_BITS) + rows;
                        out[1] += h;
                        *word = 0;
                    }
                }
                first = end;
            }
        }
    }

    /// Adds a chunk of rows to the words of columns that lie in one eight.
    fn add_columns(&self, chunk: &[u32], columns: Range<usize>, out: &mut Words) {
        match columns.len() {
            1 => self.add_words::<1>(chunk, columns.start, out),
            2 => self.add_words::<2>(chunk, columns.start, out),
            3 => self.add_words::<3>(chunk, columns.start, out),
            4 => self.add_words::<4>(chunk, columns.start, out),
            5 => self.add_words::<5>(chunk, columns.start, out),
            6 => self.add_words::<6>(chunk, columns.start, out),
            7 => self.add_words::<7>(chunk, columns.start, out),
            _ => self.add_words::<8>(chunk, columns.start, out),
        }
    }

    /// The same for `W` columns.
    fn add_words<const W: usize>(&self, chunk: &[u32], first: usize, out: &mut Words) {
        let (cells, stride, group, shift) =
            (self.rows.eights(), self.rows.groups(), first / 8, first % 8 * 8);
        for (i, &row) in chunk.iter().enumerate() {
            if let Some(&ahead) = chunk.get(i + AHEAD) {
                prefetch(cells, ahead as usize * stride + group);
                prefetch(self.slopes, ahead as usize);
            }
            let bins = u64::from_le_bytes(cells[row as usize * stride + group]) >> shift;
            let [g, h] = self.slopes[row as usize];
            let word = (i64::from(g) << SHIFTS.0) + (i64::from(h) << SHIFTS.1) + 1;
            for c in 0..W {
                let sum = &mut out[c][usize::from((bins >> (8 * c)) as u8)];
                *sum = sum.wrapping_add(word);
            }
        }
    }
}
