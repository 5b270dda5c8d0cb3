//! Solutions are least-squares solutions, and bad data are refused.

use super::*;
use planish_linreg::ols::Covariance;
use planish_linreg::rows::{Block, ColumnSource};
use planish_linreg::{BlockSource, FitError, LinregError};
use planish_tensor::MatRef;

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
        assert!(small.aliased.is_empty());
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
    assert!(r.r2 < 1e-30);
    assert_eq!((r.rss, r.tss, fitted.rank(), fitted.condition), (14.0, 14.0, 1, 1.0));
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

/// A source of one term whose second reading goes wrong.
struct Fickle {
    reading: usize,
    left: usize,
    fails: bool,
}

impl BlockSource for Fickle {
    type Error = &'static str;

    fn terms(&self) -> usize {
        1
    }

    fn responses(&self) -> usize {
        1
    }

    fn rewind(&mut self) -> Result<(), &'static str> {
        self.reading += 1;
        self.left = 8 - self.reading;
        if self.fails && self.reading == 2 { Err("gone") } else { Ok(()) }
    }

    fn next(&mut self, block: &mut Block) -> Result<(), &'static str> {
        block.rows = std::mem::take(&mut self.left);
        (0..block.rows).for_each(|i| (block.x[0].hi[i], block.y[0].hi[i]) = (i as f64, (i * i) as f64));
        Ok(())
    }
}

#[test]
fn a_source_that_fails_or_changes_is_an_error() {
    let run = |fails| {
        let mut source = Fickle { reading: 0, left: 0, fails };
        LinearRegression::default().fit(Isa::best(), &mut source).unwrap_err()
    };
    assert!(matches!(run(true), FitError::Source("gone")));
    assert!(matches!(run(false), FitError::Linreg(LinregError::Changed { first: 7, now: 6 })));
}

#[test]
fn ill_conditioned_columns_settle_to_the_digits_of_more_passes() {
    let mut stream = Stream(4101842887655102017);
    for (spread, offset) in [(1e-2, 0.0), (1e-4, 1e3), (1e-6, 1e5), (1e-8, 0.0)] {
        let mut x = Matrix::zeros(300, 3);
        for i in 0..300 {
            let a = stream.next();
            (x[(i, 0)], x[(i, 1)]) = (offset + a, offset + a + spread * stream.next());
            x[(i, 2)] = x[(i, 1)] + spread * stream.next();
        }
        let y = Matrix::from_fn(300, 1, |i, _| 3.0 * x[(i, 0)] - x[(i, 1)] + 1e-3 * stream.next());
        let fitted = fit(&x, &y, None);
        assert!(fitted.aliased.is_empty() && fitted.refinements < 8);
        // Orthogonality far beyond f64 is what settles the digits; a gradient by the coefficients in double-double.
        let r = &fitted.responses[0];
        for j in 0..3 {
            let (mut inner, mut whole) = (Dd::ZERO, 0.0);
            for i in 0..300 {
                let fit = (0..3).fold(r.intercept, |s, k| s + r.coef[k] * Dd::from(x[(i, k)]));
                let centred = Dd::from(x[(i, j)]) - Dd::from(x[(0, 0)]);
                inner = inner + centred * (Dd::from(y[(i, 0)]) - fit);
                whole += (centred.hi * y[(i, 0)]).abs();
            }
            assert!(inner.to_f64().abs() < 1e-19 * whole, "{} of {whole}", inner.to_f64());
        }
    }
}

/// A column of decimals.
fn decimals(texts: &[&str]) -> DdVec {
    let mut c = DdVec::zeros(texts.len());
    for (i, text) in texts.iter().enumerate() {
        let x = Dd::parse_decimal(text).unwrap();
        (c.hi[i], c.lo[i]) = (x.hi, x.lo);
    }
    c
}

fn of_decimals(intercept: bool, columns: &[&[&str]]) -> FittedLinearRegression {
    let columns: Vec<DdVec> = columns.iter().map(|c| decimals(c)).collect();
    let views: Vec<_> = columns.iter().map(|c| c.first(c.hi.len())).collect();
    let (y, x) = views.split_last().unwrap();
    let regression = LinearRegression {
        fit_intercept: intercept,
        inference: Some(Covariance::Classical),
        ..Default::default()
    };
    regression.fit(Isa::best(), &mut ColumnSource::new(x.to_vec(), vec![*y], None).unwrap()).unwrap()
}

// The values of the next three come from exact rational arithmetic.

#[test]
fn a_term_that_is_nearly_a_combination_of_others_is_kept() {
    let x = ["1", "2", "3", "4", "5", "6"];
    let z = ["1.00000000001", "2", "3.00000000002", "4", "5.00000000001", "6"];
    let y = ["3", "1", "4", "1", "5", "9"];
    let fitted = of_decimals(true, &[&x, &z, &y]);
    assert!(fitted.aliased.is_empty() && fitted.condition > 1e11, "{fitted:?}");
    assert_close(&[fitted.responses[0].r2], &[0.5448719410678039], 1e-12);
    let exact = [-1.0613496932515336, -93251533741.11043, 93251533742.33128];
    assert_close(&parameters(&fitted, 0), &exact, 1e-13);
    let errors = [2.896082433617126, 148010505672.92294, 148010505673.0921];
    assert_close(&fitted.std_errors(0, Covariance::Classical).unwrap(), &errors, 1e-12);
    // To the digits of the cells it depends on x, though no cell is what the combination says.
    let thirds = ["0.333333333333", "0.666666666667", "1", "1.333333333333", "1.666666666667", "2"];
    let fitted = of_decimals(true, &[&x, &thirds, &y]);
    assert_eq!((fitted.aliased.as_slice(), fitted.aliases[0].exact), (&[1][..], false));
    // As `0.1 * x` is printed by a program that computes with doubles.
    let tenths = ["0.1", "0.2", "0.30000000000000004", "0.4", "0.5", "0.6000000000000001"];
    let fitted = of_decimals(true, &[&x, &tenths, &y]);
    assert_eq!((fitted.aliased.as_slice(), fitted.aliases[0].exact), (&[1][..], true));
}

#[test]
fn decimals_that_no_double_tells_apart_are_no_constant() {
    let x: Vec<String> = (1..10).map(|i| format!("100000000000000.00{i}")).collect();
    let x: Vec<&str> = x.iter().map(String::as_str).collect();
    let fitted = of_decimals(true, &[&x, &["3", "1", "4", "1", "5", "9", "2", "6", "5"]]);
    assert!(fitted.aliased.is_empty());
    assert_close(&parameters(&fitted, 0), &[-44999999999999998.0, 450.0], 1e-14);
    assert_close(&[fitted.responses[0].r2], &[0.225], 1e-13);
    let y = ["1", "5", "2", "9", "4", "8"].map(|d| format!("1000000000000000.{d}"));
    let y: Vec<&str> = y.iter().map(String::as_str).collect();
    let fitted = of_decimals(true, &[&["1", "2", "3", "4", "5", "6"], &y]);
    assert_close(&[fitted.responses[0].r2], &[0.4274473067915691], 1e-13);
}

#[test]
fn small_coefficients_beside_large_ones_keep_their_digits() {
    let [a, b, c] =
        [["1", "1e-10", "0", "0", "0"], ["1", "0", "1e-10", "0", "0"], ["1", "0", "0", "1e-10", "0"]];
    let fitted = of_decimals(false, &[&a, &b, &c, &["3", "1", "2", "3", "7"]]);
    let coef: Vec<f64> = fitted.responses[0].coef.iter().map(|c| c.to_f64()).collect();
    assert_close(&coef, &[-9999999999.0, 1.0000000000666667, 10000000001.0], 1e-14);
}
