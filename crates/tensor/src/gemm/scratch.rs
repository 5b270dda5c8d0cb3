//! The buffers of products.

use crate::buffer::AlignedVec;
use crate::scalar::Scalar;

/// Packing buffers, kept by the caller so that a product allocates only when it is larger than all before.
#[derive(Debug, Default)]
pub struct Scratch<T: Scalar> {
    pieces: Vec<AlignedVec<T>>,
}

impl<T: Scalar> Scratch<T> {
    /// No buffers yet.
    pub fn new() -> Self {
        Scratch { pieces: Vec::new() }
    }

    /// At least `pieces` buffers of at least `len` elements.
    pub(super) fn reserve(&mut self, pieces: usize, len: usize) -> &mut [AlignedVec<T>] {
        if self.pieces.len() < pieces {
            self.pieces.resize_with(pieces, AlignedVec::default);
        }
        for p in &mut self.pieces[..pieces] {
            if p.len() < len {
                *p = AlignedVec::zeros(len);
            }
        }
        &mut self.pieces[..pieces]
    }
}
