//! Made-up tables for the tests: numbers, categories, missing values, from counter-based randomness.

use planish_tensor::rng::{Purpose, Stream};
use planish_trees::{Column, MISSING};

/// Columns and labels.
pub(crate) struct Made {
    pub(crate) numbers: Vec<Vec<f64>>,
    pub(crate) codes: Vec<u32>,
    pub(crate) levels: usize,
    pub(crate) y: Vec<f64>,
    pub(crate) classes: Vec<u32>,
}

impl Made {
    /// Three columns of numbers, the second with missing values and the third of few values, and a category; `y` depends on all.
    pub(crate) fn new(rows: usize, levels: usize) -> Made {
        let stream = |step| Stream::new(11, Purpose::Sample, step);
        let (a, b, c, d, e) = (stream(0), stream(1), stream(2), stream(3), stream(4));
        let mut made = Made {
            numbers: vec![Vec::new(); 3],
            codes: Vec::new(),
            levels,
            y: Vec::new(),
            classes: Vec::new(),
        };
        for i in 0..rows as u64 {
            let x = [a.normal(i), b.uniform(i), c.below(i, 5) as f64];
            let code = d.below(i, levels + 1) as u32;
            let effect = f64::from(code % 7) - 3.0;
            let missing = x[1] > 0.9;
            let y = x[0] * x[0]
                + if missing { 2.0 } else { 3.0 * x[1] }
                + x[2] * 0.3
                + effect
                + 0.1 * e.normal(i);
            made.numbers[0].push(x[0]);
            made.numbers[1].push(if missing { f64::NAN } else { x[1] });
            made.numbers[2].push(x[2]);
            made.codes.push(if code as usize == levels { MISSING } else { code });
            made.classes.push(if y < 0.5 {
                0
            } else if y < 3.0 {
                1
            } else {
                2
            });
            made.y.push(y);
        }
        made
    }

    /// The columns.
    pub(crate) fn columns(&self) -> Vec<Column<'_>> {
        let numbers = self.numbers.iter().map(|x| Column::Numbers(x));
        numbers.chain([Column::Codes { codes: &self.codes, levels: self.levels }]).collect()
    }

    /// Whether the second of two classes.
    pub(crate) fn two_classes(&self) -> Vec<u32> {
        self.classes.iter().map(|&c| c.min(1)).collect()
    }

    /// Rows to learn from and rows held out: every fifth.
    pub(crate) fn split(&self) -> (Vec<u32>, Vec<u32>) {
        (0..self.y.len() as u32).partition(|r| r % 5 != 0)
    }
}
