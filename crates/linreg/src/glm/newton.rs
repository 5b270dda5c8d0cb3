//! Newton's iteration with a line search that halves the step.
//!
//! The squared length λ² = gᵀH⁻¹g of a step, in the metric of the Hessian, measures what is left: errors of the coefficients are about λ
//! standard errors. The iteration ends when that is small; then the gradient is summed in double-double, and a last step taken with it.

use super::basis::Basis;
use super::config::Glm;
use super::evaluation::{Effort, Evaluation, Likelihood};
use super::family::Family;
use super::null::Null;
use super::separation;
use crate::block::BlockSource;
use crate::cholesky::Cholesky;
use crate::error::{FitError, LinregError};
use planish_tensor::reduce;

/// λ² below this part of the sum of the weights ends the iteration.
const DONE: f64 = 1e-22;
/// λ² that no longer falls ends it from this part on.
const STALLED: f64 = 1e-15;
/// Steps after which slow progress raises the question whether there is a solution.
const SUSPICIOUS: usize = 7;
/// Most halvings of a step.
const MAX_HALVINGS: usize = 40;

/// Where the iteration ended.
pub(super) struct Solved {
    pub(super) at: Evaluation,
    /// The factor of the Hessian in the basis.
    pub(super) hessian: Cholesky,
    pub(super) iterations: usize,
    pub(super) converged: bool,
    /// ‖g‖ in the basis.
    pub(super) gradient_norm: f64,
}

/// The coefficients of the model without terms.
pub(super) fn start(basis: &Basis, null: &Null, family: Family) -> Vec<Vec<f64>> {
    let mut beta = vec![vec![0.0; basis.len()]; family.predictors()];
    if basis.first == 1 {
        beta.iter_mut().zip(null.intercepts()).for_each(|(b, i)| b[0] = i);
    }
    beta
}

/// A Newton step.
struct Step {
    hessian: Cholesky,
    /// By predictor, in the frame.
    step: Vec<Vec<f64>>,
    /// gᵀH⁻¹g
    decrement: f64,
    gradient_norm: f64,
}

/// Iterates from these coefficients until they stand still.
pub(super) fn solve<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    weight: f64,
    start: Vec<Vec<f64>>,
) -> Result<Solved, FitError<S::Error>> {
    let (model, basis) = (of.model, of.basis);
    let mut at = of.evaluate(source, start)?;
    let mut before = f64::INFINITY;
    let mut iterations = 0;
    loop {
        let Some(next) = step(model, basis, &at) else {
            return Err(FitError::Linreg(LinregError::Overflow { response: 0 }));
        };
        let left = next.decrement;
        let stalled = left <= STALLED * weight && left >= 0.25 * before;
        let done = left <= DONE * weight || stalled;
        if done && at.effort == Effort::Quick {
            at = of.sharpen(source, at)?;
            continue;
        }
        let slow = iterations >= SUSPICIOUS && left > 0.05 * before;
        if model.l2 == 0.0
            && (slow || done || iterations == model.max_iter)
            && (slow || is_extreme(model, &at, weight))
            && let Some(terms) = separation::find(model, basis, source, &next.step)?
        {
            return Err(FitError::Linreg(LinregError::Separation { terms }));
        }
        let end = |at, converged| Solved {
            at,
            hessian: next.hessian,
            iterations,
            converged,
            gradient_norm: next.gradient_norm,
        };
        if done {
            at.beta = moved(&at.beta, &next.step, 1.0);
            return Ok(end(at, true));
        }
        if iterations == model.max_iter {
            return Ok(end(at, false));
        }
        match search(of, source, &at, &next.step, left)? {
            Some(better) => at = better,
            None => return Ok(end(at, false)),
        }
        before = left;
        iterations += 1;
    }
}

/// Whether classes are fitted better than any that are not separated are.
fn is_extreme(model: &Glm, at: &Evaluation, weight: f64) -> bool {
    model.family.classes().is_some() && at.loss < 1e-6 * weight
}

/// The step from here; none if numbers are not finite.
fn step(model: &Glm, basis: &Basis, at: &Evaluation) -> Option<Step> {
    let size = basis.len() * at.beta.len();
    let gradient: Vec<f64> = at.gradient.iter().flat_map(|g| basis.to_basis(g)).collect();
    let mut information = at.information.clone();
    basis.add_penalty(model.family, &mut information);
    let finite = reduce::all_finite(&information) && reduce::all_finite(&gradient) && at.value.is_finite();
    if !finite {
        return None;
    }
    let hessian = factor(basis, size, information)?;
    let mut flat = gradient.clone();
    hessian.solve(&mut flat);
    let decrement = reduce::dot(basis.isa, &gradient, &flat);
    let gradient_norm = reduce::dot(basis.isa, &gradient, &gradient).sqrt();
    let step = flat.chunks(basis.len()).map(|s| basis.to_frame(s)).collect();
    Some(Step { hessian, step, decrement, gradient_norm })
}

/// The factor of the Hessian, with as much added to its diagonal as makes it positive definite.
fn factor(basis: &Basis, size: usize, matrix: Vec<f64>) -> Option<Cholesky> {
    let largest = (0..size).fold(f64::MIN_POSITIVE, |m, i| m.max(matrix[i * size + i]));
    let mut more = 0.0;
    for _ in 0..12 {
        let mut shifted = matrix.clone();
        (0..size).for_each(|i| shifted[i * size + i] += more * largest);
        if let Some(factor) = Cholesky::new(basis.isa, size, shifted) {
            return Some(factor);
        }
        more = if more == 0.0 { 1e-14 } else { 30.0 * more };
    }
    None
}

/// The first point along the step, halved as often as needed, at which the value falls; none if there is no such point.
fn search<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    at: &Evaluation,
    step: &[Vec<f64>],
    decrement: f64,
) -> Result<Option<Evaluation>, FitError<S::Error>> {
    let rounding = 1e-14 * at.value.abs();
    let mut length = 1.0;
    for _ in 0..MAX_HALVINGS {
        let there = of.evaluate(source, moved(&at.beta, step, length))?;
        if there.value <= at.value - 1e-4 * length * decrement + rounding {
            return Ok(Some(there));
        }
        length *= 0.5;
    }
    Ok(None)
}

/// β + length·step
fn moved(beta: &[Vec<f64>], step: &[Vec<f64>], length: f64) -> Vec<Vec<f64>> {
    let one = |(b, s): (&Vec<f64>, &Vec<f64>)| b.iter().zip(s).map(|(b, s)| b + length * s).collect();
    beta.iter().zip(step).map(one).collect()
}
