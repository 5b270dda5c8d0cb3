//! The names and kinds of a table's columns.

use crate::error::TabularError;
use crate::listed::listed_names;
use crate::missing::MissingWords;
use serde::{Deserialize, Serialize};

/// What a column holds. How a cell of text becomes a value of the kind is [`Table::push_cell`](crate::Table::push_cell).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Numbers.
    #[default]
    Number,
    /// Text, each value one of a set of levels.
    Category,
    /// Numbers written for people, such as `$1,234.50`: [`parse_formatted`](crate::formatted::parse_formatted).
    Formatted(DecimalMark),
    /// Dates, kept as the seconds since the beginning of 1970: [`parse_date`](crate::date::parse_date).
    Date(DateOrder),
}

impl Kind {
    /// `number`, `category` or `date`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Number | Kind::Formatted(_) => "number",
            Kind::Category => "category",
            Kind::Date(_) => "date",
        }
    }

    /// Whether it is of numbers as programs write them, which is not stored.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    pub(crate) fn is_plain(&self) -> bool {
        *self == Kind::Number
    }

    /// Whether it is of numbers, however they are written.
    pub fn is_numbers(self) -> bool {
        match self {
            Kind::Number | Kind::Formatted(_) => true,
            Kind::Category | Kind::Date(_) => false,
        }
    }
}

/// What stands before the decimals of a formatted number; the other one may part thousands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `1,340.56`
    Point,
    /// `1.340,56`
    Comma,
}

/// What comes first in a date of digits whose year does not; month names and years in front are read in any order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `2024-01-31`
    Ymd,
    /// `31/01/2024`
    Dmy,
    /// `01/31/2024`
    Mdy,
}

impl DateOrder {
    /// The order that `ymd`, `dmy` or `mdy` names.
    pub fn from_name(name: &str) -> Option<DateOrder> {
        match name {
            "ymd" => Some(DateOrder::Ymd),
            "dmy" => Some(DateOrder::Dmy),
            "mdy" => Some(DateOrder::Mdy),
            _ => None,
        }
    }

    /// A date in this order.
    pub fn example(self) -> &'static str {
        match self {
            DateOrder::Ymd => "2024-01-31",
            DateOrder::Dmy => "31/01/2024",
            DateOrder::Mdy => "01/31/2024",
        }
    }

    /// What a cell must be: `date such as 2024-01-31`.
    pub fn needed(self) -> &'static str {
        match self {
            DateOrder::Ymd => "date such as 2024-01-31",
            DateOrder::Dmy => "date such as 31/01/2024",
            DateOrder::Mdy => "date such as 01/31/2024",
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
    /// What stands for a missing value in them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub missing: MissingWords,
}

fn is_default(words: &MissingWords) -> bool {
    *words == MissingWords::default()
}

impl Schema {
    /// The schema with these columns.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Kind)>) -> Schema {
        Schema {
            columns: columns
                .into_iter()
                .map(|(name, kind)| ColumnSchema { name: name.to_owned(), kind })
                .collect(),
            missing: MissingWords::default(),
        }
    }

    /// The position of a column that is to be predicted.
    ///
    /// # Errors
    /// An unknown name, or dates.
    pub fn target(&self, name: &str) -> Result<usize, TabularError> {
        let position = self.position(name)?;
        match self.columns[position].kind {
            Kind::Number | Kind::Formatted(_) | Kind::Category => Ok(position),
            Kind::Date(_) => Err(TabularError::DateTarget { column: name.to_owned() }),
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
            known: listed_names("", self.columns.iter().map(|c| c.name.as_str())),
        })
    }
}

/// The name closest to this one, if any is close: at most a third of its letters differ.
pub(crate) fn nearest<'a>(names: impl Iterator<Item = &'a str>, name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let distance = |other: &str| edit_distance(&lower, &other.to_lowercase());
    let (best, far) = names.map(|n| (n, distance(n))).min_by_key(|(_, far)| *far)?;
    (far * 3 <= name.chars().count()).then(|| best.to_owned())
}

/// The end of a message about a name that is not there: `; did you mean "age"?`, or nothing.
pub fn did_you_mean<'a>(names: impl Iterator<Item = &'a str>, name: &str) -> String {
    nearest(names, name).map_or(String::new(), |near| format!("; did you mean {near:?}?"))
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
