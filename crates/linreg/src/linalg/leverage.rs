//! Leverage: how much of a row's fitted value is the row's own response, from 0 to 1.

/// A row whose leverage is nearer to one than this alone determines a coefficient: its residual is zero whatever its response.
pub(crate) const FULL_LEVERAGE: f64 = 1e-10;

/// e²·h/(1 − h)²: Cook's distance times k·s². `None` for a row of leverage one.
pub fn cook_times_variance(e: f64, leverage: f64) -> Option<f64> {
    let rest = 1.0 - leverage;
    (rest > FULL_LEVERAGE).then(|| e * e * leverage / (rest * rest))
}
