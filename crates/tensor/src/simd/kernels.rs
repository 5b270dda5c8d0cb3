//! The kernels of matrix products that do not depend on an epilogue: what a token has of them, and what they are given. They are in
//! `gemm`.

use crate::number::Number;
use crate::view::{MatMut, MatRef};

/// What the chains of multiply-adds start from.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a, T> {
    /// Zero: C ← A·B. The old C is not read.
    Zero,
    /// The old C: C ← C + A·B.
    Add,
    /// One number a column: C ← 1·biasᵀ + A·B. The old C is not read.
    Bias(&'a [T]),
}

/// A path for few rows.
#[derive(Clone, Copy)]
pub enum Path {
    /// B is read along its rows.
    Thin,
    /// B is read along its columns.
    Turned,
    /// C has one column: as Cᵀ ← start + Bᵀ·Aᵀ the rows of C become the lanes.
    Column,
}

/// What a tile's accumulators start from.
#[derive(Clone, Copy)]
pub(crate) enum From {
    /// Zero; C is not read.
    Zero,
    /// The tile of C.
    C,
    /// The row of numbers at `bias`, for every row.
    Bias,
}

/// One panel of columns against `m` rows, depth `k`.
#[derive(Clone, Copy)]
pub struct Strip<T> {
    pub(crate) m: usize,
    pub(crate) k: usize,
    /// Columns, at most `NV` vectors.
    pub(crate) width: usize,
    pub(crate) a: *const T,
    pub(crate) rsa: usize,
    pub(crate) csa: usize,
    /// Where A is packed: elements from one panel of rows to the next. Zero where it is not.
    pub(crate) a_panel: usize,
    pub(crate) b: *const T,
    pub(crate) rsb: usize,
    /// Whether B's rows are readable up to whole vectors.
    pub(crate) padded: bool,
    pub(crate) c: *mut T,
    pub(crate) rsc: usize,
    pub(crate) from: From,
    /// Any valid pointer where it is not used: the compiler may compare it with others.
    pub(crate) bias: *const T,
}

/// Kernels of matrix products for one token and element type.
pub trait Kernels<T: Number>: Copy {
    /// As `Strip::run` if `keep` is null; otherwise the strip is one tile, and B is written to `keep`.
    ///
    /// # Safety
    /// As `Strip::run` and `Strip::run_keeping`.
    unsafe fn strip(self, strip: &Strip<T>, keep: *mut T);
    /// As `few::run`.
    ///
    /// # Safety
    /// As `few::run`.
    unsafe fn few(
        self,
        path: Path,
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        c: MatMut<'_, T>,
        start: Start<'_, T>,
        scratch: &mut [T],
    );
    /// As `pack::columns`.
    fn pack_columns(self, b: MatRef<'_, T>, width: usize, out: &mut [T]);
    /// As `pack::rows`.
    fn pack_rows(self, a: MatRef<'_, T>, height: usize, out: &mut [T]);
}
