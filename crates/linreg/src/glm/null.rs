//! What the responses alone give: checks, the likelihood of the model without terms, and of the model that fits every row.
//!
//! ln Γ by Stirling's series (Abramowitz and Stegun 6.1.41) from 15 on, below by the recurrence.

use super::family::Family;
use crate::error::LinregError;
use planish_tensor::Dd;
use planish_tensor::math::log_one;

/// Sums over the responses.
#[derive(Clone, Debug)]
pub(super) struct Null {
    family: Family,
    /// The weight of each class; of counts the weight of all rows.
    weights: Vec<f64>,
    /// The least weight above zero.
    least: f64,
    /// Σ w·y of counts.
    sum: Dd,
    /// Σ w·(y ln y − y) and Σ w·ln y! of counts.
    logs: [Dd; 2],
}

impl Null {
    pub(super) fn new(family: Family) -> Null {
        let classes = family.classes().unwrap_or(1);
        Null { family, weights: vec![0.0; classes], least: f64::INFINITY, sum: Dd::ZERO, logs: [Dd::ZERO; 2] }
    }

    /// Takes the responses and weights of a block, which are finite; `before` rows came before it.
    pub(super) fn take(
        &mut self,
        y: &[f64],
        weights: Option<&[f64]>,
        before: u64,
    ) -> Result<(), LinregError> {
        let classes = self.family.classes();
        for (i, &y) in y.iter().enumerate() {
            let w = weights.map_or(1.0, |w| w[i]);
            let row = before + i as u64;
            if w > 0.0 {
                self.least = self.least.min(w);
            }
            if let Some(n) = classes {
                if !(y >= 0.0 && y < n as f64 && y.fract() == 0.0) {
                    return Err(LinregError::BadClass { row, value: y.to_string(), last: n - 1 });
                }
                self.weights[y as usize] += w;
                continue;
            }
            if y < 0.0 {
                return Err(LinregError::BadCount { row, value: y.to_string() });
            }
            self.weights[0] += w;
            let times = |x: f64| Dd::from(w) * Dd::from(x);
            self.sum = self.sum + times(y);
            let saturated = if y > 0.0 { y * log_one(y) - y } else { 0.0 };
            self.logs = [self.logs[0] + times(saturated), self.logs[1] + times(ln_gamma(y + 1.0))];
        }
        Ok(())
    }

    /// Refuses responses for which even the intercept alone would be infinite.
    pub(super) fn check(&self) -> Result<(), LinregError> {
        let Some(_) = self.family.classes() else {
            return match self.sum.hi {
                sum if sum > 0.0 => Ok(()),
                _ => Err(LinregError::ConstantResponse { value: "0".to_owned() }),
            };
        };
        let present: Vec<usize> = (0..self.weights.len()).filter(|&c| self.weights[c] > 0.0).collect();
        match (present.as_slice(), self.weights.iter().position(|w| *w == 0.0)) {
            ([only], _) => Err(LinregError::ConstantResponse { value: only.to_string() }),
            (_, Some(class)) => Err(LinregError::EmptyClass { class }),
            _ => Ok(()),
        }
    }

    /// The sum of the weights.
    pub(super) fn weight(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// The least weight above zero.
    pub(super) fn least_weight(&self) -> f64 {
        self.least
    }

    /// The intercepts of the model without terms.
    pub(super) fn intercepts(&self) -> Vec<f64> {
        match self.family.classes() {
            Some(_) => self.weights[1..].iter().map(|w| log_one(w / self.weights[0])).collect(),
            None => vec![log_one(self.sum.to_f64() / self.weight())],
        }
    }

    /// The log-likelihood of the model without terms.
    pub(super) fn log_likelihood(&self, intercept: bool) -> f64 {
        let total = self.weight();
        match (self.family.classes(), intercept) {
            (Some(_), true) => self.weights.iter().map(|w| w * log_one(w / total)).sum(),
            (Some(n), false) => -total * log_one(n as f64),
            (None, true) => {
                let sum = self.sum.to_f64();
                sum * log_one(sum / total) - sum - self.logs[1].to_f64()
            }
            (None, false) => -total - self.logs[1].to_f64(),
        }
    }

    /// What is to be subtracted from the sum that the iteration maximises to make it the log-likelihood.
    pub(super) fn constant(&self) -> f64 {
        self.logs[1].to_f64()
    }

    /// The log-likelihood of the model that fits every row; zero for classes.
    pub(super) fn saturated(&self) -> f64 {
        (self.logs[0] - self.logs[1]).to_f64()
    }
}

/// ln Γ(x) for x ≥ 1.
fn ln_gamma(x: f64) -> f64 {
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let (mut x, mut product) = (x, 1.0);
    while x < 15.0 {
        product *= x;
        x += 1.0;
    }
    const SERIES: [f64; 7] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let tail = SERIES.iter().rev().fold(0.0, |sum, c| sum * square + c) * inverse;
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;
    (x - 0.5) * log_one(x) - x + HALF_LN_TAU + tail - log_one(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_of_the_factorial_is_the_sum_of_logarithms() {
        let mut sum = 0.0;
        for n in 1..60_u32 {
            sum += log_one(f64::from(n));
            let found = ln_gamma(f64::from(n) + 1.0);
            assert!((found - sum).abs() <= 4e-15 * sum.max(1.0) * 4.0, "{n}: {found} {sum}");
        }
        // Γ(3/2) = √π/2
        assert!((ln_gamma(1.5) + 0.120_782_237_635_245_22).abs() < 1e-14);
    }
}
