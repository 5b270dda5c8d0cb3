//! One thing to worry about: what it is, which columns it is about, and the line that says so.

use crate::listed::{listed, shown};
use serde::Serialize;

/// What there is to worry about, the most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorryKind {
    /// The target has so many classes that they hardly are.
    ManyClasses,
    /// A column alone predicts the target.
    Leakage,
    /// The second table has rows of the first.
    RowsInBoth,
    /// The second table lacks a column.
    LackingColumns,
    /// A column is of another kind in the second table.
    OtherKinds,
    /// The second table has levels that the first has not.
    UnseenLevels,
    /// A column of the second table lies elsewhere.
    Drift,
    /// Rows without a target.
    TargetMissing,
    /// A class has few rows.
    Imbalance,
    /// A column names rows.
    Identifiers,
    /// Rows are there more than once.
    Copies,
    /// More than half of a column is missing.
    Missing,
    /// A column has one value alone.
    Constant,
    /// A column has nearly always the same value.
    NearConstant,
    /// A category has very many levels.
    ManyLevels,
    /// Text that looks like numbers.
    NearlyNumbers,
    /// Columns of very different size.
    UnitsFarApart,
    /// Dates.
    Dates,
    /// A column is no feature unless it is asked for.
    LeftOut,
}

/// A thing to worry about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worry {
    /// What it is.
    pub worry: WorryKind,
    /// It in a line: at most ten columns and 200 letters, and how many more there are.
    pub line: String,
    /// The columns, or none if it is about rows.
    pub columns: Vec<Finding>,
}

/// A column, and what was found of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Its name.
    pub column: String,
    /// What was found, such as `accuracy 0.9987`; or nothing more.
    pub found: String,
}

impl Worry {
    /// What it is about, and the columns that it names.
    pub(super) fn new(worry: WorryKind, about: impl Into<String>, columns: Vec<Finding>) -> Worry {
        let item = |f: &Finding| match f.found.is_empty() {
            true => shown(&f.column),
            false => format!("{} ({})", shown(&f.column), f.found),
        };
        let line = match (about.into(), columns.len()) {
            (about, 0) => about,
            (about, _) => listed(&format!("{about}: "), columns.iter().map(item)),
        };
        Worry { worry, line, columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_ten_columns_and_counts_the_others() {
        let finding = |i: usize| Finding { column: format!("c{i}"), found: String::new() };
        let w = Worry::new(WorryKind::Missing, "mostly missing", (0..12).map(finding).collect());
        assert_eq!(w.line, "mostly missing: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2 more");
        let one = Finding { column: "a\nb".to_owned(), found: "51 %".to_owned() };
        assert_eq!(
            Worry::new(WorryKind::Missing, "mostly missing", vec![one]).line,
            r#"mostly missing: "a\nb" (51 %)"#
        );
        assert_eq!(Worry::new(WorryKind::Copies, "5 rows", Vec::new()).line, "5 rows");
    }
}
