//! L-BFGS: quasi-Newton minimisation for all the data at once, when they are few.
//!
//! The inverse Hessian is applied by the two-loop recursion over the last `memory` pairs of steps and changes of the gradient
//! (Nocedal and Wright, "Numerical optimization", 2nd edition, 2006, Algorithms 7.4 and 7.5), and each step satisfies the strong
//! Wolfe conditions (`line_search`). Products are summed in a fixed order, so the same function gives the same bits everywhere.

use crate::error::OptimError;
use crate::line_search::{Line, Point};
use crate::settings::need;
use planish_tensor::Isa;
use planish_tensor::reduce::{axpy, dot};
use serde::{Deserialize, Serialize};

/// L-BFGS and its settings.
///
/// ```
/// use planish_optim::{Lbfgs, StopReason};
/// use planish_tensor::Isa;
///
/// // (x − 3)² + 10·(y + 1)²
/// let mut x = [0.0, 0.0];
/// let outcome = Lbfgs::default().minimize(Isa::best(), &mut x, |x, g| {
///     (g[0], g[1]) = (2.0 * (x[0] - 3.0), 20.0 * (x[1] + 1.0));
///     (x[0] - 3.0) * (x[0] - 3.0) + 10.0 * (x[1] + 1.0) * (x[1] + 1.0)
/// });
/// assert_eq!(outcome.reason, StopReason::Gradient);
/// assert!((x[0] - 3.0).abs() < 1e-5 && (x[1] + 1.0).abs() < 1e-5);
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Lbfgs {
    /// Pairs that are remembered.
    pub memory: usize,
    /// Converged when max |gᵢ| is at most this.
    pub gradient_tolerance: f64,
    /// Most steps.
    pub max_iterations: usize,
    /// Most evaluations of the function and its gradient; the last one may be left over.
    pub max_evaluations: usize,
}

impl Default for Lbfgs {
    /// 10 pairs, a gradient of 1e-5, 1000 steps, 15,000 evaluations.
    fn default() -> Self {
        Lbfgs { memory: 10, gradient_tolerance: 1e-5, max_iterations: 1000, max_evaluations: 15_000 }
    }
}

/// Why a minimisation ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The gradient is small enough: converged.
    Gradient,
    /// No step lowers the function further: the gradient is as small as rounding allows, or it is not the function's.
    NoProgress,
    /// The most steps were taken.
    Iterations,
    /// The function was evaluated most often.
    Evaluations,
    /// The function or its gradient is not finite at the start, or falls without bound.
    NotFinite,
}

/// How a minimisation ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Outcome {
    /// The function's value at the point that is returned.
    pub value: f64,
    /// max |gᵢ| there.
    pub gradient_max: f64,
    /// Steps taken.
    pub iterations: usize,
    /// Evaluations of the function and its gradient.
    pub evaluations: usize,
    /// Why it ended.
    pub reason: StopReason,
}

impl Outcome {
    /// Whether the gradient became small enough.
    pub fn converged(&self) -> bool {
        self.reason == StopReason::Gradient
    }
}

impl Lbfgs {
    /// L-BFGS that remembers `memory` pairs, other settings by default.
    pub fn new(memory: usize) -> Lbfgs {
        Lbfgs { memory, ..Lbfgs::default() }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// No memory, steps or evaluations; a negative tolerance.
    pub fn check(&self) -> Result<(), OptimError> {
        let count = |name, n: usize| need(name, n as f64, n > 0, "at least one is needed");
        count("memory", self.memory)?;
        count("max_iterations", self.max_iterations)?;
        count("max_evaluations", self.max_evaluations)?;
        let tolerance = self.gradient_tolerance;
        need("gradient_tolerance", tolerance, tolerance >= 0.0, "it must not be negative")
    }

    /// Minimises f from x, and leaves the last point in x: no step raises f by more than its rounding. `f` writes its gradient into its second argument and returns its value.
    ///
    /// Where f is infinite or NaN, the line search steps back.
    ///
    /// # Panics
    /// If `memory` is 0.
    pub fn minimize(&self, isa: Isa, x: &mut [f64], mut f: impl FnMut(&[f64], &mut [f64]) -> f64) -> Outcome {
        assert!(self.memory > 0, "L-BFGS without memory");
        let n = x.len();
        let mut now = Point { x: x.to_vec(), g: vec![0.0; n], value: 0.0 };
        let mut trial = now.clone();
        now.value = f(&now.x, &mut now.g);
        let mut evaluations = 1;
        let mut pairs = Pairs::new(isa, self.memory, n);
        let mut direction = vec![0.0; n];
        let mut iterations = 0;
        let reason = loop {
            let gradient_max = max_abs(&now.g);
            if !(now.value.is_finite() && gradient_max.is_finite()) {
                break StopReason::NotFinite;
            }
            if gradient_max <= self.gradient_tolerance {
                break StopReason::Gradient;
            }
            if iterations == self.max_iterations {
                break StopReason::Iterations;
            }
            // A search needs two: a trial, and a return to it.
            if evaluations + 2 > self.max_evaluations {
                break StopReason::Evaluations;
            }
            pairs.direction(&now.g, &mut direction);
            if dot(isa, &direction, &now.g) >= 0.0 {
                // Rounding has spoilt the memory: begin again with the gradient.
                pairs.forget();
                pairs.direction(&now.g, &mut direction);
            }
            // The first step is as long as one unit at most; later ones are tried whole.
            let first = if pairs.is_empty() { (1.0 / dot(isa, &now.g, &now.g).sqrt()).min(1.0) } else { 1.0 };
            let most = self.max_evaluations - evaluations;
            let line = Line { isa, start: &now, direction: &direction };
            let (found, used) = line.search(first, most, &mut trial, &mut f);
            evaluations += used;
            if !found {
                if evaluations + 2 > self.max_evaluations {
                    break StopReason::Evaluations;
                }
                if pairs.is_empty() {
                    break StopReason::NoProgress;
                }
                pairs.forget();
                continue;
            }
            pairs.remember(&now, &trial);
            std::mem::swap(&mut now, &mut trial);
            iterations += 1;
        };
        x.copy_from_slice(&now.x);
        Outcome { value: now.value, gradient_max: max_abs(&now.g), iterations, evaluations, reason }
    }
}

/// max |gᵢ|; NaN if any is NaN.
fn max_abs(g: &[f64]) -> f64 {
    g.iter().fold(0.0, |most: f64, x| if most.is_nan() || x.abs() <= most { most } else { x.abs() })
}

/// The last steps s and changes of the gradient y, oldest first from `next` round.
struct Pairs {
    isa: Isa,
    steps: Vec<Vec<f64>>,
    changes: Vec<Vec<f64>>,
    /// 1/(sᵀy)
    inverses: Vec<f64>,
    alphas: Vec<f64>,
    next: usize,
    held: usize,
}

impl Pairs {
    fn new(isa: Isa, memory: usize, n: usize) -> Self {
        let rows = || vec![vec![0.0; n]; memory];
        Pairs {
            isa,
            steps: rows(),
            changes: rows(),
            inverses: vec![0.0; memory],
            alphas: vec![0.0; memory],
            next: 0,
            held: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.held == 0
    }

    fn forget(&mut self) {
        self.held = 0;
    }

    /// The place of the pair that is `age` steps old.
    fn place(&self, age: usize) -> usize {
        let memory = self.steps.len();
        (self.next + memory - 1 - age) % memory
    }

    /// Keeps the step between two points, unless the function does not curve upwards along it.
    fn remember(&mut self, from: &Point, to: &Point) {
        let k = self.next;
        for i in 0..from.x.len() {
            self.steps[k][i] = to.x[i] - from.x[i];
            self.changes[k][i] = to.g[i] - from.g[i];
        }
        let curvature = dot(self.isa, &self.steps[k], &self.changes[k]);
        if curvature > f64::EPSILON * dot(self.isa, &self.changes[k], &self.changes[k]) {
            self.inverses[k] = 1.0 / curvature;
            self.next = (k + 1) % self.steps.len();
            self.held = (self.held + 1).min(self.steps.len());
        }
    }

    /// d ← −H·g by the two-loop recursion, H₀ = sᵀy/yᵀy of the newest pair.
    fn direction(&mut self, g: &[f64], d: &mut [f64]) {
        d.iter_mut().zip(g).for_each(|(d, g)| *d = -g);
        for age in 0..self.held {
            let k = self.place(age);
            self.alphas[k] = self.inverses[k] * dot(self.isa, &self.steps[k], d);
            axpy(self.isa, -self.alphas[k], &self.changes[k], d);
        }
        if self.held > 0 {
            let k = self.place(0);
            let scale = 1.0 / (self.inverses[k] * dot(self.isa, &self.changes[k], &self.changes[k]));
            d.iter_mut().for_each(|d| *d *= scale);
        }
        for age in (0..self.held).rev() {
            let k = self.place(age);
            let beta = self.inverses[k] * dot(self.isa, &self.changes[k], d);
            axpy(self.isa, self.alphas[k] - beta, &self.steps[k], d);
        }
    }
}

#[cfg(test)]
mod tests;
