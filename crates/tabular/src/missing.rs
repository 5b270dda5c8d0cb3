//! Which cells stand for a missing value.

use serde::{Deserialize, Serialize};

/// The words that pandas, R, Excel, databases and people write for a missing value.
const WORDS: &[&str] =
    &["", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "?", "-", ".", "\\N"];

/// What stands for a missing value in a table: nothing at all, `NA`, `N/A`, `n/a`, `#N/A`, `<NA>`, `NaN`, `nan`, `null`, `NULL`, `None`, `?`, `-`,
/// `.` and `\N`; with these words more and these less.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MissingWords {
    /// More words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
    /// Words of the list that are values here: the levels of a model that an earlier version trained, which took fewer words for missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub less: Vec<String>,
}

impl MissingWords {
    /// Whether a cell, without the blanks around it, stands for a missing value.
    pub fn has(&self, cell: &str) -> bool {
        let is = |words: &[String]| words.iter().any(|w| w == cell);
        (is_missing(cell) && !is(&self.less)) || is(&self.more)
    }
}

/// Whether a cell stands for a missing value where nothing else is said.
pub fn is_missing(cell: &str) -> bool {
    cell.len() <= 4 && WORDS.contains(&cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_can_be_added_and_taken_away() {
        assert!(["", "NA", "None", "\\N", "."].iter().all(|w| is_missing(w)));
        assert!(["0", "none", "NAN", "..", "no"].iter().all(|w| !is_missing(w)));
        let words = MissingWords { more: vec!["-99".to_owned()], less: vec!["None".to_owned()] };
        assert!(words.has("-99") && words.has("NA") && !words.has("None"));
    }
}
