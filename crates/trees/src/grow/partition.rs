//! Sends the rows of a leaf to its children, each child's rows in the order they had.

use super::judge::Question;
use planish_tensor::Exec;
use rayon::prelude::*;

/// Rows that are sent by one thread at a time.
const PIECE: usize = 65_536;

/// The rows that go left, and those that go right; `column` has the bin of every row.
pub(super) fn partition(exec: Exec, column: &[u8], question: &Question, index: &[u32]) -> [Vec<u32>; 2] {
    let mut goes_left = [false; 256];
    for (bin, left) in goes_left.iter_mut().enumerate() {
        *left = match *question {
            Question::AtMost { bin: limit, missing_left } => {
                if bin == 0 {
                    missing_left
                } else {
                    bin <= usize::from(limit)
                }
            }
            Question::In(set) => set[bin / 64] >> (bin % 64) & 1 == 1,
        };
    }
    let piece = |index: &[u32]| {
        let mut sides = [vec![0; index.len()], vec![0; index.len()]];
        let mut counts = [0, 0];
        for &row in index {
            let goes = goes_left[usize::from(column[row as usize])];
            // Both are written, and one of them counts: no branch that cannot be foreseen.
            sides[0][counts[0]] = row;
            sides[1][counts[1]] = row;
            counts[0] += usize::from(goes);
            counts[1] += usize::from(!goes);
        }
        sides.iter_mut().zip(counts).for_each(|(side, count)| side.truncate(count));
        sides
    };
    if exec.threads == 1 || index.len() <= PIECE {
        return piece(index);
    }
    let pieces: Vec<[Vec<u32>; 2]> = index.par_chunks(PIECE).map(piece).collect();
    let joined = |side: usize| pieces.iter().map(|p| p[side].as_slice()).collect::<Vec<_>>().concat();
    exec.join(|| joined(0), || joined(1)).into()
}
