//! What a survey found, as plain data: what is printed, written as JSON and set on a page.

use super::distinct::Distinct;
use super::duplicates::SameRows;
use super::worry::Worry;
use crate::task::Task;
use serde::Serialize;

/// What was found in a table.
#[derive(Clone, Debug, Serialize)]
pub struct TableReport {
    /// The table's name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// Every how manieth row medians, histograms and what a column predicts are of; 1 for all.
    pub sampled_every: u64,
    /// Rows that are copies of an earlier one.
    pub copies: SameRows,
    /// The target, if one is named.
    pub target: Option<TargetReport>,
    /// The columns, in the table's order.
    pub columns: Vec<ColumnReport>,
    /// The table that it was compared with, if one was.
    pub against: Option<ComparisonReport>,
    /// What to worry about, the most severe first.
    pub worries: Vec<Worry>,
}

/// The target.
#[derive(Clone, Debug, Serialize)]
pub struct TargetReport {
    /// Its column.
    pub column: String,
    /// What is to be predicted.
    pub task: Task,
    /// The classes, the most frequent first; none of a number. Of classes that are numbers, the rows that were kept are counted.
    pub classes: Vec<LevelReport>,
}

/// A column.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnReport {
    /// Its name.
    pub name: String,
    /// `number`, `category`, `boolean` or `date`.
    pub kind: &'static str,
    /// Why it is of this kind.
    pub why: String,
    /// Why it is no feature, if it is none.
    pub left_out: Option<String>,
    /// Cells without a value.
    pub missing: u64,
    /// Different values.
    pub distinct: Distinct,
    /// Of numbers and dates.
    pub numbers: Option<NumberReport>,
    /// The most frequent levels of text.
    pub levels: Vec<LevelReport>,
    /// How well it predicts the target alone.
    pub alone: Option<Alone>,
}

/// The numbers of a column; of dates, seconds since 1970.
#[derive(Clone, Debug, Serialize)]
pub struct NumberReport {
    /// The least.
    pub least: f64,
    /// The median, of the rows that were kept.
    pub median: f64,
    /// The largest.
    pub largest: f64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation, with one less than their number below.
    pub sd: Option<f64>,
    /// The share of the numbers in each of ten equal parts from the least to the largest, of the rows that were kept.
    pub histogram: Vec<f64>,
}

/// A level, and its rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelReport {
    /// Its first letters.
    pub level: String,
    /// Its rows.
    pub rows: u64,
    /// Their share of the cells that have a value.
    pub share: f64,
}

/// How well a column predicts the target alone, on rows that were not used to find out how.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Alone {
    /// What is measured.
    pub measure: Measure,
    /// Its value.
    pub value: f64,
    /// Whether it is so good that the column may hold the answer.
    pub suspicious: bool,
}

/// A measure of predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The share of rows whose class is the most frequent one among those with a like value.
    Accuracy,
    /// The area under the ROC curve.
    Auc,
    /// The explained share of the target's variance.
    R2,
}

impl Measure {
    /// `accuracy`, `AUC` or `R²`.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Accuracy => "accuracy",
            Measure::Auc => "AUC",
            Measure::R2 => "R²",
        }
    }
}

/// A second table beside the first.
#[derive(Clone, Debug, Serialize)]
pub struct ComparisonReport {
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// Its rows that are in the first table too, in the columns that both have.
    pub in_both: SameRows,
    /// The columns that both have and that are of one kind.
    pub columns: Vec<ColumnComparison>,
    /// Columns of the first table that it has not.
    pub lacking: Vec<String>,
    /// Columns that the first table has not.
    pub additional: Vec<String>,
    /// Columns of another kind than in the first table, with it.
    pub other_kinds: Vec<OtherKind>,
}

/// A column in both tables.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnComparison {
    /// Its name.
    pub name: String,
    /// The population stability index: 0 for the same shares, much from 0.25 on.
    pub drift: Option<f64>,
    /// Whether that is more than chance makes of so few rows.
    pub drifted: bool,
    /// Levels that the first table has not.
    pub unseen_levels: u64,
    /// Rows with one of them.
    pub unseen_rows: u64,
    /// The most frequent of them.
    pub unseen: Vec<String>,
}

/// A column that is of two kinds.
#[derive(Clone, Debug, Serialize)]
pub struct OtherKind {
    /// Its name.
    pub name: String,
    /// Its kinds in the first table and in the second.
    pub kinds: [&'static str; 2],
}
