//! Refinement by corrected semi-normal equations (Björck, 1987).
//!
//! With coefficients β in double-double, a pass over the rows forms r = y − Xβ and s = XᵀWr in double-double; then
//! RᵀRδ = s is solved in `f64` and β ← β + δ. R carries the rounding of `f64`, so each pass multiplies the error of β by
//! about κ·2⁻⁵³, κ the condition number of the scaled columns: the precision of the residuals limits the result, not that of R.
//!
//! A response is settled when the error to expect after its last correction, the correction's size times the rate at
//! which corrections shrink, is below 2⁻⁵⁶ of each coefficient in the units of the data. The intercept is the difficult
//! one: where columns lie far from zero it is a difference of numbers much larger than itself. For a
//! coefficient near zero by chance an error of 2⁻⁹⁰ of β as a vector is enough.

use crate::factor::factorization::Factorization;
use crate::factor::rank::Factor;
use crate::linalg::kernels::Column;
use crate::linalg::powers::pow2;
use crate::linalg::upper::Upper;
use crate::rows::block::Block;
use crate::rows::scaling::Scaling;
use planish_tensor::{Dd, Exec, Isa};

/// The relative error of each coefficient that ends refinement.
const SETTLED: f64 = pow2(-56);
/// The error, relative to all coefficients as a vector in scaled units, that ends refinement in any case.
const FLOOR: f64 = pow2(-90);
/// A correction that changes the residual sum of squares by a larger part than this needs another pass to measure it.
const MEASURED: f64 = 1e-9;
/// A residual sum of squares below this part of that of the response is an exact fit: 2⁻¹⁵⁰.
const EXACT: f64 = pow2(-150);
/// A condition number from which on corrections are solved for in double-double: that of columns that Cholesky's method leaves to reflections.
const ILL_CONDITIONED: f64 = 1e5;
/// Residuals below this part of the response are the rounding of doubles: half a unit of each number, and what computing them added.
const DOUBLE: f64 = 1.5 * pow2(-53);
/// The same of decimals that are held in double-double.
const DECIMAL: f64 = pow2(-90);

/// What a pass sums for one response.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    /// XᵀWr
    pub(crate) s: Vec<Dd>,
    /// Σ w·r²
    pub(crate) rss: Dd,
    /// Σ w·y and Σ w·y²; only on the first pass.
    pub(crate) moments: [Dd; 2],
    /// Σ w; only on the first pass.
    pub(crate) weight: Dd,
}

/// The coefficients of one response in scaled units, and its sums of squares.
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
    /// Σ w·y² in scaled units, about the shift.
    power: Dd,
    /// The same about zero.
    size: f64,
    /// Whether some number of the response is a decimal of more digits than a double has.
    pub(crate) decimal: bool,
    /// The size of the last correction.
    step: f64,
    /// Whether another pass is needed.
    pub(crate) active: bool,
}

/// A problem whose rank is known.
pub(crate) struct Problem<'a> {
    pub(crate) exec: Exec,
    pub(crate) scaling: &'a Scaling,
    pub(crate) factor: &'a Factor,
    /// Rows that the source must have.
    pub(crate) rows: u64,
    /// How the factor was found.
    pub(crate) factorization: Factorization,
    /// The norms of the columns of the factor.
    norms: Vec<f64>,
    /// The least rate at which corrections are expected to shrink: about 4κ·2⁻⁵², κ the condition number; by Cholesky's method 4κ²·2⁻⁵².
    pub(crate) rate: f64,
    /// An upper bound of the condition number of the columns at unit norm, not above √rank times it.
    pub(crate) condition: f64,
    /// R for solving in double-double, where the columns are ill-conditioned: sums may then be alike in all the digits of `f64`, and what tells
    /// the coefficients apart is in the rest.
    upper: Option<Upper>,
}

impl Solution {
    /// Sets the total sum of squares. What is within the rounding of a constant response is zero.
    /// The shift of the response is `offset` in scaled units.
    pub(super) fn measure_total(&mut self, sums: &Sums, intercept: bool, offset: f64) {
        let [sum, power] = sums.moments;
        self.power = power;
        self.size = power.hi + offset * (2.0 * sum.hi + offset * sums.weight.hi);
        self.tss = if intercept { power - sum * sum / sums.weight } else { power };
        if self.tss.hi <= power.hi * pow2(-90) {
            self.tss = Dd::ZERO;
        }
    }

    /// Whether the residuals are within the rounding of the response's numbers, with so many degrees of freedom and parameters.
    pub(crate) fn is_perfect(&self, freedom: u64, rank: usize) -> bool {
        let rounding = if self.decimal { DECIMAL } else { DOUBLE };
        let mean = self.size / (freedom as f64 + rank as f64);
        freedom > 0 && self.rss.hi / freedom as f64 <= rounding * rounding * mean
    }

    /// Lowers the residual sum of squares by δᵀs, as the correction does. Returns whether that was little enough to be exact.
    fn lower_rss(&mut self, delta: &[f64], s: &[Dd]) -> bool {
        let gain = delta.iter().zip(s).map(|(d, s)| d * s.hi).sum::<f64>();
        let measured = gain <= MEASURED * self.rss.hi || self.rss.hi <= EXACT * self.power.hi;
        self.rss = self.rss - Dd::from(gain);
        if self.rss.hi < 0.0 {
            self.rss = Dd::ZERO;
        }
        measured
    }
}

impl<'a> Problem<'a> {
    pub(crate) fn new(
        exec: Exec,
        scaling: &'a Scaling,
        factor: &'a Factor,
        rows: u64,
        factorization: Factorization,
    ) -> Problem<'a> {
        let norms = factor.norms(exec.isa);
        let condition = factor.inverse_norm(&norms);
        let power = match factorization {
            Factorization::Cholesky => condition * condition,
            // Products in double-double leave no more than the rounding of R.
            Factorization::Householder | Factorization::Products => condition,
        };
        let rate = 4.0 * f64::EPSILON * power;
        let upper = (condition > ILL_CONDITIONED).then(|| factor.upper());
        Problem { exec, scaling, factor, rows, factorization, norms, rate, condition, upper }
    }

    pub(crate) fn isa(&self) -> Isa {
        self.exec.isa
    }

    /// The kept terms of a block in scaled units.
    pub(crate) fn columns<'b>(&self, block: &'b Block) -> Vec<Column<'b>> {
        self.factor.kept.iter().map(|&term| self.scaling.column(block, term)).collect()
    }

    /// The shift of response q in scaled units.
    pub(super) fn response_offset(&self, q: usize) -> f64 {
        let c = self.scaling.shift.len() - self.factor.rhs.len() + q;
        self.scaling.shift[c] * self.scaling.exponents[c].scale()
    }

    /// The norm of column j of the factor.
    pub(crate) fn norm(&self, j: usize) -> f64 {
        self.norms[j]
    }

    /// The norm of a column of ones, or of the roots of the weights, in scaled units; without an intercept, where no column has
    /// an offset, one.
    pub(crate) fn root_rows(&self) -> f64 {
        if self.factor.first == 1 { self.norms[0] } else { 1.0 }
    }

    /// The solution in `f64`.
    pub(super) fn start(&self, rhs: &[f64]) -> Solution {
        let mut beta = rhs.to_vec();
        self.factor.solve(self.exec.isa, &mut beta);
        Solution {
            beta: beta.into_iter().map(Dd::from).collect(),
            rss: Dd::ZERO,
            tss: Dd::ZERO,
            refinements: 0,
            power: Dd::ZERO,
            size: 0.0,
            decimal: false,
            step: 0.0,
            active: true,
        }
    }

    /// δ with RᵀRδ = s.
    fn solve(&self, s: &[Dd]) -> Vec<f64> {
        if let Some(upper) = &self.upper {
            let mut delta = s.to_vec();
            upper.solve_transposed(&mut delta);
            upper.solve(&mut delta);
            return delta.iter().map(|x| x.to_f64()).collect();
        }
        let mut delta: Vec<f64> = s.iter().map(|x| x.to_f64()).collect();
        self.factor.solve_transposed(self.exec.isa, &mut delta);
        self.factor.solve(self.exec.isa, &mut delta);
        delta
    }

    /// β ← β + δ with RᵀRδ = s, unless corrections no longer shrink.
    pub(super) fn correct(&self, q: usize, solution: &mut Solution, s: &[Dd]) {
        let delta = self.solve(s);
        let step = self.size(delta.iter().copied());
        let first = solution.refinements == 0;
        if step.is_nan() || (!first && step > 0.5 * solution.step) {
            solution.active = false;
            return;
        }
        for (b, &d) in solution.beta.iter_mut().zip(&delta) {
            *b = *b + Dd::from(d);
        }
        let whole = self.size(solution.beta.iter().map(|b| b.hi));
        let shrinks = step / if first { whole } else { solution.step };
        let error = step * shrinks.max(self.rate);
        let measured = solution.lower_rss(&delta, s);
        let settled = error <= FLOOR * whole || self.is_settled(q, &solution.beta, error);
        solution.active = step > 0.0 && !(settled && measured);
        solution.step = step;
        solution.refinements += 1;
    }

    /// The norm of coefficients, each times the norm of its column.
    fn size(&self, beta: impl Iterator<Item = f64>) -> f64 {
        beta.zip(&self.norms).map(|(b, n)| (b * n) * (b * n)).sum::<f64>().sqrt()
    }

    /// Whether an error of this size is small beside each coefficient in the units of the data.
    fn is_settled(&self, q: usize, beta: &[Dd], error: f64) -> bool {
        let first = self.factor.first;
        let small = |b: &Dd, norm: &f64| error <= SETTLED * b.hi.abs() * norm;
        if !beta[first..].iter().zip(&self.norms[first..]).all(|(b, n)| small(b, n)) {
            return false;
        }
        if first == 0 {
            return true;
        }
        let offset = |c: usize| self.scaling.shift[c] * self.scaling.exponents[c].scale();
        let terms = self.scaling.shift.len() - self.factor.rhs.len();
        let mut intercept = beta[0] + Dd::from(offset(terms + q));
        let mut factor = 1.0 / self.norms[0];
        for ((&term, b), norm) in self.factor.kept.iter().zip(&beta[1..]).zip(&self.norms[1..]) {
            intercept = intercept - *b * Dd::from(offset(term));
            factor += offset(term).abs() / norm;
        }
        error * factor <= SETTLED * intercept.hi.abs()
    }
}
