//! Gradient clipping: by the norm of all gradients together, or element by element.
//!
//! Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013, Algorithm 1:
//! g ← g·c/max(‖g‖, c). The norm is accumulated in f64, in chunks of a fixed length and in the order of the arena, so its bits
//! depend on the groups alone.

use crate::error::OptimError;
use crate::settings::need;
use crate::update::Group;
use planish_tensor::reduce::dot;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, Scalar};
use serde::{Deserialize, Serialize};

/// Elements whose squares are summed together.
const CHUNK: usize = 512;

/// How gradients are clipped before an update.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// g ← g·c/max(‖g‖, c) over all trainable groups together (Keras's `global_clipnorm`).
    GlobalNorm(f64),
    /// g ← min(max(g, −c), c) for each element (Keras's `clipvalue`).
    Value(f64),
}

impl Clip {
    /// Checks the bound.
    ///
    /// # Errors
    /// A bound that is not a positive number.
    pub fn check(&self) -> Result<(), OptimError> {
        let (Clip::GlobalNorm(c) | Clip::Value(c)) = *self;
        need("the clipping bound", c, c > 0.0, "it must be a positive number")
    }

    /// Clips the gradients of the trainable groups. Returns the norm before clipping, if it was needed.
    ///
    /// # Panics
    /// If a group lies outside.
    pub fn apply<T: Scalar>(&self, isa: Isa, groups: &[Group], grads: &mut [T]) -> Option<f64> {
        match *self {
            Clip::GlobalNorm(c) => Some(clip_global_norm(isa, groups, grads, c)),
            Clip::Value(c) => {
                trainable(groups).for_each(|group| clip_value(isa, &mut grads[group.range.clone()], c));
                None
            }
        }
    }
}

fn trainable(groups: &[Group]) -> impl Iterator<Item = &Group> {
    groups.iter().filter(|g| g.trainable)
}

/// ‖g‖ = √Σ gᵢ² over the trainable groups.
///
/// # Numerics
/// Accumulated in f64: it does not overflow for `f32`. It is NaN if an element is.
///
/// # Panics
/// If a group lies outside.
pub fn global_norm<T: Scalar>(isa: Isa, groups: &[Group], grads: &[T]) -> f64 {
    let mut total = 0.0;
    let mut wide = [0.0; CHUNK];
    for group in trainable(groups) {
        for chunk in grads[group.range.clone()].chunks(CHUNK) {
            let wide = &mut wide[..chunk.len()];
            wide.iter_mut().zip(chunk).for_each(|(w, g)| *w = g.to_f64());
            total += dot(isa, wide, wide);
        }
    }
    total.sqrt()
}

/// g ← g·c/max(‖g‖, c) over the trainable groups; returns ‖g‖ as it was.
///
/// Gradients whose norm is at most c keep their bits. A norm that is NaN makes every gradient NaN, so the fault is seen; an
/// infinite element becomes NaN.
///
/// ```
/// use planish_optim::{Group, clip_global_norm};
/// use planish_tensor::Isa;
///
/// let mut g = [3.0_f32, 4.0];
/// assert_eq!(clip_global_norm(Isa::best(), &[Group::all(2)], &mut g, 2.5), 5.0);
/// assert_eq!(g, [1.5, 2.0]);
/// ```
///
/// # Panics
/// If a group lies outside.
pub fn clip_global_norm<T: Scalar>(isa: Isa, groups: &[Group], grads: &mut [T], c: f64) -> f64 {
    let norm = global_norm(isa, groups, grads);
    if norm <= c {
        return norm;
    }
    let factor = T::from_f64(c / norm);
    for group in trainable(groups) {
        T::dispatch(isa, Scale(factor, &mut grads[group.range.clone()]));
    }
    norm
}

/// g ← min(max(g, −c), c); NaN stays NaN.
pub fn clip_value<T: Scalar>(isa: Isa, grads: &mut [T], c: f64) {
    T::dispatch(isa, Clamp(T::from_f64(c), grads));
}

struct Scale<'a, T>(T, &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Scale<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Scale(factor, g) = self;
        let factor = s.splat(factor);
        for i in (0..g.len()).step_by(T::LANES) {
            let v = s.mul(factor, s.load_at(g, i));
            s.store_at(g, i, v);
        }
    }
}

struct Clamp<'a, T>(T, &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Clamp<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        let Clamp(c, g) = self;
        let (low, high) = (s.splat(-c), s.splat(c));
        for i in (0..g.len()).step_by(T::LANES) {
            // `max` and `min` give their second operand where one is NaN.
            let v = s.min(high, s.max(low, s.load_at(g, i)));
            s.store_at(g, i, v);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_norm_leaves_out_frozen_groups_and_does_not_overflow() {
        let groups = [
            Group { range: 0..2, ..Group::all(0) },
            Group { range: 2..3, trainable: false, ..Group::all(0) },
        ];
        let mut g = [3e30_f32, 4e30, 1e38];
        let norm = clip_global_norm(Isa::best(), &groups, &mut g, 5.0);
        assert!((norm / 5e30 - 1.0).abs() < 1e-7);
        assert!((g[0] - 3.0).abs() < 1e-6 && (g[1] - 4.0).abs() < 1e-6 && g[2] == 1e38, "{g:?}");
        // Within the bound nothing changes.
        let before = g;
        assert!(clip_global_norm(Isa::best(), &groups, &mut g, 6.0) > 4.9);
        assert_eq!(g, before);
    }

    #[test]
    fn what_is_not_a_number_is_not_clipped_away() {
        let groups = [Group::all(3)];
        let mut g = [1.0_f32, f32::NAN, -9.0];
        assert_eq!(Clip::Value(2.0).apply(Isa::best(), &groups, &mut g), None);
        assert!(g[0] == 1.0 && g[1].is_nan() && g[2] == -2.0, "{g:?}");
        let norm = Clip::GlobalNorm(1.0).apply(Isa::best(), &groups, &mut g);
        assert!(norm.unwrap().is_nan() && g.iter().all(|x| x.is_nan()));
        let mut g = [f32::INFINITY, 1.0];
        assert_eq!(clip_global_norm(Isa::best(), &[Group::all(2)], &mut g, 1.0), f64::INFINITY);
        assert!(g[0].is_nan());
    }

    #[test]
    fn clipping_has_the_same_bits_on_every_instruction_set() {
        let run = |isa| {
            let mut g: Vec<f32> = (0..1301).map(|i| ((i * 37) % 101) as f32 * 0.3 - 15.0).collect();
            let norm = clip_global_norm(isa, &[Group::all(1301)], &mut g, 3.0);
            clip_value(isa, &mut g, 0.05);
            (norm.to_bits(), g.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
        };
        for isa in Isa::all_exact() {
            assert_eq!(run(isa), run(Isa::SCALAR));
        }
    }

    #[test]
    fn a_bound_that_is_not_positive_is_refused() {
        assert_eq!(
            Clip::Value(0.0).check().unwrap_err().to_string(),
            "the clipping bound is 0: it must be a positive number"
        );
        assert!(Clip::GlobalNorm(f64::NAN).check().is_err() && Clip::GlobalNorm(1.0).check().is_ok());
    }
}
