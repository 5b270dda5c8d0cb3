//! The singular values of a ridge problem: one decomposition serves every penalty.

use super::alphas::geometric;
use super::centred::Centred;
use super::moments::Moments;
use crate::error::FitError;
use crate::linalg::svd::{NOISE, Svd};
use crate::rows::block::BlockSource;
use planish_tensor::{Exec, reduce};

/// The centred problem and its singular values.
pub(super) struct Spectrum {
    pub(super) centred: Centred,
    pub(super) svd: Svd,
    /// σⱼuⱼᵀz
    projections: Vec<f64>,
    /// What of z no uⱼ explains.
    unexplained: Vec<f64>,
}

impl Spectrum {
    pub(super) fn new<S: BlockSource>(
        exec: Exec,
        source: &mut S,
        fit_intercept: bool,
        standardize: bool,
    ) -> Result<Spectrum, FitError<S::Error>> {
        let moments = Moments::of_all(exec, fit_intercept, source)?;
        let isa = exec.isa;
        let centred = Centred::new(isa, &moments, None, standardize)?;
        let svd = match centred.is_rows() {
            true => Svd::of_few_rows(exec, &centred.columns),
            false => Svd::new(isa, &centred.columns),
        };
        let projections: Vec<f64> = svd.scaled_left.iter().map(|a| reduce::dot(isa, a, &centred.z)).collect();
        let mut unexplained = centred.z.clone();
        let least = least(&svd);
        for ((a, p), s) in svd.scaled_left.iter().zip(&projections).zip(&svd.squares) {
            if *s > least {
                reduce::axpy(isa, -p / s, a, &mut unexplained);
            }
        }
        Ok(Spectrum { centred, svd, projections, unexplained })
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
        let least = least(&self.svd);
        self.svd.squares.iter().map(|s| if s + penalty > least { 1.0 / (s + penalty) } else { 0.0 }).collect()
    }

    /// The coefficients of the centred problem.
    pub(super) fn beta(&self, alpha: f64) -> Vec<f64> {
        let along: Vec<f64> = self.projections.iter().zip(self.damped(alpha)).map(|(p, d)| p * d).collect();
        self.svd.combine_right(self.centred.isa, &along, self.centred.terms())
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
        let (isa, left) = (self.centred.isa, self.left_over(alpha));
        let outside = reduce::dot(isa, &self.unexplained, &self.unexplained) + self.centred.rest;
        let rss = self.centred.squares_in_units(reduce::dot(isa, &left, &left) + outside);
        if free <= 0.0 { f64::MAX } else { (n * rss / (free * free)).min(f64::MAX) }
    }

    /// uⱼᵀ(z − Rb): what the penalty leaves of each uⱼᵀz.
    pub(super) fn left_over(&self, alpha: f64) -> Vec<f64> {
        let (penalty, least) = (self.centred.square_penalty(alpha), least(&self.svd));
        let of =
            |(p, s): (&f64, &f64)| if *s > least { p / s.sqrt() * (penalty / (s + penalty)) } else { 0.0 };
        self.projections.iter().zip(&self.svd.squares).map(of).collect()
    }

    /// What of z no uⱼ explains.
    pub(super) fn unexplained(&self) -> &[f64] {
        &self.unexplained
    }
}

/// The largest σ² that is rounding.
fn least(svd: &Svd) -> f64 {
    NOISE * NOISE * svd.squares.iter().fold(0.0, |m: f64, s| m.max(*s))
}
