//! Separation: a direction in which the likelihood never falls and somewhere rises, so that it has no maximum.
//!
//! For classes that is a d with ηᵧ(d) ≥ ηₖ(d) for every row's own class y and every other class k; for counts one with η(d) = 0 where the
//! count is not zero and η(d) ≤ 0 where it is (Santos Silva and Tenreyro, "On the existence of the maximum likelihood estimates in Poisson
//! regression", 2010). Newton's steps tend to such a direction, so one pass tells whether the last of them is one.

use super::basis::Basis;
use super::config::Glm;
use super::evaluation::{Predictors, columns};
use super::family::Family;
use crate::block::{BlockSource, read};
use crate::error::FitError;

/// What counts as zero, as a part of the largest gain.
const SMALL: f64 = 1e-5;
/// A term is named if its part in the direction is at least this part of the largest.
const NAMED: f64 = 1e-3;

/// The terms of the direction, if it separates the responses.
pub(super) fn find<S: BlockSource>(
    model: &Glm,
    basis: &Basis,
    source: &mut S,
    direction: &[Vec<f64>],
) -> Result<Option<Vec<usize>>, FitError<S::Error>> {
    let mut predictors = Predictors::new();
    let mut eta = vec![Vec::new(); direction.len()];
    let (mut least, mut largest) = (f64::INFINITY, 0.0_f64);
    read(source, |block| {
        let x = columns(basis, block);
        for (d, eta) in direction.iter().zip(&mut eta) {
            predictors.of(basis, &x, block.rows, d, eta);
        }
        for i in 0..block.rows {
            if block.weights.as_ref().is_none_or(|w| w[i] > 0.0) {
                let (low, high) = gains(model.family, &eta, i, block.y[0].hi[i]);
                (least, largest) = (least.min(low), largest.max(high));
            }
        }
        Ok(())
    })?;
    let separated = largest > 0.0 && least >= -SMALL * largest;
    Ok(separated.then(|| named(basis, direction)))
}

/// The least and the largest gain of a row along the direction.
fn gains(family: Family, eta: &[Vec<f64>], i: usize, y: f64) -> (f64, f64) {
    match family {
        Family::Poisson if y > 0.0 => (-eta[0][i].abs(), 0.0),
        Family::Poisson => (-eta[0][i], -eta[0][i]),
        Family::Logistic => {
            let gain = if y == 1.0 { eta[0][i] } else { -eta[0][i] };
            (gain, gain)
        }
        Family::Multinomial { classes } => {
            let at = |k: usize| if k == 0 { 0.0 } else { eta[k - 1][i] };
            let own = at(y as usize);
            let others = (0..classes).filter(|&k| k != y as usize).map(|k| own - at(k));
            others.fold((f64::INFINITY, 0.0), |(low, high), g| (low.min(g), f64::max(high, g)))
        }
    }
}

fn named(basis: &Basis, direction: &[Vec<f64>]) -> Vec<usize> {
    let part = |c: usize| direction.iter().map(|d| d[c].abs() * basis.norms[c]).fold(0.0, f64::max);
    let parts: Vec<f64> = (basis.first..basis.len()).map(part).collect();
    let largest = parts.iter().copied().fold(0.0, f64::max);
    let large = basis.kept.iter().zip(&parts).filter(|(_, p)| **p >= NAMED * largest);
    large.map(|(&term, _)| term).collect()
}
