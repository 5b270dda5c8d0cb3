//! What a column of text cells holds: numbers or categories.

use crate::schema::Kind;
use planish_tensor::Dd;

/// Whether a cell stands for a missing value: empty, `NA` or `?`.
pub fn is_missing(cell: &str) -> bool {
    matches!(cell, "" | "NA" | "?")
}

/// Whether a cell is a number or one of the words for infinity and not-a-number. The words make a column numeric, so
/// that they are then refused with their place rather than taken for a category.
fn looks_numeric(cell: &str) -> bool {
    let word = || cell.trim_start_matches(['-', '+']);
    cell.parse::<f64>().is_ok() || ["inf", "infinity", "nan"].iter().any(|w| word().eq_ignore_ascii_case(w))
}

/// What is known of a column after some of its cells.
#[derive(Clone, Debug, Default)]
pub struct ColumnGuess {
    numbers: u64,
    digits: bool,
    first_text: Option<(u64, String)>,
    texts: u64,
}

impl ColumnGuess {
    /// Takes note of a cell that is not missing.
    pub fn see(&mut self, cell: &str, line: u64) {
        if looks_numeric(cell) {
            self.numbers += 1;
            self.digits = self.digits || Dd::parse_decimal(cell).is_some();
        } else {
            self.texts += 1;
            if self.first_text.is_none() {
                self.first_text = Some((line, cell.to_owned()));
            }
        }
    }

    /// Numbers if every cell was one; a column without cells counts as numbers.
    pub fn kind(&self) -> Kind {
        if self.texts == 0 && (self.digits || self.numbers == 0) { Kind::Number } else { Kind::Category }
    }

    /// If nearly all cells are numbers but some text makes the column a category: the line and text of the first.
    pub fn suspicious_text(&self) -> Option<(u64, &str)> {
        let (line, text) = self.first_text.as_ref()?;
        (self.numbers > 9 * self.texts).then_some((*line, text.as_str()))
    }
}
