//! Scores of a model on rows whose target is known.

use super::predictions::{Encoded, Predictions};
use crate::error::{Failed, ModelError};
use crate::model::Model;
use crate::record::MATRIX_CLASSES;
use crate::row_checks;
use planish_tabular::{Label, Notes, RowSource, Table, TableSource, TabularError, Task};
use planish_tensor::Exec;
use planish_train::metrics::{ClassificationScores, ConfusionMatrix, RegressionScores, ReliabilityBin};
use std::collections::BTreeMap;

/// The scores of a model on some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The task.
    pub task: Task,
    /// Rows scored.
    pub rows: u64,
    /// Rows left out because their target was missing.
    pub rows_without_target: u64,
    /// Every score of classes or of numbers by its name, see [`planish_train::Metric`]; without those that are no number.
    pub metrics: BTreeMap<String, f64>,
    /// Of classes: how often each was taken for each.
    pub confusion: Option<ConfusionMatrix>,
    /// Of classes: whether probabilities are what they say, see [`ClassificationScores::reliability`].
    pub reliability: Vec<ReliabilityBin>,
    /// What was unusual in the rows scored.
    pub notes: Notes,
}

/// The scores as they grow.
#[derive(Default)]
struct Scores {
    classes: ClassificationScores,
    numbers: RegressionScores,
    rows: u64,
    weight: f64,
    without_target: u64,
}

impl Scores {
    /// Adds rows, each with its weight if there are weights.
    fn push(&mut self, predictions: &Predictions, labels: &[Option<Label>], weights: Option<&[f64]>) {
        for (row, label) in labels.iter().enumerate() {
            let weight = weights.map_or(1.0, |w| w[row]);
            match (label, predictions) {
                (None, _) => {
                    self.without_target += 1;
                    continue;
                }
                (Some(Label::Class(c)), Predictions::Probabilities(p)) => {
                    self.classes.push_decided(p.row(row), p.class(row), *c as usize, weight)
                }
                (Some(Label::Number(y)), Predictions::Numbers(p)) => {
                    self.numbers.push_weighted(p[row], y.to_f64(), weight)
                }
                (Some(Label::Class(_)), Predictions::Numbers(_))
                | (Some(Label::Number(_)), Predictions::Probabilities(_)) => {
                    unreachable!("the target's task is the predictions'")
                }
            }
            self.rows += 1;
            self.weight += weight;
        }
    }

    fn finish(self, task: Task, notes: Notes) -> Evaluation {
        let classify = task == Task::Classify;
        let confusion = classify.then(|| self.classes.confusion().clone());
        let reliability = if classify { self.classes.reliability() } else { Vec::new() };
        let mut metrics = if classify { self.classes.finish() } else { self.numbers.finish() };
        // A sum of squares may overflow; a score that is no number is no score.
        metrics.retain(|_, v| v.is_finite());
        Evaluation {
            task,
            rows: self.rows,
            rows_without_target: self.without_target,
            metrics,
            confusion,
            reliability,
            notes,
        }
    }
}

/// The weight of each row that has a label.
fn weights_of(table: &Table, labels: &[Option<Label>], name: &str) -> Result<Vec<f64>, ModelError> {
    let of = |(row, label): (usize, &Option<Label>)| match label {
        Some(_) => row_checks::weight(table, row, name),
        None => Ok(0.0),
    };
    labels.iter().enumerate().map(of).collect()
}

/// A block of rows that was scored.
pub(crate) struct ScoredBlock<'a> {
    pub(crate) table: &'a Table,
    pub(crate) encoded: &'a Encoded,
    pub(crate) predictions: &'a Predictions,
    pub(crate) labels: &'a [Option<Label>],
}

impl Model {
    /// Scores the model on all rows of a source that have a target, block by block.
    ///
    /// # Errors
    /// Rows that cannot be read, columns that are missing, or a label that the model does not know.
    pub fn evaluate<S: RowSource>(&self, exec: Exec, source: &mut S) -> Result<Evaluation, Failed<S::Error>> {
        self.evaluate_with(exec, source, None, |_| Ok(()))
    }

    /// The same; each row counts by its weight in this column.
    ///
    /// # Errors
    /// As [`Model::evaluate`]; a weight that is not a number from 0 on, and weights that are all 0.
    pub fn evaluate_weighted<S: RowSource>(
        &self,
        exec: Exec,
        source: &mut S,
        weights: Option<&str>,
    ) -> Result<Evaluation, Failed<S::Error>> {
        self.evaluate_with(exec, source, weights, |_| Ok(()))
    }

    /// The same, and shows each block to `see`.
    pub(crate) fn evaluate_with<S: RowSource>(
        &self,
        exec: Exec,
        source: &mut S,
        weights: Option<&str>,
        mut see: impl FnMut(&ScoredBlock<'_>) -> Result<(), ModelError>,
    ) -> Result<Evaluation, Failed<S::Error>> {
        let mut scores = Scores::default();
        let mut notes = Notes::default();
        source.rewind().map_err(Failed::Source)?;
        source.for_each_block(Failed::Source, |table| {
            let mut of_block = Notes::default();
            let encoded = self.encode(table, &mut of_block)?;
            let predictions = self.predict_encoded(exec, &encoded);
            let labels = self.target().labels(table)?;
            let scored: Vec<u32> =
                (0..).zip(&labels).filter_map(|(row, l)| l.is_some().then_some(row)).collect();
            if scored.len() < labels.len() && of_block != Notes::default() {
                // What a row that is left out lacks is of no interest.
                of_block = Notes::default();
                self.encode(&table.select(&scored), &mut of_block)?;
            }
            notes.add(of_block);
            let weights = weights.map(|name| weights_of(table, &labels, name)).transpose()?;
            scores.push(&predictions, &labels, weights.as_deref());
            let (encoded, predictions, labels) = (&encoded, &predictions, &labels[..]);
            Ok(see(&ScoredBlock { table, encoded, predictions, labels })?)
        })?;
        if scores.rows == 0 {
            return Err(TabularError::NoRows { column: self.target().column().to_owned() }.into());
        }
        if let Some(column) = weights.filter(|_| scores.weight == 0.0) {
            let (column, rows) = (column.to_owned(), "rows with a target");
            return Err(ModelError::NoWeight { column, rows }.into());
        }
        Ok(scores.finish(self.task(), notes))
    }

    /// Scores the model on held-out rows and keeps the scores and the confusion matrix in its record.
    pub(crate) fn score_validation(
        &mut self,
        exec: Exec,
        held: &Table,
        weights: Option<&str>,
    ) -> Result<(), ModelError> {
        let found = match self.evaluate_weighted(exec, &mut TableSource::new(held), weights) {
            Ok(found) => found,
            Err(Failed::Model(e)) => return Err(e),
        };
        self.keep(found);
        Ok(())
    }

    /// Keeps the scores of held-out rows, of which this was said while they were held out, and the confusion matrix in its record.
    pub(crate) fn keep_validation(
        &mut self,
        predictions: &Predictions,
        labels: &[Option<Label>],
        weights: Option<&[f64]>,
    ) {
        let mut scores = Scores::default();
        scores.push(predictions, labels, weights);
        self.keep(scores.finish(self.task(), Notes::default()));
    }

    fn keep(&mut self, found: Evaluation) {
        let small = found.confusion.filter(|c| c.classes() <= MATRIX_CLASSES);
        let record = self.record_mut();
        record.confusion = small.map(|c| c.to_counts());
        record.validation = found.metrics;
    }
}
