//! The fitted target: the classes or the scale, and the label of each row.

use crate::error::{MAX_CLASSES, TabularError};
use crate::listed::listed_names;
use crate::moments::mean_and_sd;
use crate::rows::Rows;
use crate::table::{Column, Table};
use crate::task::{Task, check_classes};
use planish_tensor::Dd;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The fitted target.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Classes, in sorted order unless the positive one of two was named; of two, the second is the one whose probability a single output gives.
    Classes {
        /// The target column.
        column: String,
        /// The labels.
        names: Vec<String>,
        /// Whether the column held numbers, so that `1` and `1.0` are one class.
        numeric: bool,
    },
    /// A number.
    Number {
        /// The target column.
        column: String,
        /// The mean of the training rows.
        mean: f64,
        /// Their standard deviation.
        sd: f64,
    },
}

/// What a row's target is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Label {
    /// A class index.
    Class(u32),
    /// A number, with the rest of its decimal.
    Number(Dd),
}

/// The different labels of a target column, collected row by row, for tables that are read in blocks.
#[derive(Clone, Debug, Default)]
pub struct LabelSet {
    names: BTreeSet<String>,
    numeric: bool,
    /// The bits of the names that are numbers.
    numbers: HashSet<u64>,
    /// Rows with a label.
    rows: u64,
}

impl LabelSet {
    /// Takes the labels of these rows, where there are any.
    pub fn push_rows(&mut self, column: &Column, rows: Rows<'_>) {
        match column {
            Column::Text(c) => {
                let mut known = vec![false; c.dictionary().len()];
                for code in rows.places().map(|row| c.codes()[row] as usize) {
                    let Some(known) = known.get_mut(code) else { continue };
                    self.rows += 1;
                    if !std::mem::replace(known, true) {
                        self.names.insert(c.dictionary()[code].clone());
                    }
                }
            }
            Column::Number(c) => {
                self.numeric = true;
                for x in rows.places().map(|row| c.values()[row] + 0.0) {
                    // Many rows have few labels.
                    self.rows += u64::from(!x.is_nan());
                    if !x.is_nan() && self.numbers.insert(x.to_bits()) {
                        self.names.insert(plain(x));
                    }
                }
            }
        }
    }

    /// Refuses what [`Task::infer`] would not take for classes: so many labels of so few rows that they hardly are.
    ///
    /// # Errors
    /// What is found instead.
    pub fn check(&self, column: &str) -> Result<(), TabularError> {
        check_classes(column, self.names.len(), self.rows)
    }

    /// The target with these classes, numbers in their order.
    ///
    /// # Errors
    /// No label, one alone, or too many.
    pub fn finish(self, column: String) -> Result<Target, TabularError> {
        let numeric = self.numeric;
        let mut names: Vec<String> = self.names.into_iter().collect();
        if numeric {
            names.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        match names.len() {
            0 => Err(TabularError::NoRows { column }),
            1 => Err(TabularError::ConstantTarget { column, value: names.swap_remove(0) }),
            n if n > MAX_CLASSES => Err(TabularError::TooManyLabels { column, labels: n }),
            _ => Ok(Target::Classes { column, names, numeric }),
        }
    }
}

impl Target {
    /// Fits the target on these rows; rows without a value do not count.
    ///
    /// # Errors
    /// A constant target, text where a number is needed, too many classes, no rows.
    pub fn fit(table: &Table, column: &str, task: Task, rows: &[u32]) -> Result<Target, TabularError> {
        let name = column.to_owned();
        match task {
            Task::Classify => {
                let labels = table.column(column)?;
                let mut seen = LabelSet::default();
                seen.push_rows(labels, Rows::These(rows));
                seen.finish(name)
            }
            Task::Regress => {
                let values = table.numbers(column)?;
                let y: Vec<f64> =
                    rows.iter().map(|&r| values.values()[r as usize]).filter(|y| !y.is_nan()).collect();
                let Some(&first) = y.first() else { return Err(TabularError::NoRows { column: name }) };
                if y.iter().all(|&v| v == first) {
                    return Err(TabularError::ConstantTarget { column: name, value: first.to_string() });
                }
                let (mean, sd) = mean_and_sd(&y);
                if !(mean.is_finite() && sd.is_finite() && sd >= f64::MIN_POSITIVE) {
                    return Err(TabularError::TargetRange { column: name });
                }
                Ok(Target::Number { column: name, mean, sd })
            }
        }
    }

    /// The target column.
    pub fn column(&self) -> &str {
        match self {
            Target::Classes { column, .. } | Target::Number { column, .. } => column,
        }
    }

    /// The task.
    pub fn task(&self) -> Task {
        match self {
            Target::Classes { .. } => Task::Classify,
            Target::Number { .. } => Task::Regress,
        }
    }

    /// Why [`Task::infer`] finds this task, as the end of a sentence.
    pub fn reason(&self) -> &'static str {
        match self {
            Target::Classes { numeric: false, .. } => "its values are text",
            Target::Classes { numeric: true, .. } => "it has two different values",
            Target::Number { .. } => "its values are numbers, and not just two of them",
        }
    }

    /// The classes' names; none for a number.
    pub fn classes(&self) -> &[String] {
        match self {
            Target::Classes { names, .. } => names,
            Target::Number { .. } => &[],
        }
    }

    /// Checks a target that was read from outside.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn validate(&self) -> Result<(), &'static str> {
        match self {
            Target::Number { mean, sd, .. } => {
                let finite = mean.is_finite() && sd.is_finite() && *sd >= 0.0;
                finite.then_some(()).ok_or("the scale of the target is not finite")
            }
            Target::Classes { names, .. } => {
                let distinct = names.iter().collect::<BTreeSet<_>>().len();
                let fits = names.len() >= 2 && distinct == names.len();
                fits.then_some(()).ok_or("the target's classes are not two or more different ones")
            }
        }
    }

    /// The labels of all rows, `None` where missing.
    ///
    /// # Errors
    /// A label that training did not see, or text where a number is needed.
    pub fn labels(&self, table: &Table) -> Result<Vec<Option<Label>>, TabularError> {
        match self {
            Target::Number { column, .. } => {
                let y = table.numbers(column)?;
                Ok((0..table.rows()).map(|row| y.at(row).map(Label::Number)).collect())
            }
            Target::Classes { column, names, numeric } => {
                let key = |text: &str| {
                    Dd::parse_decimal(text)
                        .filter(|_| *numeric)
                        .map_or_else(|| text.to_owned(), |x| plain(x.hi))
                };
                let classes: BTreeMap<String, u32> =
                    names.iter().enumerate().map(|(i, n)| (key(n), i as u32)).collect();
                let labels = table.column(column)?;
                let class = |row| match label_text(labels, row) {
                    None => Ok(None),
                    Some(text) => match classes.get(&key(&text)) {
                        Some(&i) => Ok(Some(Label::Class(i))),
                        None => Err(TabularError::UnknownLabel {
                            column: column.clone(),
                            label: text,
                            known: listed_names("", names.iter().map(String::as_str)),
                            line: table.line(row),
                        }),
                    },
                };
                // Each cell that differs is looked up once.
                let cell = |row: usize| match labels {
                    Column::Text(c) => u64::from(c.codes()[row]),
                    Column::Number(c) => c.values()[row].to_bits(),
                };
                let mut known: HashMap<u64, Option<Label>> = HashMap::new();
                let known_class = |row| match known.get(&cell(row)) {
                    Some(&label) => Ok(label),
                    None => {
                        let label = class(row)?;
                        known.insert(cell(row), label);
                        Ok(label)
                    }
                };
                (0..table.rows()).map(known_class).collect()
            }
        }
    }
}

/// The text of a label; numbers in their shortest form.
fn label_text(column: &Column, row: usize) -> Option<String> {
    match column {
        Column::Text(c) => c.at(row).map(str::to_owned),
        Column::Number(c) => c.at(row).map(|x| plain(x.hi)),
    }
}

/// A number in its shortest form, zero without a sign.
fn plain(x: f64) -> String {
    (x + 0.0).to_string()
}

/// The number that a numeric label stands for.
fn number(label: &str) -> f64 {
    label.parse().unwrap_or(0.0)
}
