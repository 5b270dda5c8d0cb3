//! Newton's iteration with a line search that halves the step, or lengthens it.
//!
//! The squared length λ² = gᵀH⁻¹g of a step, in the metric of the Hessian, measures what is left: errors of the coefficients are about λ
//! standard errors. The iteration ends when that is small; then the gradient is summed in double-double, and a last step taken with it.
//!
//! A small λ alone proves no maximum: where the terms separate the responses λ falls too, but each step goes on to raise η by about one in the rows
//! that are told apart. So the last step must move no row's η, and the curvature must leave no direction free. Where steps shrink slowly, or the
//! curvature in the basis is too ill-conditioned for a step, separation is asked for ([`separation`]). Where it is too ill-conditioned for the step
//! that is needed, that comes from the weighted rows ([`super::weighted`]), which cost many times more; the iteration goes back to the basis as
//! soon as the curvature there can be used. What is neither a maximum nor separated is an error.

use super::basis::Basis;
use super::evaluation::{Effort, Evaluation, Likelihood, Predictors, Route, columns};
use super::family::Family;
use super::null::Null;
use super::separation;
use super::step::{self, Curvature, Step};
use crate::error::{FitError, LinregError};
use crate::rows::block::{BlockSource, read};
use crate::rows::watch::Steps;
use planish_tensor::Dd;

/// What steps are called.
pub(super) const STEP: &str = "steps of Newton's iteration";
/// λ² below this part of the sum of the weights ends the iteration.
pub(super) const DONE: f64 = 1e-22;
/// λ² that no longer falls ends it from this part on.
pub(super) const STALLED: f64 = 1e-15;
/// Steps after which slow progress may mean that there is no solution.
const SUSPICIOUS: usize = 7;
/// Steps with a damped curvature after which slow progress is left to the weighted rows, where each costs more.
const PATIENCE: usize = 40;
/// Steps in a row that lower the value by less than [`IDLE`] of it, from a curvature that is not sound, after which that curvature is given up: first that
/// in the basis, then that of the weighted rows.
const MAX_IDLE: usize = 6;
const IDLE: f64 = 1e-9;
/// Most halvings of a step.
const MAX_HALVINGS: usize = 60;
/// Most doublings of a step: with more, rows could lose all their curvature in one step.
const MAX_DOUBLINGS: usize = 3;
/// What a step may move η by at first where there are several classes; four times that after a step of this length that did well.
const BOLDEST: f64 = 10.0;
/// What the last step may move η by, as a part of 1 + |η|.
pub(super) const CALM: f64 = 1e-4;

/// Where the iteration ended.
pub(super) struct Solved {
    pub(super) at: Evaluation,
    /// The curvature there.
    pub(super) curvature: Curvature,
    pub(super) iterations: usize,
    /// ‖g‖ in the basis.
    pub(super) gradient_norm: f64,
}

/// The coefficients of the model without terms.
pub(super) fn start(basis: &Basis, null: &Null, family: Family) -> Vec<Vec<Dd>> {
    let mut beta = vec![vec![Dd::ZERO; basis.len()]; family.predictors()];
    if basis.first == 1 {
        beta.iter_mut().zip(null.intercepts()).for_each(|(b, i)| b[0] = Dd::from(i));
    }
    beta
}

/// Iterates from these coefficients until they stand still.
pub(super) fn solve<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    null: &Null,
    start: Vec<Vec<Dd>>,
) -> Result<Solved, FitError<S::Error>> {
    let weight = null.weight();
    let steps = Steps::new(source.watch(), STEP, None);
    let mut now = Iteration::new(of.evaluate(source, start, Route::Basis)?);
    loop {
        let Some(next) = now.step(of, source)? else {
            if now.route == Route::Rows || !now.at.is_finite() {
                return Err(FitError::Linreg(LinregError::Overflow { response: 0 }));
            }
            now.turn_to_rows(of, source)?;
            continue;
        };
        let left = next.decrement;
        let stalled = left <= STALLED * weight && left >= 0.25 * now.before;
        let done = left <= DONE * weight || stalled;
        if done && now.at.effort == Effort::Quick {
            of.sharpen(source, &mut now.at)?;
            continue;
        }
        if done && next.is_sound && is_calm(of, source, null, &now.at, &next)? {
            return Ok(now.finish(next));
        }
        let slow = now.iterations >= SUSPICIOUS && left > 0.05 * now.before;
        if !next.is_usable || (slow || done) && now.iterations >= now.asked_next {
            refuse_separated(of, source, &now.at, &next)?;
            now.asked_next += 1 + now.iterations / 4;
        }
        if now.needs_rows(&next, slow, done) {
            (now.may_return, now.idle) = (now.may_return && !done && now.idle < MAX_IDLE, 0);
            now.turn_to_rows(of, source)?;
        } else if now.advance(of, source, &next)? {
            now.before = left;
            now.iterations += 1;
            steps.count();
        }
    }
}

/// Where the iteration is.
struct Iteration {
    at: Evaluation,
    route: Route,
    /// Whether the weighted rows may give way to the basis again.
    may_return: bool,
    iterations: usize,
    /// λ² of the step before.
    before: f64,
    /// The number of steps after which separation is looked for next.
    asked_next: usize,
    /// What a step may move η by.
    bold: f64,
    /// Steps in a row that were worth next to nothing.
    idle: usize,
}

impl Iteration {
    fn new(at: Evaluation) -> Iteration {
        Iteration {
            at,
            route: Route::Basis,
            may_return: true,
            iterations: 0,
            before: f64::INFINITY,
            asked_next: SUSPICIOUS,
            bold: BOLDEST,
            idle: 0,
        }
    }

    /// The next step; none where it cannot be computed.
    fn step<S: BlockSource>(
        &self,
        of: &Likelihood<'_>,
        source: &mut S,
    ) -> Result<Option<Step>, FitError<S::Error>> {
        match self.route {
            Route::Basis => Ok(step::by_basis(of, &self.at)),
            Route::Rows => step::by_rows(of, source, &self.at),
        }
    }

    /// Leaves the basis.
    fn turn_to_rows<S: BlockSource>(
        &mut self,
        of: &Likelihood<'_>,
        source: &mut S,
    ) -> Result<(), FitError<S::Error>> {
        self.route = Route::Rows;
        of.sharpen(source, &mut self.at)
    }

    /// Whether the curvature in the basis is no longer good enough.
    fn needs_rows(&self, next: &Step, slow: bool, done: bool) -> bool {
        let creeps = next.is_damped && slow && self.iterations >= PATIENCE;
        self.route == Route::Basis && (done || !next.is_usable || creeps || self.idle == MAX_IDLE)
    }

    /// Takes the last step.
    fn finish(mut self, last: Step) -> Solved {
        self.at.beta = moved(&self.at.beta, &last.step, 1.0);
        let Step { curvature, gradient_norm, .. } = last;
        Solved { at: self.at, curvature, iterations: self.iterations, gradient_norm }
    }

    /// Goes along the step; false where the basis is left instead.
    fn advance<S: BlockSource>(
        &mut self,
        of: &Likelihood<'_>,
        source: &mut S,
        next: &Step,
    ) -> Result<bool, FitError<S::Error>> {
        let (value, limit) = (self.at.value, of.model.max_iter);
        let is_late = self.iterations >= SUSPICIOUS;
        let better = match self.iterations == limit || self.idle == MAX_IDLE {
            true => None,
            false => search(of, source, self.route, &self.at, next, &mut self.bold, is_late)?,
        };
        match better {
            Some(better) if self.route == Route::Rows && self.may_return => {
                (self.at, self.route) = returned(of, source, better)?;
            }
            Some(better) => self.at = better,
            None if self.route == Route::Basis && self.iterations < limit => {
                self.may_return = false;
                self.turn_to_rows(of, source)?;
                return Ok(false);
            }
            None => {
                refuse_separated(of, source, &self.at, next)?;
                return Err(FitError::Linreg(no_convergence(self.iterations)));
            }
        }
        let falls = value - self.at.value > IDLE * value.abs();
        self.idle = if next.is_sound || falls { 0 } else { self.idle + 1 };
        Ok(true)
    }
}

/// Back to the basis if the curvature there can be trusted again.
fn returned<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    at: Evaluation,
) -> Result<(Evaluation, Route), FitError<S::Error>> {
    let there = of.evaluate(source, at.beta.clone(), Route::Basis)?;
    let is_sound = step::by_basis(of, &there).is_some_and(|next| next.is_usable && !next.is_damped);
    Ok(if is_sound { (there, Route::Basis) } else { (at, Route::Rows) })
}

/// The most that a step moves the η of a row with a weight.
fn largest_change<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    next: &Step,
) -> Result<f64, FitError<S::Error>> {
    let (mut predictors, mut change, mut largest) = (Predictors::new(), Vec::new(), 0.0_f64);
    read(source, |block| {
        let x = columns(of.basis, block);
        for step in &next.step {
            predictors.of(of.basis, &x, block.rows, step, &mut change);
            let counts = |i: &usize| block.weights.as_ref().is_none_or(|w| w[*i] > 0.0);
            largest = (0..block.rows).filter(counts).fold(largest, |most, i| most.max(change[i].abs()));
        }
        Ok(())
    })?;
    Ok(largest)
}

pub(super) fn no_convergence(iterations: usize) -> LinregError {
    LinregError::NoConvergence {
        method: "Newton's iteration",
        iterations,
        advice: "look for values far from all others and for rare classes or levels, leave terms out, or use a (larger) penalty",
    }
}

/// An error if the responses are proved to be separated, along the step or along the coefficients themselves.
fn refuse_separated<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    at: &Evaluation,
    next: &Step,
) -> Result<(), FitError<S::Error>> {
    // A penalty leaves no room for coefficients to grow.
    if of.model.l2 > 0.0 {
        return Ok(());
    }
    for guess in [&next.step, &at.beta] {
        if let Some(separation) = separation::find(of.model, of.basis, source, guess)? {
            return Err(FitError::Linreg(separation));
        }
    }
    Ok(())
}

/// Whether the step moves no row's η.
fn is_calm<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    null: &Null,
    at: &Evaluation,
    next: &Step,
) -> Result<bool, FitError<S::Error>> {
    if next.reach <= CALM * null.least_weight().sqrt() {
        return Ok(true);
    }
    let (mut predictors, mut eta, mut change) = (Predictors::new(), Vec::new(), Vec::new());
    let mut calm = true;
    read(source, |block| {
        let x = columns(of.basis, block);
        for (beta, step) in at.beta.iter().zip(&next.step) {
            predictors.of(of.basis, &x, block.rows, beta, &mut eta);
            predictors.of(of.basis, &x, block.rows, step, &mut change);
            for (i, (eta, change)) in eta.iter().zip(&change).enumerate() {
                let counts = block.weights.as_ref().is_none_or(|w| w[i] > 0.0);
                calm &= !counts || change.abs() <= CALM * (1.0 + eta.abs());
            }
        }
        Ok(())
    })?;
    Ok(calm)
}

/// The first point along the step, halved as often as needed, at which the value falls; none if there is no such point. Where rounding hides whether it
/// falls, the slope there decides: it must not rise as steeply as it fell. By the weighted rows a step that falls more than a parabola would is doubled
/// while that is worth a hundredth of the fall.
fn search<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    route: Route,
    at: &Evaluation,
    next: &Step,
    bold: &mut f64,
    is_late: bool,
) -> Result<Option<Evaluation>, FitError<S::Error>> {
    let rounding = 1e-14 * at.value.abs();
    // The step of a rare class can overshoot by its odds, to where no other class has a weight.
    let largest = if next.step.len() > 1 { largest_change(of, source, next)? } else { 0.0 };
    let longest = if largest > *bold { *bold / largest } else { 1.0 };
    let mut length = longest;
    for _ in 0..MAX_HALVINGS {
        let there = of.evaluate(source, moved(&at.beta, &next.step, length), route)?;
        let fall = at.value - there.value;
        let falls = fall > rounding && fall >= 1e-4 * length * next.decrement;
        if falls || fall >= -rounding && slope(&there, next) <= 0.9 * next.decrement {
            *bold = match length == longest {
                true if longest < 1.0 && is_late => 4.0 * *bold,
                true => *bold,
                false => BOLDEST,
            };
            let steep = fall > 0.55 * next.decrement;
            if route == Route::Rows && length == 1.0 && steep {
                return lengthen(of, source, at, next, there).map(Some);
            }
            return Ok(Some(there));
        }
        length *= 0.5;
    }
    Ok(None)
}

/// The best of the points at 1, 2, 4 … times the step.
fn lengthen<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    at: &Evaluation,
    next: &Step,
    first: Evaluation,
) -> Result<Evaluation, FitError<S::Error>> {
    let (mut best, mut length) = (first, 2.0);
    for _ in 0..MAX_DOUBLINGS {
        let there = of.evaluate(source, moved(&at.beta, &next.step, length), Route::Rows)?;
        let is_worth_it = best.value - there.value > 0.01 * (at.value - best.value);
        if !is_worth_it {
            break;
        }
        best = there;
        length *= 2.0;
    }
    Ok(best)
}

/// The slope of the value along the step at this point.
fn slope(there: &Evaluation, next: &Step) -> f64 {
    let both = there.gradient.iter().flatten().zip(next.step.iter().flatten());
    -both.fold(Dd::ZERO, |sum, (g, s)| sum + *g * *s).to_f64()
}

/// β + length·step
fn moved(beta: &[Vec<Dd>], step: &[Vec<Dd>], length: f64) -> Vec<Vec<Dd>> {
    let length = Dd::from(length);
    let one = |(b, s): (&Vec<Dd>, &Vec<Dd>)| b.iter().zip(s).map(|(b, s)| *b + length * *s).collect();
    beta.iter().zip(step).map(one).collect()
}
