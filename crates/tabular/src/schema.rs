//! The names and kinds of a table's columns.

use crate::error::{TabularError, first_few};
use serde::{Deserialize, Serialize};

/// What a column holds. How a cell of text becomes a value of the kind is [`Table::push_cell`](crate::Table::push_cell).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Numbers.
    Number,
    /// Text, each value one of a set of levels.
    Category,
}

impl Kind {
    /// `number` or `category`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Number => "number",
            Kind::Category => "category",
        }
    }
}

/// A column's name and kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// The name.
    pub name: String,
    /// The kind.
    pub kind: Kind,
}

/// The columns of a table, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Schema {
    /// The columns.
    pub columns: Vec<ColumnSchema>,
}

impl Schema {
    /// The schema with these columns.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Kind)>) -> Schema {
        Schema {
            columns: columns
                .into_iter()
                .map(|(name, kind)| ColumnSchema { name: name.to_owned(), kind })
                .collect(),
        }
    }

    /// The position of a column.
    ///
    /// # Errors
    /// An unknown name; the error carries the nearest one.
    pub fn position(&self, name: &str) -> Result<usize, TabularError> {
        self.columns.iter().position(|c| c.name == name).ok_or_else(|| TabularError::NoColumn {
            column: name.to_owned(),
            nearest: nearest(self.columns.iter().map(|c| &c.name[..]), name),
            known: first_few(self.columns.iter().map(|c| c.name.as_str())),
        })
    }
}

/// The name closest to this one, if any is close: at most a third of its letters differ.
pub fn nearest<'a>(names: impl Iterator<Item = &'a str>, name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let distance = |other: &str| edit_distance(&lower, &other.to_lowercase());
    let (best, far) = names.map(|n| (n, distance(n))).min_by_key(|(_, far)| *far)?;
    (far * 3 <= name.chars().count()).then(|| best.to_owned())
}

/// Levenshtein's distance in letters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
