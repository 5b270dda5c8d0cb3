//! How fast a parameter learns: what puts it into a group of its own.

use crate::error::NnError;
use serde::{Deserialize, Serialize};

/// How a parameter is updated. Parameters of one kind with equal rates form a group of the arena.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Factor on the learning rate.
    pub lr_factor: f64,
    /// Decoupled weight decay, added to the optimizer's own.
    pub weight_decay: f64,
    /// Whether it is updated at all.
    pub trainable: bool,
}

impl Default for Rates {
    /// The optimizer's own rate and decay.
    fn default() -> Rates {
        Rates { lr_factor: 1.0, weight_decay: 0.0, trainable: true }
    }
}

impl Rates {
    /// Whether they are the defaults, which a record leaves out.
    pub(crate) fn is_default(&self) -> bool {
        *self == Rates::default()
    }

    /// Checks that the factors are numbers and not negative.
    pub(crate) fn check(&self, layer: &str) -> Result<(), NnError> {
        check(layer, "lr_factor", self.lr_factor, self.lr_factor >= 0.0, "it must not be negative")?;
        check(layer, "weight_decay", self.weight_decay, self.weight_decay >= 0.0, "it must not be negative")
    }
}

/// An error unless `ok` and the value is finite.
pub(crate) fn check(
    layer: &str,
    setting: &'static str,
    value: f64,
    ok: bool,
    needs: &'static str,
) -> Result<(), NnError> {
    if ok && value.is_finite() {
        return Ok(());
    }
    Err(NnError::Setting { owner: format!("layer {layer}"), setting, value, needs })
}
