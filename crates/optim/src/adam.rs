//! Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015, Algorithm 1), one fused pass.
//!
//! m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − α·m/(√v + ε′). The bias corrections are folded into the two
//! scalars: α = lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ), and ε′ = ε for the ε̂ form or ε·√(1 − β₂ᵗ) for Algorithm 1.

use planish_tensor::Scalar;
use planish_tensor::simd::{LaneKernel, LaneMath};

/// The constants of one step.
#[derive(Clone, Copy)]
pub(crate) struct Scalars<T> {
    beta: [T; 2],
    rest: [T; 2],
    alpha: T,
    epsilon: T,
    decay: T,
}

impl<T: Scalar> Scalars<T> {
    pub(crate) fn new(
        lr: f64,
        beta1: f64,
        beta2: f64,
        epsilon: f64,
        epsilon_hat: bool,
        powers: [f64; 2],
        decay: T,
    ) -> Self {
        let root = (1.0 - powers[1]).sqrt();
        Scalars {
            beta: [T::from_f64(beta1), T::from_f64(beta2)],
            rest: [T::from_f64(1.0 - beta1), T::from_f64(1.0 - beta2)],
            alpha: T::from_f64(lr * root / (1.0 - powers[0])),
            epsilon: T::from_f64(if epsilon_hat { epsilon } else { epsilon * root }),
            decay,
        }
    }
}

pub(crate) struct Step<'a, T> {
    pub(crate) w: &'a mut [T],
    pub(crate) g: &'a [T],
    pub(crate) m: &'a mut [T],
    pub(crate) v: &'a mut [T],
    pub(crate) scalars: Scalars<T>,
}

impl<T: Scalar> LaneKernel<T> for Step<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Step { w, g, m, v, scalars: c } = self;
        let (beta1, beta2) = (s.splat(c.beta[0]), s.splat(c.beta[1]));
        let (rest1, rest2) = (s.splat(c.rest[0]), s.splat(c.rest[1]));
        let (minus_alpha, epsilon, minus_decay) = (s.splat(-c.alpha), s.splat(c.epsilon), s.splat(-c.decay));
        for i in (0..w.len()).step_by(T::LANES) {
            let gi = s.load_at(g, i);
            let mi = s.fma(beta1, s.load_at(m, i), s.mul(rest1, gi));
            let vi = s.fma(beta2, s.load_at(v, i), s.mul(s.mul(rest2, gi), gi));
            s.store_at(m, i, mi);
            s.store_at(v, i, vi);
            let wi = s.load_at(w, i);
            let wi = s.fma(minus_decay, wi, wi);
            let update = s.div(mi, s.add(s.sqrt(vi), epsilon));
            s.store_at(w, i, s.fma(minus_alpha, update, wi));
        }
    }
}
