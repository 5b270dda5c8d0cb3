//! Agreement with other programs, whose results were written by `cargo xtask golden`.

use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tensor::{Exec, Matrix};
use planish_tests::program::{data, root, succeed};
use planish_train::{Data, Network, Session};
use serde::Deserialize;

fn golden<T: for<'a> Deserialize<'a>>(name: &str) -> T {
    let path = root().join("tests/golden").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[derive(Deserialize)]
struct LayerWeights {
    kernel: Vec<f32>,
    bias: Vec<f32>,
}

#[derive(Deserialize)]
struct TorchRun {
    x: Vec<f32>,
    y: Vec<f32>,
    start: Vec<LayerWeights>,
    losses: Vec<f64>,
    end: Vec<LayerWeights>,
}

#[test]
fn ten_steps_of_the_10_10_10_1_network_agree_with_pytorch() {
    let run: TorchRun = golden("torch_seed_network.json");
    let sequential = Sequential::new(10)
        .dense(10, Activation::Relu)
        .dense(10, Activation::Relu)
        .dense(1, Activation::Sigmoid);
    let adam = Optimizer::Adam { lr: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, epsilon_hat: false };
    let mut net = Network::<f32>::compile(&sequential, adam, Loss::BinaryCrossentropy, &[], 0).unwrap();
    let layout = net.plan().layout().clone();
    let place = |name: String| layout.params.iter().find(|p| p.name == name).unwrap().range.clone();
    for (i, layer) in run.start.iter().enumerate() {
        net.params_mut()[place(format!("dense_{}/kernel", i + 1))].copy_from_slice(&layer.kernel);
        net.params_mut()[place(format!("dense_{}/bias", i + 1))].copy_from_slice(&layer.bias);
    }
    let (x, y) = (Matrix::from_slice(320, 10, &run.x), Matrix::from_slice(320, 1, &run.y));
    let mut session = Session::new(&net, 32);
    for (step, want) in run.losses.iter().enumerate() {
        let rows = step * 32..(step + 1) * 32;
        let batch =
            Data::new(x.rows_view(rows.start, rows.end), Targets::Values(y.rows_view(rows.start, rows.end)));
        let loss = session.train_on_batch(Exec::best(), &mut net, &batch);
        assert!((loss - want).abs() <= 1e-6, "step {step}: {loss} {want}");
    }
    for (i, layer) in run.end.iter().enumerate() {
        let close = |name: &str, want: &[f32]| {
            let got = &net.params()[place(format!("dense_{}/{name}", i + 1))];
            assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() <= 1e-6), "layer {i} {name}");
        };
        close("kernel", &layer.kernel);
        close("bias", &layer.bias);
    }
}

#[derive(Deserialize)]
struct Term {
    term: String,
    estimate: f64,
}

#[derive(Deserialize)]
struct LinearFit {
    coefficients: Vec<Term>,
    r2: f64,
    residual_sd: f64,
}

#[test]
fn least_squares_on_california_housing_agrees_with_statsmodels() {
    let want: LinearFit = golden("statsmodels_california.json");
    let folder = tempfile::tempdir().unwrap();
    succeed(
        folder.path(),
        &[
            "train",
            &data("california_housing_train.csv"),
            "--target",
            "median_house_value",
            "--model",
            "linear",
            "-o",
            "m",
        ],
    );
    let inspect = succeed(folder.path(), &["inspect", "m", "--json"]).json();
    let got: LinearFit = serde_json::from_value(inspect).unwrap();
    assert_eq!(got.coefficients.len(), want.coefficients.len());
    for (g, w) in got.coefficients.iter().zip(&want.coefficients) {
        assert_eq!(g.term, w.term);
        assert!(
            (g.estimate - w.estimate).abs() <= 1e-9 * w.estimate.abs(),
            "{}: {} {}",
            w.term,
            g.estimate,
            w.estimate
        );
    }
    assert!((got.r2 - want.r2).abs() < 1e-12 && (got.residual_sd / want.residual_sd - 1.0).abs() < 1e-12);
}
