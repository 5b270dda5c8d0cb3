//! Least squares with coefficients that are not negative: min Σᵢ wᵢ(yᵢ − b₀ − xᵢb)² with b ≥ 0; the intercept is free.
//!
//! Lawson and Hanson's active sets ("Solving Least Squares Problems", 1974, chapter 23) on the factor R: the coefficient whose gradient
//! rises most joins those that are free, these are solved for by QR of their columns, and where that makes one negative the
//! step ends where the first becomes zero.

use super::centred::Centred;
use super::moments::Moments;
use crate::error::{FitError, LinregError};
use crate::factor::rank::DEFAULT_TOLERANCE;
use crate::fit::Fit;
use crate::fitted::coefficients::Coefficients;
use crate::linalg::triangle::eliminate;
use crate::linalg::{norm, substitution};
use crate::rows::block::BlockSource;
use planish_tensor::{AlignedVec, Exec};
use serde::{Deserialize, Serialize};

/// A gradient below this part of the largest possible is zero.
const FLAT: f64 = 1e-13;

/// Least squares with coefficients that are not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonNegative {
    /// Whether the model has an intercept, which may be negative.
    pub fit_intercept: bool,
}

impl Default for NonNegative {
    /// With an intercept.
    fn default() -> Self {
        NonNegative { fit_intercept: true }
    }
}

/// A fitted regression with coefficients that are not negative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedNonNegative {
    /// Rows with a weight above zero.
    pub rows: u64,
    /// Whether the model has an intercept.
    pub fit_intercept: bool,
    /// The coefficients.
    pub coefficients: Coefficients,
    /// Changes of the set of free coefficients.
    pub iterations: usize,
    /// Σ w·(y − ŷ)²
    pub rss: f64,
    /// Σ w·(y − ȳ)², or Σ w·y² without an intercept.
    pub tss: f64,
    /// 1 − rss/tss
    pub r2: f64,
}

impl Fit for NonNegative {
    type Fitted = FittedNonNegative;

    /// Reads the source once or twice.
    fn fit<S: BlockSource>(
        &self,
        exec: impl Into<Exec>,
        source: &mut S,
    ) -> Result<FittedNonNegative, FitError<S::Error>> {
        let exec: Exec = exec.into();
        let moments = Moments::of_all(exec, self.fit_intercept, source)?;
        Ok(fitted(&Centred::new(exec.isa, &moments, None, true)?)?)
    }
}

fn fitted(c: &Centred) -> Result<FittedNonNegative, LinregError> {
    let mut sets = ActiveSet { c, beta: vec![0.0; c.terms()], free: Vec::new() };
    let iterations = sets.solve()?;
    let rss = c.rss(&sets.beta);
    Ok(FittedNonNegative {
        rows: c.used,
        fit_intercept: c.intercept(),
        coefficients: c.coefficients(&sets.beta)?,
        iterations,
        rss: c.squares_in_units(rss),
        tss: c.squares_in_units(c.tss),
        r2: c.r2(rss),
    })
}

/// The coefficients, and which are free; the others are zero.
struct ActiveSet<'a> {
    c: &'a Centred,
    beta: Vec<f64>,
    free: Vec<usize>,
}

impl ActiveSet<'_> {
    fn solve(&mut self) -> Result<usize, LinregError> {
        let c = self.c;
        let limit = 30 * c.terms() + 100;
        let norms: Vec<f64> = c.columns.iter().map(|x| norm(c.isa, x)).collect();
        let size = c.tss.sqrt();
        for changes in 0..limit {
            let gradient = c.gradient(&c.residual(&self.beta));
            let slope = |j: usize| gradient[j] / norms[j];
            let mut candidates: Vec<usize> = (0..c.terms())
                .filter(|j| !self.free.contains(j) && norms[*j] > 0.0 && slope(*j) > FLAT * size)
                .collect();
            candidates.sort_by(|&i, &j| slope(j).total_cmp(&slope(i)).then(i.cmp(&j)));
            // The first that rounding lets rise.
            let Some(solution) = candidates.into_iter().find_map(|j| self.free_one(j)) else {
                return Ok(changes);
            };
            self.walk(solution);
        }
        Err(LinregError::NoConvergence {
            method: "non-negative least squares",
            iterations: limit,
            advice: "leave out terms that are nearly combinations of others",
        })
    }

    /// Frees a coefficient if its column does not depend on those of the free ones and it becomes positive; returns the solution.
    fn free_one(&mut self, j: usize) -> Option<Vec<f64>> {
        self.free.push(j);
        match least_squares(self.c, &self.free) {
            Some(solution) if solution[self.free.len() - 1] > 0.0 => Some(solution),
            _ => {
                self.free.pop();
                None
            }
        }
    }

    /// Goes to the solution of the free coefficients, or to the first that becomes zero on the way, which is then no longer free.
    fn walk(&mut self, mut solution: Vec<f64>) {
        while solution.iter().any(|&s| s <= 0.0) {
            let mut step = 1.0_f64;
            for (&j, &s) in self.free.iter().zip(&solution) {
                if s <= 0.0 {
                    step = step.min(self.beta[j] / (self.beta[j] - s));
                }
            }
            for (&j, &s) in self.free.iter().zip(&solution) {
                let old = self.beta[j];
                self.beta[j] = old + step * (s - old);
                if s <= 0.0 && old / (old - s) <= step {
                    self.beta[j] = 0.0;
                }
            }
            self.free.retain(|&j| self.beta[j] > 0.0);
            self.beta.iter_mut().for_each(|b| *b = b.max(0.0));
            let Some(next) = least_squares(self.c, &self.free) else { return };
            solution = next;
        }
        self.free.iter().zip(&solution).for_each(|(&j, &s)| self.beta[j] = s);
    }
}

/// The solution on these columns alone; none if the last depends on those before it.
fn least_squares(c: &Centred, free: &[usize]) -> Option<Vec<f64>> {
    let (k, height) = (free.len(), c.z.len());
    let mut work: Vec<_> = free.iter().map(|&j| c.columns[j].clone()).collect();
    work.push(AlignedVec::from_slice(&c.z));
    for (at, &j) in free.iter().enumerate() {
        if at == height {
            return None;
        }
        if norm(c.isa, &work[at][at..]) <= DEFAULT_TOLERANCE * norm(c.isa, &c.columns[j]) {
            return None;
        }
        eliminate(c.isa, &mut work, at, height);
    }
    let mut x = work[k][..k].to_vec();
    substitution::solve(c.isa, &work, &mut x);
    Some(x)
}
