//! The target: the task, the classes or the scale, and the label of each row.

use crate::error::{TabularError, first_few};
use crate::moments::mean_and_sd;
use crate::table::{Column, Table};
use planish_tensor::Dd;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most classes that a target may have.
const MAX_CLASSES: usize = 4096;

/// What is to be predicted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of several classes.
    Classify,
    /// A number.
    Regress,
}

impl Task {
    /// `classify` or `regress`.
    pub fn name(self) -> &'static str {
        match self {
            Task::Classify => "classify",
            Task::Regress => "regress",
        }
    }

    /// The task that suits a target column: classes for text and for at most ten different whole numbers that each
    /// stand for ten rows or more, a number otherwise.
    pub fn infer(column: &Column) -> Task {
        match column {
            Column::Text(_) => Task::Classify,
            Column::Number(c) => {
                let mut seen = BTreeSet::new();
                let mut rows = 0;
                for x in c.values().iter().filter(|x| !x.is_nan()) {
                    rows += 1;
                    seen.insert((x + 0.0).to_bits());
                    if x.fract() != 0.0 || seen.len() > 10 {
                        return Task::Regress;
                    }
                }
                if rows >= 10 * seen.len() { Task::Classify } else { Task::Regress }
            }
        }
    }
}

/// The fitted target.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Classes in sorted order; of two, the second is the one whose probability a single output gives.
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
}

impl LabelSet {
    /// Takes the label of a row; whether there is one.
    pub fn push(&mut self, column: &Column, row: usize) -> bool {
        self.numeric = matches!(column, Column::Number(_));
        let Some(text) = label_text(column, row) else { return false };
        // Many rows have few labels.
        if !self.names.contains(&text) {
            self.names.insert(text);
        }
        true
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
                rows.iter().for_each(|&r| _ = seen.push(labels, r as usize));
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
            Target::Number { mean, sd, .. } if mean.is_finite() && sd.is_finite() && *sd >= 0.0 => Ok(()),
            Target::Number { .. } => Err("the scale of the target is not finite"),
            Target::Classes { names, .. } => {
                let distinct: BTreeSet<&String> = names.iter().collect();
                match names.len() >= 2 && distinct.len() == names.len() {
                    true => Ok(()),
                    false => Err("the target's classes are not two or more different ones"),
                }
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
                            known: first_few(names.iter().map(String::as_str)),
                            line: table.line(row),
                        }),
                    },
                };
                (0..table.rows()).map(class).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Kind, Schema};

    fn numbers(values: &[f64]) -> Table {
        let mut t = Table::new(Schema::new([("y", Kind::Number)]));
        for &v in values {
            t.push_number(0, Some(v));
            t.end_row(0);
        }
        t
    }

    #[test]
    fn the_task_follows_from_the_target() {
        let zeros_and_ones: Vec<f64> = (0..40).map(|i| f64::from(i % 2)).collect();
        assert_eq!(Task::infer(numbers(&zeros_and_ones).column_at(0)), Task::Classify);
        assert_eq!(Task::infer(numbers(&[1.0, 2.0, 3.0]).column_at(0)), Task::Regress);
        assert_eq!(Task::infer(numbers(&[0.5; 30]).column_at(0)), Task::Regress);
    }

    #[test]
    fn numeric_classes_are_sorted_as_numbers_and_matched_in_any_notation() {
        let t = numbers(&[10.0, 2.0, 2.0]);
        let target = Target::fit(&t, "y", Task::Classify, &[0, 1, 2]).unwrap();
        assert_eq!(target.classes(), ["2", "10"]);
        let mut text = Table::new(Schema::new([("y", Kind::Category)]));
        text.push_text(0, Some("2.0"));
        text.end_row(5);
        text.push_text(0, Some("3"));
        text.end_row(6);
        assert_eq!(target.labels(&text.select(&[0])).unwrap(), [Some(Label::Class(0))]);
        assert_eq!(
            target.labels(&text).unwrap_err().to_string(),
            r#"line 6: unknown label "3" in target column "y": the model knows 2, 10"#
        );
    }

    #[test]
    fn text_classes_that_look_alike_as_numbers_stay_apart() {
        let mut t = Table::new(Schema::new([("y", Kind::Category)]));
        for y in ["01", "1", "b"] {
            t.push_text(0, Some(y));
            t.end_row(0);
        }
        let target = Target::fit(&t, "y", Task::Classify, &[0, 1, 2]).unwrap();
        assert_eq!(target.labels(&t).unwrap(), [0, 1, 2].map(|c| Some(Label::Class(c))));
        let zeros = numbers(&[0.0, -0.0, 1.0]);
        assert_eq!(Target::fit(&zeros, "y", Task::Classify, &[0, 1, 2]).unwrap().classes(), ["0", "1"]);
    }

    #[test]
    fn targets_of_any_size_have_a_finite_scale() {
        for scale in [1e300, 1e160, 1e-163] {
            let t = numbers(&[scale, 2.0 * scale, 3.0 * scale]);
            let Target::Number { mean, sd, .. } = Target::fit(&t, "y", Task::Regress, &[0, 1, 2]).unwrap()
            else {
                panic!()
            };
            assert!(
                (mean / scale - 2.0).abs() < 1e-12 && (sd / scale - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12
            );
        }
        let t = numbers(&[1e-320, 2e-320]);
        assert!(Target::fit(&t, "y", Task::Regress, &[0, 1]).is_err());
    }

    #[test]
    fn a_constant_target_is_refused() {
        let t = numbers(&[7.0; 4]);
        for task in [Task::Classify, Task::Regress] {
            let e = Target::fit(&t, "y", task, &[0, 1, 2, 3]).unwrap_err().to_string();
            assert_eq!(
                e,
                r#"the target "y" is constant (7) in the training rows: there is nothing to learn"#
            );
        }
    }
}
