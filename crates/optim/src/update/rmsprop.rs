//! RMSprop (Tieleman and Hinton, "Lecture 6.5", 2012; centered: Graves, "Generating sequences with recurrent neural
//! networks", 2013), one fused pass, in Keras's form with ε under the root.
//!
//! v ← ρv + (1 − ρ)g², u = lr·g/√(v + ε), w ← w − u. Centered, v is lessened by the square of the mean gradient
//! a ← ρa + (1 − ρ)g: u = lr·g/√(max(v − a², 0) + ε), where the maximum undoes rounding that would make the variance negative.
//! With momentum b ← momentum·b + u, w ← w − b.

use planish_tensor::Scalar;
use planish_tensor::simd::LaneMath;

/// The constants of one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalars<T> {
    lr: T,
    rho: T,
    rest: T,
    momentum: T,
    epsilon: T,
    decay: T,
}

impl<T: Scalar> Scalars<T> {
    pub(crate) fn new(lr: f64, rho: f64, momentum: f64, epsilon: f64, decay: T) -> Self {
        Scalars {
            lr: T::from_f64(lr),
            rho: T::from_f64(rho),
            rest: T::from_f64(1.0 - rho),
            momentum: T::from_f64(momentum),
            epsilon: T::from_f64(epsilon),
            decay,
        }
    }

    /// One step; the velocity `b` is empty without momentum, the mean gradient `a` unless centered.
    #[inline(always)]
    pub(crate) fn apply<S: LaneMath<T>>(
        &self,
        s: S,
        w: &mut [T],
        g: &[T],
        b: &mut [T],
        v: &mut [T],
        a: &mut [T],
    ) {
        let (lr, rho, rest, momentum) =
            (s.splat(self.lr), s.splat(self.rho), s.splat(self.rest), s.splat(self.momentum));
        let (epsilon, minus_decay, zero) = (s.splat(self.epsilon), s.splat(-self.decay), s.splat(T::ZERO));
        for i in (0..w.len()).step_by(T::LANES) {
            let gi = s.load_at(g, i);
            let vi = s.fma(rho, s.load_at(v, i), s.mul(s.mul(rest, gi), gi));
            s.store_at(v, i, vi);
            let square = if a.is_empty() {
                vi
            } else {
                let ai = s.fma(rho, s.load_at(a, i), s.mul(rest, gi));
                s.store_at(a, i, ai);
                // `max` gives its second operand where one is NaN.
                s.max(zero, s.fma(s.neg(ai), ai, vi))
            };
            let mut update = s.div(s.mul(lr, gi), s.sqrt(s.add(square, epsilon)));
            if !b.is_empty() {
                update = s.fma(momentum, s.load_at(b, i), update);
                s.store_at(b, i, update);
            }
            let wi = s.load_at(w, i);
            let wi = s.fma(minus_decay, wi, wi);
            s.store_at(w, i, s.sub(wi, update));
        }
    }
}
