//! The minimum of ½‖z − Rβ‖²/W + λ₁‖β‖₁ + ½λ₂‖β‖² by its active set, where the rows are fewer than the columns.
//!
//! There coordinate descent creeps: with a small penalty as many coefficients are not zero as there are rows, and their columns are all but dependent. But
//! the set A of these coefficients is small, and with its signs s known they follow from (G + λ₂)β = c − λ₁·s. From one penalty to the next few
//! coefficients come and go, so that the factor of G + λ₂ is carried along. As in the feature-sign search (Lee, Battle, Raina, Ng,
//! "Efficient sparse coding algorithms", 2007) one goes towards the solution for the present signs as far as all keep theirs, then without the one
//! that comes to zero; with all kept the coefficient that breaks the optimality most is let in. Each step lowers the objective.
//!
//! Which that is, is asked first of those that the strong rule lets through (Tibshirani et al., "Strong rules for discarding predictors in lasso-type
//! problems", 2012), and of all when none of these is left: a rule can be wrong, the last look is not.
//!
//! Nothing of the size of columns squared is formed: gradients come from the residuals and the rows.

use super::centred::Centred;
use super::growing::Growing;
use super::point::{Ended, Penalties, Point};
use crate::linalg::norm;
use planish_tensor::{AlignedVec, reduce};

/// A gradient that exceeds the penalty by no more than this part of it does not break the optimality.
const OPTIMAL: f64 = 1e-11;
/// What rounding makes of a gradient, as a part of the largest that there is.
const ROUNDING: f64 = 8e-16;
/// Solutions of the same equations, each of the residual of the one before it.
const REFINEMENTS: usize = 3;

/// The state of a search, from which a next penalty starts.
pub(super) struct ActiveSet<'a> {
    pub(super) point: Point<'a>,
    /// The coefficients that are solved for, in the order of the factor, with their signs.
    active: Vec<usize>,
    signs: Vec<f64>,
    is_active: Vec<bool>,
    factor: Growing,
    /// The penalty of the last search; at first that from which on all coefficients are zero.
    last: f64,
    /// The largest gradient of all.
    steepest: f64,
    /// Coefficients that were let in and fell out at once, which is rounding, since another one was.
    refused: Vec<usize>,
}

impl<'a> ActiveSet<'a> {
    /// Starts from β = 0.
    pub(super) fn new(centred: &'a Centred) -> ActiveSet<'a> {
        let point = Point::new(centred);
        let steepest = point.steepest();
        ActiveSet {
            point,
            active: Vec::new(),
            signs: Vec::new(),
            is_active: vec![false; centred.terms()],
            factor: Growing::new(centred.isa),
            last: steepest,
            steepest,
            refused: Vec::new(),
        }
    }

    /// Searches until no coefficient breaks the optimality, or for `limit` changes of the set.
    pub(super) fn solve(&mut self, at: Penalties, tolerance: f64, limit: usize) -> Ended {
        self.factor.set_penalty(at.l2);
        let bound = 2.0 * at.l1 - self.last;
        let is_strong = |j: &usize| self.point.gradient[*j].abs() >= bound;
        let mut strong: Vec<usize> = (0..self.is_active.len()).filter(is_strong).collect();
        self.last = at.l1;
        self.refused.clear();
        let mut changes = self.settle(at, limit);
        while changes < limit {
            let Some(worst) = self.worst(at, &mut strong) else { break };
            self.admit(worst);
            changes += 1 + self.settle(at, limit - changes);
            match self.is_active[worst] {
                true => self.refused.clear(),
                false => self.refused.push(worst),
            }
        }
        self.point.refresh();
        let gap = self.point.gap(at);
        Ended { sweeps: changes, gap, converged: changes < limit && gap <= tolerance + self.point.blur() }
    }

    /// Goes to the solution for the signs of the active coefficients; those that come to zero on the way are left out. Returns how many.
    fn settle(&mut self, at: Penalties, limit: usize) -> usize {
        let (mut changes, mut refinements) = (0, 0);
        while changes <= limit && refinements < REFINEMENTS {
            let mut step = self.slopes(at);
            let left = step.iter().fold(0.0, |m: f64, s| m.max(s.abs()));
            if left <= ROUNDING * self.steepest && self.active.iter().all(|&j| self.point.beta[j] != 0.0) {
                break;
            }
            self.factor.solve(&mut step);
            let Some((part, out)) = self.first_to_cross(&step) else {
                self.go(1.0, &step);
                refinements += 1;
                continue;
            };
            self.go(part, &step);
            self.leave_out(out);
            (changes, refinements) = (changes + 1, 0);
        }
        changes
    }

    /// What is left of the equations of the active coefficients.
    fn slopes(&self, at: Penalties) -> Vec<f64> {
        let (c, r) = (self.point.centred, &self.point.residual);
        let slope =
            |(&j, sign): (&usize, &f64)| c.slope(j, r) / c.weight - at.l2 * self.point.beta[j] - at.l1 * sign;
        self.active.iter().zip(&self.signs).map(slope).collect()
    }

    /// The part of the step at which the first coefficient comes to zero, and its place; none if all keep their signs.
    fn first_to_cross(&self, step: &[f64]) -> Option<(f64, usize)> {
        let crossing = |(k, (&j, sign)): (usize, (&usize, &f64))| {
            let (from, to) = (self.point.beta[j], self.point.beta[j] + step[k]);
            let part = if from == 0.0 { 0.0 } else { from / (from - to) };
            (to * sign <= 0.0).then_some((part, k))
        };
        let all = self.active.iter().zip(&self.signs).enumerate();
        all.filter_map(crossing).min_by(|a, b| a.0.total_cmp(&b.0))
    }

    fn go(&mut self, part: f64, step: &[f64]) {
        let Point { centred, beta, residual, .. } = &mut self.point;
        for (&j, s) in self.active.iter().zip(step) {
            beta[j] += part * s;
            reduce::axpy(centred.isa, -part * s, &centred.columns[j], residual);
        }
    }

    fn leave_out(&mut self, place: usize) {
        let j = self.active.remove(place);
        self.signs.remove(place);
        self.factor.remove(place);
        self.is_active[j] = false;
        let old = std::mem::replace(&mut self.point.beta[j], 0.0);
        let c = self.point.centred;
        reduce::axpy(c.isa, old, &c.columns[j], &mut self.point.residual);
    }

    /// The coefficient that breaks the optimality most, of those that the rule let through, or else of all.
    fn worst(&mut self, at: Penalties, strong: &mut Vec<usize>) -> Option<usize> {
        let bound = at.l1 * (1.0 + OPTIMAL) + ROUNDING * self.steepest;
        let c = self.point.centred;
        self.point.residual = c.residual(&self.point.beta);
        let may = |j: &usize| !self.is_active[*j] && !self.refused.contains(j);
        let worst = |candidates: &mut dyn Iterator<Item = (usize, f64)>| {
            candidates.filter(|(_, g)| *g > bound).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(j, _)| j)
        };
        let slope = |&j: &usize| (j, c.slope(j, &self.point.residual).abs() / c.weight);
        if let Some(found) = worst(&mut strong.iter().filter(|j| may(j)).map(slope)) {
            return Some(found);
        }
        self.point.refresh();
        let gradient = &self.point.gradient;
        strong.extend(
            (0..gradient.len())
                .filter(|j| gradient[*j].abs() > bound && !strong.contains(j))
                .collect::<Vec<_>>(),
        );
        worst(&mut strong.iter().filter(|j| may(j)).map(|&j| (j, gradient[j].abs())))
    }

    /// Lets a coefficient in, with the sign of its gradient. If its column is a combination of the active ones, what it says is handed over to it
    /// until one of them comes to zero: nothing changes but that.
    fn admit(&mut self, j: usize) {
        let c = self.point.centred;
        let sign = c.slope(j, &self.point.residual).signum();
        let column = &c.columns[j];
        let cross: Vec<f64> =
            self.active.iter().map(|&i| reduce::dot(c.isa, &c.columns[i], column) / c.weight).collect();
        let square = reduce::dot(c.isa, column, column) / c.weight;
        let left = |combination: &[f64]| square_beside(c, &self.active, column, combination);
        if let Err(combination) = self.factor.push(cross, square, left) {
            let step: Vec<f64> = combination.iter().map(|x| -sign * x).collect();
            let to_zero = |(k, &i): (usize, &usize)| {
                let part = -self.point.beta[i] / step[k];
                (part > 0.0 && part.is_finite()).then_some((part, k))
            };
            let first = self.active.iter().enumerate().filter_map(to_zero).min_by(|a, b| a.0.total_cmp(&b.0));
            let Some((part, out)) = first else { return };
            self.go(part, &step);
            self.point.beta[j] = sign * part;
            self.leave_out(out);
            self.point.residual = c.residual(&self.point.beta);
            let cross =
                self.active.iter().map(|&i| reduce::dot(c.isa, &c.columns[i], column) / c.weight).collect();
            self.factor.force(cross, square);
        }
        self.active.push(j);
        self.signs.push(sign);
        self.is_active[j] = true;
    }
}

/// The square of what a combination of the active columns leaves of a column.
fn square_beside(c: &Centred, active: &[usize], column: &AlignedVec<f64>, combination: &[f64]) -> f64 {
    let mut rest = column.clone();
    for (&i, x) in active.iter().zip(combination) {
        reduce::axpy(c.isa, -x, &c.columns[i], &mut rest);
    }
    let left = norm(c.isa, &rest);
    left * left / c.weight
}
