//! Gradients checked by central differences in double precision: every activation × every loss that fits it, hidden and last, and
//! every layer × every activation × every loss. Kinks are avoided by the data.

use planish_nn::{
    Activation, Batch, BatchNorm, Dense, Input, Layer, LayerNorm, Loss, Mode, Parametric, Pass, Plan, Rates,
    Regularizer, Scale, Sequential, Step, Targets, Workspace,
};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Isa, Matrix};

const ROWS: usize = 5;
const STEP: Step = Step { seed: 4, number: 7 };

/// A loss of each kind, with parameters that are not the defaults too.
fn losses() -> Vec<Loss> {
    let more = [
        Loss::Huber { delta: 0.3 },
        Loss::Quantile { q: 0.8 },
        Loss::SmoothBinaryCrossentropy { label_smoothing: 0.2 },
        Loss::SmoothCategoricalCrossentropy { label_smoothing: 0.1 },
    ];
    Loss::ALL.into_iter().chain(more).collect()
}

/// Whether a loss is smooth and defined near the outputs of this activation.
fn fits(loss: Loss, last: Activation) -> bool {
    use Activation::{Exponential, Sigmoid, Softmax, Softplus};
    if loss == Loss::Poisson {
        matches!(last, Exponential | Sigmoid | Softmax | Softplus)
    } else if loss == Loss::KlDivergence {
        matches!(last, Sigmoid | Softmax)
    } else {
        (!loss.is_binary() || last == Sigmoid) && (!loss.is_categorical() || last == Softmax)
    }
}

/// The largest relative error of the gradient over all parameters.
fn worst(net: &Sequential, loss: Loss, weighted: bool, as_classes: bool) -> f64 {
    let plan = Plan::new(net).unwrap();
    loss.check(plan.outputs(), plan.output_activation()).unwrap();
    let sample = Stream::new(11, Purpose::Sample, 0);
    let x = Matrix::from_fn(ROWS, net.inputs.numbers, |i, j| sample.normal((i * 64 + j) as u64));
    let codes: Vec<u32> = (0..ROWS * plan.codes()).map(|i| (i * 5 % 3) as u32).collect();
    let mut y = Matrix::from_fn(ROWS, plan.outputs(), |i, j| sample.uniform((9000 + i * 64 + j) as u64));
    if loss.is_categorical() || loss == Loss::KlDivergence {
        for i in 0..ROWS {
            let sum: f64 = y.row(i).iter().sum();
            y.row_mut(i).iter_mut().for_each(|v| *v /= sum);
        }
    } else if matches!(loss, Loss::Hinge | Loss::SquaredHinge) {
        y.as_mut_slice().iter_mut().for_each(|v| *v = if *v < 0.5 { 0.0 } else { 1.0 });
    }
    let classes: Vec<u32> = (0..ROWS).map(|i| (i % plan.outputs()) as u32).collect();
    let targets = if as_classes { Targets::Classes(&classes) } else { Targets::Values(y.view()) };
    let w: Vec<f64> = (0..ROWS).map(|i| 0.5 + i as f64).collect();
    let batch = Batch { x: Input::new(x.view(), &codes), y: targets, weights: weighted.then_some(&w[..]) };
    let mut params = plan.initialize::<f64>(5);
    for (i, p) in params.iter_mut().enumerate() {
        *p += 0.1 * sample.normal(50_000 + i as u64);
    }
    let mut ws = Workspace::new(&plan, ROWS);
    let mut grads = vec![0.0; plan.layout().len];
    let exec = Exec::serial(Isa::best());
    let value = plan.backward(Pass { exec, loss, step: STEP }, &params, &batch, &mut grads, &mut ws);
    let scale = grads.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    let state = plan.initialize_state::<f64>();
    let mut at = |params: &[f64]| {
        let arenas = planish_nn::Arenas::new(params, &state);
        plan.loss(exec, loss, Mode::Training(STEP), arenas, &batch, &mut ws) + plan.penalty(exec.isa, params)
    };
    assert_eq!(at(&params), value);
    let mut worst = 0.0_f64;
    let h = 1e-5;
    for p in plan.layout().params.iter().flat_map(|p| p.range.clone()) {
        let kept = params[p];
        let mut moved = |by: f64| {
            params[p] = kept + by;
            at(&params)
        };
        // Fourth-order central difference.
        let d1 = moved(h) - moved(-h);
        let d2 = moved(2.0 * h) - moved(-2.0 * h);
        let numeric = (8.0 * d1 - d2) / (12.0 * h);
        params[p] = kept;
        worst = worst.max((numeric - grads[p]).abs() / scale);
    }
    worst
}

fn check(net: &Sequential, loss: Loss, weighted: bool, as_classes: bool) {
    let error = worst(net, loss, weighted, as_classes);
    assert!(error < 1e-7, "{loss}, weighted {weighted}: {error:e} in {net:?}");
}

#[test]
fn every_activation_and_loss_agrees_with_central_differences() {
    for hidden in Activation::ALL {
        for last in Activation::ALL {
            for loss in losses().into_iter().filter(|&l| fits(l, last)) {
                let net = Sequential::new(4).dense(6, hidden).dense(3, last);
                check(&net, loss, true, false);
                if loss.is_categorical() {
                    check(&net, loss, false, true);
                }
            }
        }
    }
}

/// The last activation that goes with a loss.
fn last_for(loss: Loss) -> Activation {
    [Activation::Linear, Activation::Sigmoid, Activation::Softmax]
        .into_iter()
        .find(|&last| fits(loss, last))
        .unwrap()
}

/// A name and a network with each layer after a dense layer of this activation.
fn networks(f: Activation, last: Activation) -> Vec<Sequential> {
    let start = || Sequential::new(4).dense(6, f);
    let dense = |units, f| Layer::Dense(Dense::new(units, f));
    let slow = Rates { lr_factor: 0.1, ..Rates::default() };
    let regularized = Dense {
        kernel_regularizer: Some(Regularizer { l1: 0.02, l2: 0.03 }),
        kernel_rates: slow,
        ..Dense::new(6, f)
    };
    vec![
        start().batch_norm().dense(3, last),
        start().layer_norm().dense(3, last),
        start().dropout(0.4).dense(3, last),
        start().scale().dense(3, last),
        Sequential::new(4).dense(6, Activation::Linear).parametric(f).dense(3, last),
        start().residual([dense(5, Activation::Tanh), dense(6, f)]).dense(3, last),
        Sequential::new(2).embedding(3, 4).embedding(4, 1).dense(6, f).dense(3, last),
        Sequential::new(4).layer(Layer::Dense(regularized)).dense(3, last),
    ]
}

#[test]
fn every_layer_agrees_with_central_differences_for_every_activation_and_loss() {
    for f in Activation::ALL {
        for loss in losses() {
            for net in networks(f, last_for(loss)) {
                check(&net, loss, true, false);
            }
        }
    }
}

#[test]
fn layers_at_both_ends_and_inside_each_other_agree_with_central_differences() {
    let dense = |units, f| Layer::Dense(Dense::new(units, f));
    let norm = || Layer::LayerNorm(LayerNorm::default());
    let inner = Layer::Residual(planish_nn::Residual::new([norm(), dense(5, Activation::Silu)]));
    let all = Sequential::new(3)
        .embedding(3, 2)
        .scale()
        .residual([Layer::BatchNorm(BatchNorm::default()), inner, Layer::Scale(Scale::default())])
        .dropout(0.2)
        .dense(4, Activation::Linear)
        .layer(Layer::Parametric(Parametric::new(Activation::Mish)))
        .batch_norm();
    check(&all, Loss::Mse, true, false);
    let unlearned_first = Sequential::new(4).dropout(0.3).residual([dense(4, Activation::Elu)]).dropout(0.1);
    check(&unlearned_first, Loss::LogCosh, false, false);
    check(&Sequential::new(4).batch_norm().layer_norm().scale(), Loss::Mse, true, false);
    check(
        &Sequential::new(0).embedding(3, 2).dense(1, Activation::Sigmoid),
        Loss::BinaryCrossentropy,
        true,
        false,
    );
}

#[test]
fn one_output_unit_agrees_with_central_differences() {
    for (last, loss) in [
        (Activation::Sigmoid, Loss::BinaryCrossentropy),
        (Activation::Linear, Loss::Mse),
        (Activation::Linear, Loss::Sse),
        (Activation::Softplus, Loss::Poisson),
        (Activation::Tanh, Loss::Hinge),
    ] {
        let net = Sequential::new(7).dense(17, Activation::Tanh).dense(5, Activation::Gelu).dense(1, last);
        for weighted in [false, true] {
            check(&net, loss, weighted, false);
        }
    }
}

#[test]
fn saturated_logits_keep_a_finite_loss_and_their_gradient() {
    let plan = Plan::new(&Sequential::new(1).dense(1, Activation::Sigmoid)).unwrap();
    let params = [500.0_f64; 32];
    let x = Matrix::from_rows(&[[1.0_f64]]);
    let y = Matrix::from_rows(&[[0.0_f64]]);
    let mut grads = vec![0.0; plan.layout().len];
    let batch = Batch::new(x.view(), Targets::Values(y.view()));
    let mut ws = Workspace::new(&plan, 1);
    let pass = Pass { exec: Exec::best(), loss: Loss::BinaryCrossentropy, step: STEP };
    let loss = plan.backward(pass, &params, &batch, &mut grads, &mut ws);
    assert_eq!((loss, grads[0]), (1000.0, 1.0));
}

#[test]
fn a_loss_that_does_not_fit_the_output_is_refused() {
    let message = Loss::BinaryCrossentropy.check(1, Activation::Relu).unwrap_err().to_string();
    assert_eq!(message, "loss binary_crossentropy needs sigmoid units, the network ends in 1 relu unit(s)");
}
