//! Refinement by corrected semi-normal equations (Björck, 1987).
//!
//! With coefficients β in double-double, a pass over the rows forms r = y − Xβ and s = XᵀWr in double-double; then
//! RᵀRδ = s is solved in `f64` and β ← β + δ. R carries the rounding of `f64`, so each pass multiplies the error of β by
//! about κ·2⁻⁵³, κ the condition number of the scaled columns: what ends the error is the residual, not R.
//!
//! A response is settled when the error to expect after its last correction, its size times the rate at which corrections
//! shrink, is below 2⁻⁷⁵ of β. That is more than the digits of an `f64`, because the intercept is a difference of numbers
//! much larger than itself where columns lie far from zero.

use crate::block::BlockSource;
use crate::error::FitError;
use crate::frame::{Frame, pow2};
use crate::rank::Factor;
use crate::sweep::sweep;
use planish_tensor::{Dd, Isa};

/// The relative error of the coefficients, as a vector in the frame, that ends refinement: 2⁻⁷⁵.
const SETTLED: f64 = pow2(-75);
/// A correction that changes the residual sum of squares by a larger part than this needs another pass to measure it.
const MEASURED: f64 = 1e-9;
/// A residual sum of squares below this part of that of the response is an exact fit: 2⁻¹⁵⁰.
const EXACT: f64 = pow2(-150);
/// The least rate at which corrections may be expected to shrink.
const BEST_RATE: f64 = pow2(-40);

/// The coefficients of one response in the frame, and its sums of squares.
#[derive(Clone, Debug)]
pub(crate) struct Solution {
    /// The coefficients of the columns of the factor.
    pub(crate) beta: Vec<Dd>,
    /// Σ w·r²
    pub(crate) rss: Dd,
    /// Σ w·(y − ȳ)², or Σ w·y² without an intercept.
    pub(crate) tss: Dd,
    /// Corrections applied.
    pub(crate) refinements: usize,
    /// Σ w·y² in the frame.
    power: Dd,
    /// The size of the last correction.
    step: f64,
    /// Whether another pass is needed.
    pub(crate) active: bool,
}

/// A problem whose rank is known.
pub(crate) struct Problem<'a> {
    pub(crate) isa: Isa,
    pub(crate) frame: &'a Frame,
    pub(crate) factor: &'a Factor,
    pub(crate) rows: u64,
}

/// Solves for every response and refines until settled, or until `limit` corrections.
pub(crate) fn solve<S: BlockSource>(
    problem: &Problem<'_>,
    source: &mut S,
    limit: usize,
) -> Result<Vec<Solution>, FitError<S::Error>> {
    let mut solutions: Vec<_> = problem.factor.rhs.iter().map(|z| problem.start(z)).collect();
    for pass in 0..=limit {
        let (sums, weight) = sweep(problem, source, &solutions, pass == 0)?;
        for (solution, sums) in solutions.iter_mut().zip(sums) {
            let Some(sums) = sums else { continue };
            if pass == 0 {
                solution.measure_total(sums.moments, weight, problem.factor.first == 1);
            }
            solution.rss = sums.rss;
            if pass < limit {
                problem.correct(solution, &sums.s);
            }
        }
        if solutions.iter().all(|s| !s.active) {
            break;
        }
    }
    Ok(solutions)
}

impl Solution {
    /// Sets the total sum of squares. What is within the rounding of a constant response is zero.
    fn measure_total(&mut self, [sum, power]: [Dd; 2], weight: Dd, intercept: bool) {
        self.power = power;
        self.tss = if intercept { power - sum * sum / weight } else { power };
        if self.tss.hi <= power.hi * pow2(-90) {
            self.tss = Dd::ZERO;
        }
    }
}

impl Problem<'_> {
    /// The solution in f64.
    fn start(&self, rhs: &[f64]) -> Solution {
        let mut beta = rhs.to_vec();
        self.factor.solve(self.isa, &mut beta);
        Solution {
            beta: beta.into_iter().map(Dd::from).collect(),
            rss: Dd::ZERO,
            tss: Dd::ZERO,
            refinements: 0,
            power: Dd::ZERO,
            step: 0.0,
            active: true,
        }
    }

    /// β ← β + δ with RᵀRδ = s, unless corrections no longer shrink.
    fn correct(&self, solution: &mut Solution, s: &[Dd]) {
        let mut delta: Vec<f64> = s.iter().map(|x| x.to_f64()).collect();
        self.factor.solve_transposed(self.isa, &mut delta);
        self.factor.solve(self.isa, &mut delta);
        let norms = self.factor.norms(self.isa);
        let size = |i: usize, x: f64| x * norms[i] * (x * norms[i]);
        let step = delta.iter().enumerate().map(|(i, &d)| size(i, d)).sum::<f64>().sqrt();
        let whole = solution.beta.iter().enumerate().map(|(i, b)| size(i, b.hi)).sum::<f64>().sqrt();
        let first = solution.refinements == 0;
        if step.is_nan() || (!first && step > 0.5 * solution.step) {
            solution.active = false;
            return;
        }
        for (b, &d) in solution.beta.iter_mut().zip(&delta) {
            *b = *b + Dd::from(d);
        }
        // The residual sum of squares falls by δᵀs.
        let gain = delta.iter().zip(s).map(|(d, s)| d * s.hi).sum::<f64>();
        let rate = if first { step / whole } else { step / solution.step }.max(BEST_RATE);
        let exact = solution.rss.hi <= EXACT * solution.power.hi;
        let measured = exact || gain <= MEASURED * solution.rss.hi;
        solution.rss = solution.rss - Dd::from(gain);
        if solution.rss.hi < 0.0 {
            solution.rss = Dd::ZERO;
        }
        solution.active = step > 0.0 && !(measured && step * rate <= SETTLED * whole);
        solution.step = step;
        solution.refinements += 1;
    }
}
