//! How the fit of a table that is held whole begins, for networks and trees alike: the rows that have a target, their labels and weights, and which of
//! them are held out.

use super::complete::complete_rows;
use super::dealt::{Dealt, learnable};
use crate::class_choices::ClassChoices;
use crate::error::ModelError;
use crate::hold_out::HoldOut;
use crate::missing::Missing;
use crate::record::{Record, Settings};
use crate::row_checks;
use planish_tabular::{Kind, Label, Table, Target, Task};
use planish_train::split;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The rows to train on, and those held out.
pub(super) type Parts = (Vec<u32>, Vec<u32>);

/// What is asked of the table.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'s> {
    pub(super) target: &'s str,
    pub(super) task: Option<Task>,
    pub(super) drop: &'s [String],
    pub(super) sample_weight: Option<&'s str>,
    pub(super) missing: Missing,
    pub(super) classes: &'s ClassChoices,
    pub(super) hold_out: &'s HoldOut,
    pub(super) seed: u64,
}

/// The rows of a table that have a target, and all features if such are wanted.
pub(super) struct KnownRows<'a> {
    pub(super) table: Cow<'a, Table>,
    pub(super) rows_without_target: u64,
    pub(super) rows_incomplete: u64,
    pub(super) task: Task,
    /// Of all these rows.
    pub(super) target: Target,
    pub(super) labels: Vec<Label>,
    /// How target and weights are written, where that is not plainly.
    pub(super) written: BTreeMap<String, Kind>,
    /// How many of the last rows are held out, if that is said.
    last: Option<usize>,
}

impl Wanted<'_> {
    /// The columns that are no features.
    pub(super) fn no_features(&self) -> Vec<&str> {
        let dropped = self.drop.iter().map(String::as_str);
        let others = self.sample_weight.into_iter().chain(self.hold_out.no_features());
        std::iter::once(self.target).chain(dropped).chain(others).collect()
    }
}

impl<'a> KnownRows<'a> {
    pub(super) fn new(table: &'a Table, wanted: &Wanted<'_>) -> Result<KnownRows<'a>, ModelError> {
        table.schema().target(wanted.target)?;
        wanted.drop.iter().try_for_each(|name| table.column(name).map(drop))?;
        if wanted.drop.iter().any(|name| name == wanted.target) {
            return Err(ModelError::DroppedTarget { target: wanted.target.to_owned() });
        }
        let decides = [&wanted.hold_out.group, &wanted.hold_out.time, &wanted.hold_out.column];
        if decides.into_iter().flatten().any(|name| name == wanted.target) {
            return Err(ModelError::Setting {
                setting: "the column that decides which rows are held out",
                value: wanted.target.to_owned(),
                needs: "it must be another column than the target",
            });
        }
        let written = row_checks::written(table.schema(), wanted.target, wanted.sample_weight)?;
        let task = wanted.task.map_or_else(|| Task::infer(table, wanted.target), Ok)?;
        let last = wanted.hold_out.last;
        // The first of the last rows, where rows before it are left out.
        let mut from = last.map(|n| table.rows().saturating_sub(n as usize));
        let rows = table.rows();
        if let (Some(from), Some(kept)) = (&mut from, table.column(wanted.target)?.with_values()) {
            *from = kept.partition_point(|&row| (row as usize) < *from);
        }
        let table = table.with_values(wanted.target)?;
        let rows_without_target = (rows - table.rows()) as u64;
        let rows = table.rows();
        let (table, kept) = complete_rows(table, wanted.missing, wanted.target, &wanted.no_features())?;
        if let (Some(from), Some(kept)) = (&mut from, kept) {
            *from = kept.partition_point(|&row| (row as usize) < *from);
        }
        let rows_incomplete = (rows - table.rows()) as u64;
        let last = from.map(|from| table.rows() - from);
        let all: Vec<u32> = (0..table.rows() as u32).collect();
        let target = wanted.classes.order(Target::fit(&table, wanted.target, task, &all)?)?;
        let labels = target.labels(&table)?.into_iter().flatten().collect();
        Ok(KnownRows { table, rows_without_target, rows_incomplete, task, target, labels, written, last })
    }

    /// The weights of the rows, from their column, as `narrow` leaves them: finite.
    pub(super) fn weights(
        &self,
        wanted: &Wanted<'_>,
        narrow: fn(f64) -> f64,
    ) -> Result<Option<Vec<f64>>, ModelError> {
        let Some(name) = wanted.sample_weight else { return Ok(None) };
        if name == wanted.target {
            return Err(ModelError::Setting {
                setting: "sample_weight",
                value: name.to_owned(),
                needs: "it must be another column than the target",
            });
        }
        let weight = |row| {
            let w = narrow(row_checks::weight(&self.table, row, name)?);
            if w.is_finite() {
                return Ok(w);
            }
            let (column, line) = (name.to_owned(), self.table.line(row));
            Err(ModelError::SampleWeight { column, line, found: w.to_string() })
        };
        (0..self.table.rows()).map(weight).collect::<Result<Vec<f64>, _>>().map(Some)
    }

    /// What is known of a model's making before it is fitted.
    pub(super) fn record(&self, settings: Settings) -> Record {
        Record {
            settings,
            rows: self.labels.len() as u64,
            rows_without_target: self.rows_without_target,
            rows_incomplete: self.rows_incomplete,
            digest: None,
            rare_categories: BTreeMap::new(),
            validation: BTreeMap::new(),
            confusion: None,
            threshold: None,
            written: self.written.clone(),
            na: self.table.schema().missing.more.clone(),
            history: None,
            blend: None,
        }
    }

    /// The labels of these rows, as scores take them.
    pub(super) fn labels_of(&self, rows: &[u32]) -> Vec<Option<Label>> {
        rows.iter().map(|&r| Some(self.labels[r as usize])).collect()
    }

    /// Refuses weights by which no training row counts, or no held-out row.
    pub(super) fn check_weights(
        weights: &[f64],
        wanted: &Wanted<'_>,
        (train, held): (&[u32], &[u32]),
    ) -> Result<(), ModelError> {
        let none = |rows: &[u32]| !rows.is_empty() && rows.iter().all(|&row| weights[row as usize] == 0.0);
        let rows = match (none(train), none(held)) {
            (false, false) => return Ok(()),
            (true, true) => "rows",
            (true, false) => "training rows",
            (false, true) => "held-out rows",
        };
        let column = wanted.sample_weight.unwrap_or_default().to_owned();
        Err(ModelError::NoWeight { column, rows })
    }

    /// The class of each row; 0 for numbers.
    pub(super) fn classes(&self) -> Vec<u32> {
        self.labels.iter().map(|&l| class(l)).collect()
    }

    /// Training rows and held-out rows.
    pub(super) fn split(&self, wanted: &Wanted<'_>, share: f64) -> Result<Parts, ModelError> {
        if !(0.0..1.0).contains(&share) {
            return Err(ModelError::Setting {
                setting: "validation_split",
                value: share.to_string(),
                needs: "it must lie in [0, 1)",
            });
        }
        let classes = (self.task == Task::Classify).then(|| self.classes());
        let dealt = Dealt::new(&self.table, wanted.hold_out, self.last)?;
        let (rows, classes) = (self.labels.len(), classes.as_deref());
        let (by, seed) = (dealt.hold_by(), wanted.seed);
        let (train, held) = split::HoldOut { rows, classes, by, share, seed }.split();
        let is_said = wanted.hold_out.is_of_rows();
        if is_said && (train.is_empty() || held.is_empty()) {
            return Err(ModelError::Setting {
                setting: "the number of rows to hold out",
                value: held.len().to_string(),
                needs: "there must be rows to train on, and rows to hold out",
            });
        }
        self.check_classes(&train, &held, is_said)?;
        Ok((train, held))
    }

    /// So many parts, each of which is held out once.
    pub(super) fn folds(&self, wanted: &Wanted<'_>, folds: usize) -> Result<Vec<Parts>, ModelError> {
        let classes = (self.task == Task::Classify).then(|| self.classes());
        let dealt = Dealt::new(&self.table, wanted.hold_out, self.last)?;
        let split = dealt.folds(self.labels.len(), classes.as_deref(), folds, wanted.seed)?;
        Ok((0..split.len()).map(|fold| learnable(split.split(fold), classes.as_deref(), &dealt)).collect())
    }

    /// Refuses a class that no training row has.
    fn check_classes(&self, train: &[u32], held: &[u32], is_said: bool) -> Result<(), ModelError> {
        let of = |row: &u32| class(self.labels[*row as usize]) as usize;
        let mut known = vec![false; self.target.classes().len().max(1)];
        train.iter().for_each(|row| known[of(row)] = true);
        let Some(row) = held.iter().find(|row| !known[of(row)]) else { return Ok(()) };
        Err(ModelError::HeldOutClass {
            class: self.target.classes().get(of(row)).cloned().unwrap_or_default(),
            needs: match is_said {
                true => "leave such rows out of those that are held out",
                false => "hold out fewer rows (--validation-split), or none (0), or do not go by time",
            },
        })
    }
}

pub(super) fn class(label: Label) -> u32 {
    if let Label::Class(c) = label { c } else { 0 }
}
