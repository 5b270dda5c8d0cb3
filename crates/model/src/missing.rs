//! What becomes of rows in which a feature has no value: they are filled in, or left out of the fit (complete cases).

use planish_tabular::Table;
use serde::{Deserialize, Serialize};

/// What becomes of missing values when a model is fitted. A prediction is always made: there they are filled in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// A typical value stands for them.
    #[default]
    Fill,
    /// Rows that have one in a feature are left out.
    DropRows,
}

impl Missing {
    /// Each with its name and a line about it.
    pub const CHOICES: &'static [(&'static str, Missing, &'static str)] = &[
        (
            "fill",
            Missing::Fill,
            "Fill them in: numbers with a typical value and a flag beside it, categories with a level of their own",
        ),
        ("drop-rows", Missing::DropRows, "Leave out rows with a missing value in a feature"),
    ];

    /// Whether they are filled in.
    pub(crate) fn is_fill(&self) -> bool {
        *self == Missing::Fill
    }
}

/// The first of these columns that has no value in the row.
pub(crate) fn first_missing(table: &Table, row: usize, columns: &[usize]) -> Option<usize> {
    columns.iter().copied().find(|&c| table.column_at(c).is_missing(row))
}

/// The columns of a table that are none of these, by place.
pub(crate) fn all_but(schema: &planish_tabular::Schema, others: &[&str]) -> Vec<usize> {
    let columns = schema.columns.iter().enumerate();
    columns.filter(|(_, c)| !others.contains(&c.name.as_str())).map(|(i, _)| i).collect()
}
