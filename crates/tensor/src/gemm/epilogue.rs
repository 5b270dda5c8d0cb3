//! What is done with a finished tile of C while it is still in L1: activations, their derivatives, column sums, or the
//! update of a weight whose gradient the tile is.
//!
//! An epilogue owns what it needs beside C (a saved output, a weight, its moments), in the shape of C, and is cut along with
//! C where the product is split over threads. Tiles of one column range come in the order of their rows.

use crate::reduce::ROW_CHUNK;
use crate::scalar::Scalar;
use crate::simd::LaneMath;
use crate::view::MatMut;

/// Work on finished tiles of a product, see [`matmul_with`](super::matmul_with).
///
/// ```
/// use planish_tensor::gemm::{Epilogue, Scratch, Start, matmul_with};
/// use planish_tensor::{Exec, MatMut, Matrix, Scalar, simd::LaneMath};
///
/// /// c ← max(0, c)
/// struct Relu;
///
/// impl<T: Scalar> Epilogue<T> for Relu {
///     fn split_rows(self, _: usize) -> (Self, Self) {
///         (Relu, Relu)
///     }
///     fn split_cols(self, _: usize) -> (Self, Self) {
///         (Relu, Relu)
///     }
///     #[inline(always)]
///     fn tile<S: LaneMath<T>>(&mut self, s: S, _: usize, _: usize, mut c: MatMut<'_, T>) {
///         for i in 0..c.rows() {
///             let row = c.row_mut(i);
///             for j in (0..row.len()).step_by(T::LANES) {
///                 let v = s.load_at(row, j);
///                 s.store_at(row, j, s.max(s.splat(T::ZERO), v));
///             }
///         }
///     }
/// }
///
/// let (a, b) = (Matrix::from_rows(&[[1.0_f32, -2.0]]), Matrix::from_rows(&[[1.0_f32, 3.0], [1.0, 1.0]]));
/// let mut c = Matrix::zeros(1, 2);
/// matmul_with(Exec::best(), a.view(), b.view(), c.view_mut(), Start::Zero, Relu, &mut Scratch::new());
/// assert_eq!(c.row(0), &[0.0, 1.0]);
/// ```
pub trait Epilogue<T: Scalar>: Send + Sized {
    /// Whether there is nothing to do.
    const IS_EMPTY: bool = false;
    /// Threads cut rows of C at multiples of this, which must divide [`ROW_CHUNK`] or be divided by it.
    const ROWS: usize = 1;
    /// Whether the elements of C are used up by [`Epilogue::tile`]: afterwards C may hold anything, so that tiles need not be written to
    /// it. They are where the product adds to C, or is deeper than one cache block.
    const CONSUMES: bool = false;

    /// `tile`s within these rows and columns of C will come soon: asks for what they need, if that lies in memory. Called for an epilogue that
    /// consumes C.
    #[inline(always)]
    fn expect<S: LaneMath<T>>(&mut self, _: S, _rows: std::ops::Range<usize>, _cols: std::ops::Range<usize>) {
    }

    /// The epilogues of the rows before `at` and of the rest.
    fn split_rows(self, at: usize) -> (Self, Self);
    /// The epilogues of the columns before `at` and of the rest.
    fn split_cols(self, at: usize) -> (Self, Self);
    /// `tile`, whose top left element is element (i, j) of C, is finished. Every element of C comes once. Mark it
    /// `#[inline(always)]`, or it is not compiled with the token's instructions.
    fn tile<S: LaneMath<T>>(&mut self, s: S, i: usize, j: usize, tile: MatMut<'_, T>);
}

/// Nothing.
impl<T: Scalar> Epilogue<T> for () {
    const IS_EMPTY: bool = true;

    fn split_rows(self, _: usize) -> ((), ()) {
        ((), ())
    }
    fn split_cols(self, _: usize) -> ((), ()) {
        ((), ())
    }
    #[inline(always)]
    fn tile<S: LaneMath<T>>(&mut self, _: S, _: usize, _: usize, _: MatMut<'_, T>) {}
}

/// The first, then the second.
impl<T: Scalar, A: Epilogue<T>, B: Epilogue<T>> Epilogue<T> for (A, B) {
    const IS_EMPTY: bool = A::IS_EMPTY && B::IS_EMPTY;
    const ROWS: usize = if A::ROWS > B::ROWS { A::ROWS } else { B::ROWS };

    fn split_rows(self, at: usize) -> (Self, Self) {
        let ((a0, a1), (b0, b1)) = (self.0.split_rows(at), self.1.split_rows(at));
        ((a0, b0), (a1, b1))
    }
    fn split_cols(self, at: usize) -> (Self, Self) {
        let ((a0, a1), (b0, b1)) = (self.0.split_cols(at), self.1.split_cols(at));
        ((a0, b0), (a1, b1))
    }
    #[inline(always)]
    fn tile<S: LaneMath<T>>(&mut self, s: S, i: usize, j: usize, mut tile: MatMut<'_, T>) {
        self.0.tile(s, i, j, tile.reborrow());
        self.1.tile(s, i, j, tile);
    }
}

/// Column sums of C, in the order of [`col_sums`](crate::reduce::col_sums) and so with its bits: each chunk of
/// [`ROW_CHUNK`] rows has a row of sums of its own; [`ColSums::add_up`] adds the chunks.
#[derive(Debug)]
pub struct ColSums<'a, T> {
    chunks: MatMut<'a, T>,
}

impl<'a, T: Scalar> ColSums<'a, T> {
    /// Sums of the columns of a C of `rows × cols`, kept in the first elements of `buffer`.
    ///
    /// # Panics
    /// If the buffer is shorter than [`ColSums::len`].
    pub fn new(buffer: &'a mut [T], rows: usize, cols: usize) -> Self {
        ColSums { chunks: MatMut::new(buffer, rows.div_ceil(ROW_CHUNK), cols) }
    }

    /// The length of the buffer for a C of this shape.
    pub fn len(rows: usize, cols: usize) -> usize {
        rows.div_ceil(ROW_CHUNK) * cols
    }

    /// `out` ← the column sums, from the buffer after the product.
    ///
    /// # Panics
    /// If the buffer is shorter than [`ColSums::len`].
    pub fn add_up(buffer: &[T], rows: usize, out: &mut [T]) {
        let cols = out.len();
        out.fill(T::ZERO);
        for chunk in buffer[..Self::len(rows, cols)].chunks_exact(cols.max(1)) {
            out.iter_mut().zip(chunk).for_each(|(sum, &x)| *sum += x);
        }
    }
}

impl<T: Scalar> Epilogue<T> for ColSums<'_, T> {
    const ROWS: usize = ROW_CHUNK;

    fn split_rows(self, at: usize) -> (Self, Self) {
        let at = at.div_ceil(ROW_CHUNK).min(self.chunks.rows());
        let (top, low) = self.chunks.split_rows(at);
        (ColSums { chunks: top }, ColSums { chunks: low })
    }
    fn split_cols(self, at: usize) -> (Self, Self) {
        let (left, right) = self.chunks.split_cols(at);
        (ColSums { chunks: left }, ColSums { chunks: right })
    }
    #[inline(always)]
    fn tile<S: LaneMath<T>>(&mut self, s: S, i: usize, j: usize, tile: MatMut<'_, T>) {
        let (tile, width) = (tile.as_ref(), tile.cols());
        let mut r = 0;
        while r < tile.rows() {
            let end = tile.rows().min(r + ROW_CHUNK - (i + r) % ROW_CHUNK);
            let sums = &mut self.chunks.row_mut((i + r) / ROW_CHUNK)[j..j + width];
            for v in (0..width).step_by(T::LANES) {
                let is_first = (i + r).is_multiple_of(ROW_CHUNK);
                let mut acc = if is_first { s.splat(T::ZERO) } else { s.load_at(sums, v) };
                for row in r..end {
                    acc = s.add(acc, s.load_at(tile.row(row), v));
                }
                s.store_at(sums, v, acc);
            }
            r = end;
        }
    }
}
