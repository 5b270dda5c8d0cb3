//! The optimizer's settings, its state between steps, and the step itself.

use crate::error::OptimError;
use crate::{adam, sgd};
use planish_tensor::{AlignedVec, Isa, Scalar};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Which optimizer, and its settings. The defaults are Keras's.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Optimizer {
    /// v ← momentum·v − lr·g, w ← w + v (with Nesterov: w ← w + momentum·v − lr·g).
    Sgd {
        /// Learning rate.
        lr: f64,
        /// Momentum, 0 for plain gradient descent.
        momentum: f64,
        /// Nesterov's look-ahead.
        nesterov: bool,
    },
    /// Adam (Kingma and Ba, 2015).
    Adam {
        /// Learning rate.
        lr: f64,
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Keeps the divisor from zero.
        epsilon: f64,
        /// Where ε is added: to √v (the paper's ε̂ form, as Keras) or to √v̂ (Algorithm 1, as PyTorch).
        epsilon_hat: bool,
    },
}

impl Optimizer {
    /// Plain gradient descent.
    pub fn sgd(lr: f64) -> Optimizer {
        Optimizer::Sgd { lr, momentum: 0.0, nesterov: false }
    }

    /// Gradient descent with momentum.
    pub fn momentum(lr: f64, momentum: f64) -> Optimizer {
        Optimizer::Sgd { lr, momentum, nesterov: false }
    }

    /// Adam with Keras's defaults: β 0.9 and 0.999, ε 1e-7 in the ε̂ form.
    pub fn adam(lr: f64) -> Optimizer {
        Optimizer::Adam { lr, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, epsilon_hat: true }
    }

    /// The optimizer with this name (`sgd`, `momentum` with 0.9, `adam`) and learning rate, other settings by default.
    ///
    /// # Errors
    /// An unknown name, or a learning rate that is not a positive number.
    pub fn from_name(name: &str, lr: f64) -> Result<Optimizer, OptimError> {
        let optimizer = match name {
            "sgd" => Optimizer::sgd(lr),
            "momentum" => Optimizer::momentum(lr, 0.9),
            "adam" => Optimizer::adam(lr),
            _ => return Err(OptimError::UnknownName { name: name.to_owned() }),
        };
        optimizer.check().map(|()| optimizer)
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A learning rate that is not positive, a decay outside [0, 1), a negative ε.
    pub fn check(&self) -> Result<(), OptimError> {
        let need = |setting, value: f64, ok: bool, needs| {
            if ok { Ok(()) } else { Err(OptimError::Setting { setting, value, needs }) }
        };
        let rate = |lr: f64| {
            need("the learning rate", lr, lr.is_finite() && lr > 0.0, "it must be a positive number")
        };
        let decay = |name, b: f64| need(name, b, (0.0..1.0).contains(&b), "it must lie in [0, 1)");
        match *self {
            Optimizer::Sgd { lr, momentum, .. } => rate(lr).and(decay("momentum", momentum)),
            Optimizer::Adam { lr, beta1, beta2, epsilon, .. } => {
                rate(lr)?;
                decay("beta1", beta1)?;
                decay("beta2", beta2)?;
                need("epsilon", epsilon, epsilon.is_finite() && epsilon >= 0.0, "it must not be negative")
            }
        }
    }

    /// The learning rate.
    pub fn lr(&self) -> f64 {
        match *self {
            Optimizer::Sgd { lr, .. } | Optimizer::Adam { lr, .. } => lr,
        }
    }
}

/// Parameters that are updated alike: a range of the arena.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// The range.
    pub range: Range<usize>,
    /// Factor on the learning rate.
    pub lr_factor: f64,
    /// Decoupled weight decay: w ← w − lr·decay·w before each update.
    pub weight_decay: f64,
    /// Whether it is updated at all.
    pub trainable: bool,
}

impl Group {
    /// All `len` parameters, without decay.
    pub fn all(len: usize) -> Group {
        Group { range: 0..len, lr_factor: 1.0, weight_decay: 0.0, trainable: true }
    }
}

/// What an optimizer remembers between steps.
#[derive(Clone, Debug)]
pub struct State<T: Scalar> {
    optimizer: Optimizer,
    steps: u64,
    /// β₁ᵗ and β₂ᵗ, by repeated multiplication: the same bits everywhere.
    beta_powers: [f64; 2],
    first: AlignedVec<T>,
    second: AlignedVec<T>,
}

impl<T: Scalar> State<T> {
    /// The state before the first step, for an arena of `len` elements.
    pub fn new(optimizer: &Optimizer, len: usize) -> Self {
        let (first, second) = match *optimizer {
            Optimizer::Sgd { momentum: 0.0, .. } => (0, 0),
            Optimizer::Sgd { .. } => (len, 0),
            Optimizer::Adam { .. } => (len, len),
        };
        State {
            optimizer: *optimizer,
            steps: 0,
            beta_powers: [1.0; 2],
            first: AlignedVec::zeros(first),
            second: AlignedVec::zeros(second),
        }
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// One update of every trainable group.
    ///
    /// # Panics
    /// If the arenas differ in length or a group lies outside.
    pub fn step(&mut self, isa: Isa, groups: &[Group], params: &mut [T], grads: &[T]) {
        assert_eq!(params.len(), grads.len(), "parameters and gradients differ in length");
        self.steps += 1;
        if let Optimizer::Adam { beta1, beta2, .. } = self.optimizer {
            self.beta_powers[0] *= beta1;
            self.beta_powers[1] *= beta2;
        }
        for group in groups.iter().filter(|g| g.trainable && !g.range.is_empty()) {
            let (w, g) = (&mut params[group.range.clone()], &grads[group.range.clone()]);
            let lr = self.optimizer.lr() * group.lr_factor;
            let decay = T::from_f64(lr * group.weight_decay);
            match self.optimizer {
                Optimizer::Sgd { momentum, nesterov, .. } => {
                    let v = if momentum == 0.0 { &mut [][..] } else { &mut self.first[group.range.clone()] };
                    T::dispatch(
                        isa,
                        sgd::Step {
                            w,
                            g,
                            v,
                            lr: T::from_f64(lr),
                            momentum: T::from_f64(momentum),
                            nesterov,
                            decay,
                        },
                    );
                }
                Optimizer::Adam { beta1, beta2, epsilon, epsilon_hat, .. } => {
                    let scalars =
                        adam::Scalars::new(lr, beta1, beta2, epsilon, epsilon_hat, self.beta_powers, decay);
                    let (m, v) =
                        (&mut self.first[group.range.clone()], &mut self.second[group.range.clone()]);
                    T::dispatch(isa, adam::Step { w, g, m, v, scalars });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn momentum_follows_its_formula() {
        let mut w = [1.0_f64; 3];
        let mut state = State::new(&Optimizer::momentum(0.1, 0.5), 3);
        let groups = [Group::all(3)];
        state.step(Isa::best(), &groups, &mut w, &[1.0; 3]); // v = −0.1
        state.step(Isa::best(), &groups, &mut w, &[1.0; 3]); // v = −0.15
        assert!(w.iter().all(|x| (x - 0.75).abs() < 1e-15));
        let mut w = [1.0_f64];
        let mut state = State::new(&Optimizer::Sgd { lr: 0.1, momentum: 0.5, nesterov: true }, 1);
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
        State::new(&Optimizer::sgd(0.1), 3).step(Isa::best(), &groups, &mut w, &[1.0; 3]);
        assert!((w[0] - 0.8).abs() < 1e-15 && (w[1] - 0.85).abs() < 1e-15 && w[2] == 1.0, "{w:?}");
    }

    #[test]
    fn steps_have_the_same_bits_on_every_instruction_set() {
        let g: Vec<f32> = (0..101).map(|i| (i as f32 - 50.0) * 0.013).collect();
        for optimizer in [Optimizer::sgd(0.1), Optimizer::momentum(0.1, 0.9), Optimizer::adam(0.01)] {
            let run = |isa| {
                let (mut w, mut state) = (g.clone(), State::new(&optimizer, g.len()));
                for _ in 0..20 {
                    state.step(isa, &[Group { weight_decay: 0.01, ..Group::all(g.len()) }], &mut w, &g);
                }
                w.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            };
            for isa in Isa::all_exact() {
                assert_eq!(run(isa), run(Isa::SCALAR), "{optimizer:?}");
            }
        }
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        assert_eq!(
            Optimizer::from_name("adam", -1.0).unwrap_err().to_string(),
            "the learning rate is -1: it must be a positive number"
        );
        assert!(Optimizer::from_name("adam", f64::NAN).is_err());
        assert!(Optimizer::momentum(0.1, 1.0).check().is_err());
        assert!(Optimizer::from_name("adamant", 0.1).is_err());
    }
}
