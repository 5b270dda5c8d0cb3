//! `Matrix`: an owned, row-major, 64-byte aligned matrix.

use crate::buffer::AlignedVec;
use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef};

/// An owned `rows × cols` matrix, row-major and contiguous.
#[derive(Clone, PartialEq, Default)]
pub struct Matrix<T: Scalar> {
    data: AlignedVec<T>,
    rows: usize,
    cols: usize,
}

impl<T: Scalar> Matrix<T> {
    /// A matrix of zeros.
    ///
    /// # Panics
    /// If the size overflows.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        let len = rows.checked_mul(cols).expect("matrix size overflows");
        Matrix { data: AlignedVec::zeros(len), rows, cols }
    }

    /// The matrix with element (i, j) = `f(i, j)`.
    pub fn from_fn(rows: usize, cols: usize, mut f: impl FnMut(usize, usize) -> T) -> Self {
        let mut out = Self::zeros(rows, cols);
        for i in 0..rows {
            for (j, x) in out.row_mut(i).iter_mut().enumerate() {
                *x = f(i, j);
            }
        }
        out
    }

    /// The matrix with these rows.
    pub fn from_rows<const N: usize>(rows: &[[T; N]]) -> Self {
        Self::from_fn(rows.len(), N, |i, j| rows[i][j])
    }

    /// The matrix whose elements, row by row, are those of the slice.
    ///
    /// # Panics
    /// If the slice has not `rows·cols` elements.
    pub fn from_slice(rows: usize, cols: usize, values: &[T]) -> Self {
        assert_eq!(
            Some(values.len()),
            rows.checked_mul(cols),
            "{rows}×{cols} from {} elements",
            values.len()
        );
        Matrix { data: AlignedVec::from_slice(values), rows, cols }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row i.
    pub fn row(&self, i: usize) -> &[T] {
        &self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// Row i, mutable.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        &mut self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// All elements, row by row.
    pub fn as_slice(&self) -> &[T] {
        &self.data
    }

    /// All elements, row by row, mutable.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// A view of the whole.
    pub fn view(&self) -> MatRef<'_, T> {
        MatRef::new(&self.data, self.rows, self.cols)
    }

    /// A view of rows `from..to`.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn rows_view(&self, from: usize, to: usize) -> MatRef<'_, T> {
        MatRef::new(&self.data[from * self.cols..to * self.cols], to - from, self.cols)
    }

    /// A mutable view of the whole.
    pub fn view_mut(&mut self) -> MatMut<'_, T> {
        MatMut::new(&mut self.data, self.rows, self.cols)
    }
}

impl<T: Scalar> std::fmt::Debug for Matrix<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries((0..self.rows).map(|i| self.row(i))).finish()
    }
}

impl<T: Scalar> std::ops::Index<(usize, usize)> for Matrix<T> {
    type Output = T;
    fn index(&self, (i, j): (usize, usize)) -> &T {
        &self.row(i)[j]
    }
}

impl<T: Scalar> std::ops::IndexMut<(usize, usize)> for Matrix<T> {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut T {
        &mut self.row_mut(i)[j]
    }
}
