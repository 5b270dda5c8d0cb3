//! Lion (Chen et al., "Symbolic discovery of optimization algorithms", 2023, Algorithm 2), one fused pass.
//!
//! w ← w − lr·sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g. The sign of ±0 is 0 and the sign of NaN is NaN.

use planish_tensor::Scalar;
use planish_tensor::simd::LaneMath;

/// The constants of one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalars<T> {
    lr: T,
    beta: [T; 2],
    rest: [T; 2],
    decay: T,
}

impl<T: Scalar> Scalars<T> {
    pub(crate) fn new(lr: f64, [beta1, beta2]: [f64; 2], decay: T) -> Self {
        Scalars {
            lr: T::from_f64(lr),
            beta: [T::from_f64(beta1), T::from_f64(beta2)],
            rest: [T::from_f64(1.0 - beta1), T::from_f64(1.0 - beta2)],
            decay,
        }
    }

    #[inline(always)]
    pub(crate) fn apply<S: LaneMath<T>>(&self, s: S, w: &mut [T], g: &[T], m: &mut [T]) {
        let (beta1, beta2) = (s.splat(self.beta[0]), s.splat(self.beta[1]));
        let (rest1, rest2) = (s.splat(self.rest[0]), s.splat(self.rest[1]));
        let (minus_lr, minus_decay, zero) = (s.splat(-self.lr), s.splat(-self.decay), s.splat(T::ZERO));
        for i in (0..w.len()).step_by(T::LANES) {
            let (gi, mi) = (s.load_at(g, i), s.load_at(m, i));
            let direction = s.fma(beta1, mi, s.mul(rest1, gi));
            // −lr with the direction's sign; the direction itself where it is NaN; nothing where it is zero.
            let step = s.mul(minus_lr, s.copysign(s.splat(T::ONE), direction));
            let step = s.select(s.eq(direction, direction), step, direction);
            let step = s.select(s.eq(direction, zero), zero, step);
            s.store_at(m, i, s.fma(beta2, mi, s.mul(rest2, gi)));
            let wi = s.load_at(w, i);
            let wi = s.fma(minus_decay, wi, wi);
            s.store_at(w, i, s.add(wi, step));
        }
    }
}
