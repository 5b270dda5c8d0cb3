//! Ordinary least squares: fit, look at the coefficients, predict.
//!
//! `cargo run --release -p planish-examples --bin linear_regression`
#![forbid(unsafe_code)]

use planish_linreg::{Fit, FittedLinearRegression, LinearRegression, LinregError};
use planish_tensor::{Isa, Matrix};

/// y = 1·x₀ + 2·x₁ + 3, exactly.
fn fit() -> Result<FittedLinearRegression, LinregError> {
    let x = Matrix::from_rows(&[[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 3.0]]);
    let y = Matrix::from_rows(&[[6.0], [8.0], [9.0], [11.0]]);
    LinearRegression::default().fit_matrix(Isa::best(), x.view(), y.view(), None)
}

fn main() -> Result<(), LinregError> {
    let fit = fit()?;
    let response = &fit.responses[0];
    let coef: Vec<f64> = response.coef.iter().map(|c| c.to_f64()).collect();
    println!("coef {coef:?}  intercept {}  r2 {}", response.intercept.to_f64(), response.r2);
    let new = Matrix::from_rows(&[[3.0, 5.0]]);
    println!("prediction for [3, 5]: {}", fit.predict_matrix(Isa::best(), new.view())?[(0, 0)]);
    Ok(())
}

#[test]
fn the_coefficients_are_exact() {
    let fit = fit().unwrap();
    let r = &fit.responses[0];
    assert_eq!((r.coef[0].to_f64(), r.coef[1].to_f64(), r.intercept.to_f64()), (1.0, 2.0, 3.0));
    let y = fit.predict_matrix(Isa::best(), Matrix::from_rows(&[[3.0, 5.0]]).view()).unwrap();
    assert_eq!(y[(0, 0)], 16.0);
}
