//! Which rows say when training is to stop and are scored: what a person can decide of it, plain data that is saved with the model.

use serde::{Deserialize, Serialize};

/// By what rows are held out, and dealt to folds; by chance if it says nothing, classes in equal shares.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HoldOut {
    /// Rows with equal cells of this column stay together; it is no feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The latest rows are held out: this column's numbers, or its texts in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// This column says of each row whether it is held out; it is no feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// So many rows at the end of the table are held out: those of another one, appended to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
}

impl HoldOut {
    /// Whether it says nothing.
    pub fn is_by_chance(&self) -> bool {
        *self == HoldOut::default()
    }

    /// Whether it is said of each row. Such rows are never trained on.
    pub fn is_of_rows(&self) -> bool {
        self.column.is_some() || self.last.is_some()
    }

    /// Its columns that are no features.
    pub(crate) fn no_features(&self) -> impl Iterator<Item = &str> {
        self.group.as_deref().into_iter().chain(self.column.as_deref())
    }
}
