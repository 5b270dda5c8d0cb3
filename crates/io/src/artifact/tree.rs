//! BLAKE3 of something long, piece by piece on all cores. A piece fits a core's cache, so that whoever gives it can look at it once
//! more for next to nothing.

use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
};
use blake3::{Hash, Hasher};
use std::ops::Range;

/// Bytes of a piece: a whole subtree of BLAKE3's tree, that is 1 KiB times a power of two.
const PIECE: usize = 256 << 10;
/// Bytes from which threads are worth waking.
pub(super) const PARALLEL: usize = 4 << 20;

/// The hash of `len` bytes; `piece` feeds those of a range to a hasher.
pub(super) fn hash(len: usize, piece: &(impl Fn(&mut Hasher, Range<usize>) + Sync)) -> Hash {
    if len < PARALLEL {
        let mut hasher = Hasher::new();
        piece(&mut hasher, 0..len);
        return hasher.finalize();
    }
    let [left, right] = halves(piece, 0..len);
    merge_subtrees_root(&left, &right, Mode::Hash)
}

/// Both halves of a range that is longer than a piece.
fn halves(piece: &(impl Fn(&mut Hasher, Range<usize>) + Sync), range: Range<usize>) -> [ChainingValue; 2] {
    let middle = range.start + left_subtree_len(range.len() as u64) as usize;
    let (left, right) =
        rayon::join(|| subtree(piece, range.start..middle), || subtree(piece, middle..range.end));
    [left, right]
}

fn subtree(piece: &(impl Fn(&mut Hasher, Range<usize>) + Sync), range: Range<usize>) -> ChainingValue {
    if range.len() > PIECE {
        let [left, right] = halves(piece, range);
        return merge_subtrees_non_root(&left, &right, Mode::Hash);
    }
    let mut hasher = Hasher::new();
    hasher.set_input_offset(range.start as u64);
    piece(&mut hasher, range);
    hasher.finalize_non_root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_hash_of_the_whole() {
        for len in
            [0, 1, PIECE, PARALLEL - 1, PARALLEL, PARALLEL + 1, PARALLEL + PIECE + 1025, 5 * PARALLEL / 2]
        {
            let bytes: Vec<u8> = (0..len).map(|i| (i * 7 + i / 251) as u8).collect();
            let got = hash(len, &|hasher, range| {
                hasher.update(&bytes[range]);
            });
            assert_eq!(got, blake3::hash(&bytes), "{len} bytes");
        }
    }
}
