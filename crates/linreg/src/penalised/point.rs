//! A point on the way to the minimum of ½‖z − Rβ‖²/W + ½·rest/W + λ₁‖β‖₁ + ½λ₂‖β‖²: coefficients, residuals, the gradient and the duality gap.

use super::centred::Centred;
use crate::linalg::norm;
use planish_tensor::{Isa, reduce};

/// The largest gap that is put down to rounding.
const LARGEST_BLUR: f64 = 1e-9;

/// How a search ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// Sweeps over all coordinates, or changes of the set of nonzero ones.
    pub(super) sweeps: usize,
    /// The duality gap as a part of ‖y‖²/W.
    pub(super) gap: f64,
    /// Whether it is as small as asked, or as rounding lets it be.
    pub(super) converged: bool,
}

/// The penalties λ₁ and λ₂, of one observation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Penalties {
    pub(super) l1: f64,
    pub(super) l2: f64,
}

/// Coefficients and what belongs to them.
pub(super) struct Point<'a> {
    pub(super) isa: Isa,
    pub(super) centred: &'a Centred,
    pub(super) beta: Vec<f64>,
    /// z − Rβ as of the last refresh.
    pub(super) residual: Vec<f64>,
    /// Rᵀ(z − Rβ)/W
    pub(super) gradient: Vec<f64>,
    /// (z − Rβ)ᵀz/W with the rest, and ‖z − Rβ‖²/W with the rest.
    products: [f64; 2],
}

impl<'a> Point<'a> {
    /// β = 0.
    pub(super) fn new(centred: &'a Centred) -> Point<'a> {
        let (beta, gradient, residual) = (vec![0.0; centred.terms()], Vec::new(), Vec::new());
        let mut point = Point { isa: centred.isa, centred, beta, residual, gradient, products: [0.0; 2] };
        point.refresh();
        point
    }

    /// The largest |gradient|: at β = 0 the λ₁ from which on every coefficient is zero.
    pub(super) fn steepest(&self) -> f64 {
        self.gradient.iter().fold(0.0, |m, g| g.abs().max(m))
    }

    /// Takes residual and gradient from R.
    pub(super) fn refresh(&mut self) {
        let c = self.centred;
        self.residual = c.residual(&self.beta);
        let r = &self.residual;
        self.gradient = c.gradient(r);
        self.gradient.iter_mut().for_each(|g| *g /= c.weight);
        let own = [reduce::dot(self.isa, r, &c.z), reduce::dot(self.isa, r, r)];
        self.products = own.map(|x| (x + c.rest) / c.weight);
    }

    /// The duality gap as a part of ‖y‖²/W, from the gradient of the last refresh.
    pub(super) fn gap(&self, at: Penalties) -> f64 {
        let [with_response, square] = self.products;
        let (mut dual, mut norm1, mut norm2) = (0.0_f64, 0.0, 0.0);
        for (g, b) in self.gradient.iter().zip(&self.beta) {
            dual = dual.max((g - at.l2 * b).abs());
            norm1 += b.abs();
            norm2 += b * b;
        }
        let scale = if dual > at.l1 { at.l1 / dual } else { 1.0 };
        let gap = 0.5 * square * (1.0 + scale * scale) + at.l1 * norm1 - scale * with_response
            + 0.5 * at.l2 * (1.0 + scale * scale) * norm2;
        gap.max(0.0) * self.centred.weight / self.centred.tss
    }

    /// How much of a gap can be rounding of gradients, where large coefficients cancel.
    pub(super) fn blur(&self) -> f64 {
        let c = self.centred;
        let sizes = self.beta.iter().enumerate().filter(|(_, b)| **b != 0.0);
        let size: f64 = sizes.map(|(j, b)| b.abs() * norm(self.isa, &c.columns[j][..c.reach(j)])).sum();
        (f64::EPSILON * size * size / c.tss).min(LARGEST_BLUR)
    }
}
