//! Which optimizer, and its settings: plain data that is saved with a model.

use crate::error::OptimError;
use serde::{Deserialize, Serialize};

/// Which optimizer, and its settings. The defaults are Keras's.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − lr·m̂/(√v̂ + ε) (Kingma and Ba, 2015).
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
    /// Adam after w ← w − lr·decay·w (Loshchilov and Hutter, 2019).
    #[serde(rename = "adamw")]
    AdamW {
        /// Learning rate.
        lr: f64,
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Keeps the divisor from zero.
        epsilon: f64,
        /// As in [`Optimizer::Adam`].
        epsilon_hat: bool,
        /// Decay of all parameters, added to the groups' own. To spare some groups use Adam and set the groups' decay.
        weight_decay: f64,
    },
    /// Adam with Nesterov momentum (Dozat, 2016), in Keras's form: with uₜ = β₁·(1 − ½·0.96ᵗ) and Uₜ = u₁·…·uₜ,
    /// w ← w − lr·(uₜ₊₁·m/(1 − Uₜ₊₁) + (1 − uₜ)·g/(1 − Uₜ))/(√v̂ + ε).
    Nadam {
        /// Learning rate.
        lr: f64,
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Keeps the divisor from zero; added to √v̂.
        epsilon: f64,
    },
    /// v ← ρv + (1 − ρ)g², w ← w − lr·g/√(v + ε) (Tieleman and Hinton, 2012).
    #[serde(rename = "rmsprop")]
    RmsProp {
        /// Learning rate.
        lr: f64,
        /// Decay of the mean square.
        rho: f64,
        /// Momentum of the updates, 0 for none.
        momentum: f64,
        /// Keeps the divisor from zero; under the root, as Keras has it.
        epsilon: f64,
        /// Whether the mean square is lessened by the square of the mean gradient.
        centered: bool,
    },
    /// v ← v + g², w ← w − lr·g/√(v + ε) (Duchi, Hazan and Singer, 2011).
    Adagrad {
        /// Learning rate.
        lr: f64,
        /// Where v starts.
        initial_accumulator: f64,
        /// Keeps the divisor from zero; under the root, as Keras has it.
        epsilon: f64,
    },
    /// w ← w − lr·sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g (Chen et al., 2023).
    Lion {
        /// Learning rate.
        lr: f64,
        /// Weight of the mean in the update.
        beta1: f64,
        /// Decay of the mean.
        beta2: f64,
    },
}

impl Optimizer {
    /// The names that [`Optimizer::from_name`] knows.
    pub const NAMES: [&'static str; 8] =
        ["sgd", "momentum", "adam", "adamw", "nadam", "rmsprop", "adagrad", "lion"];

    /// The numbers that some optimizers have and others have not, beside the weight decay: name, a line about it in which `{}` stands for those
    /// that have it, and whether it lies in [0, 1) rather than only not below zero.
    pub const NUMBERS: [(&'static str, &'static str, bool); 5] = [
        ("momentum", "Momentum of sgd and rmsprop", true),
        ("beta1", "Decay of the first moment of {}", true),
        ("beta2", "Decay of the second moment of {}", true),
        ("rho", "Decay of the mean square of {}", true),
        ("epsilon", "What keeps the divisor from zero, in {}", false),
    ];

    /// Plain gradient descent.
    pub fn sgd(lr: f64) -> Optimizer {
        Optimizer::Sgd { lr, momentum: 0.0, nesterov: false }
    }

    /// Gradient descent with momentum.
    pub fn momentum(lr: f64, momentum: f64) -> Optimizer {
        Optimizer::Sgd { lr, momentum, nesterov: false }
    }

    /// Gradient descent with Nesterov momentum.
    pub fn nesterov(lr: f64, momentum: f64) -> Optimizer {
        Optimizer::Sgd { lr, momentum, nesterov: true }
    }

    /// Adam with Keras's defaults: β 0.9 and 0.999, ε 1e-7 in the ε̂ form.
    pub fn adam(lr: f64) -> Optimizer {
        Optimizer::Adam { lr, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, epsilon_hat: true }
    }

    /// AdamW with Keras's defaults: Adam's, and a decay of 0.004.
    pub fn adamw(lr: f64) -> Optimizer {
        Optimizer::AdamW {
            lr,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-7,
            epsilon_hat: true,
            weight_decay: 0.004,
        }
    }

    /// Nadam with Keras's defaults: β 0.9 and 0.999, ε 1e-7.
    pub fn nadam(lr: f64) -> Optimizer {
        Optimizer::Nadam { lr, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }
    }

    /// RMSprop with Keras's defaults: ρ 0.9, no momentum, ε 1e-7, not centered.
    pub fn rmsprop(lr: f64) -> Optimizer {
        Optimizer::RmsProp { lr, rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false }
    }

    /// Adagrad with Keras's defaults: v starts at 0.1, ε 1e-7.
    pub fn adagrad(lr: f64) -> Optimizer {
        Optimizer::Adagrad { lr, initial_accumulator: 0.1, epsilon: 1e-7 }
    }

    /// Lion with the paper's β, 0.9 and 0.99. Its updates are as large as the learning rate, whatever the gradient: the
    /// paper advises a learning rate 3 to 10 times smaller than AdamW's, and a decay as much larger.
    pub fn lion(lr: f64) -> Optimizer {
        Optimizer::Lion { lr, beta1: 0.9, beta2: 0.99 }
    }

    /// The optimizer with this name (one of [`Optimizer::NAMES`]; `momentum` is 0.9) and learning rate, other settings by
    /// default.
    ///
    /// # Errors
    /// An unknown name, or a learning rate that is not a positive number.
    pub fn from_name(name: &str, lr: f64) -> Result<Optimizer, OptimError> {
        let optimizer = match name {
            "sgd" => Optimizer::sgd(lr),
            "momentum" => Optimizer::momentum(lr, 0.9),
            "adam" => Optimizer::adam(lr),
            "adamw" => Optimizer::adamw(lr),
            "nadam" => Optimizer::nadam(lr),
            "rmsprop" => Optimizer::rmsprop(lr),
            "adagrad" => Optimizer::adagrad(lr),
            "lion" => Optimizer::lion(lr),
            _ => return Err(OptimError::UnknownName { name: name.to_owned(), known: &Optimizer::NAMES }),
        };
        optimizer.check().map(|()| optimizer)
    }

    /// Keras's learning rate for the optimizer with this name: 0.01 for `sgd` and `momentum`, 0.001 for the others.
    ///
    /// # Errors
    /// An unknown name.
    pub fn default_lr(name: &str) -> Result<f64, OptimError> {
        let lr = if matches!(name, "sgd" | "momentum") { 0.01 } else { 0.001 };
        Optimizer::from_name(name, lr).map(|_| lr)
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A learning rate that is not positive, a decay or momentum outside [0, 1), a negative ε or weight decay, an accumulator
    /// of Adagrad that starts below zero, or at zero without an ε.
    pub fn check(&self) -> Result<(), OptimError> {
        need("the learning rate", self.lr(), self.lr() > 0.0, "it must be a positive number")?;
        match *self {
            Optimizer::Sgd { momentum, .. } => fraction("momentum", momentum),
            Optimizer::Adam { beta1, beta2, epsilon, .. }
            | Optimizer::Nadam { beta1, beta2, epsilon, .. } => betas(beta1, beta2).and(divisor(epsilon)),
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay, .. } => {
                betas(beta1, beta2).and(divisor(epsilon)).and(not_negative("weight_decay", weight_decay))
            }
            Optimizer::RmsProp { rho, momentum, epsilon, .. } => {
                fraction("rho", rho).and(fraction("momentum", momentum)).and(divisor(epsilon))
            }
            Optimizer::Adagrad { initial_accumulator, epsilon, .. } => {
                not_negative("initial_accumulator", initial_accumulator)
                    .and(not_negative("epsilon", epsilon))
                    .and(need(
                        "epsilon",
                        epsilon,
                        initial_accumulator + epsilon > 0.0,
                        "it must be positive when initial_accumulator is 0",
                    ))
            }
            Optimizer::Lion { beta1, beta2, .. } => betas(beta1, beta2),
        }
    }

    /// The learning rate.
    pub fn lr(&self) -> f64 {
        match *self {
            Optimizer::Sgd { lr, .. }
            | Optimizer::Adam { lr, .. }
            | Optimizer::AdamW { lr, .. }
            | Optimizer::Nadam { lr, .. }
            | Optimizer::RmsProp { lr, .. }
            | Optimizer::Adagrad { lr, .. }
            | Optimizer::Lion { lr, .. } => lr,
        }
    }

    /// Its settings that are numbers, by name.
    pub fn numbers_mut(&mut self) -> Vec<(&'static str, &mut f64)> {
        match self {
            Optimizer::Sgd { lr, momentum, nesterov: _ } => vec![("lr", lr), ("momentum", momentum)],
            Optimizer::Adam { lr, beta1, beta2, epsilon, epsilon_hat: _ }
            | Optimizer::Nadam { lr, beta1, beta2, epsilon } => {
                vec![("lr", lr), ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon)]
            }
            Optimizer::AdamW { lr, beta1, beta2, epsilon, epsilon_hat: _, weight_decay } => vec![
                ("lr", lr),
                ("beta1", beta1),
                ("beta2", beta2),
                ("epsilon", epsilon),
                ("weight-decay", weight_decay),
            ],
            Optimizer::RmsProp { lr, rho, momentum, epsilon, centered: _ } => {
                vec![("lr", lr), ("rho", rho), ("momentum", momentum), ("epsilon", epsilon)]
            }
            Optimizer::Adagrad { lr, initial_accumulator: _, epsilon } => {
                vec![("lr", lr), ("epsilon", epsilon)]
            }
            Optimizer::Lion { lr, beta1, beta2 } => vec![("lr", lr), ("beta1", beta1), ("beta2", beta2)],
        }
    }

    /// The setting with this name that is a number, if it has one.
    pub fn number_mut(&mut self, name: &str) -> Option<&mut f64> {
        self.numbers_mut().into_iter().find(|(known, _)| *known == name).map(|(_, number)| number)
    }

    /// Which of the first, second and third moments it keeps.
    pub(crate) fn keeps(&self) -> [bool; 3] {
        match *self {
            Optimizer::Sgd { momentum, .. } => [momentum != 0.0, false, false],
            Optimizer::Adam { .. } | Optimizer::AdamW { .. } | Optimizer::Nadam { .. } => [true, true, false],
            Optimizer::RmsProp { momentum, centered, .. } => [momentum != 0.0, true, centered],
            Optimizer::Adagrad { .. } => [false, true, false],
            Optimizer::Lion { .. } => [true, false, false],
        }
    }
}

/// An error unless `ok` and the value is finite.
pub(crate) fn need(
    setting: &'static str,
    value: f64,
    ok: bool,
    needs: &'static str,
) -> Result<(), OptimError> {
    if ok && value.is_finite() { Ok(()) } else { Err(OptimError::Setting { setting, value, needs }) }
}

/// An error unless the value lies in [0, 1).
pub(crate) fn fraction(setting: &'static str, value: f64) -> Result<(), OptimError> {
    need(setting, value, (0.0..1.0).contains(&value), "it must lie in [0, 1)")
}

/// An error unless the value is zero or positive.
pub(crate) fn not_negative(setting: &'static str, value: f64) -> Result<(), OptimError> {
    need(setting, value, value >= 0.0, "it must not be negative")
}

/// An error unless epsilon is positive: the divisor of a weight whose gradients were 0.
fn divisor(epsilon: f64) -> Result<(), OptimError> {
    let needs = "it must be positive, for it keeps the divisor from zero where a weight's gradients are 0";
    not_negative("epsilon", epsilon).and(need("epsilon", epsilon, epsilon > 0.0, needs))
}

fn betas(beta1: f64, beta2: f64) -> Result<(), OptimError> {
    fraction("beta1", beta1).and(fraction("beta2", beta2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_their_range_are_refused() {
        assert_eq!(
            Optimizer::from_name("adam", -1.0).unwrap_err().to_string(),
            "the learning rate is -1: it must be a positive number"
        );
        assert!(Optimizer::from_name("adam", f64::NAN).is_err());
        assert!(Optimizer::from_name("adam", f64::INFINITY).is_err());
        assert!(Optimizer::momentum(0.1, 1.0).check().is_err());
        let message = |o: Optimizer| o.check().unwrap_err().to_string();
        assert_eq!(
            message(Optimizer::Lion { lr: 0.1, beta1: 0.9, beta2: 1.5 }),
            "beta2 is 1.5: it must lie in [0, 1)"
        );
        assert_eq!(
            message(Optimizer::Adagrad { lr: 0.1, initial_accumulator: 0.0, epsilon: 0.0 }),
            "epsilon is 0: it must be positive when initial_accumulator is 0"
        );
        assert_eq!(
            message(Optimizer::RmsProp { lr: 0.1, rho: 0.9, momentum: 0.0, epsilon: -1.0, centered: false }),
            "epsilon is -1: it must not be negative"
        );
    }

    #[test]
    fn every_name_has_an_optimizer_and_other_names_are_answered_with_the_list() {
        for name in Optimizer::NAMES {
            let lr = Optimizer::default_lr(name).unwrap();
            assert_eq!(Optimizer::from_name(name, lr).unwrap().lr(), lr);
        }
        assert_eq!(
            Optimizer::default_lr("adamant").unwrap_err().to_string(),
            "unknown optimizer \"adamant\": use one of sgd, momentum, adam, adamw, nadam, rmsprop, adagrad, lion"
        );
    }

    #[test]
    fn every_number_is_told_of() {
        let told =
            |name| ["lr", "weight-decay"].contains(&name) || Optimizer::NUMBERS.iter().any(|n| n.0 == name);
        for mut optimizer in Optimizer::NAMES.map(|name| Optimizer::from_name(name, 0.1).unwrap()) {
            assert!(optimizer.numbers_mut().iter().all(|(name, _)| told(name)), "{optimizer:?}");
        }
    }

    #[test]
    fn the_records_of_older_models_are_read() {
        let read = |json: &str| serde_json::from_str::<Optimizer>(json).unwrap();
        assert_eq!(
            read(r#"{"sgd":{"lr":0.1,"momentum":0.9,"nesterov":false}}"#),
            Optimizer::momentum(0.1, 0.9)
        );
        let adam = r#"{"adam":{"lr":0.001,"beta1":0.9,"beta2":0.999,"epsilon":1e-7,"epsilon_hat":true}}"#;
        assert_eq!(read(adam), Optimizer::adam(0.001));
        for name in Optimizer::NAMES {
            let optimizer = Optimizer::from_name(name, 0.1).unwrap();
            assert_eq!(read(&serde_json::to_string(&optimizer).unwrap()), optimizer);
        }
    }
}
