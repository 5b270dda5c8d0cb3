//! Activations follow their formulas, keep NaN, and have the same bits on every instruction set.

use planish_nn::{Activation, Saves};
use planish_tensor::Isa;

#[test]
fn relu_propagates_nan_and_clears_negative_numbers() {
    let mut x = [f32::NAN, -1.0, 2.0, 0.0];
    Activation::Relu.forward(Isa::best(), 4, &mut x);
    assert!(x[0].is_nan());
    assert_eq!(x[1..], [0.0, 2.0, 0.0]);
}

/// An activation of one number by the standard library.
#[allow(clippy::disallowed_methods)] // the reference, which no weight depends on
fn reference(a: Activation, x: f64) -> f64 {
    let sigmoid = 1.0 / (1.0 + (-x).exp());
    match a {
        Activation::Linear | Activation::Gelu | Activation::Softmax => x,
        Activation::Relu => x.max(0.0),
        Activation::LeakyRelu => x.max(0.2 * x),
        Activation::Elu => x.max(x.exp_m1().min(0.0)),
        Activation::Selu if x > 0.0 => 1.0507009873554805 * x,
        Activation::Selu => 1.0507009873554805 * 1.6732632423543772 * x.exp_m1(),
        Activation::Silu => x * sigmoid,
        Activation::Mish => x * x.exp().ln_1p().tanh(),
        Activation::Softplus => x.exp().ln_1p(),
        Activation::Softsign => x / (1.0 + x.abs()),
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => sigmoid,
        Activation::HardSigmoid => ((x + 3.0) / 6.0).clamp(0.0, 1.0),
        Activation::Exponential => x.exp(),
    }
}

#[test]
fn activations_follow_their_formulas() {
    for a in Activation::ALL {
        if matches!(a, Activation::Gelu | Activation::Softmax) {
            continue; // Φ and softmax have their own tests in tensor
        }
        let x: Vec<f64> = (-60..60).map(|i| f64::from(i) * 0.37).collect();
        let mut y = x.clone();
        a.forward(Isa::best(), x.len(), &mut y);
        for (x, y) in x.iter().zip(&y) {
            let want = reference(a, *x);
            assert!((y - want).abs() <= 1e-14 * want.abs().max(1e-3), "{a:?} of {x}: {y} {want}");
        }
    }
}

#[test]
fn every_activation_propagates_nan() {
    for a in Activation::ALL {
        let mut x = [1.0_f32, f32::NAN, -2.0];
        a.forward(Isa::best(), 3, &mut x);
        assert!(x[1].is_nan(), "{a:?}");
    }
}

#[test]
fn softmax_rows_sum_to_one_and_do_not_overflow() {
    let mut x: Vec<f32> = (0..51).map(|i| i as f32 * 40.0 - 500.0).collect();
    Activation::Softmax.forward(Isa::best(), 17, &mut x);
    for row in x.chunks(17) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}

#[test]
fn activations_have_the_same_bits_on_every_instruction_set() {
    let x: Vec<f32> = (0..60).map(|i| (i as f32 - 30.0) * 0.31).collect();
    for a in Activation::ALL {
        let run = |isa| {
            let (mut y, mut d) = (x.clone(), x.clone());
            a.forward(isa, 20, &mut y);
            a.backward(isa, 20, if a.saves() == Saves::Input { &x } else { &y }, &mut d);
            [y, d].concat().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        };
        for isa in Isa::all_exact() {
            assert_eq!(run(isa), run(Isa::SCALAR), "{a:?}");
        }
    }
}

#[test]
fn names_round_trip() {
    for a in Activation::ALL {
        assert_eq!(a.name().parse(), Ok(a));
    }
    assert!("swishy".parse::<Activation>().unwrap_err().to_string().contains("use one of linear, relu"));
}
