//! What holds for every fit: orthogonality, invariance, equal bits, rank, errors.

use crate::{ColumnSource, FittedLinearRegression, LinearRegression, LinregError};
use planish_tensor::dd::DdVec;
use planish_tensor::{Dd, Isa, MatRef, Matrix};

/// Numbers in [0, 1) that look random.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / 9007199254740992.0
    }
}

/// Terms and responses with some noise.
fn data(n: usize, p: usize, q: usize) -> (Matrix<f64>, Matrix<f64>) {
    let mut stream = Stream(88172645463325252);
    let x = Matrix::from_fn(n, p, |_, j| stream.next() * (j + 1) as f64 + 3.0 * j as f64);
    let y = Matrix::from_fn(n, q, |i, k| {
        x.row(i).iter().enumerate().map(|(j, v)| v * (j as f64 - k as f64 - 0.7)).sum::<f64>() + stream.next()
    });
    (x, y)
}

fn fit(x: &Matrix<f64>, y: &Matrix<f64>, weights: Option<&[f64]>) -> FittedLinearRegression {
    LinearRegression::default().fit_matrix(Isa::best(), x.view(), y.view(), weights).unwrap()
}

/// The intercept and the coefficients as `f64`.
fn parameters(fitted: &FittedLinearRegression, q: usize) -> Vec<f64> {
    let r = &fitted.responses[q];
    std::iter::once(r.intercept).chain(r.coef.iter().copied()).map(Dd::to_f64).collect()
}

fn assert_close(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= tolerance * b.abs(), "{a} is not {b}");
    }
}

#[test]
fn residuals_are_orthogonal_to_every_column() {
    let (x, y) = data(5000, 6, 2);
    let fitted = fit(&x, &y, None);
    let r = fitted.residuals(Isa::best(), x.view(), y.view()).unwrap();
    for q in 0..2 {
        let scale: f64 = (0..5000).map(|i| r[(i, q)].abs()).sum();
        for j in 0..6 {
            let inner: f64 = (0..5000).map(|i| r[(i, q)] * x[(i, j)]).sum();
            assert!(inner.abs() < 1e-12 * scale, "{inner}");
        }
        let rss: f64 = (0..5000).map(|i| r[(i, q)] * r[(i, q)]).sum();
        assert_close(&[fitted.responses[q].rss], &[rss], 1e-13);
        assert_close(&[fitted.responses[q].residual_sd], &[(rss / 4993.0).sqrt()], 1e-13);
    }
    let predicted = fitted.predict_matrix(Isa::best(), x.view()).unwrap();
    assert!((predicted[(17, 1)] + r[(17, 1)] - y[(17, 1)]).abs() < 1e-14);
}

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
    let units = [2.0_f64.powi_exact(900), 2.0_f64.powi_exact(-40), 2.0_f64.powi_exact(-700)];
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

trait PowiExact {
    fn powi_exact(self, e: i32) -> f64;
}

impl PowiExact for f64 {
    fn powi_exact(self, e: i32) -> f64 {
        (0..e.abs()).fold(1.0, |p, _| if e < 0 { p / self } else { p * self })
    }
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
    let rows: Vec<usize> = (0..200).flat_map(|i| std::iter::repeat_n(i, (i % 4) as usize)).collect();
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
    // Residuals ±½ that alternate have a slope of −60·½·… of their own: compare with the centred problem.
    let near = Matrix::from_fn(n, 1, |i, _| 60.0 * i as f64);
    let centred = fit(&near, &y, None);
    assert_eq!(fitted.responses[0].coef[0].hi, centred.responses[0].coef[0].hi);
    let moved = centred.responses[0].intercept - centred.responses[0].coef[0] * Dd::from(1.7e9);
    assert_close(&[fitted.responses[0].intercept.to_f64()], &[moved.to_f64()], 3e-16);
}

#[test]
fn columns_that_depend_on_earlier_ones_are_named_and_dropped() {
    for n in [40, 5000] {
        // a, 3a + 1, a constant, all three dummies of a category, another column
        let x = Matrix::from_fn(n, 7, |i, j| {
            let a = i as f64 * 0.1;
            match j {
                0 => a,
                1 => 3.0 * a + 1.0,
                2 => 0.1,
                6 => ((i * i) % 17) as f64,
                level => f64::from(i % 3 == level - 3),
            }
        });
        let y = Matrix::from_fn(n, 1, |i, _| x[(i, 0)] + 2.0 * x[(i, 6)] + x[(i, 4)] + ((i * 31) % 7) as f64);
        let fitted = fit(&x, &y, None);
        assert_eq!((fitted.aliased.as_slice(), fitted.rank()), (&[1, 2, 5][..], 5));
        let kept = [0, 3, 4, 6];
        let small = fit(&Matrix::from_fn(n, 4, |i, j| x[(i, kept[j])]), &y, None);
        for (j, &k) in kept.iter().enumerate() {
            assert_close(
                &[fitted.responses[0].coef[k].to_f64()],
                &[small.responses[0].coef[j].to_f64()],
                3e-16,
            );
        }
        assert_eq!(fitted.responses[0].coef[1], Dd::ZERO);
        assert_eq!(small.aliased, []);
    }
}

#[test]
fn a_constant_is_a_term_where_there_is_no_intercept() {
    let (x, y) = data(50, 2, 1);
    let with_one = Matrix::from_fn(50, 3, |i, j| if j == 0 { 1.0 } else { x[(i, j - 1)] });
    let model = LinearRegression { fit_intercept: false, ..Default::default() };
    let fitted = model.fit_matrix(Isa::best(), with_one.view(), y.view(), None).unwrap();
    let coef: Vec<f64> = fitted.responses[0].coef.iter().map(|c| c.to_f64()).collect();
    assert_close(&coef, &parameters(&fit(&x, &y, None), 0), 3e-16);
    assert_close(&[fitted.responses[0].tss], &[y.as_slice().iter().map(|y| y * y).sum()], 1e-14);
}

#[test]
fn an_intercept_alone_is_the_mean() {
    let y = Matrix::from_rows(&[[1.0], [2.0], [6.0]]);
    let fitted = fit(&Matrix::zeros(3, 0), &y, None);
    assert_eq!(parameters(&fitted, 0), [3.0]);
    let r = &fitted.responses[0];
    assert_eq!((r.rss, r.tss, r.r2, fitted.rank(), fitted.condition), (14.0, 14.0, 0.0, 1, 1.0));
}

#[test]
fn as_many_rows_as_parameters_fit_exactly() {
    let x = Matrix::from_rows(&[[1.0], [3.0]]);
    let fitted = fit(&x, &Matrix::from_rows(&[[5.0], [9.0]]), None);
    assert_eq!(parameters(&fitted, 0), [3.0, 2.0]);
    assert_eq!((fitted.responses[0].residual_sd, fitted.responses[0].r2), (0.0, 1.0));
    let constant = fit(&x, &Matrix::from_rows(&[[0.1], [0.1]]), None);
    assert_eq!((parameters(&constant, 0), constant.responses[0].r2), (vec![0.1, 0.0], 1.0));
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

#[test]
fn data_that_cannot_be_fitted_is_refused() {
    let (x, y) = data(5, 2, 1);
    let run = |x: &[f64], y: &[f64], w: Option<&[f64]>| {
        let (x, y) = (MatRef::new(x, x.len() / 2, 2), MatRef::new(y, y.len(), 1));
        LinearRegression::default().fit_matrix(Isa::best(), x, y, w).unwrap_err()
    };
    let (x, y) = (x.as_slice(), y.as_slice());
    let with = |v: &[f64], i: usize, bad: f64| {
        let mut v = v.to_vec();
        v[i] = bad;
        v
    };
    assert_eq!(run(&[], &[], None), LinregError::NoRows);
    assert_eq!(run(&x[..4], &y[..2], None), LinregError::TooFewRows { rows: 2, parameters: 3 });
    assert_eq!(run(&with(x, 5, f64::NAN), y, None), LinregError::BadTerm { row: 2, term: 1 });
    assert_eq!(run(x, &with(y, 3, f64::INFINITY), None), LinregError::BadResponse { row: 3, response: 0 });
    let ones = [1.0; 5];
    assert_eq!(run(x, y, Some(&with(&ones, 4, -1.0))), LinregError::BadWeight { row: 4 });
    assert_eq!(run(x, y, Some(&[0.0; 5])), LinregError::ZeroWeights { rows: 5 });
    assert_eq!(run(x, y, Some(&ones[..4])), LinregError::Shape { what: "weights", expected: 5, found: 4 });
    assert_eq!(run(x, &y[..4], None).to_string(), "rows of y: expected 5, found 4");
}
