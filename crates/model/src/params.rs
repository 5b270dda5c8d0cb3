//! The parameters of a network that only predicts: numbers that somebody owns, be it an arena in memory or a model file that is
//! mapped into it. Copies of a model share them.

use planish_tensor::AlignedVec;
use planish_tensor::reduce::all_finite;
use std::ops::Deref;
use std::sync::Arc;

/// Parameters that are read and no longer changed. A clone shares the numbers.
#[derive(Clone)]
pub struct Params {
    numbers: Arc<dyn AsRef<[f32]> + Send + Sync>,
    known_finite: bool,
}

impl Params {
    /// The numbers that `owner` holds; it must give the same ones each time it is asked.
    pub fn new(owner: impl AsRef<[f32]> + Send + Sync + 'static) -> Params {
        Params { numbers: Arc::new(owner), known_finite: false }
    }

    /// The same for numbers that the caller has found finite, all of them: a model that is made of them does not look again.
    pub fn known_finite(owner: impl AsRef<[f32]> + Send + Sync + 'static) -> Params {
        Params { known_finite: true, ..Params::new(owner) }
    }

    /// Whether all numbers are finite.
    pub fn are_finite(&self) -> bool {
        self.known_finite || all_finite(self)
    }
}

impl From<AlignedVec<f32>> for Params {
    fn from(arena: AlignedVec<f32>) -> Params {
        Params::new(arena)
    }
}

impl Deref for Params {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        (*self.numbers).as_ref()
    }
}

impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} parameters", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shares_the_numbers() {
        let params = Params::from(AlignedVec::from_slice(&[1.0, 2.0]));
        let other = params.clone();
        drop(params.clone());
        assert_eq!((&other[..], other.as_ptr()), (&[1.0, 2.0][..], params.as_ptr()));
        assert_eq!(format!("{other:?}"), "2 parameters");
    }
}
