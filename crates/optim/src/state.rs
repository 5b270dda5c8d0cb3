//! What an optimizer remembers between steps, and the step over whole arenas.

use crate::error::OptimError;
use crate::settings::Optimizer;
use crate::update::adam::{NADAM_BASE, nadam_momentum};
use crate::update::{Group, Moments, StepScalars};
use planish_tensor::{AlignedVec, Exec, Isa, Scalar};
use serde::{Deserialize, Serialize};

/// The part of a [`State`] that is not arenas.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Counters {
    /// Steps taken.
    pub steps: u64,
    /// Powers of the decays, by repeated multiplication, so that they have the same bits everywhere: β₁ᵗ (Nadam: the product of
    /// its momenta), β₂ᵗ, and Nadam's 0.96ᵗ.
    pub powers: [f64; 3],
}

/// What an optimizer remembers between steps.
///
/// To save it, keep [`State::counters`] and [`State::moments`]; [`State::from_saved`] continues with the same bits.
#[derive(Clone, Debug)]
pub struct State<T: Scalar> {
    optimizer: Optimizer,
    counters: Counters,
    moments: [AlignedVec<T>; 3],
}

impl<T: Scalar> State<T> {
    /// The state before the first step, for an arena of `len` elements.
    pub fn new(optimizer: &Optimizer, len: usize) -> Self {
        let mut moments = optimizer.keeps().map(|kept| AlignedVec::zeros(if kept { len } else { 0 }));
        if let Optimizer::Adagrad { initial_accumulator, .. } = *optimizer {
            moments[1].fill(T::from_f64(initial_accumulator));
        }
        State { optimizer: *optimizer, counters: Counters { steps: 0, powers: [1.0; 3] }, moments }
    }

    /// The state that had these counters and moments.
    ///
    /// # Errors
    /// Moments of another length than this optimizer keeps for an arena of `len` elements.
    pub fn from_saved(
        optimizer: &Optimizer,
        len: usize,
        counters: Counters,
        moments: [&[T]; 3],
    ) -> Result<Self, OptimError> {
        let names = ["first moment", "second moment", "third moment"];
        for ((part, kept), saved) in names.into_iter().zip(optimizer.keeps()).zip(moments) {
            let expected = if kept { len } else { 0 };
            if saved.len() != expected {
                return Err(OptimError::Saved { part, found: saved.len(), expected });
            }
        }
        Ok(State { optimizer: *optimizer, counters, moments: moments.map(AlignedVec::from_slice) })
    }

    /// Its optimizer.
    pub fn optimizer(&self) -> &Optimizer {
        &self.optimizer
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.counters.steps
    }

    /// The counters, to be saved.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Sets the counters to saved ones; the moments are set through [`State::moments_mut`].
    pub fn set_counters(&mut self, counters: Counters) {
        self.counters = counters;
    }

    /// The first, second and third moments, to be saved; those that the optimizer does not keep are empty.
    pub fn moments(&self) -> [&[T]; 3] {
        self.moments.each_ref().map(|m| &m[..])
    }

    /// The moments of the whole arena, to be cut and updated.
    pub fn moments_mut(&mut self) -> Moments<'_, T> {
        let [first, second, third] = &mut self.moments;
        Moments { first, second, third }
    }

    /// Counts a step and gives what its updates share. The learning rate is the optimizer's times `lr_scale`.
    ///
    /// Apply [`StepScalars::update`] to every parameter once before the next step begins.
    pub fn begin_step(&mut self, lr_scale: f64) -> StepScalars {
        let Counters { steps, powers } = &mut self.counters;
        *steps += 1;
        if let Optimizer::Adam { beta1, beta2, .. } | Optimizer::AdamW { beta1, beta2, .. } = self.optimizer {
            powers[0] *= beta1;
            powers[1] *= beta2;
        } else if let Optimizer::Nadam { beta1, beta2, .. } = self.optimizer {
            powers[2] *= NADAM_BASE;
            powers[0] *= nadam_momentum(beta1, powers[2]);
            powers[1] *= beta2;
        }
        StepScalars { optimizer: self.optimizer, powers: *powers, lr_scale, decay_scale: 1.0 }
    }

    /// Applies a step that has begun to every trainable group; large groups are shared out over threads.
    ///
    /// # Panics
    /// If the arenas differ in length or a group lies outside.
    pub fn update(
        &mut self,
        exec: Exec,
        step: &StepScalars,
        groups: &[Group],
        params: &mut [T],
        grads: &[T],
    ) {
        assert_eq!(params.len(), grads.len(), "parameters and gradients differ in length");
        for group in groups.iter().filter(|g| !g.range.is_empty()) {
            if let Some(update) = step.update(group) {
                let range = group.range.clone();
                let moments = self.moments_mut().range(range.clone());
                update.share(exec, &mut params[range.clone()], &grads[range], moments);
            }
        }
    }

    /// One update of every trainable group at the optimizer's learning rate.
    ///
    /// # Panics
    /// If the arenas differ in length or a group lies outside.
    pub fn step(&mut self, isa: Isa, groups: &[Group], params: &mut [T], grads: &[T]) {
        let step = self.begin_step(1.0);
        self.update(Exec::serial(isa), &step, groups, params, grads);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind of step.
    fn optimizers() -> Vec<Optimizer> {
        let centered =
            Optimizer::RmsProp { lr: 0.01, rho: 0.9, momentum: 0.5, epsilon: 1e-7, centered: true };
        let mut all: Vec<_> =
            Optimizer::NAMES.iter().map(|name| Optimizer::from_name(name, 0.01).unwrap()).collect();
        all.extend([centered, Optimizer::nesterov(0.01, 0.9)]);
        all
    }

    fn gradient(step: usize, len: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 31 + step * 17) % 97) as f32 * 0.013 - 0.6).collect()
    }

    fn bits(w: &[f32]) -> Vec<u32> {
        w.iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn momentum_follows_its_formula() {
        let mut w = [1.0_f64; 3];
        let mut state = State::new(&Optimizer::momentum(0.1, 0.5), 3);
        let groups = [Group::all(3)];
        state.step(Isa::best(), &groups, &mut w, &[1.0; 3]); // v = −0.1
        state.step(Isa::best(), &groups, &mut w, &[1.0; 3]); // v = −0.15
        assert!(w.iter().all(|x| (x - 0.75).abs() < 1e-15));
        let mut w = [1.0_f64];
        let mut state = State::new(&Optimizer::nesterov(0.1, 0.5), 1);
        state.step(Isa::best(), &[Group::all(1)], &mut w, &[1.0]); // v = −0.1, w += 0.5·−0.1 − 0.1
        assert!((w[0] - 0.85).abs() < 1e-15);
    }

    #[test]
    fn adam_follows_both_forms_of_epsilon() {
        // The first step: m = 0.1 g, v = 0.001 g², so m̂ = g and v̂ = g².
        for (epsilon_hat, want) in [
            (false, 0.01 * 2.0 / (2.0 + 0.1)),
            (true, 0.01 * 0.001_f64.sqrt() / 0.1 * 0.2 / (0.004_f64.sqrt() + 0.1)),
        ] {
            let mut w = [0.0_f64];
            let adam = Optimizer::Adam { lr: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 0.1, epsilon_hat };
            State::new(&adam, 1).step(Isa::best(), &[Group::all(1)], &mut w, &[2.0]);
            assert!((w[0] + want).abs() < 1e-12, "{} {want}", w[0]);
        }
    }

    #[test]
    fn groups_scale_decay_and_freeze() {
        let mut w = [1.0_f64; 3];
        let groups = [
            Group { lr_factor: 2.0, ..Group { range: 0..1, ..Group::all(0) } },
            Group { weight_decay: 0.5, ..Group { range: 1..2, ..Group::all(0) } },
            Group { trainable: false, ..Group { range: 2..3, ..Group::all(0) } },
        ];
        let mut state = State::new(&Optimizer::sgd(0.1), 3);
        state.step(Isa::best(), &groups, &mut w, &[1.0; 3]);
        assert!((w[0] - 0.8).abs() < 1e-15 && (w[1] - 0.85).abs() < 1e-15 && w[2] == 1.0, "{w:?}");
        let mut w = [1.0_f64; 3];
        let step = state.begin_step(0.5).with_decay_scale(2.0);
        state.update(Exec::best(), &step, &groups, &mut w, &[1.0; 3]);
        assert!((w[0] - 0.9).abs() < 1e-15 && (w[1] - 0.9).abs() < 1e-15 && w[2] == 1.0, "{w:?}");
    }

    #[test]
    fn steps_have_the_same_bits_on_every_instruction_set() {
        for optimizer in optimizers() {
            let run = |isa| {
                let (mut w, mut state) = (gradient(99, 101), State::new(&optimizer, 101));
                let groups = [Group { weight_decay: 0.01, ..Group::all(101) }];
                (0..20).for_each(|t| state.step(isa, &groups, &mut w, &gradient(t, 101)));
                bits(&w)
            };
            for isa in Isa::all_exact() {
                assert_eq!(run(isa), run(Isa::SCALAR), "{optimizer:?}");
            }
        }
    }

    #[test]
    fn a_step_on_several_threads_has_the_bits_of_one() {
        let len = 300_000;
        let (start, groups) = (gradient(99, len), [Group::all(len)]);
        let run = |threads| {
            let (mut w, mut state) = (start.clone(), State::new(&Optimizer::adam(0.01), len));
            for t in 0..3 {
                let step = state.begin_step(1.0);
                state.update(Exec::best().with_threads(threads), &step, &groups, &mut w, &gradient(t, len));
            }
            bits(&w)
        };
        assert!(run(3) == run(1), "the bits depend on the threads");
    }

    #[test]
    fn a_step_by_shards_has_the_bits_of_a_whole_step() {
        for optimizer in optimizers() {
            let (mut whole, mut parts) = (gradient(99, 101), gradient(99, 101));
            let (mut a, mut b) = (State::new(&optimizer, 101), State::new(&optimizer, 101));
            for t in 0..5 {
                let g = gradient(t, 101);
                a.step(Isa::best(), &[Group::all(101)], &mut whole, &g);
                let update = b.begin_step(1.0).update(&Group::all(101)).unwrap();
                for range in [40..101, 0..7, 7..40] {
                    let moments = b.moments_mut().range(range.clone());
                    update.run(Isa::best(), &mut parts[range.clone()], &g[range], moments);
                }
            }
            assert_eq!(bits(&whole), bits(&parts), "{optimizer:?}");
        }
    }

    #[test]
    fn a_saved_state_continues_with_the_same_bits() {
        for optimizer in optimizers() {
            let (mut w, groups) = (gradient(99, 33), [Group::all(33)]);
            let mut state = State::new(&optimizer, 33);
            (0..7).for_each(|t| state.step(Isa::best(), &groups, &mut w, &gradient(t, 33)));
            let json = serde_json::to_string(&state.counters()).unwrap();
            let counters = serde_json::from_str(&json).unwrap();
            let mut restored = State::from_saved(&optimizer, 33, counters, state.moments()).unwrap();
            let mut v = w.clone();
            for t in 7..14 {
                state.step(Isa::best(), &groups, &mut w, &gradient(t, 33));
                restored.step(Isa::best(), &groups, &mut v, &gradient(t, 33));
            }
            assert_eq!((bits(&w), state.steps()), (bits(&v), restored.steps()), "{optimizer:?}");
        }
        let counters = Counters { steps: 0, powers: [1.0; 3] };
        let wrong = State::<f32>::from_saved(&Optimizer::adam(0.1), 3, counters, [&[0.0; 3], &[0.0; 2], &[]]);
        assert_eq!(
            wrong.unwrap_err().to_string(),
            "the saved second moment has 2 elements, but this optimizer needs 3"
        );
    }

    #[test]
    fn a_gradient_that_is_not_a_number_reaches_the_weight() {
        for optimizer in optimizers() {
            let (mut w, mut state) = ([1.0_f32; 3], State::new(&optimizer, 3));
            state.step(Isa::best(), &[Group::all(3)], &mut w, &[1.0, f32::NAN, 1.0]);
            assert!(w[1].is_nan() && w[0].is_finite() && w[2].is_finite(), "{optimizer:?} {w:?}");
        }
    }

    #[test]
    fn a_zero_gradient_moves_nothing() {
        for optimizer in optimizers() {
            let (mut w, mut state) = ([1.0_f32; 3], State::new(&optimizer, 3));
            // AdamW's decay is all that may move a weight.
            let decayed = if let Optimizer::AdamW { .. } = optimizer { 1.0 - 0.01 * 0.004 } else { 1.0 };
            state.step(Isa::best(), &[Group::all(3)], &mut w, &[0.0; 3]);
            assert_eq!(w, [decayed as f32; 3], "{optimizer:?}");
        }
    }
}
