//! Agreement with PyTorch and Keras over fifty steps of five networks, whose results were written by `cargo xtask golden`; and a run
//! that is continued from what was saved.

use planish_nn::{Activation, Dense, Layer, LayerNorm, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tensor::{Exec, Matrix};
use planish_train::{Data, Network, Session};
use serde::Deserialize;
use std::collections::BTreeMap;

const ROWS: usize = 16;

#[derive(Deserialize)]
struct Run {
    losses: Vec<f64>,
    weights: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Golden {
    runs: BTreeMap<String, Run>,
}

/// The script's numbers between −½ and ½.
fn number(k: usize) -> f32 {
    ((k * 7919 + 13) % 1021 % 256) as f32 / 256.0 - 0.5
}

fn batch(step: usize, inputs: usize) -> Matrix<f32> {
    Matrix::from_fn(ROWS, inputs, |i, j| 4.0 * number(step * 1000 + i * inputs + j))
}

/// The place of a tensor among the parameters or, if it is none, in the state.
fn tensor<'a>(net: &'a mut Network<f32>, name: &str) -> &'a mut [f32] {
    let find =
        |layout: &planish_nn::Layout| layout.params.iter().find(|p| p.name == name).map(|p| p.range.clone());
    if let Some(range) = find(net.plan().layout()) {
        return &mut net.params_mut()[range];
    }
    let range = find(net.plan().state_layout()).unwrap();
    &mut net.state_mut()[range]
}

/// The largest error relative to the largest value.
fn relative(got: impl Iterator<Item = f64>, want: &[f64]) -> f64 {
    let largest = want.iter().fold(0.0_f64, |m, w| m.max(w.abs()));
    got.zip(want).map(|(g, w)| (g - w).abs()).fold(0.0, f64::max) / largest
}

/// Values or classes of one batch, and its codes.
struct Rows {
    x: Matrix<f32>,
    values: Matrix<f32>,
    classes: Vec<u32>,
    codes: Vec<u32>,
}

impl Rows {
    fn new(x: Matrix<f32>) -> Rows {
        Rows { x, values: Matrix::zeros(0, 0), classes: Vec::new(), codes: Vec::new() }
    }

    fn data(&self) -> Data<'_, f32> {
        let y = if self.classes.is_empty() {
            Targets::Values(self.values.view())
        } else {
            Targets::Classes(&self.classes)
        };
        Data { codes: &self.codes, ..Data::new(self.x.view(), y) }
    }
}

/// Two numbers to learn from the first three inputs.
fn products(step: usize) -> Rows {
    let x = batch(step, 5);
    let values = Matrix::from_fn(ROWS, 2, |i, j| if j == 0 { x[(i, 0)] * x[(i, 1)] } else { x[(i, 2)] });
    Rows { values, ..Rows::new(x) }
}

/// Runs the fifty steps from the script's weights, in tensors of these names, and compares with its results.
fn check(
    name: &str,
    net: &Sequential,
    loss: Loss,
    optimizer: Optimizer,
    names: &[&str],
    rows: impl Fn(usize) -> Rows,
) {
    let golden: Golden = serde_json::from_str(include_str!("../networks.json")).unwrap();
    let run = &golden.runs[name];
    let mut net = Network::<f32>::compile(net, optimizer, loss, &[], 0).unwrap();
    let mut at = 100_000;
    for name in names.iter().filter(|n| !n.contains("moving")) {
        for w in tensor(&mut net, name) {
            *w = number(at);
            at += 1;
        }
    }
    let mut session = Session::new(&net, ROWS);
    let losses: Vec<f64> = (0..run.losses.len())
        .map(|step| session.train_on_batch(Exec::best(), &mut net, &rows(step).data()))
        .collect();
    let error = relative(losses.into_iter(), &run.losses);
    assert!(error <= 1e-5, "{name}: losses differ by {error:e}");
    assert_eq!(names.len(), run.weights.len());
    for (tensor_name, want) in names.iter().zip(&run.weights) {
        let got = tensor(&mut net, tensor_name);
        assert_eq!(got.len(), want.len());
        let error = relative(got.iter().map(|&w| f64::from(w)), want);
        assert!(error <= 1e-5, "{name}: {tensor_name} differs by {error:e}");
    }
}

fn torch_adam() -> Optimizer {
    Optimizer::Adam { lr: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, epsilon_hat: false }
}

#[test]
fn dense_layers_with_binary_cross_entropy_and_adam_agree_with_pytorch() {
    let net = Sequential::new(5).dense(8, Activation::Tanh).dense(1, Activation::Sigmoid);
    let names = ["dense_1/kernel", "dense_1/bias", "dense_2/kernel", "dense_2/bias"];
    check("dense_bce_adam", &net, Loss::BinaryCrossentropy, torch_adam(), &names, |step| {
        let x = batch(step, 5);
        let values = Matrix::from_fn(ROWS, 1, |i, _| f32::from(u8::from(x.row(i).iter().sum::<f32>() > 0.0)));
        Rows { values, ..Rows::new(x) }
    });
}

#[test]
fn gelu_and_silu_with_smoothed_cross_entropy_and_adamw_agree_with_pytorch() {
    let net = Sequential::new(5)
        .dense(8, Activation::Gelu)
        .dense(7, Activation::Silu)
        .dense(3, Activation::Softmax);
    let adamw = Optimizer::AdamW {
        lr: 0.01,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        epsilon_hat: false,
        weight_decay: 0.05,
    };
    let names = [
        "dense_1/kernel",
        "dense_1/bias",
        "dense_2/kernel",
        "dense_2/bias",
        "dense_3/kernel",
        "dense_3/bias",
    ];
    let loss = Loss::SmoothCategoricalCrossentropy { label_smoothing: 0.1 };
    check("gelu_silu_ce_adamw", &net, loss, adamw, &names, |step| Rows {
        classes: (0..ROWS).map(|i| (i * (step + 1) % 3) as u32).collect(),
        ..Rows::new(batch(step, 5))
    });
}

#[test]
fn batch_norm_with_mse_and_momentum_agrees_with_keras() {
    let net = Sequential::new(5).dense(7, Activation::Elu).batch_norm().dense(2, Activation::Linear);
    let names = [
        "dense_1/kernel",
        "dense_1/bias",
        "batch_norm_1/gamma",
        "batch_norm_1/beta",
        "dense_2/kernel",
        "dense_2/bias",
        "batch_norm_1/moving_mean",
        "batch_norm_1/moving_variance",
    ];
    check("batch_norm_mse_momentum", &net, Loss::Mse, Optimizer::momentum(0.05, 0.9), &names, products);
}

#[test]
fn layer_norm_in_a_residual_block_with_huber_and_rmsprop_agrees_with_pytorch() {
    let inner = [Layer::LayerNorm(LayerNorm::default()), Layer::Dense(Dense::new(6, Activation::Selu))];
    let net = Sequential::new(5).dense(6, Activation::Mish).residual(inner).dense(2, Activation::Linear);
    let names = [
        "dense_1/kernel",
        "dense_1/bias",
        "layer_norm_1/gamma",
        "layer_norm_1/beta",
        "dense_2/kernel",
        "dense_2/bias",
        "dense_3/kernel",
        "dense_3/bias",
    ];
    let loss = Loss::Huber { delta: 1.0 };
    check("residual_huber_rmsprop", &net, loss, Optimizer::rmsprop(0.002), &names, products);
}

#[test]
fn embeddings_with_cross_entropy_and_adam_agree_with_pytorch() {
    let net = Sequential::new(2)
        .embedding(5, 2)
        .embedding(4, 2)
        .dense(8, Activation::Softplus)
        .dense(3, Activation::Softmax);
    let names = [
        "dense_1/kernel",
        "dense_1/bias",
        "dense_2/kernel",
        "dense_2/bias",
        "embedding_1/embeddings",
        "embedding_2/embeddings",
    ];
    check("embedding_ce_adam", &net, Loss::CategoricalCrossentropy, torch_adam(), &names, |step| Rows {
        classes: (0..ROWS).map(|i| ((i + step) % 3) as u32).collect(),
        codes: (0..ROWS).flat_map(|i| [((i + step) % 5) as u32, ((i * 3 + step) % 4) as u32]).collect(),
        ..Rows::new(batch(step, 2))
    });
}

#[test]
fn a_run_continued_from_what_was_saved_has_the_same_bits() {
    let net =
        Sequential::new(5).dense(7, Activation::Elu).batch_norm().dropout(0.3).dense(2, Activation::Linear);
    let compile = || Network::<f32>::compile(&net, Optimizer::adam(0.01), Loss::Mse, &[], 3).unwrap();
    let steps = |net: &mut Network<f32>, session: &mut Session<f32>, range: std::ops::Range<usize>| {
        for step in range {
            session.train_on_batch(Exec::best(), net, &products(step).data());
        }
    };
    let (mut whole, mut first) = (compile(), compile());
    let (mut a, mut b) = (Session::new(&whole, ROWS), Session::new(&first, ROWS));
    steps(&mut whole, &mut a, 0..20);
    steps(&mut first, &mut b, 0..9);
    let mut second = compile();
    second.params_mut().copy_from_slice(first.params());
    second.state_mut().copy_from_slice(first.state());
    let (counters, moments) = (b.optimizer().counters(), b.optimizer().moments());
    let mut c = Session::from_saved(&second, ROWS, b.steps(), counters, moments).unwrap();
    steps(&mut second, &mut c, 9..20);
    assert_eq!((second.params(), second.state()), (whole.params(), whole.state()));
    assert_eq!(c.steps(), 20);
}
