//! A Newton step from the curvature: in the basis of all rows, or, where the weights of the rows make that ill-conditioned, by reflections of the
//! weighted rows.

use super::basis::Basis;
use super::evaluation::{Evaluation, Likelihood};
use super::separation::about;
use super::weighted::{self, Weighted};
use crate::error::FitError;
use crate::linalg::cholesky::Cholesky;
use crate::rows::block::BlockSource;
use planish_tensor::{Dd, reduce};

/// What each pivot of the Hessian in the basis must keep of its diagonal element for the last step to be trusted.
const SOUND: f64 = 1e-5;
/// The same for steps on the way: a search along one asks for a few digits of it.
const USABLE: f64 = 1e-12;
/// What is added to the diagonal otherwise, as a part of it, with several predictors. Slopes are sums of slopes of classes, in which those of a class
/// that is all but impossible are lost: a direction with no more curvature than that would be followed by rounding alone.
const DAMPING: f64 = 1e-10;

/// The factor of the curvature.
pub(super) enum Curvature {
    Basis(Cholesky),
    Rows(Weighted),
    /// By products with vectors alone: there is no factor.
    Products,
}

/// A Newton step.
pub(super) struct Step {
    pub(super) curvature: Curvature,
    /// By predictor, in scaled units.
    pub(super) step: Vec<Vec<Dd>>,
    /// gᵀH⁻¹g
    pub(super) decrement: f64,
    /// ‖g‖ in the basis.
    pub(super) gradient_norm: f64,
    /// An upper bound of any row's change of η times the root of its weight.
    pub(super) reach: f64,
    /// Whether the curvature is well enough conditioned for the step to be the last.
    pub(super) is_sound: bool,
    /// Whether it is well enough conditioned for a step on the way.
    pub(super) is_usable: bool,
    /// Whether curvature was added for that (see [`DAMPING`]).
    pub(super) is_damped: bool,
}

/// The step in the basis; none if its numbers are not finite or the curvature cannot be factored.
pub(super) fn by_basis(of: &Likelihood<'_>, at: &Evaluation) -> Option<Step> {
    let (model, basis) = (of.model, of.basis);
    let size = basis.len() * at.beta.len();
    let gradient = gradient_in_basis(basis, at);
    let mut information = at.information.clone();
    basis.add_penalty(model.family, &mut information);
    if !(reduce::all_finite(&information) && at.is_finite()) {
        return None;
    }
    let plain = Cholesky::new(basis.isa, size, information.clone());
    let is_usable = plain.as_ref().is_some_and(|h| h.least_pivot() >= USABLE);
    let is_damped = !is_usable && at.beta.len() > 1;
    let hessian = if is_damped {
        (0..size).for_each(|j| information[j * (size + 1)] *= 1.0 + DAMPING);
        Cholesky::new(basis.isa, size, information)?
    } else {
        plain?
    };
    let mut flat = gradient.clone();
    hessian.solve(&mut flat);
    let scaled_value = |s: &[f64]| basis.to_columns(s).into_iter().map(Dd::from).collect();
    Some(Step {
        step: flat.chunks(basis.len()).map(scaled_value).collect(),
        decrement: reduce::dot(basis.isa, &gradient, &flat),
        gradient_norm: reduce::dot(basis.isa, &gradient, &gradient).sqrt(),
        reach: reduce::dot(basis.isa, &flat, &flat).sqrt(),
        is_sound: !is_damped && hessian.least_pivot() >= SOUND,
        is_usable: is_usable || is_damped,
        is_damped,
        curvature: Curvature::Basis(hessian),
    })
}

/// The step from the weighted rows; none if numbers are not finite.
pub(super) fn by_rows<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    at: &Evaluation,
) -> Result<Option<Step>, FitError<S::Error>> {
    if !at.is_finite() {
        return Ok(None);
    }
    let basis = of.basis;
    let (m, first) = (basis.len(), basis.first);
    let weighted = weighted::factor(of, source, &at.beta)?;
    // The slope by a column about its mean is that by the column less that by the intercept times the mean.
    let slope = |g: &Vec<Dd>| -> Vec<f64> {
        let mut out: Vec<f64> = g.iter().map(|g| g.to_f64()).collect();
        if first == 1 {
            for ((out, slope), mean) in out[1..].iter_mut().zip(&g[1..]).zip(&weighted.mean) {
                *out = (*slope - *mean * g[0]).to_f64();
            }
        }
        out
    };
    let gradient: Vec<f64> = at.gradient.iter().flat_map(slope).collect();
    let mut flat = gradient.clone();
    weighted.factor.solve_transposed(&mut flat);
    let decrement = reduce::dot(basis.isa, &flat, &flat);
    weighted.factor.solve_top(&mut flat);
    if !(reduce::all_finite(&flat) && decrement.is_finite()) {
        return Ok(None);
    }
    let exact: Vec<Dd> = flat.into_iter().map(Dd::from).collect();
    let in_basis = gradient_in_basis(basis, at);
    Ok(Some(Step {
        step: exact.chunks(m).map(|s| about(s, first, &weighted.mean, true)).collect(),
        decrement,
        gradient_norm: reduce::dot(basis.isa, &in_basis, &in_basis).sqrt(),
        reach: f64::INFINITY,
        is_sound: !weighted.is_singular,
        is_usable: true,
        is_damped: false,
        curvature: Curvature::Rows(weighted),
    }))
}

fn gradient_in_basis(basis: &Basis, at: &Evaluation) -> Vec<f64> {
    let rounded = |g: &Vec<Dd>| g.iter().map(|g| g.to_f64()).collect::<Vec<_>>();
    at.gradient.iter().flat_map(|g| basis.to_basis(&rounded(g))).collect()
}

impl Curvature {
    /// The point about which coefficients are best known: the means of the columns by the weights of the rows, in scaled units.
    pub(super) fn centre(&self, terms: usize) -> Vec<Dd> {
        match self {
            Curvature::Basis(_) | Curvature::Products => vec![Dd::ZERO; terms],
            Curvature::Rows(w) => w.mean.clone(),
        }
    }

    /// The standard error of a combination of the coefficients of predictor `a` in scaled units.
    pub(super) fn error(&self, basis: &Basis, heads: usize, a: usize, combination: &[f64]) -> f64 {
        let m = basis.len();
        let mut c = vec![0.0; heads * m];
        let own = &mut c[a * m..][..m];
        match self {
            Curvature::Basis(hessian) => {
                own.copy_from_slice(&basis.to_basis(combination));
                hessian.solve_lower(&mut c);
            }
            Curvature::Rows(weighted) => {
                own.copy_from_slice(combination);
                if basis.first == 1 {
                    // b₀ of the scaled columns is that about the means, less the means times the other coefficients.
                    let whole = Dd::from(combination[0]);
                    for (own, mean) in own[1..].iter_mut().zip(&weighted.mean) {
                        *own = (Dd::from(*own) - whole * *mean).to_f64();
                    }
                }
                weighted.factor.solve_transposed(&mut c);
            }
            Curvature::Products => c.fill(0.0),
        }
        reduce::dot(basis.isa, &c, &c).sqrt()
    }
}
