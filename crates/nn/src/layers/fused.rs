//! Activations and their derivatives as epilogues of the layers' products: applied to each tile while it is in L1. A tile whose rows lie
//! side by side is one long row: a narrow layer has no last vector to mask in each.

use crate::activation::{Activation, Backward, Forward};
use planish_tensor::gemm::Epilogue;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{MatMut, MatRef, Scalar};

/// z ← f(z), and a copy of the old z where the backward pass needs it.
pub(crate) struct Activate<'a, T> {
    pub(crate) activation: Activation,
    pub(crate) inputs: Option<MatMut<'a, T>>,
}

impl<T: Scalar> Epilogue<T> for Activate<'_, T> {
    fn split_rows(self, at: usize) -> (Self, Self) {
        let (top, low) = self.inputs.map(|z| z.split_rows(at)).unzip();
        let part = |inputs| Activate { activation: self.activation, inputs };
        (part(top), part(low))
    }

    fn split_cols(self, at: usize) -> (Self, Self) {
        let (left, right) = self.inputs.map(|z| z.split_cols(at)).unzip();
        let part = |inputs| Activate { activation: self.activation, inputs };
        (part(left), part(right))
    }

    #[inline(always)]
    fn tile<S: LaneMath<T>>(&mut self, s: S, i: usize, j: usize, tile: MatMut<'_, T>) {
        s.outline(ActivateTile { epilogue: self, i, j, tile });
    }
}

struct ActivateTile<'e, 'a, 't, T> {
    epilogue: &'e mut Activate<'a, T>,
    i: usize,
    j: usize,
    tile: MatMut<'t, T>,
}

impl<T: Scalar> LaneKernel<T> for ActivateTile<'_, '_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let ActivateTile { epilogue, i, j, mut tile } = self;
        if let Some(inputs) = &mut epilogue.inputs {
            for r in 0..tile.rows() {
                let z = tile.row_mut(r);
                inputs.row_mut(i + r)[j..j + z.len()].copy_from_slice(z);
            }
        }
        if tile.is_slice() {
            tile = tile.joined();
        }
        for r in 0..tile.rows() {
            Forward(epilogue.activation, tile.row_mut(r)).run(s);
        }
    }
}

/// d ← d·f′, where `saved` is what [`Activation::saves`] names.
pub(crate) struct Differentiate<'a, T> {
    pub(crate) activation: Activation,
    pub(crate) saved: MatRef<'a, T>,
}

impl<T: Scalar> Epilogue<T> for Differentiate<'_, T> {
    fn split_rows(self, at: usize) -> (Self, Self) {
        let part = |from, to| Differentiate { saved: self.saved.rows_between(from, to), ..self };
        (part(0, at), part(at, self.saved.rows()))
    }

    fn split_cols(self, at: usize) -> (Self, Self) {
        let part = |from, to| Differentiate { saved: self.saved.cols_between(from, to), ..self };
        (part(0, at), part(at, self.saved.cols()))
    }

    #[inline(always)]
    fn tile<S: LaneMath<T>>(&mut self, s: S, i: usize, j: usize, tile: MatMut<'_, T>) {
        s.outline(DifferentiateTile { epilogue: self, i, j, tile });
    }
}

struct DifferentiateTile<'e, 'a, 't, T> {
    epilogue: &'e Differentiate<'a, T>,
    i: usize,
    j: usize,
    tile: MatMut<'t, T>,
}

impl<T: Scalar> LaneKernel<T> for DifferentiateTile<'_, '_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let DifferentiateTile { epilogue, i, j, mut tile } = self;
        let Differentiate { activation, saved } = *epilogue;
        let mut saved = saved.rows_between(i, i + tile.rows()).cols_between(j, j + tile.cols());
        if tile.is_slice() && saved.is_slice() {
            (tile, saved) = (tile.joined(), saved.joined());
        }
        for r in 0..tile.rows() {
            Backward(activation, saved.row(r), tile.row_mut(r)).run(s);
        }
    }
}
