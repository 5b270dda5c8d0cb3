//! Views of matrices: a pointer, a shape and two strides. `t()` swaps the strides; nothing is copied.

use crate::number::Number;
use std::marker::PhantomData;

/// A read-only view of a `rows × cols` matrix; element (i, j) lies `i·row_stride + j·col_stride` elements from the first.
#[derive(Clone, Copy)]
pub struct MatRef<'a, T> {
    pub(crate) ptr: *const T,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) rs: usize,
    pub(crate) cs: usize,
    life: PhantomData<&'a [T]>,
}

/// A mutable view of a row-major `rows × cols` matrix; rows lie `row_stride` elements apart, columns one.
#[derive(Debug)]
pub struct MatMut<'a, T> {
    pub(crate) ptr: *mut T,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) rs: usize,
    life: PhantomData<&'a mut [T]>,
}

// SAFETY: a `MatRef` is a shared borrow of plain numbers.
unsafe impl<T: Number> Send for MatRef<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Number> Sync for MatRef<'_, T> {}
// SAFETY: a `MatMut` is a unique borrow of plain numbers.
unsafe impl<T: Number> Send for MatMut<'_, T> {}

/// Asserts that a `rows × cols` matrix with this row stride fits into `len` elements.
fn check_fit(len: usize, rows: usize, cols: usize, stride: usize) {
    assert!(rows <= 1 || stride >= cols, "rows of {cols} elements overlap at row stride {stride}");
    if rows > 0 && cols > 0 {
        let last = (rows - 1).checked_mul(stride).and_then(|x| x.checked_add(cols));
        assert!(
            last.is_some_and(|n| n <= len),
            "a {rows}×{cols} view at row stride {stride} needs more than {len} elements"
        );
    }
}

impl<'a, T: Number> MatRef<'a, T> {
    /// A view of a contiguous row-major slice.
    ///
    /// # Panics
    /// If the slice is shorter than `rows·cols`.
    pub fn new(data: &'a [T], rows: usize, cols: usize) -> Self {
        Self::with_stride(data, rows, cols, cols)
    }

    /// A view of rows that lie `row_stride` elements apart.
    ///
    /// # Panics
    /// If rows overlap or the slice is too short.
    pub fn with_stride(data: &'a [T], rows: usize, cols: usize, row_stride: usize) -> Self {
        check_fit(data.len(), rows, cols, row_stride);
        MatRef { ptr: data.as_ptr(), rows, cols, rs: row_stride, cs: 1, life: PhantomData }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The transposed view.
    pub fn t(self) -> Self {
        MatRef { rows: self.cols, cols: self.rows, rs: self.cs, cs: self.rs, ..self }
    }

    /// Whether each row is a slice.
    pub fn has_contiguous_rows(&self) -> bool {
        self.cs == 1 || self.cols <= 1
    }

    /// Element (i, j).
    ///
    /// # Panics
    /// If it lies outside.
    pub fn at(&self, i: usize, j: usize) -> T {
        assert!(i < self.rows && j < self.cols, "element ({i}, {j}) of a {}×{} view", self.rows, self.cols);
        // SAFETY: the constructors checked that every element of the shape lies inside the borrowed slice.
        unsafe { *self.ptr.add(i * self.rs + j * self.cs) }
    }

    /// Row i as a slice.
    ///
    /// # Panics
    /// If it lies outside, or the view is transposed so that rows are not contiguous.
    pub fn row(&self, i: usize) -> &'a [T] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        assert!(self.has_contiguous_rows(), "rows of a transposed view are not contiguous");
        if self.cols == 0 {
            return &[];
        }
        // SAFETY: as in `at`; the row's elements are contiguous.
        unsafe { std::slice::from_raw_parts(self.ptr.add(i * self.rs), self.cols) }
    }

    /// Whether the elements, row by row, lie side by side.
    pub fn is_slice(&self) -> bool {
        self.has_contiguous_rows() && (self.rows <= 1 || self.rs == self.cols)
    }

    /// The elements as one row.
    ///
    /// # Panics
    /// If they do not lie side by side, see [`MatRef::is_slice`].
    pub fn joined(self) -> Self {
        assert!(self.is_slice(), "rows that do not lie side by side are not one row");
        MatRef { rows: 1, cols: self.rows * self.cols, cs: 1, ..self }
    }

    /// The view of rows `from..to`.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn rows_between(self, from: usize, to: usize) -> Self {
        let cols = self.cols;
        self.block(from, to, 0, cols)
    }

    /// The view of columns `from..to`.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn cols_between(self, from: usize, to: usize) -> Self {
        let rows = self.rows;
        self.block(0, rows, from, to)
    }

    /// The view of rows `from..to` and columns `left..right`.
    pub(crate) fn block(self, from: usize, to: usize, left: usize, right: usize) -> Self {
        assert!(from <= to && to <= self.rows && left <= right && right <= self.cols);
        let empty = from == to || left == right;
        // SAFETY: (from, left) is an element of the view, or the offset is zero.
        let ptr = unsafe { self.ptr.add(if empty { 0 } else { from * self.rs + left * self.cs }) };
        MatRef { ptr, rows: to - from, cols: right - left, ..self }
    }
}

impl<'a, T: Number> MatMut<'a, T> {
    /// A view of a contiguous row-major slice.
    ///
    /// # Panics
    /// If the slice is shorter than `rows·cols`.
    pub fn new(data: &'a mut [T], rows: usize, cols: usize) -> Self {
        Self::with_stride(data, rows, cols, cols)
    }

    /// A view of rows that lie `row_stride` elements apart.
    ///
    /// # Panics
    /// If rows overlap or the slice is too short.
    pub fn with_stride(data: &'a mut [T], rows: usize, cols: usize, row_stride: usize) -> Self {
        check_fit(data.len(), rows, cols, row_stride);
        MatMut { ptr: data.as_mut_ptr(), rows, cols, rs: row_stride, life: PhantomData }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// A read-only view of the same elements.
    pub fn as_ref(&self) -> MatRef<'_, T> {
        MatRef { ptr: self.ptr, rows: self.rows, cols: self.cols, rs: self.rs, cs: 1, life: PhantomData }
    }

    /// Row i as a mutable slice.
    ///
    /// # Panics
    /// If it lies outside.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        if self.cols == 0 {
            return &mut [];
        }
        // SAFETY: the constructors checked the bounds; the borrow is unique.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.add(i * self.rs), self.cols) }
    }

    /// Whether the elements, row by row, lie side by side.
    pub fn is_slice(&self) -> bool {
        self.as_ref().is_slice()
    }

    /// The elements as one row.
    ///
    /// # Panics
    /// If they do not lie side by side.
    pub fn joined(self) -> Self {
        assert!(self.is_slice(), "rows that do not lie side by side are not one row");
        MatMut { rows: 1, cols: self.rows * self.cols, ..self }
    }

    /// The same view, borrowed from this one.
    pub fn reborrow(&mut self) -> MatMut<'_, T> {
        MatMut { life: PhantomData, ..*self }
    }

    /// A view from its parts.
    ///
    /// # Safety
    /// Every element of the shape must be writable for `'a`, and reached by nobody else meanwhile.
    pub(crate) unsafe fn from_raw(ptr: *mut T, rows: usize, cols: usize, rs: usize) -> Self {
        MatMut { ptr, rows, cols, rs, life: PhantomData }
    }

    /// A single contiguous column as a row.
    pub(crate) fn column_as_row(self) -> Self {
        assert!(self.cols == 1 && self.rs == 1, "not one contiguous column");
        MatMut { rows: 1, cols: self.rows, rs: self.rows, ..self }
    }

    /// Cuts into the rows before `at` and the rest.
    ///
    /// # Panics
    /// If there are fewer rows.
    pub fn split_rows(self, at: usize) -> (Self, Self) {
        assert!(at <= self.rows);
        let empty = at == self.rows || self.cols == 0;
        // SAFETY: row `at` is a row of the view, or the offset is zero.
        let low = unsafe { self.ptr.add(if empty { 0 } else { at * self.rs }) };
        (MatMut { rows: at, ..self }, MatMut { ptr: low, rows: self.rows - at, ..self })
    }

    /// Cuts into the columns before `at` and the rest: the two views interleave in memory but share no element.
    ///
    /// # Panics
    /// If there are fewer columns.
    pub fn split_cols(self, at: usize) -> (Self, Self) {
        assert!(at <= self.cols);
        let empty = at == self.cols || self.rows == 0;
        // SAFETY: column `at` is a column of the view, or the offset is zero.
        let right = unsafe { self.ptr.add(if empty { 0 } else { at }) };
        (MatMut { cols: at, ..self }, MatMut { ptr: right, cols: self.cols - at, ..self })
    }
}
