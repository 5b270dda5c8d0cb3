//! Which factorization is used, and that neither threads nor the form of the data can be seen in the result.

use super::{Stream, assert_close, columns, data, fit, parameters};
use planish_linreg::ols::{Covariance, Factorization};
use planish_linreg::rows::{BLOCK_ROWS, ColumnSource};
use planish_linreg::{Fit, FittedLinearRegression, LinearRegression};
use planish_tensor::{Exec, Isa, MatRef, Matrix};

/// The same fit by reflections.
fn sure(x: &Matrix<f64>, y: &Matrix<f64>) -> FittedLinearRegression {
    let model = LinearRegression { cholesky: false, ..LinearRegression::default() };
    model.fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap()
}

#[test]
fn the_tier_follows_the_condition_number_and_both_agree() {
    let mut stream = Stream(88172645463325252);
    for (spread, tier) in
        [(1.0, Factorization::Cholesky), (1e-3, Factorization::Cholesky), (1e-7, Factorization::Householder)]
    {
        let mut x = Matrix::zeros(5000, 3);
        for i in 0..5000 {
            let a = stream.next();
            (x[(i, 0)], x[(i, 1)], x[(i, 2)]) = (a, a + spread * stream.next(), stream.next());
        }
        let y = Matrix::from_fn(5000, 1, |i, _| {
            x[(i, 0)] - 2.0 * x[(i, 1)] + 3.0 * x[(i, 2)] + ((i * i) % 7) as f64
        });
        let fitted = fit(&x, &y, None);
        assert_eq!(fitted.factorization, tier, "{spread}");
        let sure = sure(&x, &y);
        assert_eq!(sure.factorization, Factorization::Householder);
        assert_close(&parameters(&fitted, 0), &parameters(&sure, 0), 2e-16);
        assert_close(&[fitted.responses[0].rss], &[sure.responses[0].rss], 1e-15);
        assert_close(&[fitted.responses[0].r2], &[sure.responses[0].r2], 1e-15);
    }
}

#[test]
fn threads_and_instruction_sets_change_no_bit_in_either_tier() {
    for (n, p, q, copy) in
        [(3 * BLOCK_ROWS + 77, 5, 2, false), (2 * BLOCK_ROWS + 1, 3, 1, true), (40, 9, 1, false)]
    {
        let (mut x, y) = data(n, p, q);
        if copy {
            (0..n).for_each(|i| x[(i, 1)] = x[(i, 0)] * 3.0 + 1e-7 * x[(i, 1)]);
        }
        let weights: Vec<f64> = (0..n).map(|i| (i % 5) as f64 * 0.3).collect();
        for weights in [None, Some(&weights[..])] {
            let run = |exec: Exec| {
                let model =
                    LinearRegression { inference: Some(Covariance::Hc3), ..LinearRegression::default() };
                exec.install(|| model.fit_matrix(exec, x.view(), y.view(), weights).unwrap())
            };
            let one = run(Exec::serial(Isa::SCALAR));
            assert_eq!(
                one.factorization,
                if copy { Factorization::Householder } else { Factorization::Cholesky }
            );
            for isa in Isa::all_exact() {
                for threads in [1, 2, 3] {
                    assert_eq!(run(Exec::serial(isa).with_threads(threads)), one, "{} {threads}", isa.name());
                }
            }
        }
    }
}

#[test]
fn rows_columns_and_blocks_of_the_same_numbers_give_the_same_bits() {
    let (x, y) = data(2 * BLOCK_ROWS + 5, 4, 2);
    let (n, p, q) = (x.rows(), x.cols(), y.cols());
    let by_row = fit(&x, &y, None);
    let turned = |a: &Matrix<f64>| Matrix::from_fn(a.cols(), a.rows(), |j, i| a[(i, j)]);
    let (xt, yt) = (turned(&x), turned(&y));
    let model = LinearRegression::default();
    let by_column =
        |x: MatRef<'_, f64>, y: MatRef<'_, f64>| model.fit_matrix(Isa::best(), x, y, None).unwrap();
    assert_eq!(by_column(xt.view().t(), yt.view().t()), by_row);
    assert_eq!(by_column(xt.view().t(), y.view()), by_row);
    assert_eq!(by_column(x.view(), yt.view().t()), by_row);
    let wide = Matrix::from_fn(n, p + q, |i, j| if j < p { x[(i, j)] } else { y[(i, j - p)] });
    assert_eq!(by_column(wide.view().cols_between(0, p), wide.view().cols_between(p, p + q)), by_row);
    let (xs, ys) = (columns(&x), columns(&y));
    let xs: Vec<_> = xs.iter().map(|c| c.first(n)).collect();
    let ys: Vec<_> = ys.iter().map(|c| c.first(n)).collect();
    for threads in [1, 2] {
        let mut source = ColumnSource::new(xs.clone(), ys.clone(), None).unwrap();
        let exec = Exec::best().with_threads(threads);
        assert_eq!(exec.install(|| model.fit(exec, &mut source)).unwrap(), by_row);
    }
}

#[test]
fn columns_far_from_zero_keep_their_digits_in_the_fast_tier() {
    let mut stream = Stream(4101842887655102017);
    for offset in [0.0, 1e6, 1.7e9] {
        // Halves of small numbers, so that offsets are added exactly.
        let near = Matrix::from_fn(6000, 2, |_, _| (stream.next() * 4096.0).floor() / 2.0);
        let far = Matrix::from_fn(6000, 2, |i, j| near[(i, j)] + offset);
        let y = Matrix::from_fn(6000, 1, |i, _| near[(i, 0)] * 0.7 - near[(i, 1)] + ((i * 31) % 11) as f64);
        let (a, b) = (fit(&near, &y, None), fit(&far, &y, None));
        assert_eq!((a.factorization, b.factorization), (Factorization::Cholesky, Factorization::Cholesky));
        assert_close(&parameters(&b, 0)[1..], &parameters(&a, 0)[1..], 2e-16);
    }
}

#[test]
fn standard_errors_are_those_of_the_table() {
    let (x, y) = data(700, 4, 1);
    let weights: Vec<f64> = (0..700).map(|i| 0.5 + (i % 3) as f64).collect();
    for fit_intercept in [true, false] {
        let plain = LinearRegression { fit_intercept, ..LinearRegression::default() };
        let with_table = LinearRegression { inference: Some(Covariance::Classical), ..plain };
        let run = |model: LinearRegression| {
            model.fit_matrix(Isa::best(), x.view(), y.view(), Some(&weights)).unwrap()
        };
        let table = run(with_table).summary(0, 0.95).unwrap();
        let of: Vec<f64> = table.coefficients.iter().map(|c| c.std_error.unwrap()).collect();
        assert_close(&run(plain).responses[0].std_errors, &of, 1e-13);
    }
}
