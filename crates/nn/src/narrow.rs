//! Networks of dense layers no wider than one vector, whose passes are one lane kernel each.
//!
//! Such a network's products take some tens of nanoseconds, less than choosing a path for each. Here every row of an intermediate value is
//! one whole vector, so that no load and no store is masked; what stands past a layer's columns is computed along and means nothing.
//! The bits are those of the general passes: the same chains of multiply-adds, the same elementwise functions, the same sums.

use crate::activation::{Activation, Backward, Forward, Saves};
use crate::build::{Op, Stage};
use crate::dense::DenseStep;
use crate::plan::Plan;
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
        let fits = |s: &Stage| match &s.op {
            Op::Dense(dense) => dense.inputs.max(dense.units) <= T::LANES,
            _ => false,
        };
        let (last, hidden) = plan.stages.split_last()?;
        let is_elementwise =
            |s: &Stage| matches!(&s.op, Op::Dense(dense) if dense.activation.is_elementwise());
        if !fits(last) || !hidden.iter().all(|s| fits(s) && is_elementwise(s)) {
            return None;
        }
        let values = |wanted: bool| AlignedVec::zeros(if wanted { rows * T::LANES } else { 0 });
        let layer = |(i, dense): (usize, &DenseStep)| Layer {
            kernel: AlignedVec::zeros(T::LANES * T::LANES),
            bias: AlignedVec::zeros(T::LANES),
            inputs: values(i < hidden.len() && backward && dense.activation.saves() == Saves::Input),
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
        T::dispatch(isa, ForwardPass { narrow: self, plan, x, out });
    }

    /// From dz of the last layer, for rows of exactly its units: the gradients of everything but the last bias and the regularizers.
    pub(crate) fn backward(&mut self, isa: Isa, plan: &Plan, x: MatRef<'_, T>, dz: &[T], grads: &mut [T]) {
        T::dispatch(isa, BackwardPass { narrow: self, plan, x, dz, grads });
    }
}

/// The dense layers of a network that has no others.
fn dense(plan: &Plan, i: usize) -> &DenseStep {
    match &plan.stages[i].op {
        Op::Dense(dense) => dense,
        op => unreachable!("{op:?} in a narrow network"),
    }
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
            pad_rows(s, &self.params[dense.kernel.clone()], dense.units, &mut layer.kernel);
            if let Some(bias) = &dense.bias {
                pad_rows(s, &self.params[bias.clone()], dense.units, &mut layer.bias);
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

struct ForwardPass<'a, T: Scalar> {
    narrow: &'a mut Narrow<T>,
    plan: &'a Plan,
    x: MatRef<'a, T>,
    out: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for ForwardPass<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let ForwardPass { narrow: Narrow { layers, scratch, .. }, plan, x, out } = self;
        let (rows, last) = (x.rows(), layers.len() - 1);
        for i in 0..=last {
            let dense = dense(plan, i);
            let (below, rest) = layers.split_at_mut(i);
            let Layer { kernel, bias, inputs, outputs } = &mut rest[0];
            let from = read(below.last(), x, dense.inputs);
            let start = dense.bias.as_ref().map(|_| &bias[..]);
            if i == last {
                let out = MatMut::new(out, rows, dense.units);
                return narrow_product(s, from, kernel, start, out, scratch);
            }
            let values = &mut outputs[..rows * T::LANES];
            narrow_product(s, from, kernel, start, MatMut::new(values, rows, T::LANES), scratch);
            if !inputs.is_empty() {
                inputs[..values.len()].copy_from_slice(values);
            }
            if dense.activation != Activation::Linear {
                s.outline(Forward(dense.activation, values));
            }
        }
    }
}

struct BackwardPass<'a, T: Scalar> {
    narrow: &'a mut Narrow<T>,
    plan: &'a Plan,
    x: MatRef<'a, T>,
    dz: &'a [T],
    grads: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for BackwardPass<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let BackwardPass { narrow, plan, x, dz, grads } = self;
        let Narrow { layers, delta, delta_next, turned, scratch, .. } = narrow;
        let (rows, last) = (x.rows(), layers.len() - 1);
        let units = dense(plan, last).units;
        pad_rows(s, &dz[..rows * units], units, delta);
        for i in (0..=last).rev() {
            let dense_here = dense(plan, i);
            let from = read(layers[..i].last(), x, dense_here.inputs);
            let dw = &mut grads[dense_here.kernel.clone()];
            let dw = MatMut::new(dw, dense_here.inputs, dense_here.units);
            narrow_product(s, from.t(), delta, None, dw, scratch);
            if i == 0 {
                return;
            }
            let dz = MatRef::new(delta, rows, T::LANES).cols_between(0, dense_here.units);
            turn_square(s, &layers[i].kernel, turned);
            let values = &mut delta_next[..rows * T::LANES];
            narrow_product(s, dz, turned, None, MatMut::new(values, rows, T::LANES), scratch);
            let (below, kept) = (dense(plan, i - 1), &layers[i - 1]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Batch, Mode, Step};
    use crate::{Dense, Element, Layer as NetLayer, Loss, Regularizer, Sequential, Targets, Workspace};
    use planish_tensor::{Exec, Matrix};

    fn network(widths: &[usize], hidden: Activation, last: Activation, use_bias: bool) -> Plan {
        let mut net = Sequential::new(widths[0]);
        for (i, &units) in widths[1..].iter().enumerate() {
            let is_last = i + 2 == widths.len();
            let mut dense = Dense::new(units, if is_last { last } else { hidden });
            dense.use_bias = use_bias;
            dense.kernel_regularizer = (i == 1).then_some(Regularizer { l1: 0.01, l2: 0.1 });
            net.layers.push(NetLayer::Dense(dense));
        }
        Plan::new(&net).unwrap()
    }

    /// Loss, outputs and gradients as bits, by the narrow passes or the general ones.
    fn bits<T: Element>(plan: &Plan, isa: Isa, loss: Loss, rows: usize, narrow: bool) -> Vec<u64> {
        let number = |i: usize, j: usize| T::from_f64(((i * 29 + j * 13) % 31) as f64 * 0.1 - 1.5);
        let params: Vec<T> = (0..plan.layout().len).map(|i| number(i, 3)).collect();
        let x = Matrix::from_fn(rows, plan.inputs(), number);
        let classes: Vec<u32> = (0..rows).map(|i| (i % plan.outputs()) as u32).collect();
        let values = Matrix::from_fn(rows, plan.outputs(), |i, j| T::from_f64(((i + j) % 2) as f64));
        let y =
            if loss.is_categorical() { Targets::Classes(&classes) } else { Targets::Values(values.view()) };
        let mut ws = Workspace::new(plan, rows);
        assert!(ws.narrow.is_some(), "it should be narrow");
        if !narrow {
            ws.narrow = None;
        }
        let (exec, batch) = (Exec::serial(isa), Batch::new(x.view(), y));
        let mut grads = vec![T::ZERO; plan.layout().len];
        let step = Step::default();
        let value = plan.backward(exec, loss, step, &params, &batch, &mut grads, &mut ws);
        let out = T::run(plan, exec, Mode::Inference, (&params).into(), batch.x, &mut ws, true);
        let out: Vec<u64> = (0..rows).flat_map(|i| out.row(i)).map(|v| v.bits()).collect();
        [vec![value.to_bits()], out, grads.iter().map(|g| g.bits()).collect()].concat()
    }

    #[test]
    fn narrow_passes_have_the_bits_of_the_general_ones() {
        use Activation::*;
        let cases: [(&[usize], Activation, Activation, Loss); 6] = [
            (&[10, 10, 10, 1], Relu, Sigmoid, Loss::BinaryCrossentropy),
            (&[16, 3, 16, 7], Gelu, Softmax, Loss::CategoricalCrossentropy),
            (&[1, 1, 1], Tanh, Linear, Loss::Mse),
            (&[5, 2], Relu, Silu, Loss::Mae),
            (&[7, 12, 3], Exponential, Tanh, Loss::Huber { delta: 1.0 }),
            (&[4, 16, 2, 5, 3], Linear, Softmax, Loss::Mse),
        ];
        for (widths, hidden, last, loss) in cases {
            for (rows, use_bias) in [(1, true), (32, true), (200, true), (33, false)] {
                let plan = network(widths, hidden, last, use_bias);
                for isa in Isa::all_exact() {
                    let run = |narrow| bits::<f32>(&plan, isa, loss, rows, narrow);
                    assert_eq!(run(true), run(false), "{widths:?} {loss:?} {rows} {}", isa.name());
                }
            }
        }
        let plan = network(&[8, 5, 8, 2], Mish, Softplus, true);
        for isa in Isa::all_exact() {
            let run = |narrow| bits::<f64>(&plan, isa, Loss::Poisson, 50, narrow);
            assert_eq!(run(true), run(false), "{}", isa.name());
        }
    }

    #[test]
    fn other_networks_take_the_general_passes() {
        let narrow = |net: Sequential| Narrow::<f32>::new(&Plan::new(&net).unwrap(), 4, true).is_some();
        assert!(narrow(Sequential::new(16).dense(16, Activation::Relu).dense(2, Activation::Softmax)));
        assert!(!narrow(Sequential::new(17).dense(16, Activation::Relu)));
        assert!(!narrow(Sequential::new(4).dense(17, Activation::Relu).dense(2, Activation::Softmax)));
        assert!(!narrow(Sequential::new(4).dense(4, Activation::Softmax).dense(2, Activation::Softmax)));
        assert!(!narrow(Sequential::new(4).dense(4, Activation::Relu).dropout(0.1)));
    }
}
