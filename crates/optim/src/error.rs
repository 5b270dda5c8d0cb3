//! What can be wrong with an optimizer's settings.

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimError {
    /// A setting outside its range.
    #[error("{setting} is {value}: {needs}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        needs: &'static str,
    },
    /// A name that stands for no optimizer.
    #[error("unknown optimizer {name:?}: use sgd, momentum or adam")]
    UnknownName {
        /// The name as given.
        name: String,
    },
}
