//! Updates of kernels inside the backward pass: each tile of a kernel's gradient, xᵀ·dz, is handed to the optimizer while it is in L1, and
//! the gradient is never stored. The optimizer is the caller's: this crate knows only the interface [`Updates`].

use planish_tensor::gemm::Epilogue;
use planish_tensor::simd::LaneMath;
use planish_tensor::{Isa, MatMut, MatRef, Scalar};
use std::ops::Range;

/// Who updates kernels while a backward pass runs.
pub trait Updates<T: Scalar> {
    /// The loss is finite: a step begins. Called once, before all else.
    fn begin(&mut self);

    /// How the kernel in this range of the arena is updated, or nothing if its gradient is wanted instead.
    fn kernel(&mut self, range: Range<usize>) -> Option<KernelUpdate<'_, T>>;
}

/// How one kernel is updated.
pub struct KernelUpdate<'a, T: Scalar> {
    /// The formula, applied tile by tile in any order and on any thread.
    pub rule: &'a dyn TileRule<T>,
    /// The kernel's moments, each as long as the kernel; empty where there are none.
    pub moments: [&'a mut [T]; 3],
}

/// The formula of an optimizer's step, with its constants.
pub trait TileRule<T: Scalar>: Sync {
    /// Updates a tile `w` and its moments by the gradient `g`; moments that are not kept have no columns.
    fn update(&self, isa: Isa, w: MatMut<'_, T>, g: MatRef<'_, T>, moments: [MatMut<'_, T>; 3]);
}

/// The parameters of a backward pass.
pub(crate) enum Weights<'a, T: Scalar> {
    /// They stay as they are.
    Kept(&'a [T]),
    /// Some kernels are updated.
    Updated(&'a mut [T], &'a mut dyn Updates<T>),
}

impl<T: Scalar> Weights<'_, T> {
    pub(crate) fn params(&self) -> &[T] {
        match self {
            Weights::Kept(params) => params,
            Weights::Updated(params, _) => params,
        }
    }

    /// Begins a step, if there is one to take and the loss is finite. Returns whether gradients are wanted.
    pub(crate) fn begin(&mut self, loss: f64) -> bool {
        let Weights::Updated(_, updates) = self else { return true };
        if loss.is_finite() {
            updates.begin();
        }
        loss.is_finite()
    }

    /// The kernel in this range and how it is updated, if it is.
    pub(crate) fn update(&mut self, range: Range<usize>) -> Option<(&mut [T], KernelUpdate<'_, T>)> {
        match self {
            Weights::Kept(_) => None,
            Weights::Updated(params, updates) => {
                updates.kernel(range.clone()).map(|update| (&mut params[range], update))
            }
        }
    }
}

/// The update as an epilogue of xᵀ·dz.
pub(crate) struct Apply<'a, T: Scalar> {
    isa: Isa,
    rule: &'a dyn TileRule<T>,
    w: MatMut<'a, T>,
    moments: [MatMut<'a, T>; 3],
}

impl<'a, T: Scalar> Apply<'a, T> {
    /// The update of a kernel `[inputs, units]`.
    pub(crate) fn new(
        isa: Isa,
        update: KernelUpdate<'a, T>,
        w: &'a mut [T],
        inputs: usize,
        units: usize,
    ) -> Self {
        let view = |m: &'a mut [T]| {
            let cols = if m.is_empty() { 0 } else { units };
            MatMut::new(m, inputs, cols)
        };
        Apply { isa, rule: update.rule, w: view(w), moments: update.moments.map(view) }
    }

    /// The update by the whole gradient.
    pub(crate) fn whole(self, dw: MatRef<'a, T>) {
        self.rule.update(self.isa, self.w, dw, self.moments);
    }

    fn cut(self, cut: impl Fn(MatMut<'a, T>) -> (MatMut<'a, T>, MatMut<'a, T>)) -> (Self, Self) {
        let Apply { isa, rule, w, moments: [first, second, third] } = self;
        let ((w0, w1), (a0, a1), (b0, b1), (c0, c1)) = (cut(w), cut(first), cut(second), cut(third));
        (Apply { isa, rule, w: w0, moments: [a0, b0, c0] }, Apply { isa, rule, w: w1, moments: [a1, b1, c1] })
    }
}

impl<T: Scalar> Epilogue<T> for Apply<'_, T> {
    const CONSUMES: bool = true;

    fn split_rows(self, at: usize) -> (Self, Self) {
        self.cut(|m| m.split_rows(at))
    }

    fn split_cols(self, at: usize) -> (Self, Self) {
        self.cut(|m| {
            let at = at.min(m.cols());
            m.split_cols(at)
        })
    }

    #[inline(always)]
    fn expect<S: LaneMath<T>>(&mut self, s: S, rows: Range<usize>, cols: Range<usize>) {
        let line = 64 / size_of::<T>();
        for m in std::iter::once(&mut self.w).chain(&mut self.moments).filter(|m| m.cols() > 0) {
            for i in rows.clone() {
                let row = &m.row_mut(i)[cols.clone()];
                (0..row.len()).step_by(line).for_each(|j| s.prefetch(&raw const row[j]));
            }
        }
    }

    #[inline(always)]
    fn tile<S: LaneMath<T>>(&mut self, _: S, i: usize, j: usize, tile: MatMut<'_, T>) {
        let at = (i, j, tile.rows(), tile.cols());
        let Apply { isa, rule, w, moments: [first, second, third] } = self;
        rule.update(
            *isa,
            block(w, at),
            tile.as_ref(),
            [block(first, at), block(second, at), block(third, at)],
        );
    }
}

/// The block of `rows` rows from i on and `cols` columns from j on; nothing of a matrix without columns.
fn block<'m, T: Scalar>(
    m: &'m mut MatMut<'_, T>,
    (i, j, rows, cols): (usize, usize, usize, usize),
) -> MatMut<'m, T> {
    let (j, cols) = if m.cols() == 0 { (0, 0) } else { (j, cols) };
    m.reborrow().split_rows(i).1.split_rows(rows).0.split_cols(j).1.split_cols(cols).0
}
