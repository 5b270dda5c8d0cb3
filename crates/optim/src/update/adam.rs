//! Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015, Algorithm 1), AdamW (Loshchilov and Hutter,
//! "Decoupled weight decay regularization", 2019) and Nadam (Dozat, "Incorporating Nesterov momentum into Adam", 2016), each
//! one fused pass.
//!
//! m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − α·m/(√v + ε′). The bias corrections are folded into the two
//! scalars: α = lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ), and ε′ = ε for the ε̂ form or ε·√(1 − β₂ᵗ) for Algorithm 1. AdamW is the same pass with
//! a decay w ← w − lr·decay·w before it.
//!
//! Nadam has Keras's momentum schedule uₜ = β₁·(1 − ½·0.96ᵗ) with Uₜ = u₁·…·uₜ:
//! w ← w − lr·(uₜ₊₁·m/(1 − Uₜ₊₁) + (1 − uₜ)·g/(1 − Uₜ))/(√(v/(1 − β₂ᵗ)) + ε), which folds into
//! w ← w − (a·m + b·g)/(√v + ε·√(1 − β₂ᵗ)).

use planish_tensor::Scalar;
use planish_tensor::simd::LaneMath;

/// The base of Nadam's momentum schedule.
pub(crate) const NADAM_BASE: f64 = 0.96;

/// Nadam's momentum at a step t, from 0.96ᵗ.
pub(crate) fn nadam_momentum(beta1: f64, base_power: f64) -> f64 {
    beta1 * (1.0 - 0.5 * base_power)
}

/// The constants of one step of Adam or AdamW.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalars<T> {
    moments: Moments<T>,
    alpha: T,
    epsilon: T,
    decay: T,
}

/// The constants of the two moving averages.
#[derive(Clone, Copy, Debug)]
struct Moments<T> {
    beta: [T; 2],
    rest: [T; 2],
}

impl<T: Scalar> Moments<T> {
    fn new(beta1: f64, beta2: f64) -> Self {
        Moments {
            beta: [T::from_f64(beta1), T::from_f64(beta2)],
            rest: [T::from_f64(1.0 - beta1), T::from_f64(1.0 - beta2)],
        }
    }

    /// Updates elements `i..` of both averages and returns them with the gradient: (g, m, v).
    #[inline(always)]
    fn advance<S: LaneMath<T>>(
        &self,
        s: S,
        g: &[T],
        m: &mut [T],
        v: &mut [T],
        i: usize,
    ) -> (S::V, S::V, S::V) {
        let gi = s.load_at(g, i);
        let mi = s.fma(s.splat(self.beta[0]), s.load_at(m, i), s.mul(s.splat(self.rest[0]), gi));
        let vi = s.fma(s.splat(self.beta[1]), s.load_at(v, i), s.mul(s.mul(s.splat(self.rest[1]), gi), gi));
        s.store_at(m, i, mi);
        s.store_at(v, i, vi);
        (gi, mi, vi)
    }
}

impl<T: Scalar> Scalars<T> {
    /// `powers` are β₁ᵗ and β₂ᵗ.
    pub(crate) fn new(
        lr: f64,
        [beta1, beta2]: [f64; 2],
        (epsilon, epsilon_hat): (f64, bool),
        powers: [f64; 2],
        decay: T,
    ) -> Self {
        let root = (1.0 - powers[1]).sqrt();
        Scalars {
            moments: Moments::new(beta1, beta2),
            alpha: T::from_f64(lr * root / (1.0 - powers[0])),
            epsilon: T::from_f64(if epsilon_hat { epsilon } else { epsilon * root }),
            decay,
        }
    }

    #[inline(always)]
    pub(crate) fn apply<S: LaneMath<T>>(&self, s: S, w: &mut [T], g: &[T], m: &mut [T], v: &mut [T]) {
        let c = *self;
        let (minus_alpha, epsilon, minus_decay) = (s.splat(-c.alpha), s.splat(c.epsilon), s.splat(-c.decay));
        for i in (0..w.len()).step_by(T::LANES) {
            let (_, mi, vi) = c.moments.advance(s, g, m, v, i);
            let wi = s.load_at(w, i);
            let wi = s.fma(minus_decay, wi, wi);
            let update = s.div(mi, s.add(s.sqrt(vi), epsilon));
            s.store_at(w, i, s.fma(minus_alpha, update, wi));
        }
    }
}

/// The constants of one step of Nadam.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NadamScalars<T> {
    moments: Moments<T>,
    /// Factors of m and of g.
    mix: [T; 2],
    epsilon: T,
    decay: T,
}

impl<T: Scalar> NadamScalars<T> {
    /// `powers` are Uₜ, β₂ᵗ and 0.96ᵗ.
    pub(crate) fn new(
        lr: f64,
        [beta1, beta2]: [f64; 2],
        epsilon: f64,
        [product, beta2_power, base_power]: [f64; 3],
        decay: T,
    ) -> Self {
        let root = (1.0 - beta2_power).sqrt();
        let (now, next) = (nadam_momentum(beta1, base_power), nadam_momentum(beta1, base_power * NADAM_BASE));
        NadamScalars {
            moments: Moments::new(beta1, beta2),
            mix: [
                T::from_f64(lr * root * next / (1.0 - product * next)),
                T::from_f64(lr * root * (1.0 - now) / (1.0 - product)),
            ],
            epsilon: T::from_f64(epsilon * root),
            decay,
        }
    }

    #[inline(always)]
    pub(crate) fn apply<S: LaneMath<T>>(&self, s: S, w: &mut [T], g: &[T], m: &mut [T], v: &mut [T]) {
        let c = *self;
        let (of_m, of_g) = (s.splat(c.mix[0]), s.splat(c.mix[1]));
        let (epsilon, minus_decay) = (s.splat(c.epsilon), s.splat(-c.decay));
        for i in (0..w.len()).step_by(T::LANES) {
            let (gi, mi, vi) = c.moments.advance(s, g, m, v, i);
            let wi = s.load_at(w, i);
            let wi = s.fma(minus_decay, wi, wi);
            let update = s.div(s.fma(of_m, mi, s.mul(of_g, gi)), s.add(s.sqrt(vi), epsilon));
            s.store_at(w, i, s.sub(wi, update));
        }
    }
}
