//! The curves against values worked out by hand, or with PyTorch's and Keras's schedulers.

use super::*;

fn close(curve: &Curve, total: u64, wanted: &[(u64, f64)]) {
    for &(step, want) in wanted {
        let got = Schedule::from(curve.clone()).factor(step, total);
        assert!((got - want).abs() <= 1e-14, "{curve:?} at {step}: {got}, not {want}");
    }
}

#[test]
fn curves_that_count_steps_follow_their_formulas() {
    close(&Curve::Constant, 10, &[(0, 1.0), (99, 1.0)]);
    let steps = vec![(10, 0.5), (20, 0.1)];
    close(&Curve::Piecewise { steps }, 30, &[(0, 1.0), (9, 1.0), (10, 0.5), (19, 0.5), (20, 0.1), (99, 0.1)]);
    let exponential = |staircase| Curve::Exponential { rate: 0.25, steps: 10, staircase };
    close(&exponential(false), 1, &[(0, 1.0), (5, 0.5), (10, 0.25), (25, 0.03125)]);
    close(&exponential(true), 1, &[(9, 1.0), (10, 0.25), (29, 0.0625)]);
    let inverse = |staircase| Curve::InverseTime { rate: 0.5, steps: 10, staircase };
    close(&inverse(false), 1, &[(0, 1.0), (10, 1.0 / 1.5), (5, 0.8)]);
    close(&inverse(true), 1, &[(19, 1.0 / 1.5), (20, 0.5)]);
}

#[test]
fn curves_over_the_whole_run_follow_their_formulas() {
    close(&Curve::Polynomial { end: 0.1, power: 1.0 }, 10, &[(0, 1.0), (5, 0.55), (10, 0.1), (11, 0.1)]);
    close(&Curve::Polynomial { end: 0.0, power: 0.5 }, 100, &[(75, 0.5), (100, 0.0)]);
    close(
        &Curve::Cosine { end: 0.2 },
        4,
        &[(0, 1.0), (1, 0.2 + 0.4 * (1.0 + 0.5_f64.sqrt())), (2, 0.6), (4, 0.2), (9, 0.2)],
    );
    // log₂(1 + 15t) is a whole number of waves where t is 0, 1/15, 3/15, 7/15 and 1.
    close(&Curve::Coslog4, 15, &[(0, 0.0), (1, 0.0), (3, 0.0), (7, 0.0), (15, 0.0)]);
    close(&Curve::Coslog4, 30, &[(1, 0.930430970431205)]);
    close(&Curve::FlatCosine { flat: 0.5, end: 0.0 }, 100, &[(0, 1.0), (50, 1.0), (75, 0.5), (100, 0.0)]);
}

#[test]
fn restarts_lengthen_and_shrink() {
    let curve = |t_mul, m_mul| Curve::CosineRestarts { steps: 10, t_mul, m_mul, end: 0.0 };
    close(&curve(1.0, 0.5), 1, &[(0, 1.0), (5, 0.5), (10, 0.5), (15, 0.25), (30, 0.125)]);
    close(&curve(2.0, 0.5), 1, &[(0, 1.0), (10, 0.5), (20, 0.25), (30, 0.25), (50, 0.125), (70, 0.125)]);
}

#[test]
fn one_cycle_agrees_with_pytorch() {
    // torch.optim.lr_scheduler.OneCycleLR(SGD(lr=1), max_lr=1, total_steps=20), PyTorch 2.15.
    close(
        &Curve::one_cycle(),
        20,
        &[
            (0, 0.04),
            (1, 0.1316718427000253),
            (3, 0.6683281572999747),
            (5, 1.0),
            (6, 0.9874640062350873),
            (12, 0.500002),
            (19, 4.0e-6),
            (40, 4.0e-6),
        ],
    );
    // A run too short to rise.
    close(&Curve::one_cycle(), 1, &[(0, 4.0e-6)]);
}

#[test]
fn a_warm_up_rises_in_a_straight_line_to_the_curve() {
    let schedule = Schedule { warmup: 4, curve: Curve::Cosine { end: 0.0 } };
    let factors: Vec<f64> = (0..5).map(|i| schedule.factor(i, 12)).collect();
    assert_eq!(factors, [0.25, 0.5, 0.75, 1.0, 1.0]);
    assert!((schedule.factor(8, 12) - 0.5).abs() < 1e-15 && schedule.factor(12, 12) == 0.0);
    // A warm-up longer than the run is cut by its end, and nothing is divided by zero.
    assert_eq!(schedule.factor(1, 2), 0.5);
}

#[test]
fn settings_outside_their_range_are_refused() {
    let message = |curve: Curve| curve.check().unwrap_err().to_string();
    assert_eq!(message(Curve::Cosine { end: 2.0 }), "end is 2: it must lie in [0, 1]");
    assert_eq!(
        message(Curve::Exponential { rate: 0.5, steps: 0, staircase: false }),
        "steps is 0: at least one is needed"
    );
    assert_eq!(
        message(Curve::Piecewise { steps: vec![(5, 0.1), (5, 0.2)] }),
        "a boundary is 5: boundaries must be in rising order"
    );
    assert!(Curve::FlatCosine { flat: 1.0, end: 0.0 }.check().is_err());
    assert!(Curve::OneCycle { warm: 0.3, div: f64::NAN, final_div: 1.0 }.check().is_err());
    assert!(Schedule::from(Curve::one_cycle()).check().is_ok());
}

#[test]
fn a_schedule_is_plain_data() {
    let schedule = Schedule { warmup: 3, curve: Curve::FlatCosine { flat: 0.5, end: 0.0 } };
    let json = serde_json::to_string(&schedule).unwrap();
    assert_eq!(json, r#"{"warmup":3,"curve":{"flat_cosine":{"flat":0.5,"end":0.0}}}"#);
    assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule);
}
