//! The right operand of a product: a view, or a B packed once and used by many products.

use super::thresholds::KC;
use crate::buffer::AlignedVec;
use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};
use crate::view::MatRef;

/// A B packed in the order in which tiles read it, for many products with the same B (inference).
///
/// ```
/// use planish_tensor::{Exec, Matrix, gemm::{PackedB, Scratch, Start, matmul}};
///
/// let (a, b) = (Matrix::from_rows(&[[1.0_f32, 2.0]]), Matrix::from_rows(&[[3.0_f32], [4.0]]));
/// let exec = Exec::best();
/// let packed = PackedB::new(exec.isa, b.view());
/// let mut c = Matrix::zeros(1, 1);
/// matmul(exec, a.view(), &packed, c.view_mut(), Start::Zero, &mut Scratch::new());
/// assert_eq!(c.row(0), &[11.0]);
/// ```
#[derive(Debug)]
pub struct PackedB<T: Scalar> {
    k: usize,
    n: usize,
    /// Panels of at most this many columns.
    panel: usize,
    /// Blocks of [`KC`] rows, each as `pack::columns` writes it.
    data: AlignedVec<T>,
}

impl<T: Scalar> PackedB<T> {
    /// Packs B, `k × n`, for products on this instruction set; another can use it only if its tiles are as wide.
    pub fn new(isa: Isa, b: MatRef<'_, T>) -> Self {
        let mut packed = PackedB {
            k: b.rows(),
            n: b.cols(),
            panel: T::dispatch(isa, PanelWidth),
            data: AlignedVec::zeros(b.rows() * b.cols().next_multiple_of(T::LANES)),
        };
        T::dispatch(isa, Pack { b, out: &mut packed.data });
        packed
    }

    /// Rows of B.
    pub fn rows(&self) -> usize {
        self.k
    }

    /// Columns of B.
    pub fn cols(&self) -> usize {
        self.n
    }
}

/// The width of a full panel.
struct PanelWidth;

impl<T: Scalar> LaneKernel<T> for PanelWidth {
    type Output = usize;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, _: S) -> usize {
        S::NV * T::LANES
    }
}

struct Pack<'a, T> {
    b: MatRef<'a, T>,
    out: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for Pack<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let (k, n) = (self.b.rows(), self.b.cols());
        let stride = n.next_multiple_of(T::LANES);
        for p0 in (0..k).step_by(KC) {
            let p1 = (p0 + KC).min(k);
            let block = &mut self.out[p0 * stride..p1 * stride];
            s.pack_columns(self.b.block(p0, p1, 0, n), S::NV * T::LANES, block);
        }
    }
}

/// The right operand of a product: made from a view or a [`PackedB`].
#[derive(Clone, Copy)]
pub struct Operand<'a, T: Scalar>(pub(super) Source<'a, T>);

#[derive(Clone, Copy)]
pub(super) enum Source<'a, T: Scalar> {
    View(MatRef<'a, T>),
    /// Columns from … to of a packed B, cut at whole panels.
    Packed(&'a PackedB<T>, usize, usize),
}

impl<'a, T: Scalar> From<MatRef<'a, T>> for Operand<'a, T> {
    fn from(b: MatRef<'a, T>) -> Self {
        Operand(Source::View(b))
    }
}

impl<'a, T: Scalar> From<&'a PackedB<T>> for Operand<'a, T> {
    fn from(b: &'a PackedB<T>) -> Self {
        Operand(Source::Packed(b, 0, b.n))
    }
}

impl<T: Scalar> Operand<'_, T> {
    pub(super) fn rows(&self) -> usize {
        match self.0 {
            Source::View(b) => b.rows(),
            Source::Packed(b, ..) => b.k,
        }
    }

    pub(super) fn cols(&self) -> usize {
        match self.0 {
            Source::View(b) => b.cols(),
            Source::Packed(_, from, to) => to - from,
        }
    }

    /// Whether panels of this width are what was packed.
    pub(super) fn suits(&self, panel: usize) -> bool {
        match self.0 {
            Source::View(_) => true,
            Source::Packed(b, ..) => b.panel == panel,
        }
    }

    pub(super) fn split_cols(self, at: usize) -> (Self, Self) {
        match self.0 {
            Source::View(b) => {
                let (k, n) = (b.rows(), b.cols());
                (b.block(0, k, 0, at).into(), b.block(0, k, at, n).into())
            }
            Source::Packed(b, from, to) => {
                let cut = from + at;
                (Operand(Source::Packed(b, from, cut)), Operand(Source::Packed(b, cut, to)))
            }
        }
    }
}

impl<T: Scalar> PackedB<T> {
    /// The panels of the block of rows that begins at `p0`, from column `from` on.
    pub(super) fn block(&self, p0: usize, from: usize) -> &[T] {
        let stride = self.n.next_multiple_of(T::LANES);
        let rows = KC.min(self.k - p0);
        &self.data[p0 * stride + from * rows..(p0 + rows) * stride]
    }
}
