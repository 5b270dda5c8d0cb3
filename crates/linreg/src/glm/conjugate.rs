//! Newton's iteration where there are too many parameters for a Hessian: each step by conjugate gradients, which ask for its products with vectors alone.
//!
//! The products come from the rows in memory ([`super::stored`]), in `f64`, in the basis; there the Hessian is close to the mean of the curvatures of the rows for each column,
//! which is the preconditioner. A step on the way is found to a part of its length that shrinks with the gradient (Dembo, Eisenstat, Steihaug, "Inexact Newton
//! methods", 1982). Along it the likelihood follows from the change of η alone. The end is that of the other iteration ([`super::newton`]): the same bounds
//! of gᵀH⁻¹g and of the change of any row's η, with a gradient in double-double.

use super::basis::Basis;
use super::evaluation::{Evaluation, Likelihood, Route};
use super::family::{Slopes, add};
use super::newton::{CALM, DONE, STALLED, STEP, Solved, no_convergence};
use super::null::Null;
use super::step::Curvature;
use super::stored::{CHUNK, Stored};
use crate::error::FitError;
use crate::linalg::cholesky::Cholesky;
use crate::rows::block::BlockSource;
use crate::rows::watch::Steps;
use planish_tensor::{Dd, Exec, reduce};
use rayon::prelude::*;

/// More parameters than this are fitted in this way.
pub(super) const MANY: usize = 1024;
/// Most products for a step.
const MAX_PRODUCTS: usize = 2000;
/// To what part of its length a step is found, at most and at least; and the last one.
const COARSE: f64 = 0.1;
const FINE: f64 = 1e-6;
const LAST: f64 = 1e-9;
/// Most halvings of a step.
const MAX_HALVINGS: usize = 60;
/// What a step may move η by.
const BOLD: f64 = 10.0;
/// Most steps with exact gradients.
const MAX_EXACT: usize = 8;

/// Where the iteration ended.
pub(super) struct Found {
    pub(super) beta: Vec<Vec<Dd>>,
    /// Steps.
    pub(super) iterations: usize,
    /// With a penalty, where the end is proved.
    pub(super) solved: Option<Solved>,
}

/// Iterates from these coefficients; none where the rows take too much memory. Without a penalty the end is left to the other iteration.
pub(super) fn solve<S: BlockSource>(
    exec: Exec,
    of: &Likelihood<'_>,
    source: &mut S,
    null: &Null,
    start: &[Vec<Dd>],
) -> Result<Option<Found>, FitError<S::Error>> {
    let Some(stored) = Stored::new(of.basis, source, of.rows)? else { return Ok(None) };
    let problem = Problem { exec, of, basis: of.basis, stored, weight: null.weight() };
    let mut beta: Vec<Vec<f64>> = start.iter().map(|b| b.iter().map(|b| b.to_f64()).collect()).collect();
    let steps = Steps::new(source.watch(), STEP, None);
    let mut iterations = 0;
    let mut before = f64::INFINITY;
    while iterations < of.model.max_iter {
        let at = problem.evaluate(&beta);
        let Some(step) = problem.step(&at, &at.gradient, None) else { break };
        let left = step.decrement;
        if left <= DONE * problem.weight || left <= STALLED * problem.weight && left >= 0.25 * before {
            break;
        }
        let Some(next) = problem.search(&at, &beta, &step) else { break };
        (beta, before) = (next, left);
        iterations += 1;
        steps.count();
    }
    let beta = beta.iter().map(|b| b.iter().map(|&b| Dd::from(b)).collect()).collect();
    if of.model.l2 == 0.0 {
        return Ok(Some(Found { beta, iterations, solved: None }));
    }
    let at = of.evaluate(source, beta, Route::Rows)?;
    problem.finish(source, null, at, iterations).map(Some)
}

struct Problem<'a> {
    exec: Exec,
    of: &'a Likelihood<'a>,
    basis: &'a Basis,
    stored: Stored,
    weight: f64,
}

/// The likelihood at some coefficients, chunk by chunk of the rows.
struct At {
    eta: Vec<Vec<Vec<f64>>>,
    slopes: Vec<Slopes>,
    value: f64,
    /// In scaled units, by predictor.
    gradient: Vec<Vec<f64>>,
}

struct Step {
    /// In scaled units, by predictor.
    by_column: Vec<Vec<f64>>,
    /// gᵀH⁻¹g
    decrement: f64,
    /// ‖g‖ in the basis.
    gradient_norm: f64,
}

impl Problem<'_> {
    /// A result for each chunk, in order.
    fn chunks<R: Send>(&self, job: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
        let chunks = self.stored.rows().div_ceil(CHUNK);
        match self.exec.threads {
            0 | 1 => (0..chunks).map(job).collect(),
            _ => (0..chunks).into_par_iter().map(job).collect(),
        }
    }

    /// The loss and the slopes of a chunk's rows for their η.
    fn slopes(&self, chunk: usize, eta: &[Vec<f64>]) -> (f64, Slopes) {
        let rows = self.stored.chunk(chunk);
        let mut slopes = Slopes::new(self.basis.isa, self.of.model.family);
        let weights = self.stored.weights.as_ref().map(|w| &w[rows.clone()]);
        let loss = slopes.take(eta, &self.stored.y[rows], weights);
        (loss, slopes)
    }

    fn evaluate(&self, beta: &[Vec<f64>]) -> At {
        let of_chunk = |chunk: usize| {
            let eta = self.stored.times(self.stored.chunk(chunk), beta);
            let (loss, slopes) = self.slopes(chunk, &eta);
            let gradient = self.stored.transposed(self.stored.chunk(chunk), &slopes.slope);
            (eta, slopes, loss, gradient)
        };
        let (slope, penalty) = self.basis.penalty_slope_of(self.of.model.family, beta);
        let mut loss = Dd::ZERO;
        let mut gradient: Vec<Vec<f64>> = slope.iter().map(|s| s.iter().map(|s| -s).collect()).collect();
        let mut at = At { eta: Vec::new(), slopes: Vec::new(), value: 0.0, gradient: Vec::new() };
        for (eta, slopes, own, part) in self.chunks(of_chunk) {
            add(&mut loss, own);
            add_up(&mut gradient, &part);
            at.eta.push(eta);
            at.slopes.push(slopes);
        }
        At { value: loss.to_f64() + penalty, gradient, ..at }
    }

    /// The product of the Hessian with a vector, in scaled units.
    fn product(&self, at: &At, v: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let of_chunk = |chunk: usize| {
            let eta = self.stored.times(self.stored.chunk(chunk), v);
            self.stored.transposed(self.stored.chunk(chunk), &at.slopes[chunk].times_curvature(&eta))
        };
        let (mut out, _) = self.basis.penalty_slope_of(self.of.model.family, v);
        self.chunks(of_chunk).iter().for_each(|part| add_up(&mut out, part));
        out
    }

    /// The factor of the mean of the rows' curvatures.
    fn mean_curvature(&self, at: &At) -> Option<Cholesky> {
        let heads = self.of.model.family.predictors();
        let (mut mean, mut values) = (vec![0.0; heads * heads], Vec::new());
        for slopes in &at.slopes {
            for a in 0..heads {
                for b in 0..=a {
                    slopes.curvature(a, b, &mut values);
                    mean[a * heads + b] += reduce::sum(self.basis.isa, &values) / self.weight;
                }
            }
        }
        for a in 0..heads {
            (0..a).for_each(|b| mean[b * heads + a] = mean[a * heads + b]);
        }
        Cholesky::new(self.basis.isa, heads, mean)
    }

    /// Newton's step for a gradient in scaled units, to this part of its length, or to one that fits the gradient; none if its numbers are not finite.
    fn step(&self, at: &At, gradient: &[Vec<f64>], part: Option<f64>) -> Option<Step> {
        let (isa, m, heads) = (self.basis.isa, self.basis.len(), gradient.len());
        let preconditioner = self.mean_curvature(at)?;
        let precondition = |r: &[f64]| {
            let (mut out, mut x) = (vec![0.0; r.len()], vec![0.0; heads]);
            for j in 0..m {
                (0..heads).for_each(|a| x[a] = r[a * m + j]);
                preconditioner.solve(&mut x);
                (0..heads).for_each(|a| out[a * m + j] = x[a]);
            }
            out
        };
        let to_columns = |x: &[f64]| x.chunks(m).map(|x| self.basis.to_columns(x)).collect::<Vec<_>>();
        let to_basis = |x: &[Vec<f64>]| x.iter().flat_map(|x| self.basis.to_basis(x)).collect::<Vec<_>>();
        let g = to_basis(gradient);
        let (mut x, mut r) = (vec![0.0; g.len()], g.clone());
        let mut z = precondition(&r);
        let mut direction = z.clone();
        let mut size = reduce::dot(isa, &r, &z);
        let part = part.unwrap_or((size / self.weight).sqrt().clamp(FINE, COARSE));
        let enough = part * part * size;
        for _ in 0..MAX_PRODUCTS {
            let product = to_basis(&self.product(at, &to_columns(&direction)));
            let curvature = reduce::dot(isa, &direction, &product);
            if !(curvature > 0.0 && size.is_finite()) {
                break;
            }
            reduce::axpy(isa, size / curvature, &direction, &mut x);
            reduce::axpy(isa, -size / curvature, &product, &mut r);
            z = precondition(&r);
            let next = reduce::dot(isa, &r, &z);
            if next <= enough {
                break;
            }
            direction.iter_mut().zip(&z).for_each(|(d, z)| *d = z + next / size * *d);
            size = next;
        }
        let (decrement, gradient_norm) = (reduce::dot(isa, &g, &x), reduce::dot(isa, &g, &g).sqrt());
        (reduce::all_finite(&x) && decrement.is_finite()).then(|| Step {
            by_column: to_columns(&x),
            decrement,
            gradient_norm,
        })
    }

    /// The first point along the step, halved as often as needed, at which the value falls.
    fn search(&self, at: &At, beta: &[Vec<f64>], step: &Step) -> Option<Vec<Vec<f64>>> {
        let change = self.chunks(|chunk| self.stored.times(self.stored.chunk(chunk), &step.by_column));
        let largest = change.iter().flatten().flatten().fold(0.0, |m: f64, x| m.max(x.abs()));
        let mut length = if largest > BOLD { BOLD / largest } else { 1.0 };
        let rounding = 1e-14 * at.value.abs();
        for _ in 0..MAX_HALVINGS {
            let there = moved(beta, &step.by_column, length);
            let (_, penalty) = self.basis.penalty_slope_of(self.of.model.family, &there);
            let mut loss = Dd::ZERO;
            let losses =
                self.chunks(|chunk| self.slopes(chunk, &moved(&at.eta[chunk], &change[chunk], length)).0);
            losses.into_iter().for_each(|own| add(&mut loss, own));
            let fall = at.value - (loss.to_f64() + penalty);
            if fall >= 1e-4 * length * step.decrement - rounding {
                return Some(there);
            }
            length *= 0.5;
        }
        None
    }

    /// Steps with exact gradients to the end.
    fn finish<S: BlockSource>(
        &self,
        source: &mut S,
        null: &Null,
        mut at: Evaluation,
        iterations: usize,
    ) -> Result<Found, FitError<S::Error>> {
        let rounded = |x: &[Vec<Dd>]| -> Vec<Vec<f64>> {
            x.iter().map(|x| x.iter().map(|x| x.to_f64()).collect()).collect()
        };
        let mut before = f64::INFINITY;
        for exact in 0..MAX_EXACT {
            let quick = self.evaluate(&rounded(&at.beta));
            let Some(step) = self.step(&quick, &rounded(&at.gradient), Some(LAST)) else { break };
            let left = step.decrement;
            let done = left <= DONE * self.weight || left <= STALLED * self.weight && left >= 0.25 * before;
            let beta: Vec<Vec<Dd>> = at
                .beta
                .iter()
                .zip(&step.by_column)
                .map(|(b, s)| b.iter().zip(s).map(|(b, s)| *b + Dd::from(*s)).collect())
                .collect();
            if done && self.is_calm(null, &quick, &step) {
                let gradient_norm = step.gradient_norm;
                at.beta = beta.clone();
                let iterations = iterations + exact;
                let solved = Solved { at, curvature: Curvature::Products, iterations, gradient_norm };
                return Ok(Found { beta, iterations, solved: Some(solved) });
            }
            at = self.of.evaluate(source, beta, Route::Rows)?;
            before = left;
        }
        Err(FitError::Linreg(no_convergence(iterations)))
    }

    /// Whether the step moves no row's η.
    fn is_calm(&self, null: &Null, at: &At, step: &Step) -> bool {
        let change = self.chunks(|chunk| self.stored.times(self.stored.chunk(chunk), &step.by_column));
        let both = at.eta.iter().flatten().zip(change.iter().flatten());
        let counts = null.least_weight() > 0.0;
        counts && both.flat_map(|(e, c)| e.iter().zip(c)).all(|(e, c)| c.abs() <= CALM * (1.0 + e.abs()))
    }
}

fn add_up(to: &mut [Vec<f64>], from: &[Vec<f64>]) {
    to.iter_mut().flatten().zip(from.iter().flatten()).for_each(|(to, x)| *to += x);
}

/// x + length·step
fn moved(x: &[Vec<f64>], step: &[Vec<f64>], length: f64) -> Vec<Vec<f64>> {
    x.iter().zip(step).map(|(x, s)| x.iter().zip(s).map(|(x, s)| x + length * s).collect()).collect()
}
