//! What can be wrong with a table.

use crate::listed::{drop_option, in_list, in_shell, shown};

/// Most classes that a target may have.
pub(crate) const MAX_CLASSES: usize = 4096;

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TabularError {
    /// A column that is not there.
    #[error("there is no column {column:?}; {}", suggestion(.nearest, .known))]
    NoColumn {
        /// The name as given.
        column: String,
        /// The nearest name there is, if one is near.
        nearest: Option<String>,
        /// The first names there are.
        known: String,
    },
    /// A column of the wrong kind.
    #[error("column {column:?} must hold {expected}{}", at_line(.line, .found))]
    WrongKind {
        /// The column.
        column: String,
        /// `numbers` or `text`.
        expected: &'static str,
        /// The line of the first cell that is wrong, 0 if unknown.
        line: u64,
        /// That cell.
        found: String,
    },
    /// Columns without any value in the training rows.
    #[error("{} in the training rows: leave {} out ({})", have(.columns, "no values"), it(.columns), drop_option(.columns, OPTION))]
    AllMissing {
        /// The columns.
        columns: Vec<String>,
    },
    /// Categories with too many levels for a linear model.
    #[error(
        "{}, too many for a linear model, which takes {most} at most: leave {} out{} ({})", have(.columns, &format!("{levels} different values")), it(.columns), if *.in_products { " and of --interact" } else { "" }, drop_option(.columns, OPTION)
    )]
    TooManyLevels {
        /// The columns.
        columns: Vec<String>,
        /// How many levels they have, in words.
        levels: String,
        /// The most that are taken.
        most: usize,
        /// Whether products of one are asked for, which must go too.
        in_products: bool,
    },
    /// Every row has the same target.
    #[error("the target {column:?} is constant ({value}) in the training rows: there is nothing to learn")]
    ConstantTarget {
        /// The column.
        column: String,
        /// Its value.
        value: String,
    },
    /// A target whose numbers are too large or too small to be scaled.
    #[error("the target {column:?} has numbers too large or too small to learn from: rescale it")]
    TargetRange {
        /// The column.
        column: String,
    },
    /// A label that the training rows did not have.
    #[error("{}unknown label {label:?} in target column {column:?}: the model knows {known}", line_prefix(.line))]
    UnknownLabel {
        /// The column.
        column: String,
        /// The label.
        label: String,
        /// The labels there are.
        known: String,
        /// The line, 0 if unknown.
        line: u64,
    },
    /// A text among the numbers of a target.
    #[error(
        "{}the target {column:?} holds numbers, and here {found:?}: correct it; --task classify takes all of them for classes", line_prefix(.line)
    )]
    TextAmongNumbers {
        /// The column.
        column: String,
        /// The line of the first text, 0 if unknown.
        line: u64,
        /// That text.
        found: String,
    },
    /// A target of dates.
    #[error(
        "the target {column:?} holds dates, which cannot be predicted: make numbers of them, such as the days from one day on"
    )]
    DateTarget {
        /// The column.
        column: String,
    },
    /// A target that is hardly one of classes.
    #[error(
        "the target {column:?} has {found}: is it an identifier or free text? --task classify takes them for classes all the same; for a number give --task regress, and --kind {} where it is read as text", in_shell(&in_list(&format!("{column}:number")))
    )]
    NotClasses {
        /// The column.
        column: String,
        /// How many values it has, in words.
        found: String,
    },
    /// Too many different labels.
    #[error(
        "the target {column:?} has {labels} different values: more than {MAX_CLASSES} classes; use --task regress for a number"
    )]
    TooManyLabels {
        /// The column.
        column: String,
        /// Their number.
        labels: usize,
    },
    /// No rows, or none with a target.
    #[error("there are no rows{}", if .column.is_empty() { String::new() } else { format!(" with a value in the target {:?}", .column) })]
    NoRows {
        /// The target, or empty.
        column: String,
    },
    /// A power or product of a column that is no feature.
    #[error("column {column:?} is not one of the features, of which powers and products are formed")]
    NoFeature {
        /// The column.
        column: String,
    },
    /// A highest power that cannot be used.
    #[error("the highest power of column {column:?}: {why}")]
    Degree {
        /// The column.
        column: String,
        /// What is wrong.
        why: String,
    },
    /// A product of a column with itself, or one that is asked for twice.
    #[error("the product {a}:{b} {}", if .a == .b { format!("is a power: --poly {}", in_shell(&in_list(&format!("{a}:2")))) } else { "is asked for twice".to_owned() })]
    Interaction {
        /// The first column.
        a: String,
        /// The second.
        b: String,
    },
    /// No columns are left as features.
    #[error("there are no feature columns beside the target {target:?}")]
    NoFeatures {
        /// The target.
        target: String,
    },
}

fn suggestion(nearest: &Option<String>, known: &str) -> String {
    nearest.as_ref().map_or_else(|| format!("the columns are {known}"), |n| format!("did you mean {n:?}?"))
}

/// Letters of an option in a message, and of the columns before it.
const OPTION: usize = 100;
const NAMED: usize = 70;

/// `column "age" has no values`, or `age and city have no values`; where there is no room for all names the option has them.
fn have(columns: &[String], what: &str) -> String {
    if let [column] = columns {
        return format!("column {} has {what}", shown(column));
    }
    let names: Vec<String> = columns.iter().map(|name| shown(name)).collect();
    let names = names.join(", ");
    let named = if names.chars().count() <= NAMED { format!(" {names}") } else { String::new() };
    format!("{} columns{named} have {what}", columns.len())
}

fn it(columns: &[String]) -> &'static str {
    if columns.len() == 1 { "it" } else { "them" }
}

/// What an error about a row begins with; nothing where its line is not known.
pub fn line_prefix(line: &u64) -> String {
    if *line == 0 { String::new() } else { format!("line {line}: ") }
}

fn at_line(line: &u64, found: &str) -> String {
    match (line, found) {
        (_, "") => String::new(),
        (0, _) => format!(", found {found:?}"),
        _ => format!(", found {found:?} in line {line}"),
    }
}
