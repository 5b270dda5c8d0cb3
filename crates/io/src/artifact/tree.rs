//! BLAKE3 of something long, piece by piece on all cores. A piece fits a core's cache, so that whoever gives it can read it from a file
//! just before, or look at it once more, for next to nothing.

use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
};
use blake3::{Hash, Hasher};

/// Bytes of a piece: a whole subtree of BLAKE3's tree, that is 1 KiB times a power of two.
const PIECE: usize = 256 << 10;
/// Bytes from which threads are worth waking.
pub(super) const PARALLEL: usize = 4 << 20;

/// What can be cut into pieces: bytes that are there, or room for those that are to be read.
pub(super) trait Part: Send + Sized {
    fn len(&self) -> usize;
    fn cut(self, at: usize) -> (Self, Self);
}

impl Part for &[u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn cut(self, at: usize) -> (Self, Self) {
        self.split_at(at)
    }
}

impl Part for &mut [u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn cut(self, at: usize) -> (Self, Self) {
        self.split_at_mut(at)
    }
}

/// The hash of the whole; `piece` feeds the bytes of a part, which begins at the offset, to a hasher.
pub(super) fn hash<P: Part>(whole: P, piece: &(impl Fn(&mut Hasher, usize, P) + Sync)) -> Hash {
    if whole.len() < PARALLEL {
        let mut hasher = Hasher::new();
        piece(&mut hasher, 0, whole);
        return hasher.finalize();
    }
    let [left, right] = halves(piece, 0, whole);
    merge_subtrees_root(&left, &right, Mode::Hash)
}

/// Both halves of a part that is longer than a piece.
fn halves<P: Part>(
    piece: &(impl Fn(&mut Hasher, usize, P) + Sync),
    start: usize,
    part: P,
) -> [ChainingValue; 2] {
    let middle = left_subtree_len(part.len() as u64) as usize;
    let (left, right) = part.cut(middle);
    let (left, right) = rayon::join(|| subtree(piece, start, left), || subtree(piece, start + middle, right));
    [left, right]
}

fn subtree<P: Part>(piece: &(impl Fn(&mut Hasher, usize, P) + Sync), start: usize, part: P) -> ChainingValue {
    if part.len() > PIECE {
        let [left, right] = halves(piece, start, part);
        return merge_subtrees_non_root(&left, &right, Mode::Hash);
    }
    let mut hasher = Hasher::new();
    hasher.set_input_offset(start as u64);
    piece(&mut hasher, start, part);
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
            let got = hash(&bytes[..], &|hasher, start, part: &[u8]| {
                assert_eq!(part, &bytes[start..start + part.len()]);
                hasher.update(part);
            });
            assert_eq!(got, blake3::hash(&bytes), "{len} bytes");
            let mut room = vec![0; len];
            let read = hash(&mut room[..], &|hasher, start, part: &mut [u8]| {
                part.copy_from_slice(&bytes[start..start + part.len()]);
                hasher.update(part);
            });
            assert_eq!((read, room == bytes), (got, true), "{len} bytes");
        }
    }
}
