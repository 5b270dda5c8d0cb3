//! Adagrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011),
//! one fused pass, in Keras's form with ε under the root.
//!
//! v ← v + g², w ← w − lr·g/√(v + ε); v starts at a small positive number.

use planish_tensor::Scalar;
use planish_tensor::simd::LaneMath;

/// The constants of one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalars<T> {
    lr: T,
    epsilon: T,
    decay: T,
}

impl<T: Scalar> Scalars<T> {
    pub(crate) fn new(lr: f64, epsilon: f64, decay: T) -> Self {
        Scalars { lr: T::from_f64(lr), epsilon: T::from_f64(epsilon), decay }
    }

    #[inline(always)]
    pub(crate) fn apply<S: LaneMath<T>>(&self, s: S, w: &mut [T], g: &[T], v: &mut [T]) {
        let (minus_lr, epsilon, minus_decay) =
            (s.splat(-self.lr), s.splat(self.epsilon), s.splat(-self.decay));
        for i in (0..w.len()).step_by(T::LANES) {
            let gi = s.load_at(g, i);
            let vi = s.fma(gi, gi, s.load_at(v, i));
            s.store_at(v, i, vi);
            let wi = s.load_at(w, i);
            let wi = s.fma(minus_decay, wi, wi);
            s.store_at(w, i, s.fma(minus_lr, s.div(gi, s.sqrt(s.add(vi, epsilon))), wi));
        }
    }
}
