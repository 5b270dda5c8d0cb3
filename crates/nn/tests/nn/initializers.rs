//! Initial weights have the variances of their formulas.

use planish_nn::Initializer;
use planish_tensor::rng::{Purpose, Stream};

#[test]
fn variances_are_those_of_the_formulas() {
    let (fan_in, fan_out) = (200, 100);
    for (init, want) in [
        (Initializer::GlorotUniform, 2.0 / 300.0),
        (Initializer::GlorotNormal, 2.0 / 300.0),
        (Initializer::HeUniform, 0.01),
        (Initializer::HeNormal, 0.01),
        (Initializer::LecunNormal, 0.005),
        (Initializer::LecunUniform, 0.005),
        (Initializer::RandomUniform, 0.0025 / 3.0),
    ] {
        let mut w = vec![0.0_f64; fan_in * fan_out];
        init.fill(fan_in, fan_out, Stream::new(3, Purpose::Init, 1), &mut w);
        let variance = w.iter().map(|x| x * x).sum::<f64>() / w.len() as f64;
        assert!((variance / want - 1.0).abs() < 0.03, "{}: {variance} for {want}", init.name());
    }
}
