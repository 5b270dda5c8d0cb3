//! Results do not depend on what they must not depend on.

use super::*;
use planish_linreg::rows::ColumnSource;
use planish_tensor::dd::DdVec;

#[test]
fn several_responses_are_fitted_as_each_alone() {
    let (x, y) = data(4500, 3, 3);
    let together = fit(&x, &y, None);
    for q in 0..3 {
        let alone = fit(&x, &Matrix::from_fn(4500, 1, |i, _| y[(i, q)]), None);
        assert_close(&parameters(&together, q), &parameters(&alone, 0), 3e-16);
    }
}

#[test]
fn the_order_of_rows_changes_at_most_the_last_digit() {
    let (x, y) = data(9000, 4, 1);
    let there = |i: usize| (i * 7919) % 9000;
    let px = Matrix::from_fn(9000, 4, |i, j| x[(there(i), j)]);
    let py = Matrix::from_fn(9000, 1, |i, _| y[(there(i), 0)]);
    assert_close(&parameters(&fit(&px, &py, None), 0), &parameters(&fit(&x, &y, None), 0), 3e-16);
}

#[test]
fn units_by_powers_of_two_change_coefficients_by_exactly_that() {
    let (x, y) = data(300, 3, 1);
    let units = [900_i32, -40, -700].map(|e| f64::from_bits(((1023 + e) as u64) << 52));
    let scaled = Matrix::from_fn(300, 3, |i, j| x[(i, j)] * units[j]);
    let tall = Matrix::from_fn(300, 1, |i, _| y[(i, 0)] * 4096.0);
    let (a, b) = (fit(&x, &y, None), fit(&scaled, &tall, None));
    for j in 0..3 {
        let (c, d) = (a.responses[0].coef[j], b.responses[0].coef[j]);
        assert_eq!((c.hi * 4096.0 / units[j], c.lo * 4096.0 / units[j]), (d.hi, d.lo));
    }
    assert_eq!(a.responses[0].intercept.hi * 4096.0, b.responses[0].intercept.hi);
    assert_eq!((a.condition, a.responses[0].r2), (b.condition, b.responses[0].r2));
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let (x, y) = data(10_001, 5, 2);
    let weights: Vec<f64> = (0..10_001).map(|i| f64::from(i % 7)).collect();
    for weights in [None, Some(&weights[..])] {
        let run = |isa| LinearRegression::default().fit_matrix(isa, x.view(), y.view(), weights).unwrap();
        let expected = run(Isa::SCALAR);
        for isa in Isa::all_exact() {
            let found = run(isa);
            assert_eq!(found, expected, "{}", isa.name());
            assert_eq!(
                found.predict_matrix(isa, x.view()).unwrap().as_slice(),
                expected.predict_matrix(Isa::SCALAR, x.view()).unwrap().as_slice()
            );
        }
    }
}

#[test]
fn weights_count_as_repeated_rows() {
    let (x, y) = data(200, 3, 1);
    let weights: Vec<f64> = (0..200).map(|i| f64::from(i % 4)).collect();
    let rows: Vec<usize> = (0..200).flat_map(|i| std::iter::repeat_n(i, i % 4)).collect();
    let repeated = |m: &Matrix<f64>| Matrix::from_fn(rows.len(), m.cols(), |i, j| m[(rows[i], j)]);
    let (a, b) = (fit(&x, &y, Some(&weights)), fit(&repeated(&x), &repeated(&y), None));
    assert_close(&parameters(&a, 0), &parameters(&b, 0), 3e-16);
    let (a, b) = (&a.responses[0], &b.responses[0]);
    assert_close(&[a.rss, a.tss, a.r2], &[b.rss, b.tss, b.r2], 1e-15);
    assert_eq!(fit(&x, &y, Some(&weights)).rows, 150);
}

#[test]
fn huge_and_tiny_weights_and_values_do_not_overflow() {
    let (x, y) = data(9000, 2, 1);
    let weights: Vec<f64> = (0..9000).map(|i| if i < 4096 { 1e-290 } else { 1e290 }).collect();
    let tail = |m: &Matrix<f64>| Matrix::from_fn(9000 - 4096, m.cols(), |i, j| m[(i + 4096, j)]);
    assert_close(
        &parameters(&fit(&x, &y, Some(&weights)), 0),
        &parameters(&fit(&tail(&x), &tail(&y), None), 0),
        3e-16,
    );
    // A column that is tiny in the first block and huge later.
    let far =
        Matrix::from_fn(9000, 2, |i, j| if j == 0 && i >= 4096 { 1e250 * x[(i, j)] } else { x[(i, j)] });
    let fitted = fit(&far, &y, None);
    assert!(fitted.aliased.is_empty() && fitted.responses[0].coef[1].is_finite());
    assert!(fitted.responses[0].coef[0].hi != 0.0);
}

#[test]
fn timestamps_lose_no_digits() {
    let n = 6000;
    let x = Matrix::from_fn(n, 1, |i, _| 1.7e9 + 60.0 * i as f64);
    let y = Matrix::from_fn(n, 1, |i, _| {
        0.25 * (1.7e9 + 60.0 * i as f64) - 425_000_000.0 + f64::from(i % 2 == 0)
    });
    let fitted = fit(&x, &y, None);
    // The same problem from a near zero point has the same slope, and an intercept moved by slope · 1.7e9.
    let near = Matrix::from_fn(n, 1, |i, _| 60.0 * i as f64);
    let centred = fit(&near, &y, None);
    assert_eq!(fitted.responses[0].coef[0].hi, centred.responses[0].coef[0].hi);
    let moved = centred.responses[0].intercept - centred.responses[0].coef[0] * Dd::from(1.7e9);
    assert_close(&[fitted.responses[0].intercept.to_f64()], &[moved.to_f64()], 3e-16);
}

#[test]
fn the_rest_of_decimals_counts() {
    // y = 0.1·x in decimals: in double-double the slope is 0.1 to 30 digits.
    let tenth = Dd::parse_decimal("0.1").unwrap();
    let (mut x, mut y) = (DdVec::zeros(20), DdVec::zeros(20));
    for i in 0..20 {
        x.hi[i] = i as f64;
        let v = tenth * Dd::from(i as f64);
        (y.hi[i], y.lo[i]) = (v.hi, v.lo);
    }
    let mut source = ColumnSource::new(vec![x.first(20)], vec![y.first(20)], None).unwrap();
    let fitted = LinearRegression::default().fit(Isa::best(), &mut source).unwrap();
    let error = fitted.responses[0].coef[0] - tenth;
    assert!(error.to_f64().abs() < 1e-29, "{error:?}");
}

#[test]
fn nalgebra_matrices_are_fitted_as_ours() {
    let (x, y) = data(30, 3, 1);
    let theirs = nalgebra::DMatrix::from_fn(30, 3, |i, j| x[(i, j)]);
    let response = nalgebra::DVector::from_column_slice(y.as_slice());
    let fitted = LinearRegression::default().fit_nalgebra(&theirs, &response).unwrap();
    assert_eq!(fitted, fit(&x, &y, None));
}

#[test]
fn a_fitted_model_survives_json() {
    let (x, y) = data(30, 3, 2);
    let fitted = fit(&x, &y, None);
    let text = serde_json::to_string(&fitted).unwrap();
    assert!(text.contains("\"coef\":[["));
    assert_eq!(serde_json::from_str::<FittedLinearRegression>(&text).unwrap(), fitted);
}
