//! A 10-10-10-1 network (relu, relu, sigmoid) that tells two classes apart: compile with Adam, binary cross-entropy and
//! accuracy, fit for 10 epochs, predict. The Keras program of the same network has the same lines.
//!
//! `cargo run --release -p planish-examples --bin binary_classifier`
#![forbid(unsafe_code)]

use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Matrix};
use planish_train::{Data, FitOptions, History, Metric, Network, TrainError};

/// 2,000 rows of ten numbers; the class says whether a weighted sum of them is positive.
fn sample() -> (Matrix<f32>, Matrix<f32>) {
    let random = Stream::new(0, Purpose::Sample, 0);
    let x = Matrix::from_fn(2000, 10, |i, j| random.normal((i * 10 + j) as u64) as f32);
    let y = Matrix::from_fn(2000, 1, |i, _| {
        let sum: f32 = x.row(i).iter().enumerate().map(|(j, v)| v * (j as f32 - 4.5)).sum();
        f32::from(u8::from(sum > 0.0))
    });
    (x, y)
}

fn train() -> Result<(Network<f32>, History), TrainError> {
    let (x, y) = sample();
    let model = Sequential::new(10)
        .dense(10, Activation::Relu)
        .dense(10, Activation::Relu)
        .dense(1, Activation::Sigmoid);
    let mut model =
        Network::compile(&model, Optimizer::adam(0.001), Loss::BinaryCrossentropy, &[Metric::Accuracy], 0)?;
    let data = Data::new(x.view(), Targets::Values(y.view()));
    let history =
        model.fit(Exec::best(), &data, &FitOptions { epochs: 10, ..FitOptions::default() }, &mut ())?;
    Ok((model, history))
}

fn main() -> Result<(), TrainError> {
    let (model, history) = train()?;
    for epoch in &history.epochs {
        println!(
            "epoch {:2}  loss {:.4}  accuracy {:.4}",
            epoch.epoch, epoch.loss, epoch.metrics["accuracy"]
        );
    }
    let (x, y) = sample();
    let probabilities = model.predict(Exec::best(), x.rows_view(0, 5));
    for i in 0..5 {
        println!("row {i}: probability {:.3}, class {}", probabilities[(i, 0)], y[(i, 0)]);
    }
    Ok(())
}

#[test]
fn ten_epochs_learn_the_classes() {
    let (_, history) = train().unwrap();
    assert_eq!(history.epochs.len(), 10);
    assert!(history.epochs[9].metrics["accuracy"] > 0.9, "{history:?}");
}
