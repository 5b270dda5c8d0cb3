//! Scores of rows of bins. A tree of up to 64 leaves is not walked: for each of its columns a list says, bin by bin, which leaves can still be
//! reached, one bit a leaf; the lowest bit that all columns leave is the row's leaf. Trees of more leaves are walked; `quick` is for few rows.

mod masks;
mod quick;
mod walk;

pub(crate) use masks::{Reach, Scratch};
pub use quick::Quick;

use crate::bins::BinnedRows;
use crate::forest::Forest;
use planish_tensor::Exec;
use rayon::prelude::*;

/// Rows of a block: what is made for a tree serves so many rows; fewer where threads share them.
const BLOCK: usize = 4096;
const SHARED_BLOCK: usize = 1024;

impl Forest {
    /// The scores of each row, `[rows × outputs]`, before the link.
    pub fn scores(&self, exec: Exec, rows: &BinnedRows) -> Vec<f64> {
        let outputs = self.outputs();
        let mut out = vec![0.0; rows.rows() * outputs];
        let threads = exec.threads > 1 && rows.rows() > SHARED_BLOCK;
        let block = if threads { SHARED_BLOCK } else { BLOCK };
        let piece = |(p, out): (usize, &mut [f64])| self.score_block(rows, p * block, out);
        if threads {
            out.par_chunks_mut(block * outputs).enumerate().for_each(piece);
        } else {
            out.chunks_mut(block * outputs).enumerate().for_each(piece);
        }
        out
    }

    /// The prediction of each row, `[rows × outputs]`: a number, the probability of the second of two classes, or those of all classes.
    pub fn predict(&self, exec: Exec, rows: &BinnedRows) -> Vec<f64> {
        let mut out = self.scores(exec, rows);
        self.loss.predictions(exec.isa, self.outputs(), &mut out);
        out
    }

    /// The scores of a block of rows from `start` on.
    fn score_block(&self, rows: &BinnedRows, start: usize, out: &mut [f64]) {
        let outputs = self.outputs();
        for row in out.chunks_mut(outputs) {
            row.copy_from_slice(&self.base);
        }
        let mut scratch = Scratch::default();
        for t in 0..self.trees() {
            let reach = Reach::new(&mut scratch, self.tree(t));
            for (i, score) in out.iter_mut().skip(t % outputs).step_by(outputs).enumerate() {
                *score += reach.value(rows.row(start + i));
            }
        }
    }
}
