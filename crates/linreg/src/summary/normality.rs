//! Tests of the residuals' distribution: D'Agostino and Pearson's Omnibus and Jarque and Bera's.
//!
//! Omnibus is Z₁² + Z₂² with D'Agostino's (1970) transform of the skewness and Anscombe and Glynn's (1983) of the kurtosis, as SciPy's
//! `normaltest`, which statsmodels calls; it needs eight rows. Jarque–Bera is n/6·(S² + (K − 3)²/4). Both are χ² with two degrees of
//! freedom under normality, whose tail is e^(−x/2).

use crate::summary::distributions::{chi2_upper, exp};
use planish_tensor::math::log_one;
use serde::Serialize;

/// A statistic and its p-value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Test {
    /// The statistic.
    pub statistic: f64,
    /// The probability of one as large or larger if the hypothesis holds.
    pub p: f64,
}

/// Jarque and Bera's test.
pub(crate) fn jarque_bera(n: f64, [skew, kurtosis]: [f64; 2]) -> Test {
    let statistic = n / 6.0 * (skew * skew + (kurtosis - 3.0) * (kurtosis - 3.0) / 4.0);
    Test { statistic, p: chi2_upper(statistic, 2.0) }
}

/// The Omnibus test; `None` for fewer than eight rows.
pub(crate) fn omnibus(n: f64, [skew, kurtosis]: [f64; 2]) -> Option<Test> {
    if n < 8.0 {
        return None;
    }
    let (a, b) = (skewness_score(n, skew), kurtosis_score(n, kurtosis));
    let statistic = a * a + b * b;
    statistic.is_finite().then(|| Test { statistic, p: chi2_upper(statistic, 2.0) })
}

fn skewness_score(n: f64, skew: f64) -> f64 {
    let y = skew * ((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0))).sqrt();
    let beta2 = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0)
        / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0));
    let w2 = (2.0 * (beta2 - 1.0)).sqrt() - 1.0;
    let delta = 1.0 / (0.5 * log_one(w2)).sqrt();
    let z = y / (2.0 / (w2 - 1.0)).sqrt();
    // The inverse hyperbolic sine, of the magnitude so that nothing cancels.
    (delta * log_one(z.abs() + (z * z + 1.0).sqrt())).copysign(z)
}

fn kurtosis_score(n: f64, kurtosis: f64) -> f64 {
    let expected = 3.0 * (n - 1.0) / (n + 1.0);
    let variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) * (n + 1.0) * (n + 3.0) * (n + 5.0));
    let x = (kurtosis - expected) / variance.sqrt();
    let root_beta1 = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
        * (6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0))).sqrt();
    let a = 6.0 + 8.0 / root_beta1 * (2.0 / root_beta1 + (1.0 + 4.0 / (root_beta1 * root_beta1)).sqrt());
    let denominator = 1.0 + x * (2.0 / (a - 4.0)).sqrt();
    let term = cube_root((1.0 - 2.0 / a) / denominator.abs()).copysign(denominator);
    (1.0 - 2.0 / (9.0 * a) - term) / (2.0 / (9.0 * a)).sqrt()
}

/// The cube root of a positive number.
fn cube_root(x: f64) -> f64 {
    let root = exp(log_one(x) / 3.0);
    root - (root - x / (root * root)) / 3.0
}
