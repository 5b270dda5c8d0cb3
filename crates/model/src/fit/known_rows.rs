//! How the fit of a table that is held whole begins, for networks and trees alike: the rows that have a target, their labels and weights, and which of
//! them are held out.

use super::complete::complete_rows;
use crate::error::ModelError;
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
}

impl Wanted<'_> {
    /// The columns that are no features.
    pub(super) fn no_features(&self) -> Vec<&str> {
        let dropped = self.drop.iter().map(String::as_str);
        std::iter::once(self.target).chain(dropped).chain(self.sample_weight).collect()
    }
}

impl<'a> KnownRows<'a> {
    pub(super) fn new(table: &'a Table, wanted: &Wanted<'_>) -> Result<KnownRows<'a>, ModelError> {
        table.schema().target(wanted.target)?;
        wanted.drop.iter().try_for_each(|name| table.column(name).map(drop))?;
        if wanted.drop.iter().any(|name| name == wanted.target) {
            return Err(ModelError::DroppedTarget { target: wanted.target.to_owned() });
        }
        let written = row_checks::written(table.schema(), wanted.target, wanted.sample_weight)?;
        let task = wanted.task.map_or_else(|| Task::infer(table, wanted.target), Ok)?;
        let rows = table.rows();
        let table = table.with_values(wanted.target)?;
        let rows_without_target = (rows - table.rows()) as u64;
        let (table, rows_incomplete) =
            complete_rows(table, wanted.missing, wanted.target, &wanted.no_features())?;
        let all: Vec<u32> = (0..table.rows() as u32).collect();
        let target = Target::fit(&table, wanted.target, task, &all)?;
        let labels = target.labels(&table)?.into_iter().flatten().collect();
        Ok(KnownRows { table, rows_without_target, rows_incomplete, task, target, labels, written })
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

    /// The class of each row; 0 for numbers.
    pub(super) fn classes(&self) -> Vec<u32> {
        self.labels.iter().map(|&l| class(l)).collect()
    }

    /// Training rows and held-out rows, stratified for classes.
    pub(super) fn split(&self, share: f64, seed: u64) -> Result<Parts, ModelError> {
        if !(0.0..1.0).contains(&share) {
            return Err(ModelError::Setting {
                setting: "validation_split",
                value: share.to_string(),
                needs: "it must lie in [0, 1)",
            });
        }
        let classes = (self.task == Task::Classify).then(|| self.classes());
        Ok(split::holdout(self.labels.len(), share, classes.as_deref(), seed))
    }
}

pub(super) fn class(label: Label) -> u32 {
    if let Label::Class(c) = label { c } else { 0 }
}
