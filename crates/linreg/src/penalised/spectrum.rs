//! The singular values of a ridge problem: one decomposition serves every penalty.

use super::alphas::geometric;
use super::centred::Centred;
use crate::error::FitError;
use crate::factor::folds::factor_all;
use crate::linalg::svd::Svd;
use crate::rows::block::BlockSource;
use planish_tensor::{Exec, reduce};

/// A singular value of at most this part of the largest is rounding; without a penalty it counts as zero.
const NOISE: f64 = 1e-13;

/// The centred problem and its singular values.
pub(super) struct Spectrum {
    pub(super) centred: Centred,
    pub(super) svd: Svd,
    /// σⱼuⱼᵀz
    projections: Vec<f64>,
}

impl Spectrum {
    pub(super) fn new<S: BlockSource>(
        exec: Exec,
        source: &mut S,
        fit_intercept: bool,
        standardize: bool,
    ) -> Result<Spectrum, FitError<S::Error>> {
        let triangles = factor_all(exec, fit_intercept, source)?;
        let isa = exec.isa;
        let centred = Centred::new(isa, &triangles, None, standardize)?;
        let svd = Svd::new(isa, &centred.columns);
        let projections = svd.scaled_left.iter().map(|a| reduce::dot(isa, a, &centred.z)).collect();
        Ok(Spectrum { centred, svd, projections })
    }

    /// Penalties from ten times the largest σ² down to 10⁻¹⁰ of it.
    pub(super) fn grid(&self) -> Vec<f64> {
        let largest = self.svd.squares.iter().fold(f64::MIN_POSITIVE, |m: f64, s| m.max(*s));
        let largest = self.centred.square_penalty_in_units(10.0 * largest).clamp(1e-290, 1e290);
        geometric(self.centred.isa, largest, 1e-11, 100)
    }

    /// 1/(σⱼ² + α), zero where that is the inverse of rounding.
    pub(super) fn damped(&self, alpha: f64) -> Vec<f64> {
        let penalty = self.centred.square_penalty(alpha);
        let largest = self.svd.squares.iter().fold(0.0, |m: f64, s| m.max(*s));
        let least = NOISE * NOISE * largest;
        self.svd.squares.iter().map(|s| if s + penalty > least { 1.0 / (s + penalty) } else { 0.0 }).collect()
    }

    /// The coefficients of the centred problem.
    pub(super) fn beta(&self, alpha: f64) -> Vec<f64> {
        let mut beta = vec![0.0; self.projections.len()];
        for ((p, d), v) in self.projections.iter().zip(self.damped(alpha)).zip(&self.svd.right) {
            reduce::axpy(self.centred.isa, p * d, v, &mut beta);
        }
        beta
    }

    /// tr A = [intercept] + Σ σ²/(σ² + α)
    pub(super) fn degrees_of_freedom(&self, alpha: f64) -> f64 {
        let terms: f64 = self.svd.squares.iter().zip(self.damped(alpha)).map(|(s, d)| s * d).sum();
        terms + f64::from(u8::from(self.centred.intercept()))
    }

    /// n·rss/(n − tr A)²
    pub(super) fn gcv(&self, alpha: f64) -> f64 {
        let n = self.centred.used as f64;
        let free = n - self.degrees_of_freedom(alpha);
        let rss = self.centred.squares_in_units(self.centred.rss(&self.beta(alpha)));
        if free <= 0.0 { f64::MAX } else { (n * rss / (free * free)).min(f64::MAX) }
    }
}
