//! Gradient descent, with or without momentum, one fused pass.

use planish_tensor::Scalar;
use planish_tensor::simd::{LaneKernel, LaneMath};

pub(crate) struct Step<'a, T> {
    pub(crate) w: &'a mut [T],
    pub(crate) g: &'a [T],
    /// The velocity; empty without momentum.
    pub(crate) v: &'a mut [T],
    pub(crate) lr: T,
    pub(crate) momentum: T,
    pub(crate) nesterov: bool,
    /// lr · weight decay
    pub(crate) decay: T,
}

impl<T: Scalar> LaneKernel<T> for Step<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let (minus_lr, momentum, minus_decay) =
            (s.splat(-self.lr), s.splat(self.momentum), s.splat(-self.decay));
        for i in (0..self.w.len()).step_by(T::LANES) {
            let (w, g) = (s.load_at(self.w, i), s.load_at(self.g, i));
            let w = s.fma(minus_decay, w, w);
            let w = if self.v.is_empty() {
                s.fma(minus_lr, g, w)
            } else {
                let v = s.fma(momentum, s.load_at(self.v, i), s.mul(minus_lr, g));
                s.store_at(self.v, i, v);
                if self.nesterov { s.fma(momentum, v, s.fma(minus_lr, g, w)) } else { s.add(w, v) }
            };
            s.store_at(self.w, i, w);
        }
    }
}
