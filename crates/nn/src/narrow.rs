//! Networks of dense layers no wider than one vector, whose passes are one lane kernel each.
//!
//! Such a network's products take some tens of nanoseconds, less than choosing a path for each. Here every row of an intermediate value is
//! one whole vector, so that no load and no store is masked; what stands past a layer's columns is computed along and means nothing.
//! The bits are those of the general passes: the same chains of multiply-adds, the same elementwise functions, the same sums.

use crate::activation::{Activation, Backward, Forward};
use crate::layers::{DenseOutput, DenseStep};
use crate::plan::Plan;
use crate::stage::Stage;
use planish_tensor::gemm::{NARROW_SCRATCH, narrow_product, pad_rows, turn_square};
use planish_tensor::reduce::col_sums_in;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{AlignedVec, Isa, MatMut, MatRef, Scalar};

/// The intermediate values of such a network, whose rows are whole vectors.
#[derive(Debug)]
pub(crate) struct Narrow<T: Scalar> {
    layers: Vec<Layer<T>>,
    /// The gradient at a layer's output, and at its input.
    delta: AlignedVec<T>,
    delta_next: AlignedVec<T>,
    /// A turned kernel.
    turned: AlignedVec<T>,
    scratch: AlignedVec<T>,
    /// Whether the kernels stay as they were padded last.
    is_kept: bool,
}

#[derive(Debug)]
struct Layer<T: Scalar> {
    /// A square: rows past the inputs are zero.
    kernel: AlignedVec<T>,
    bias: AlignedVec<T>,
    /// x·W + b where the backward pass needs it, and f(x·W + b); of all layers but the last.
    inputs: AlignedVec<T>,
    outputs: AlignedVec<T>,
}

impl<T: Scalar> Narrow<T> {
    /// For batches of up to `rows` rows, if the network is one for these passes.
    pub(crate) fn new(plan: &Plan, rows: usize, backward: bool) -> Option<Self> {
        let fits = |s: &Stage| s.dense().is_some() && s.inputs.max(s.units) <= T::LANES;
        let is_elementwise = |s: &Stage| s.dense().is_some_and(|d| d.output.activation.is_elementwise());
        let (_, hidden) = plan.stages.split_last()?;
        if !plan.stages.iter().all(fits) || !hidden.iter().all(is_elementwise) {
            return None;
        }
        let values = |wanted: bool| AlignedVec::zeros(if wanted { rows * T::LANES } else { 0 });
        let layer = |(i, dense): (usize, &DenseStep)| Layer {
            kernel: AlignedVec::zeros(T::LANES * T::LANES),
            bias: AlignedVec::zeros(T::LANES),
            inputs: values(i < hidden.len() && backward && dense.output.keeps_input()),
            outputs: values(i < hidden.len()),
        };
        Some(Narrow {
            layers: plan.dense_steps().enumerate().map(layer).collect(),
            delta: values(backward),
            delta_next: values(backward),
            turned: AlignedVec::zeros(if backward { T::LANES * T::LANES } else { 0 }),
            scratch: AlignedVec::zeros(NARROW_SCRATCH),
            is_kept: false,
        })
    }

    /// Takes over the parameters for all passes to come.
    pub(crate) fn keep(&mut self, isa: Isa, plan: &Plan, params: &[T]) {
        T::dispatch(isa, Pad { narrow: self, plan, params });
        self.is_kept = true;
    }

    /// Whether [`Narrow::keep`] was called.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// out ← x·W + b of the last layer, for rows of exactly its units.
    pub(crate) fn forward(&mut self, isa: Isa, plan: &Plan, params: &[T], x: MatRef<'_, T>, out: &mut [T]) {
        if !self.is_kept {
            T::dispatch(isa, Pad { narrow: self, plan, params });
        }
        T::dispatch(isa, NarrowForward { narrow: self, plan, x, out });
    }

    /// From dz of the last layer, for rows of exactly its units: the gradients of everything but the last bias and the regularizers.
    pub(crate) fn backward(&mut self, isa: Isa, plan: &Plan, x: MatRef<'_, T>, dz: &[T], grads: &mut [T]) {
        T::dispatch(isa, NarrowBackward { narrow: self, plan, x, dz, grads });
    }
}

/// The dense layers of a network that has no others.
fn dense(plan: &Plan, i: usize) -> &DenseStep {
    plan.stages[i].dense().expect("a narrow network has dense layers alone")
}

struct Pad<'a, T: Scalar> {
    narrow: &'a mut Narrow<T>,
    plan: &'a Plan,
    params: &'a [T],
}

impl<T: Scalar> LaneKernel<T> for Pad<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        for (i, layer) in self.narrow.layers.iter_mut().enumerate() {
            let dense = dense(self.plan, i);
            let DenseOutput { units, bias, .. } = &dense.output;
            pad_rows(s, &self.params[dense.kernel.clone()], *units, &mut layer.kernel);
            if let Some(bias) = bias {
                pad_rows(s, &self.params[bias.clone()], *units, &mut layer.bias);
            }
        }
    }
}

/// The values that a layer reads: x, or the outputs of the layer below.
fn read<'a, T: Scalar>(below: Option<&'a Layer<T>>, x: MatRef<'a, T>, inputs: usize) -> MatRef<'a, T> {
    match below {
        Some(below) => MatRef::new(&below.outputs, x.rows(), T::LANES).cols_between(0, inputs),
        None => x,
    }
}

struct NarrowForward<'a, T: Scalar> {
    narrow: &'a mut Narrow<T>,
    plan: &'a Plan,
    x: MatRef<'a, T>,
    out: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for NarrowForward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let NarrowForward { narrow: Narrow { layers, scratch, .. }, plan, x, out } = self;
        let (rows, last) = (x.rows(), layers.len() - 1);
        for i in 0..=last {
            let dense = dense(plan, i);
            let (below, rest) = layers.split_at_mut(i);
            let Layer { kernel, bias, inputs, outputs } = &mut rest[0];
            let from = read(below.last(), x, dense.inputs);
            let start = dense.output.bias.as_ref().map(|_| &bias[..]);
            if i == last {
                let out = MatMut::new(out, rows, dense.output.units);
                return narrow_product(s, from, kernel, start, out, scratch);
            }
            let values = &mut outputs[..rows * T::LANES];
            narrow_product(s, from, kernel, start, MatMut::new(values, rows, T::LANES), scratch);
            if !inputs.is_empty() {
                inputs[..values.len()].copy_from_slice(values);
            }
            if dense.output.activation != Activation::Linear {
                s.outline(Forward(dense.output.activation, values));
            }
        }
    }
}

struct NarrowBackward<'a, T: Scalar> {
    narrow: &'a mut Narrow<T>,
    plan: &'a Plan,
    x: MatRef<'a, T>,
    dz: &'a [T],
    grads: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for NarrowBackward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let NarrowBackward { narrow, plan, x, dz, grads } = self;
        let Narrow { layers, delta, delta_next, turned, scratch, .. } = narrow;
        let (rows, last) = (x.rows(), layers.len() - 1);
        let units = dense(plan, last).output.units;
        pad_rows(s, &dz[..rows * units], units, delta);
        for i in (0..=last).rev() {
            let dense_here = dense(plan, i);
            let from = read(layers[..i].last(), x, dense_here.inputs);
            let dw = &mut grads[dense_here.kernel.clone()];
            let dw = MatMut::new(dw, dense_here.inputs, dense_here.output.units);
            narrow_product(s, from.t(), delta, None, dw, scratch);
            if i == 0 {
                return;
            }
            let dz = MatRef::new(delta, rows, T::LANES).cols_between(0, dense_here.output.units);
            turn_square(s, &layers[i].kernel, turned);
            let values = &mut delta_next[..rows * T::LANES];
            narrow_product(s, dz, turned, None, MatMut::new(values, rows, T::LANES), scratch);
            let (below, kept) = (&dense(plan, i - 1).output, &layers[i - 1]);
            let kept = if kept.inputs.is_empty() { &kept.outputs } else { &kept.inputs };
            if below.activation != Activation::Linear {
                s.outline(Backward(below.activation, &kept[..values.len()], values));
            }
            if let Some(bias) = &below.bias {
                col_sums_in(s, MatRef::new(values, rows, T::LANES), &mut grads[bias.clone()]);
            }
            std::mem::swap(delta, delta_next);
        }
    }
}
