//! Functions with known minima.

use super::*;

/// (1 − x)² + 100·(y − x²)²
fn rosenbrock(x: &[f64], g: &mut [f64]) -> f64 {
    let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
    (g[0], g[1]) = (-2.0 * a - 400.0 * x[0] * b, 200.0 * b);
    a * a + 100.0 * b * b
}

#[test]
fn rosenbrocks_valley_is_followed_to_its_end() {
    let mut x = [-1.2, 1.0];
    let lbfgs = Lbfgs { gradient_tolerance: 1e-9, ..Lbfgs::default() };
    let outcome = lbfgs.minimize(Isa::best(), &mut x, rosenbrock);
    assert!(outcome.converged() && outcome.evaluations < 80, "{outcome:?}");
    assert!((x[0] - 1.0).abs() < 1e-8 && (x[1] - 1.0).abs() < 1e-8, "{x:?}");
}

#[test]
fn a_quadratic_of_a_hundred_numbers_converges_quickly() {
    // ½·Σ cᵢ(xᵢ − i)², c from 1 to 1000.
    let curvature = |i: usize| 1.0 + i as f64 * 999.0 / 99.0;
    let mut x = vec![0.0; 100];
    let outcome = Lbfgs::new(20).minimize(Isa::best(), &mut x, |x, g| {
        let mut value = 0.0;
        for i in 0..100 {
            let e = x[i] - i as f64;
            g[i] = curvature(i) * e;
            value += 0.5 * g[i] * e;
        }
        value
    });
    assert!(outcome.converged() && outcome.iterations < 150 && outcome.value < 1e-9, "{outcome:?}");
    assert!(x.iter().enumerate().all(|(i, x)| (x - i as f64).abs() < 1e-4));
}

/// Mean log loss of points on a line, the sign of the point its class; separable, so the penalty alone bounds the weights.
fn logistic(penalty: f64) -> impl FnMut(&[f64], &mut [f64]) -> f64 {
    use planish_tensor::math::{sigmoid, softplus};
    move |w, g| {
        let mut value = 0.5 * penalty * w[0] * w[0];
        (g[0], g[1]) = (penalty * w[0], 0.0);
        for i in 0..20 {
            let x = (f64::from(i) - 9.5) / 5.0;
            let sign = x.signum();
            let margin = -sign * (w[0] * x + w[1]);
            let (mut loss, mut slope) = ([margin], [margin]);
            softplus(Isa::SCALAR, &mut loss);
            sigmoid(Isa::SCALAR, &mut slope);
            value += loss[0] / 20.0;
            g[0] -= slope[0] * sign * x / 20.0;
            g[1] -= slope[0] * sign / 20.0;
        }
        value
    }
}

#[test]
fn a_logistic_problem_of_separable_classes_converges() {
    let mut w = [0.0, 0.0];
    let tight = Lbfgs { gradient_tolerance: 1e-10, ..Lbfgs::default() };
    let outcome = tight.minimize(Isa::best(), &mut w, logistic(1e-3));
    assert!(outcome.converged() && outcome.iterations < 40, "{outcome:?}");
    assert!(w[0] > 5.0 && w[1].abs() < 1e-8, "{w:?}");
    // Without a penalty the loss has no minimum, but its gradient becomes small.
    let outcome = Lbfgs::default().minimize(Isa::best(), &mut w, logistic(0.0));
    assert!(outcome.converged() && outcome.value < 1e-3 && w[0].is_finite(), "{outcome:?}");
}

#[test]
fn the_result_has_the_same_bits_on_every_instruction_set() {
    let run = |isa| {
        let mut w = [0.3, -0.2];
        Lbfgs::default().minimize(isa, &mut w, logistic(1e-3));
        w.map(f64::to_bits)
    };
    for isa in Isa::all_exact() {
        assert_eq!(run(isa), run(Isa::SCALAR));
    }
}

#[test]
fn steps_into_infinity_are_taken_back() {
    // −ln x + x, with x > 0 only; the first step from 5 would be fine, the one from 1e-3 leaps.
    for start in [1e-3, 5.0, 50.0] {
        let mut x = [start];
        let outcome = Lbfgs::default().minimize(Isa::best(), &mut x, |x, g| {
            if x[0] <= 0.0 {
                g[0] = f64::NAN;
                return f64::NAN;
            }
            g[0] = 1.0 - 1.0 / x[0];
            x[0] - planish_tensor::math::log_one(x[0])
        });
        assert!(outcome.converged() && (x[0] - 1.0).abs() < 1e-4, "{start}: {outcome:?} {x:?}");
    }
}

#[test]
fn every_way_to_stop_is_named() {
    let run = |lbfgs: Lbfgs, start: [f64; 2]| {
        let mut x = start;
        lbfgs.minimize(Isa::best(), &mut x, rosenbrock)
    };
    let start = [-1.2, 1.0];
    let few = run(Lbfgs { max_iterations: 3, ..Lbfgs::default() }, start);
    assert_eq!((few.reason, few.iterations), (StopReason::Iterations, 3));
    let few = run(Lbfgs { max_evaluations: 9, ..Lbfgs::default() }, start);
    assert!(few.reason == StopReason::Evaluations && few.evaluations <= 9, "{few:?}");
    assert_eq!(run(Lbfgs::default(), [1.0, 1.0]).iterations, 0);
    assert_eq!(run(Lbfgs::default(), [f64::NAN, 1.0]).reason, StopReason::NotFinite);
    // A gradient of the wrong sign: nothing lowers the function along it.
    let mut x = [1.0];
    let wrong = Lbfgs::default().minimize(Isa::best(), &mut x, |x, g| {
        g[0] = -x[0];
        0.5 * x[0] * x[0]
    });
    assert_eq!((wrong.reason, x), (StopReason::NoProgress, [1.0]));
}

#[test]
fn settings_outside_their_range_are_refused() {
    assert_eq!(Lbfgs::new(0).check().unwrap_err().to_string(), "memory is 0: at least one is needed");
    assert!(Lbfgs { gradient_tolerance: -1.0, ..Lbfgs::default() }.check().is_err());
    assert!(Lbfgs::default().check().is_ok());
}
