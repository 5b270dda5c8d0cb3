//! What a stranger sees of the crate: what holds for every fit, and golden values.

#![forbid(unsafe_code)]

/// Cholesky's method and reflections.
mod factorization;
/// Standard errors, tests, intervals.
mod inference;
/// What must not change the result: order of rows, units, instruction set, form of the data.
mod invariance;
/// Very many parameters.
mod many_parameters;
/// Penalised and generalised models: conditions of the optimum, invariance, refusals.
mod model_properties;
/// Penalised and generalised models against scikit-learn and statsmodels.
mod models;
/// The certified values of NIST.
mod nist;
/// Quick ways to penalised and generalised models.
mod routes;
/// Generalised models near the edge of having no maximum, and beyond it.
mod separation;
/// What the result is: orthogonality, rank, errors.
mod solution;
/// Rows in pieces, and states merged.
mod state;
/// Fewer rows than terms.
mod wide;

use planish_linreg::{Fit, FittedLinearRegression, LinearRegression};
use planish_tensor::dd::DdVec;
use planish_tensor::{Dd, Isa, Matrix};

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

/// A copy of the columns.
fn columns(x: &Matrix<f64>) -> Vec<DdVec> {
    let of = |j| {
        let mut c = DdVec::zeros(x.rows());
        (0..x.rows()).for_each(|i| c.hi[i] = x[(i, j)]);
        c
    };
    (0..x.cols()).map(of).collect()
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
