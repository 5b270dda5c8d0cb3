//! The quick ways to penalised and generalised models, against the slow ones and the conditions of a solution.

use super::{Stream, assert_close};
use planish_linreg::glm::{Family, FittedGlm};
use planish_linreg::rows::BLOCK_ROWS;
use planish_linreg::{Fit, Glm, Lasso};
use planish_tensor::math;
use planish_tensor::{Exec, Isa, Matrix};

/// Columns with offsets, one of them three times as long, and for each row a class or a count.
fn data(n: usize, p: usize, family: Family) -> (Matrix<f64>, Matrix<f64>) {
    let mut stream = Stream(88172645463325252);
    let x = Matrix::from_fn(n, p, |_, j| {
        stream.next() * if j == 1 { 3.0 } else { 1.0 } + 100.0 * f64::from(u8::from(j == 0))
    });
    let y = Matrix::from_fn(n, 1, |i, _| {
        let row = x.row(i);
        let eta = row[0] - 100.0 - row[1] + row[2..].iter().sum::<f64>() * 0.5;
        let chance = stream.next();
        match family {
            Family::Poisson => ((eta.max(0.0) + 3.0 * chance).floor()).max(0.0),
            Family::Logistic | Family::Multinomial { .. } => {
                f64::from(u8::from(eta + 4.0 * (chance - 0.5) > 0.0))
            }
        }
    });
    (x, y)
}

fn exp(x: f64) -> f64 {
    let mut x = [x];
    math::exp(Isa::best(), &mut x);
    x[0]
}

/// The largest slope of the penalised log-likelihood by any coefficient, as a part of the rows.
fn slope(fit: &FittedGlm, x: &Matrix<f64>, y: &Matrix<f64>, weights: Option<&[f64]>) -> f64 {
    let c = &fit.coefficients[0];
    let mut slopes = vec![0.0; x.cols() + 1];
    for i in 0..x.rows() {
        let eta = c.intercept.to_f64() + x.row(i).iter().zip(&c.coef).map(|(x, b)| x * b).sum::<f64>();
        let mean = if fit.family == Family::Poisson { exp(eta) } else { 1.0 / (1.0 + exp(-eta)) };
        let r = (y[(i, 0)] - mean) * weights.map_or(1.0, |w| w[i]);
        slopes[x.cols()] += r;
        (0..x.cols()).for_each(|j| slopes[j] += r * x[(i, j)]);
    }
    c.coef.iter().zip(&mut slopes).for_each(|(b, s)| *s -= fit.l2 * b);
    slopes.iter().fold(0.0, |m, s| s.abs().max(m)) / x.rows() as f64
}

#[test]
fn generalised_models_have_no_slope_left_and_the_same_bits_with_any_threads_and_instruction_set() {
    let n = 2 * BLOCK_ROWS + 300;
    let weights: Vec<f64> = (0..n).map(|i| (i % 3) as f64).collect();
    for (family, l2) in [(Family::Logistic, 0.0), (Family::Logistic, 2.0), (Family::Poisson, 0.0)] {
        let (x, y) = data(n, 6, family);
        for weights in [None, Some(&weights[..])] {
            let model = Glm { l2, ..Glm::new(family) };
            let run =
                |exec: Exec| exec.install(|| model.fit_matrix(exec, x.view(), y.view(), weights).unwrap());
            let one = run(Exec::serial(Isa::SCALAR));
            assert!(
                one.converged && slope(&one, &x, &y, weights) < 1e-12,
                "{}",
                slope(&one, &x, &y, weights)
            );
            for isa in Isa::all_exact() {
                for threads in [1, 3] {
                    assert_eq!(run(Exec::serial(isa).with_threads(threads)), one, "{} {threads}", isa.name());
                }
            }
        }
    }
}

#[test]
fn nearly_equal_columns_take_the_slow_route_to_the_same_maximum() {
    let (x, y) = data(BLOCK_ROWS + 100, 4, Family::Logistic);
    // Column 3 becomes column 2 and a little of itself.
    let close =
        Matrix::from_fn(x.rows(), 4, |i, j| if j == 3 { x[(i, 2)] + x[(i, 3)] / 16384.0 } else { x[(i, j)] });
    let fit = |x: &Matrix<f64>| Glm::logistic().fit_matrix(Isa::best(), x.view(), y.view(), None).unwrap();
    let (quick, slow) = (fit(&x), fit(&close));
    assert_close(&[slow.log_likelihood], &[quick.log_likelihood], 1e-14);
    let (a, b) = (&quick.coefficients[0].coef, &slow.coefficients[0].coef);
    assert_close(&[b[0], b[1], b[2] + b[3], b[3] / 16384.0], a, 1e-10);
    let errors = |fit: &FittedGlm| fit.std_errors.clone().unwrap()[0].clone();
    let (a, b) = (errors(&quick), errors(&slow));
    assert_close(&[b[0], b[1], b[2], b[4] / 16384.0], &[a[0], a[1], a[2], a[4]], 1e-8);
}

#[test]
fn a_lasso_with_a_repeated_column_is_optimal_with_many_rows() {
    let (plain, y) = data(4 * BLOCK_ROWS, 5, Family::Poisson);
    let x = Matrix::from_fn(plain.rows(), 6, |i, j| plain[(i, j.min(4))]);
    let run = |exec: Exec| {
        exec.install(|| {
            let lasso = Lasso { alpha: 0.01, ..Lasso::default() };
            lasso.fit_matrix(exec, x.view(), y.view(), None).unwrap()
        })
    };
    let fit = run(Exec::serial(Isa::SCALAR));
    assert_eq!(run(Exec::serial(Isa::best()).with_threads(2)), fit);
    let n = x.rows();
    let c = &fit.coefficients;
    let mut slopes = [0.0; 6];
    for i in 0..n {
        let fitted = c.intercept.to_f64() + x.row(i).iter().zip(&c.coef).map(|(x, b)| x * b).sum::<f64>();
        (0..6).for_each(|j| slopes[j] += (y[(i, 0)] - fitted) * x[(i, j)] / n as f64);
    }
    for (slope, b) in slopes.iter().zip(&c.coef) {
        let off = if *b == 0.0 { (slope.abs() - 0.01).max(0.0) } else { (slope - 0.01 * b.signum()).abs() };
        assert!(off < 1e-8, "{slope} of {b}");
    }
    assert!(fit.non_zero() >= 2);
}
