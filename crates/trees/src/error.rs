//! What can go wrong.

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TreesError {
    /// A setting is wrong.
    #[error("{setting} is {value}: {needs}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        needs: &'static str,
    },
    /// The data cannot be used.
    #[error("{what}")]
    Data {
        /// What is wrong.
        what: String,
    },
    /// Parts of a stored model that do not belong together.
    #[error("{what}")]
    Inconsistent {
        /// What is wrong.
        what: String,
    },
    /// A checkpoint cannot be read, written or continued.
    #[error("{what}")]
    Checkpoint {
        /// The file, and what is wrong.
        what: String,
    },
    /// The observer wished a pause; if there is a store of checkpoints, it has one of this very round.
    #[error("training was suspended after round {round}")]
    Suspended {
        /// Finished rounds of the stage in progress.
        round: usize,
    },
}

impl TreesError {
    pub(crate) fn data(what: impl Into<String>) -> TreesError {
        TreesError::Data { what: what.into() }
    }

    pub(crate) fn inconsistent(what: impl Into<String>) -> TreesError {
        TreesError::Inconsistent { what: what.into() }
    }
}
