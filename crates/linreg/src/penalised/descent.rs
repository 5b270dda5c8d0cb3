//! Coordinate descent on the Gram matrix: min ½‖z − Rβ‖²/W + ½·rest/W + λ₁‖β‖₁ + ½λ₂‖β‖².
//!
//! The gradient c − Gβ is kept up to date, so that a coordinate that does not move costs nothing (Friedman, Hastie, Tibshirani,
//! "Regularization paths for generalized linear models via coordinate descent", 2010: covariance updates). After a sweep over all coordinates
//! those that are not zero are swept alone until they stand still. Then the gradient is taken afresh from R and the duality
//! gap measured, as scikit-learn does.
//!
//! Once the set of nonzero coefficients no longer changes, its equations (G + λ₂)β = c − λ₁·sign β are solved directly; if that keeps all
//! signs and the optimality of the coefficients that are zero, the solution is exact but for rounding. Columns that are nearly combinations of
//! others make sweeps creep: then the set itself is sought by such equations, a coefficient more or less at a time (Lee, Battle, Raina, Ng,
//! "Efficient sparse coding algorithms", 2007: feature-sign search), by reflections, as the Gram matrix squares the condition number.

use super::centred::Centred;
use super::point::{Ended, Penalties, Point};
use crate::linalg::cholesky::Cholesky;
use crate::linalg::triangle::Triangle;
use crate::linalg::{norm, substitution};
use planish_tensor::{AlignedVec, reduce};

/// Sweeps over the nonzero coefficients after one over all.
const INNER_SWEEPS: usize = 20;
/// They stand still when they move by less than this part of what the sweep over all moved.
const STILL: f64 = 1e-3;
/// The least part of its norm that must be left of a column beside others for them to be solved for together.
const INDEPENDENT: f64 = 1e-13;
/// The state of a descent, from which a next penalty starts.
pub(super) struct Descent<'a> {
    pub(super) point: Point<'a>,
    gram: Vec<AlignedVec<f64>>,
}

impl<'a> Descent<'a> {
    /// Starts from β = 0.
    pub(super) fn new(centred: &'a Centred) -> Descent<'a> {
        let (isa, p) = (centred.isa, centred.terms());
        let mut gram: Vec<_> = (0..p).map(|_| AlignedVec::zeros(p)).collect();
        for j in 0..p {
            for i in 0..=j {
                let product = reduce::dot(isa, &centred.columns[i][..=i], &centred.columns[j][..=i]);
                (gram[i][j], gram[j][i]) = (product / centred.weight, product / centred.weight);
            }
        }
        Descent { point: Point::new(centred), gram }
    }

    /// Descends until the gap is at most `tolerance`, or for `limit` sweeps.
    pub(super) fn solve(&mut self, at: Penalties, tolerance: f64, limit: usize) -> Ended {
        let all: Vec<usize> = (0..self.point.beta.len()).collect();
        let mut before = Vec::new();
        let (mut gap, mut next_settled) = (f64::INFINITY, 16);
        for sweeps in 1..=limit {
            let moved = self.sweep(&all, at);
            let active: Vec<usize> = all.iter().copied().filter(|&j| self.point.beta[j] != 0.0).collect();
            for _ in 0..INNER_SWEEPS {
                if self.sweep(&active, at) <= STILL * moved {
                    break;
                }
            }
            self.point.refresh();
            gap = self.point.gap(at);
            if (gap <= tolerance || active == before) && self.polish(&active, at) {
                gap = self.point.gap(at);
            }
            if gap > tolerance && sweeps >= next_settled {
                self.settle(at);
                (gap, next_settled) = (self.point.gap(at), 2 * next_settled);
                if gap <= tolerance + self.point.blur() {
                    return Ended { sweeps, gap, converged: true };
                }
            }
            if gap <= tolerance {
                return Ended { sweeps, gap, converged: true };
            }
            before = active;
        }
        Ended { sweeps: limit, gap, converged: false }
    }

    /// Minimises along each of the coordinates in turn; returns the largest change of a fit.
    fn sweep(&mut self, coordinates: &[usize], at: Penalties) -> f64 {
        let mut largest = 0.0_f64;
        for &j in coordinates {
            let square = self.gram[j][j];
            if square == 0.0 {
                continue;
            }
            let old = self.point.beta[j];
            let new = shrink(self.point.gradient[j] + square * old, at.l1) / (square + at.l2);
            if new != old {
                reduce::axpy(self.point.isa, old - new, &self.gram[j], &mut self.point.gradient);
                self.point.beta[j] = new;
                largest = largest.max((new - old).abs() * square.sqrt());
            }
        }
        largest
    }

    /// Solves the equations of the nonzero coefficients; returns whether that is the solution. If not, nothing has changed.
    fn polish(&mut self, active: &[usize], at: Penalties) -> bool {
        let k = active.len();
        let mut matrix = vec![0.0; k * k];
        for (a, &i) in active.iter().enumerate() {
            for (b, &j) in active.iter().enumerate() {
                matrix[a * k + b] = self.gram[i][j] + if i == j { at.l2 } else { 0.0 };
            }
        }
        let Some(factor) = Cholesky::new(self.point.isa, k, matrix) else { return false };
        let old = self.point.beta.clone();
        self.solve_active(active, at, |step| factor.solve(step));
        let kept = active.iter().all(|&j| self.point.beta[j] * old[j] > 0.0);
        let bound = at.l1 + 1e-10 * self.point.steepest().max(at.l1);
        let optimal = (0..old.len()).all(|j| old[j] != 0.0 || self.point.gradient[j].abs() <= bound);
        if kept && optimal {
            return true;
        }
        self.point.beta = old;
        self.point.refresh();
        false
    }

    /// Solves the equations of these coefficients for their present signs, refined twice; `solve` multiplies by the inverse of G + λ₂.
    fn solve_active(&mut self, active: &[usize], at: Penalties, solve: impl Fn(&mut [f64])) {
        let old = self.point.beta.clone();
        for _ in 0..3 {
            let slope =
                |&j: &usize| self.point.gradient[j] - at.l2 * self.point.beta[j] - at.l1 * old[j].signum();
            let mut step: Vec<f64> = active.iter().map(slope).collect();
            solve(&mut step);
            active.iter().zip(&step).for_each(|(&j, s)| self.point.beta[j] += s);
            self.point.refresh();
        }
    }

    /// Goes to the minimum along solutions of the equations of the nonzero coefficients: as far as all keep their signs, then without the one
    /// that comes to zero first; with all signs kept the coefficient that breaks the optimality most is let in. Each step lowers the objective.
    fn settle(&mut self, at: Penalties) {
        let p = self.point.beta.len();
        for _ in 0..4 * p + 8 {
            let active: Vec<usize> = (0..p).filter(|&j| self.point.beta[j] != 0.0).collect();
            let Some(factor) = self.factor(&active, at.l2) else { return };
            let old = self.point.beta.clone();
            let columns: Vec<&[f64]> = (0..active.len()).map(|k| factor.column(k)).collect();
            let isa = self.point.isa;
            self.solve_active(&active, at, |step| {
                substitution::solve_transposed(isa, &columns, step);
                substitution::solve(isa, &columns, step);
            });
            if !reduce::all_finite(&self.point.beta) {
                self.point.beta = old;
                return self.point.refresh();
            }
            let crossing = |&j: &usize| {
                let (from, to) = (old[j], self.point.beta[j]);
                (from * to <= 0.0).then(|| (from / (from - to), j))
            };
            let first = active.iter().filter_map(crossing).min_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((part, out)) = first {
                for &j in &active {
                    self.point.beta[j] = old[j] + part * (self.point.beta[j] - old[j]);
                }
                self.point.beta[out] = 0.0;
                self.point.refresh();
                continue;
            }
            let excess = |&j: &usize| self.point.gradient[j].abs() - at.l1;
            let zero = (0..p).filter(|&j| self.point.beta[j] == 0.0 && self.gram[j][j] > 0.0);
            let Some(worst) = zero.max_by(|a, b| excess(a).total_cmp(&excess(b))) else { return };
            if excess(&worst) <= 1e-10 * at.l1 || self.sweep(&[worst], at) == 0.0 {
                return;
            }
            self.point.refresh();
        }
    }

    /// The factor T of the active columns, TᵀT = G + λ₂; none where they are not independent.
    fn factor(&self, active: &[usize], l2: f64) -> Option<Triangle> {
        let (p, k) = (self.point.beta.len(), active.len());
        let root = self.point.centred.weight.sqrt();
        let column = |(a, &j): (usize, &usize)| {
            let mut out = AlignedVec::zeros(p + k);
            out.iter_mut().zip(&self.point.centred.columns[j][..=j]).for_each(|(to, x)| *to = x / root);
            out[p + a] = l2.sqrt();
            out
        };
        let mut columns: Vec<AlignedVec<f64>> = active.iter().enumerate().map(column).collect();
        let factor = Triangle::factor(self.point.isa, &mut columns, p + k);
        let keeps = |a: usize| {
            let column = &factor.column(a)[..=a];
            column[a].abs() > INDEPENDENT * norm(self.point.isa, column)
        };
        (0..k).all(keeps).then_some(factor)
    }
}

/// sign(x)·max(|x| − t, 0)
fn shrink(x: f64, t: f64) -> f64 {
    if x > t {
        x - t
    } else if x < -t {
        x + t
    } else {
        0.0
    }
}
