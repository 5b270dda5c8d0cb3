//! What a target column is for: classes or a number. One rule says it where nobody does, for networks and linear models alike; what looks like neither, such as an
//! identifier, is an error that says what to do.

use crate::error::TabularError;
use crate::table::{Column, Table, TextColumn};
use planish_tensor::Dd;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most classes that a target is taken to have where nobody says that they are classes.
const MOST_CLASSES: usize = 100;

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
    /// Each with its name and a line about it.
    pub const CHOICES: &'static [(&'static str, Task, &'static str)] = &[
        ("classify", Task::Classify, "Predict one of several classes"),
        ("regress", Task::Regress, "Predict a number"),
    ];

    /// `classify` or `regress`.
    pub fn name(self) -> &'static str {
        Task::CHOICES[self as usize].0
    }

    /// The task of a target column, where nobody says it. This is the one rule, for every model:
    ///
    /// - texts are classes;
    /// - numbers of exactly two different values, such as 0 and 1 or 1 and 2, are classes;
    /// - other numbers are numbers, whole numbers and counts included.
    ///
    /// Cells without a value do not count.
    ///
    /// # Errors
    /// An unknown column, or one of dates. A text among numbers, which is a typing error more often than a class. More than a hundred classes, or fewer than two rows a
    /// class on average: they are more often identifiers or free text.
    pub fn infer(table: &Table, target: &str) -> Result<Task, TabularError> {
        let mut guess = TaskGuess::new(target);
        guess.see(table)?;
        guess.finish()
    }
}

/// What [`Task::infer`] knows after some of the rows, for tables that are read in blocks.
#[derive(Clone, Debug)]
pub struct TaskGuess<'t> {
    target: &'t str,
    rows: u64,
    /// The different numbers of a number column, until there are three.
    numbers: Vec<u64>,
    /// The different texts of a text column, until there are too many.
    texts: BTreeSet<String>,
    /// Whether one of the texts is a number.
    has_number: bool,
    /// The first text that is none, with its line.
    first_text: Option<(String, u64)>,
}

impl<'t> TaskGuess<'t> {
    /// Nothing is known of this target.
    pub fn new(target: &'t str) -> TaskGuess<'t> {
        let (numbers, texts) = (Vec::new(), BTreeSet::new());
        TaskGuess { target, rows: 0, numbers, texts, has_number: false, first_text: None }
    }

    /// Takes note of a table's rows; whether no further row could change what is known.
    ///
    /// # Errors
    /// An unknown column, dates, or a text among numbers.
    pub fn see(&mut self, table: &Table) -> Result<bool, TabularError> {
        match table.column_at(table.schema().target(self.target)?) {
            Column::Number(c) => {
                for x in c.values().iter().filter(|x| !x.is_nan()) {
                    self.rows += 1;
                    let bits = (x + 0.0).to_bits();
                    if !self.numbers.contains(&bits) {
                        self.numbers.push(bits);
                    }
                    if self.numbers.len() > 2 {
                        return Ok(true);
                    }
                }
            }
            Column::Text(c) => {
                let mut is_new = vec![true; c.dictionary().len()];
                for (row, &code) in c.codes().iter().enumerate().filter(|(_, c)| **c != TextColumn::MISSING) {
                    self.rows += 1;
                    if std::mem::replace(&mut is_new[code as usize], false) {
                        self.see_text(&c.dictionary()[code as usize], table.line(row))?;
                    }
                }
            }
        }
        Ok(self.texts.len() > MOST_CLASSES && !self.has_number)
    }

    fn see_text(&mut self, text: &str, line: u64) -> Result<(), TabularError> {
        if Dd::parse_decimal(text).is_some() {
            self.has_number = true;
        } else if self.first_text.is_none() {
            self.first_text = Some((text.to_owned(), line));
        }
        if self.texts.len() <= MOST_CLASSES && !self.texts.contains(text) {
            self.texts.insert(text.to_owned());
        }
        match &self.first_text {
            Some((found, line)) if self.has_number => Err(TabularError::TextAmongNumbers {
                column: self.target.to_owned(),
                line: *line,
                found: found.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// The task.
    ///
    /// # Errors
    /// Classes that are too many.
    pub fn finish(self) -> Result<Task, TabularError> {
        let classes = if self.texts.is_empty() { self.numbers.len() } else { self.texts.len() };
        if self.texts.is_empty() && classes != 2 {
            return Ok(Task::Regress);
        }
        check_classes(self.target, classes, self.rows)?;
        Ok(Task::Classify)
    }
}

/// Refuses so many classes of so few rows that they are hardly classes.
pub(crate) fn check_classes(column: &str, classes: usize, rows: u64) -> Result<(), TabularError> {
    if classes > MOST_CLASSES || (classes > 1 && rows < 2 * classes as u64) {
        let found = if classes > MOST_CLASSES {
            format!("more than {MOST_CLASSES} different values")
        } else {
            format!("{classes} different values in {rows} rows")
        };
        return Err(TabularError::NotClasses { column: column.to_owned(), found });
    }
    Ok(())
}
