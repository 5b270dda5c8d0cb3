//! Lists of penalties to choose from.

use crate::error::LinregError;
use planish_tensor::Isa;
use planish_tensor::math::{exp, log_one};

/// Refuses penalties that are not finite or too small, and an empty list.
pub(super) fn check_alphas(
    alphas: &[f64],
    is_large_enough: impl Fn(f64) -> bool,
    needs: &'static str,
) -> Result<(), LinregError> {
    match alphas.iter().find(|&&a| !(is_large_enough(a) && a.is_finite())) {
        Some(alpha) => Err(LinregError::Setting { setting: "alpha", value: alpha.to_string(), needs }),
        None if alphas.is_empty() => {
            Err(LinregError::Setting { setting: "alphas", value: "empty".to_owned(), needs: "one is needed" })
        }
        None => Ok(()),
    }
}

/// `count` numbers in equal ratios from the largest to `eps` of it.
pub(super) fn geometric(isa: Isa, largest: f64, eps: f64, count: usize) -> Vec<f64> {
    let step = log_one(eps) / count.saturating_sub(1).max(1) as f64;
    let mut parts: Vec<f64> = (0..count).map(|i| step * i as f64).collect();
    exp(isa, &mut parts);
    parts.iter().map(|part| largest * part).collect()
}

/// The penalties in descending order.
pub(super) fn largest_first(alphas: &[f64]) -> Vec<f64> {
    let mut alphas = alphas.to_vec();
    alphas.sort_by(|a, b| b.total_cmp(a));
    alphas
}
