//! Agreement with Keras and PyTorch over twenty steps, whose weights were written by `cargo xtask golden`.

use planish_optim::{Ema, EmaSettings, Group, Optimizer, State};
use planish_tensor::Isa;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Golden {
    start: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    kept: Vec<usize>,
    runs: BTreeMap<String, Vec<Vec<f64>>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("optimizers.json")).unwrap()
}

/// Compares the weights after the kept steps with a run of the golden file.
fn check(golden: &Golden, name: &str, mut step: impl FnMut(&mut [f64], &[f64])) {
    let mut w = golden.start.clone();
    let mut wanted = golden.runs[name].iter();
    for (t, g) in (1..).zip(&golden.gradients) {
        step(&mut w, g);
        if golden.kept.contains(&t) {
            for (got, want) in w.iter().zip(wanted.next().unwrap()) {
                assert!((got - want).abs() <= 1e-13 * (1.0 + want.abs()), "{name}, step {t}: {got} {want}");
            }
        }
    }
}

#[test]
fn twenty_steps_of_every_optimizer_agree_with_keras_and_pytorch() {
    let golden = golden();
    let lr = 0.1;
    let (beta1, beta2, epsilon, epsilon_hat) = (0.9, 0.999, 1e-8, false);
    let runs = [
        ("keras sgd", Optimizer::sgd(lr)),
        ("keras momentum", Optimizer::momentum(lr, 0.9)),
        ("keras nesterov", Optimizer::nesterov(lr, 0.9)),
        ("keras adam", Optimizer::adam(lr)),
        ("keras adamw", Optimizer::adamw(lr)),
        ("keras nadam", Optimizer::nadam(lr)),
        ("keras rmsprop", Optimizer::rmsprop(lr)),
        (
            "keras rmsprop, centered, momentum",
            Optimizer::RmsProp { lr, rho: 0.9, momentum: 0.5, epsilon: 1e-7, centered: true },
        ),
        ("keras adagrad", Optimizer::adagrad(lr)),
        ("keras lion", Optimizer::lion(lr)),
        ("torch adam", Optimizer::Adam { lr, beta1, beta2, epsilon, epsilon_hat }),
        ("torch adamw", Optimizer::AdamW { lr, beta1, beta2, epsilon, epsilon_hat, weight_decay: 0.01 }),
    ];
    for (name, optimizer) in runs {
        let mut state = State::new(&optimizer, golden.start.len());
        let groups = [Group::all(golden.start.len())];
        check(&golden, name, |w, g| state.step(Isa::best(), &groups, w, g));
    }
}

#[test]
fn adam_with_an_average_that_overwrites_the_weights_agrees_with_keras() {
    let golden = golden();
    let groups = [Group::all(golden.start.len())];
    let mut state = State::new(&Optimizer::adam(0.1), golden.start.len());
    let mut ema = Ema::new(&EmaSettings { momentum: 0.9, overwrite_every: Some(5) }, golden.start.len());
    check(&golden, "keras adam, average", |w, g| {
        state.step(Isa::best(), &groups, w, g);
        ema.update(Isa::best(), w);
    });
}
