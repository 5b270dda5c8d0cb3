//! Gradients checked by central differences in double precision: every activation × every loss that fits it, hidden and last.

use planish_nn::{Activation, Loss, Plan, Sequential, Targets, Workspace};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Isa, Matrix};

const ROWS: usize = 5;

/// The largest relative error of the gradient over all parameters.
fn worst(net: &Sequential, loss: Loss, weighted: bool) -> f64 {
    let plan = Plan::new(net).unwrap();
    loss.check(&plan).unwrap();
    let sample = Stream::new(11, Purpose::Sample, 0);
    let x = Matrix::from_fn(ROWS, net.inputs, |i, j| sample.normal((i * 64 + j) as u64));
    let y = Matrix::from_fn(ROWS, plan.outputs(), |i, j| sample.uniform((9000 + i * 64 + j) as u64));
    let classes: Vec<u32> = (0..ROWS).map(|i| (i % plan.outputs()) as u32).collect();
    let targets = if loss == Loss::CategoricalCrossentropy {
        Targets::Classes(&classes)
    } else {
        Targets::Values(y.view())
    };
    let w: Vec<f64> = (0..ROWS).map(|i| 0.5 + i as f64).collect();
    let weights = weighted.then_some(&w[..]);
    let mut params = plan.initialize::<f64>(5);
    for (i, p) in params.iter_mut().enumerate() {
        *p += 0.1 * sample.normal(50_000 + i as u64);
    }
    let mut ws = Workspace::new(&plan, ROWS);
    let mut grads = vec![0.0; plan.layout().len];
    let exec = Exec::serial(Isa::best());
    plan.backward(exec, loss, &params, x.view(), targets, weights, &mut grads, &mut ws);
    let scale = grads.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    let mut worst = 0.0_f64;
    let h = 1e-5;
    for p in plan.layout().params.iter().flat_map(|p| p.range.clone()) {
        let kept = params[p];
        let mut at = |v| {
            params[p] = v;
            plan.loss(exec, loss, &params, x.view(), targets, weights, &mut ws)
        };
        // Fourth-order central difference.
        let d1 = at(kept + h) - at(kept - h);
        let d2 = at(kept + 2.0 * h) - at(kept - 2.0 * h);
        let numeric = (8.0 * d1 - d2) / (12.0 * h);
        params[p] = kept;
        worst = worst.max((numeric - grads[p]).abs() / scale);
    }
    worst
}

#[test]
fn every_activation_and_loss_agrees_with_central_differences() {
    for hidden in Activation::ALL {
        for last in Activation::ALL {
            for loss in
                [Loss::Sse, Loss::Mse, Loss::Mae, Loss::BinaryCrossentropy, Loss::CategoricalCrossentropy]
            {
                let net = Sequential::new(4).dense(6, hidden).dense(3, last);
                if loss.check(&Plan::new(&net).unwrap()).is_err() {
                    continue;
                }
                for weighted in [false, true] {
                    let error = worst(&net, loss, weighted);
                    assert!(error < 1e-7, "{hidden:?} → {last:?}, {loss:?}, weighted {weighted}: {error:e}");
                }
            }
        }
    }
}

#[test]
fn one_output_unit_agrees_with_central_differences() {
    for (last, loss) in [
        (Activation::Sigmoid, Loss::BinaryCrossentropy),
        (Activation::Linear, Loss::Mse),
        (Activation::Linear, Loss::Sse),
    ] {
        let net = Sequential::new(7).dense(17, Activation::Tanh).dense(5, Activation::Gelu).dense(1, last);
        for weighted in [false, true] {
            assert!(worst(&net, loss, weighted) < 1e-7);
        }
    }
}

#[test]
fn saturated_logits_keep_a_finite_loss_and_their_gradient() {
    let plan = Plan::new(&Sequential::new(1).dense(1, Activation::Sigmoid)).unwrap();
    let params = [500.0_f32; 32];
    let x = Matrix::from_rows(&[[1.0_f32]]);
    let y = Matrix::from_rows(&[[0.0_f32]]);
    let mut grads = vec![0.0; plan.layout().len];
    let loss = plan.backward(
        Exec::best(),
        Loss::BinaryCrossentropy,
        &params,
        x.view(),
        Targets::Values(y.view()),
        None,
        &mut grads,
        &mut Workspace::new(&plan, 1),
    );
    assert_eq!((loss, grads[0]), (1000.0, 1.0));
}

#[test]
fn a_loss_that_does_not_fit_the_output_is_refused() {
    let plan = Plan::new(&Sequential::new(1).dense(1, Activation::Relu)).unwrap();
    let message = Loss::BinaryCrossentropy.check(&plan).unwrap_err().to_string();
    assert_eq!(message, "loss binary_crossentropy needs sigmoid units, the network ends in 1 relu unit(s)");
}
