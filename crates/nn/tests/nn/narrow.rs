//! Networks no wider than a vector have passes of their own, with the bits of the general ones.

use planish_nn::{
    Activation, Batch, Dense, Element, Layer, Loss, Pass, Plan, Regularizer, Sequential, Step, Targets,
    Workspace,
};
use planish_tensor::{Exec, Isa, Matrix};

/// A network for the narrow passes; or the same for the general ones, which one that begins with a dropout of nothing takes.
fn network(widths: &[usize], hidden: Activation, last: Activation, use_bias: bool, narrow: bool) -> Plan {
    let mut net = Sequential::new(widths[0]);
    if !narrow {
        net = net.dropout(0.0);
    }
    for (i, &units) in widths[1..].iter().enumerate() {
        let is_last = i + 2 == widths.len();
        let mut dense = Dense::new(units, if is_last { last } else { hidden });
        dense.use_bias = use_bias;
        dense.kernel_regularizer = (i == 1).then_some(Regularizer { l1: 0.01, l2: 0.1 });
        net.layers.push(Layer::Dense(dense));
    }
    Plan::new(&net).unwrap()
}

/// Loss, outputs and gradients as bits.
fn bits<T: Element>(plan: &Plan, isa: Isa, loss: Loss, rows: usize, narrow: bool) -> Vec<u64> {
    let number = |i: usize, j: usize| T::from_f64(((i * 29 + j * 13) % 31) as f64 * 0.1 - 1.5);
    let params: Vec<T> = (0..plan.layout().len).map(|i| number(i, 3)).collect();
    let x = Matrix::from_fn(rows, plan.inputs(), number);
    let classes: Vec<u32> = (0..rows).map(|i| (i % plan.outputs()) as u32).collect();
    let values = Matrix::from_fn(rows, plan.outputs(), |i, j| T::from_f64(((i + j) % 2) as f64));
    let y = if loss.is_categorical() { Targets::Classes(&classes) } else { Targets::Values(values.view()) };
    let mut ws = Workspace::new(plan, rows);
    assert_eq!(ws.is_narrow(), narrow);
    let (exec, batch) = (Exec::serial(isa), Batch::new(x.view(), y));
    let mut grads = vec![T::ZERO; plan.layout().len];
    let pass = Pass { exec, loss, step: Step::default() };
    let value = plan.backward(pass, &params, &batch, &mut grads, &mut ws);
    let out = plan.forward(exec, &params, batch.x, &mut ws);
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
            let plan = |narrow| network(widths, hidden, last, use_bias, narrow);
            for isa in Isa::all_exact() {
                let run = |narrow| bits::<f32>(&plan(narrow), isa, loss, rows, narrow);
                assert_eq!(run(true), run(false), "{widths:?} {loss:?} {rows} {}", isa.name());
            }
        }
    }
    let plan = |narrow| network(&[8, 5, 8, 2], Mish, Softplus, true, narrow);
    for isa in Isa::all_exact() {
        let run = |narrow| bits::<f64>(&plan(narrow), isa, Loss::Poisson, 50, narrow);
        assert_eq!(run(true), run(false), "{}", isa.name());
    }
}

#[test]
fn other_networks_take_the_general_passes() {
    let narrow = |net: Sequential| Workspace::<f32>::new(&Plan::new(&net).unwrap(), 4).is_narrow();
    assert!(narrow(Sequential::new(16).dense(16, Activation::Relu).dense(2, Activation::Softmax)));
    assert!(!narrow(Sequential::new(17).dense(16, Activation::Relu)));
    assert!(!narrow(Sequential::new(4).dense(17, Activation::Relu).dense(2, Activation::Softmax)));
    assert!(!narrow(Sequential::new(4).dense(4, Activation::Softmax).dense(2, Activation::Softmax)));
    assert!(!narrow(Sequential::new(4).dense(4, Activation::Relu).dropout(0.1)));
}
