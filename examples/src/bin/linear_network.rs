//! A linear model as a network: one hidden layer of 10 identity units, trained by plain gradient descent on the sum of
//! squared errors. It finds the least-squares line, only more slowly than `linear_regression`.
//!
//! `cargo run --release -p planish-examples --bin linear_network`
#![forbid(unsafe_code)]

use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tensor::{Exec, Matrix};
use planish_train::{Data, FitOptions, History, Network, TrainError};

/// y = 0.5·x₀ − 1.5·x₁ + 2
fn sample() -> (Matrix<f64>, Matrix<f64>) {
    let x = Matrix::from_fn(64, 2, |i, j| ((i * 7 + j * 13) % 32) as f64 / 16.0 - 1.0);
    let y = Matrix::from_fn(64, 1, |i, _| 0.5 * x[(i, 0)] - 1.5 * x[(i, 1)] + 2.0);
    (x, y)
}

fn train() -> Result<(Network<f64>, History), TrainError> {
    let (x, y) = sample();
    let model = Sequential::new(2).dense(10, Activation::Linear).dense(1, Activation::Linear);
    let mut model = Network::compile(&model, Optimizer::sgd(0.001), Loss::Sse, &[], 0)?;
    let data = Data::new(x.view(), Targets::Values(y.view()));
    // One batch of all rows an epoch: gradient descent without the word stochastic.
    let options = FitOptions { epochs: 500, batch_size: 64, shuffle: false, ..FitOptions::default() };
    let history = model.fit(Exec::best(), &data, &options, &mut ())?;
    Ok((model, history))
}

fn main() -> Result<(), TrainError> {
    let (model, history) = train()?;
    for epoch in history.epochs.iter().step_by(100).chain(history.epochs.last()) {
        println!("epoch {:3}  sum of squared errors {:.3e}", epoch.epoch, epoch.loss);
    }
    let at = Matrix::from_rows(&[[0.0, 0.0], [1.0, 1.0]]);
    let y = model.predict(Exec::best(), at.view());
    println!("prediction at (0, 0): {:.6}, at (1, 1): {:.6}", y[(0, 0)], y[(1, 0)]);
    Ok(())
}

#[test]
fn gradient_descent_finds_the_least_squares_line() {
    let (model, history) = train().unwrap();
    assert!(history.epochs.last().unwrap().loss < 1e-12, "{:?}", history.epochs.last());
    let y = model.predict(Exec::best(), Matrix::from_rows(&[[1.0, 1.0]]).view());
    assert!((y[(0, 0)] - 1.0).abs() < 1e-6);
}
