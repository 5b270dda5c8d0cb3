//! The loop's promises: determinism, early stopping, divergence, agreement of fit's figures with evaluate's.

use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Isa, Matrix};
use planish_train::split::holdout;
use planish_train::{Data, EarlyStopping, FitOptions, Metric, Network, Stop, TrainError};

/// A noisy circle: 300 points, class 1 inside.
fn circle() -> (Matrix<f32>, Matrix<f32>) {
    let s = Stream::new(1, Purpose::Sample, 0);
    let x = Matrix::from_fn(300, 2, |i, j| s.normal((i * 2 + j) as u64) as f32);
    let y = Matrix::from_fn(300, 1, |i, _| {
        f32::from(u8::from(x[(i, 0)] * x[(i, 0)] + x[(i, 1)] * x[(i, 1)] < 1.2))
    });
    (x, y)
}

fn network(optimizer: Optimizer) -> Network<f32> {
    let net = Sequential::new(2).dense(16, Activation::Relu).dense(1, Activation::Sigmoid);
    Network::compile(&net, optimizer, Loss::BinaryCrossentropy, &[Metric::Accuracy, Metric::Auc], 3).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bits_on_every_instruction_set_and_thread_count() {
    let (x, y) = circle();
    let options = FitOptions { epochs: 4, validation_split: 0.2, ..FitOptions::default() };
    let run = |exec| {
        let mut net = network(Optimizer::adam(0.01));
        let history =
            net.fit(exec, &Data::new(x.view(), Targets::Values(y.view())), &options, &mut ()).unwrap();
        (net.params().iter().map(|p| p.to_bits()).collect::<Vec<_>>(), history)
    };
    let want = run(Exec::serial(Isa::SCALAR));
    for isa in Isa::all_exact() {
        assert_eq!(run(Exec { isa, threads: 2 }), want);
    }
}

#[test]
fn early_stopping_restores_the_best_epoch_and_its_figures_equal_evaluate() {
    let (x, y) = circle();
    let data = Data::new(x.view(), Targets::Values(y.view()));
    let options = FitOptions {
        epochs: 400,
        validation_split: 0.3,
        early_stopping: Some(EarlyStopping { patience: 5, ..EarlyStopping::default() }),
        ..FitOptions::default()
    };
    let mut net = network(Optimizer::adam(0.05));
    let history = net.fit(Exec::best(), &data, &options, &mut ()).unwrap();
    assert_eq!(history.stop, Stop::EarlyStopping);
    let best = &history.epochs[history.best_epoch - 1];
    assert!(history.epochs.iter().all(|e| e.val_loss >= best.val_loss));
    assert_eq!(history.epochs.len(), history.best_epoch + 5);
    let classes: Vec<u32> = (0..y.rows()).map(|i| y[(i, 0)] as u32).collect();
    let (_, held) = holdout(y.rows(), 0.3, Some(&classes), 3);
    let of_held = |m: &Matrix<f32>| Matrix::from_fn(held.len(), m.cols(), |i, j| m[(held[i] as usize, j)]);
    let (x, y) = (of_held(&x), of_held(&y));
    let held = Data::new(x.view(), Targets::Values(y.view()));
    let (loss, metrics) = net.evaluate(Exec::best(), &held).unwrap();
    assert_eq!((Some(loss), metrics["accuracy"]), (best.val_loss, best.metrics["val_accuracy"]));
    assert!(metrics["auc"] > 0.95);
}

#[test]
fn divergence_keeps_the_last_good_weights() {
    let x = Matrix::from_fn(64, 1, |i, _| i as f32);
    let y = Matrix::from_fn(64, 1, |i, _| 2.0 * i as f32);
    let data = Data::new(x.view(), Targets::Values(y.view()));
    let net = Sequential::new(1).dense(1, Activation::Linear);
    let fit = |lr, epochs| {
        let mut net = Network::compile(&net, Optimizer::sgd(lr), Loss::Mse, &[], 0).unwrap();
        let result = net.fit(Exec::best(), &data, &FitOptions { epochs, ..FitOptions::default() }, &mut ());
        (result, net)
    };
    let (result, net) = fit(0.1, 100);
    let history = result.unwrap();
    assert!(matches!(history.stop, Stop::Diverged { .. }) && history.best_epoch >= 1);
    assert!(net.params().iter().all(|p| p.is_finite()));
    assert!(matches!(fit(1e30, 100).0, Err(TrainError::Diverged { epoch: 1 | 2, .. })));
}

#[test]
fn settings_and_data_that_cannot_work_are_refused() {
    let (x, y) = circle();
    let data = Data::new(x.view(), Targets::Values(y.view()));
    let fit = |data: &Data<'_, f32>, options: FitOptions| {
        network(Optimizer::adam(0.01)).fit(Exec::best(), data, &options, &mut ()).unwrap_err().to_string()
    };
    assert_eq!(
        fit(&data, FitOptions { batch_size: 0, ..FitOptions::default() }),
        "batch_size is 0: at least one row is needed"
    );
    assert_eq!(
        fit(&data, FitOptions { epochs: 0, ..FitOptions::default() }),
        "epochs is 0: at least one is needed"
    );
    let narrow = Data::new(y.view(), Targets::Values(y.view()));
    assert!(fit(&narrow, FitOptions::default()).contains("rows of 1 numbers for a network of 2 inputs"));
}
