//! What can be wrong with an optimizer's settings or a saved state.

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
    #[error("unknown optimizer {name:?}: use one of {}", known.join(", "))]
    UnknownName {
        /// The name as given.
        name: String,
        /// Those that stand for one.
        known: &'static [&'static str],
    },
    /// A saved state of another optimizer or network.
    #[error("the saved {part} has {found} elements, but this optimizer needs {expected}")]
    Saved {
        /// Which part.
        part: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
}
