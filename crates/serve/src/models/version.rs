//! Which version of which model a request is for.

use crate::error::{ApiError, quoted};

/// A version of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VersionSelector {
    Latest,
    Number(u64),
    Label(String),
}

impl VersionSelector {
    /// A version that is given by its number.
    pub(crate) fn number(text: &str) -> Result<VersionSelector, ApiError> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.map(VersionSelector::Number).ok_or_else(|| {
            ApiError::not_found(format!("there is no version {}: versions are whole numbers", quoted(text)))
        })
    }
}

/// A model and a version of it, as the path of a request names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Empty where the path names none.
    pub(crate) model: String,
    pub(crate) version: VersionSelector,
}
