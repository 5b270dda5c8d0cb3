//! Separation: a direction in which the likelihood never falls and somewhere rises, so that it has no maximum.
//!
//! For classes that is a d with ηᵧ(d) ≥ ηₖ(d) for every row's own class y and every other class k (Albert and Anderson, "On the existence of
//! maximum likelihood estimates in logistic regression models", 1984); for counts one with η(d) = 0 where the count is not zero and η(d) ≤ 0
//! where it is (Santos Silva and Tenreyro, "On the existence of the maximum likelihood estimates in Poisson regression", 2010). Konis ("Linear
//! programming algorithms for detecting separated data", 2007) seeks it by a linear program. Newton's steps tend to it by themselves: they
//! raise η by about one for ever in rows that are told apart, and no longer move the others. So a step is a guess, and the guess is proved:
//!
//! 1. Each row's *gain* ηᵧ(d) − ηₖ(d) must be positive or about zero. The rows of the latter kind must in truth be zero.
//! 2. Whether their vectors leave a direction free is decided exactly, modulo a prime ([`super::residue`]); in columns of any scale, so that
//!    three rows side by side and one far away are not taken for two points.
//! 3. With the free elements of d kept, the others follow from least squares; how far they can be from the exact ones is bounded by what is left
//!    of the equations.
//! 4. The gain of every other row must exceed what that error can make of it.
//!
//! What cannot be proved is not reported as separation.
//!
//! One pass over the rows refutes most guesses. For one that it does not, three more follow for each of three thresholds until one is proved, and
//! there may be two guesses. With `width` coefficients of all predictors the exact span keeps up to width² integers, and the least squares 4,096 rows
//! of `width` numbers and triangles of width²; their time grows with the level rows times width².

use super::basis::Basis;
use super::config::Glm;
use super::evaluation::{Predictors, columns};
use super::family::Family;
use super::residue::{self, Span};
use super::stack::Stack;
use crate::error::{FitError, LinregError};
use crate::linalg::kernels::Column;
use crate::rows::block::{Block, BlockSource, read};
use planish_tensor::Dd;

/// Gains of a guess up to these count as zero; they are tried in this order. In rows that are told apart a Newton step gains about one.
const THRESHOLDS: [f64; 3] = [0.1, 1e-3, 1e-6];
/// A term is named if its part in the direction is at least this part of the largest.
const NAMED: f64 = 1e-3;

/// Rows that are told which are named.
const FIRST: usize = 5;

/// The terms of a direction that separates the responses, and the rows that it tells, if this one, or one near it, is proved to.
pub(super) fn find<S: BlockSource>(
    model: &Glm,
    basis: &Basis,
    source: &mut S,
    guess: &[Vec<Dd>],
) -> Result<Option<LinregError>, FitError<S::Error>> {
    let problem = Problem { family: model.family, basis };
    let lowest = problem.lowest(source, guess)?;
    for threshold in THRESHOLDS {
        // Not a number is no gain.
        if lowest < -threshold || lowest.is_nan() {
            break;
        }
        let split = problem.split(source, guess, threshold)?;
        if !split.rises || split.level.is_whole() {
            continue;
        }
        let Some(direction) = problem.solve(source, guess, threshold, &split)? else { continue };
        if let Some(Told { told, rows, first }) = problem.prove(source, guess, threshold, &direction)? {
            let terms = named(basis, &direction.by_predictor);
            return Ok(Some(LinregError::Separation { terms, told, rows, first }));
        }
    }
    Ok(None)
}

/// What the rows say of a guess.
struct Split {
    /// Whether some gain is positive.
    rises: bool,
    /// The span of the vectors whose gain is about zero.
    level: Span,
    /// The means of the columns over these rows, in scaled units.
    mean: Vec<Dd>,
}

/// A direction on which the vectors of the level rows vanish.
struct Direction {
    by_predictor: Vec<Vec<Dd>>,
    /// How far its elements can be from the exact ones, of the columns about `mean`.
    error: Vec<Vec<f64>>,
    mean: Vec<Dd>,
}

/// The rows whose responses a direction tells.
#[derive(Default)]
pub(super) struct Told {
    pub(super) told: u64,
    /// All rows with a weight above zero.
    pub(super) rows: u64,
    pub(super) first: Vec<u64>,
}

impl Told {
    /// Counts a row with a weight above zero.
    pub(super) fn see(&mut self, row: u64, is_told: bool) {
        self.rows += 1;
        self.told += u64::from(is_told);
        if is_told && self.first.len() < FIRST {
            self.first.push(row);
        }
    }
}

/// A row and the gain of its own class over another; of counts the row alone.
#[derive(Clone, Copy)]
struct Pair {
    row: usize,
    gain: f64,
    /// The predictors that the gain adds and subtracts; none for class 0.
    plus: Option<usize>,
    minus: Option<usize>,
    /// Whether the gain must be zero whatever its sign.
    fixed: bool,
}

struct Problem<'a> {
    family: Family,
    basis: &'a Basis,
}

impl Problem<'_> {
    fn width(&self) -> usize {
        self.basis.len() * self.family.predictors()
    }

    /// One pass over the gains of all rows with a weight in this direction.
    fn for_each<S: BlockSource>(
        &self,
        source: &mut S,
        direction: &[Vec<Dd>],
        mut take: impl FnMut(&[Column<'_>], Pair),
    ) -> Result<(), FitError<S::Error>> {
        let mut predictors = Predictors::new();
        let mut eta = vec![Vec::new(); direction.len()];
        read(source, |block| {
            let x = columns(self.basis, block);
            for (d, eta) in direction.iter().zip(&mut eta) {
                predictors.of(self.basis, &x, block.rows, d, eta);
            }
            (0..block.rows)
                .filter(|&row| has_weight(block, row))
                .for_each(|row| self.pairs(&eta, row, block.y[0].hi[row], |pair| take(&x, pair)));
            Ok(())
        })
    }

    fn pairs(&self, eta: &[Vec<f64>], row: usize, y: f64, mut take: impl FnMut(Pair)) {
        match self.family {
            Family::Poisson => {
                take(Pair { row, gain: -eta[0][row], plus: None, minus: Some(0), fixed: y > 0.0 })
            }
            Family::Logistic | Family::Multinomial { .. } => {
                let own = y as usize;
                let at = |k: usize| if k == 0 { 0.0 } else { eta[k - 1][row] };
                for k in (0..=eta.len()).filter(|&k| k != own) {
                    let (plus, minus) = (own.checked_sub(1), k.checked_sub(1));
                    take(Pair { row, gain: at(own) - at(k), plus, minus, fixed: false });
                }
            }
        }
    }

    /// The least gain, where a gain that must be zero counts as −|gain|: most guesses are refuted by it in one pass. NaN if a gain is not a number.
    fn lowest<S: BlockSource>(&self, source: &mut S, guess: &[Vec<Dd>]) -> Result<f64, FitError<S::Error>> {
        let mut lowest = 0.0_f64;
        self.for_each(source, guess, |_, pair| {
            let gain = if pair.fixed { -pair.gain.abs() } else { pair.gain };
            lowest = if gain.is_nan() || lowest.is_nan() { f64::NAN } else { lowest.min(gain) };
        })?;
        Ok(lowest)
    }

    /// Sorts the rows by their gains, and finds the exact span of those whose gain is about zero.
    fn split<S: BlockSource>(
        &self,
        source: &mut S,
        guess: &[Vec<Dd>],
        threshold: f64,
    ) -> Result<Split, FitError<S::Error>> {
        let first = self.basis.first;
        let mut split = Split { rises: false, level: Span::new(self.width()), mean: Vec::new() };
        let (mut sums, mut count) = (vec![Dd::ZERO; self.basis.kept.len()], 0.0);
        let mut row = Vec::new();
        self.for_each(source, guess, |x, pair| {
            split.rises |= pair.gain > threshold;
            if pair.gain > threshold || split.level.is_whole() {
                return;
            }
            count += 1.0;
            row.clear();
            for (predictor, negative) in [(pair.plus, false), (pair.minus, true)] {
                let Some(head) = predictor else { continue };
                let mut put = |c: usize, x: u64| {
                    row.push((head * self.basis.len() + c, if negative { residue::minus(x) } else { x }));
                };
                if first == 1 {
                    put(0, 1);
                }
                x.iter().enumerate().for_each(|(j, c)| put(first + j, residue::of(raw(c, pair.row))));
            }
            split.level.push(&row);
            sums.iter_mut().zip(x).for_each(|(sum, c)| *sum = *sum + scaled_value(c, pair.row));
        })?;
        let centred = first == 1 && count > 0.0;
        split.mean = sums.iter().map(|s| if centred { *s / Dd::from(count) } else { Dd::ZERO }).collect();
        Ok(split)
    }

    /// The direction with the free elements of the guess on which the level rows vanish; none where they are too ill-conditioned to say.
    fn solve<S: BlockSource>(
        &self,
        source: &mut S,
        guess: &[Vec<Dd>],
        threshold: f64,
        split: &Split,
    ) -> Result<Option<Direction>, FitError<S::Error>> {
        let (m, first, isa) = (self.basis.len(), self.basis.first, self.basis.isa);
        let places = split.level.independent();
        let mut flat: Vec<Dd> = guess.iter().flat_map(|d| about(d, first, &split.mean, false)).collect();
        let free: Vec<usize> = (0..flat.len()).filter(|j| places.binary_search(j).is_err()).collect();
        let mut stack = Stack::new(isa, places.len() + 1);
        let mut vector = vec![0.0; flat.len()];
        self.for_each(source, guess, |x, pair| {
            if pair.gain > threshold || places.is_empty() {
                return;
            }
            self.vector(x, pair, &split.mean, &mut vector);
            let rest = free.iter().fold(Dd::ZERO, |sum, &j| sum + Dd::from(vector[j]) * flat[j]);
            stack.push(places.iter().map(|&j| vector[j]).chain([-rest.to_f64()]));
        })?;
        let mut error = vec![0.0; flat.len()];
        if !places.is_empty() {
            let factor = stack.finish();
            let Some(solution) = factor.solve(places.len()) else { return Ok(None) };
            for (k, &j) in places.iter().enumerate() {
                (flat[j], error[j]) = (Dd::from(solution.x[k]), solution.error[k]);
            }
        }
        Ok(Some(Direction {
            by_predictor: flat.chunks(m).map(|d| about(d, first, &split.mean, true)).collect(),
            error: error.chunks(m).map(<[f64]>::to_vec).collect(),
            mean: split.mean.clone(),
        }))
    }

    /// The vector of a pair, of the columns about these means.
    fn vector(&self, x: &[Column<'_>], pair: Pair, mean: &[Dd], out: &mut [f64]) {
        let (m, first) = (self.basis.len(), self.basis.first);
        out.fill(0.0);
        for (predictor, sign) in [(pair.plus, 1.0), (pair.minus, -1.0)] {
            let Some(head) = predictor else { continue };
            let to = &mut out[head * m..][..m];
            to[..first].fill(sign);
            for ((to, c), mean) in to[first..].iter_mut().zip(x).zip(mean) {
                *to = sign * (scaled_value(c, pair.row) - *mean).to_f64();
            }
        }
    }

    /// The rows that are not level, if each of them gains more than the errors of the direction can make.
    fn prove<S: BlockSource>(
        &self,
        source: &mut S,
        guess: &[Vec<Dd>],
        threshold: f64,
        direction: &Direction,
    ) -> Result<Option<Told>, FitError<S::Error>> {
        // Both directions at once: the guess tells which rows are level.
        let heads = guess.len();
        let both: Vec<Vec<Dd>> = guess.iter().chain(&direction.by_predictor).cloned().collect();
        let mut predictors = Predictors::new();
        let mut eta = vec![Vec::new(); 2 * heads];
        let mut vector = vec![0.0; self.width()];
        let error = direction.error.concat();
        let (mut proved, mut found, mut before) = (true, Told::default(), 0);
        read(source, |block| {
            let x = columns(self.basis, block);
            for (d, eta) in both.iter().zip(&mut eta) {
                predictors.of(self.basis, &x, block.rows, d, eta);
            }
            for row in (0..block.rows).filter(|&row| has_weight(block, row)) {
                let y = block.y[0].hi[row];
                let mut gains = Vec::new();
                self.pairs(&eta[heads..], row, y, |pair| gains.push(pair.gain));
                let mut gains = gains.into_iter();
                let mut is_told = false;
                self.pairs(&eta[..heads], row, y, |pair| {
                    let gain = gains.next().unwrap_or(f64::NAN);
                    if pair.gain > threshold {
                        is_told = true;
                        self.vector(&x, pair, &direction.mean, &mut vector);
                        let doubt: f64 = vector.iter().zip(&error).map(|(v, e)| v.abs() * e).sum();
                        proved &= gain > 2.0 * doubt && gain > 1e-3 * threshold;
                    }
                });
                found.see(before + row as u64, is_told);
            }
            before += block.rows as u64;
            Ok(())
        })?;
        Ok(proved.then_some(found))
    }
}

pub(super) fn has_weight(block: &Block, row: usize) -> bool {
    block.weights.as_ref().is_none_or(|w| w[row] > 0.0)
}

fn raw(c: &Column<'_>, row: usize) -> Dd {
    Dd { hi: c.values.hi[row], lo: c.values.lo[row] }
}

/// A column's value shifted and scaled.
pub(super) fn scaled_value(c: &Column<'_>, row: usize) -> Dd {
    let x = raw(c, row) - Dd::from(c.shift);
    Dd { hi: x.hi * c.scale, lo: x.lo * c.scale }
}

/// Coefficients of the columns brought to the columns about these means, or back: only the intercept changes.
pub(super) fn about(beta: &[Dd], first: usize, mean: &[Dd], back: bool) -> Vec<Dd> {
    let mut out = beta.to_vec();
    if first == 1 {
        let moved = beta[1..].iter().zip(mean).fold(Dd::ZERO, |sum, (b, m)| sum + *b * *m);
        out[0] = if back { out[0] - moved } else { out[0] + moved };
    }
    out
}

fn named(basis: &Basis, direction: &[Vec<Dd>]) -> Vec<usize> {
    let part = |c: usize| direction.iter().map(|d| d[c].hi.abs() * basis.norms[c]).fold(0.0, f64::max);
    let parts: Vec<f64> = (basis.first..basis.len()).map(part).collect();
    let largest = parts.iter().copied().fold(0.0, f64::max);
    let large = basis.kept.iter().zip(&parts).filter(|(_, p)| **p >= NAMED * largest);
    large.map(|(&term, _)| term).collect()
}
