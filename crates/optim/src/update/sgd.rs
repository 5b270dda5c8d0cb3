//! Gradient descent, with or without momentum, one fused pass.
//!
//! v ← momentum·v − lr·g, w ← w + v; with Nesterov's look-ahead w ← w + momentum·v − lr·g. This is Keras's form: the learning
//! rate is inside the velocity. (Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in
//! deep learning", 2013.)

use planish_tensor::Scalar;
use planish_tensor::simd::LaneMath;

/// The constants of one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalars<T> {
    lr: T,
    momentum: T,
    nesterov: bool,
    decay: T,
}

impl<T: Scalar> Scalars<T> {
    pub(crate) fn new(lr: f64, momentum: f64, nesterov: bool, decay: T) -> Self {
        Scalars { lr: T::from_f64(lr), momentum: T::from_f64(momentum), nesterov, decay }
    }

    /// One step; the velocity `v` is empty without momentum.
    #[inline(always)]
    pub(crate) fn apply<S: LaneMath<T>>(&self, s: S, w: &mut [T], g: &[T], v: &mut [T]) {
        let (minus_lr, momentum, minus_decay) =
            (s.splat(-self.lr), s.splat(self.momentum), s.splat(-self.decay));
        for i in (0..w.len()).step_by(T::LANES) {
            let (wi, gi) = (s.load_at(w, i), s.load_at(g, i));
            let wi = s.fma(minus_decay, wi, wi);
            let wi = if v.is_empty() {
                s.fma(minus_lr, gi, wi)
            } else {
                let vi = s.fma(momentum, s.load_at(v, i), s.mul(minus_lr, gi));
                s.store_at(v, i, vi);
                if self.nesterov { s.fma(momentum, vi, s.fma(minus_lr, gi, wi)) } else { s.add(wi, vi) }
            };
            s.store_at(w, i, wi);
        }
    }
}
