//! Scores of a model on rows whose target is known.

use crate::error::{Failed, ModelError};
use crate::model::Model;
use crate::predict::Predictions;
use planish_tabular::{Label, Notes, RowSource, Table, TableSource, TabularError, Task};
use planish_tensor::Exec;
use planish_train::metrics::{ClassificationScores, ConfusionMatrix, RegressionScores};
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
    /// What was unusual in the rows.
    pub notes: Notes,
}

impl Model {
    /// Scores the model on all rows of a source that have a target, block by block.
    ///
    /// # Errors
    /// Rows that cannot be read, columns that are missing, or a label that the model does not know.
    pub fn evaluate<S: RowSource>(&self, exec: Exec, source: &mut S) -> Result<Evaluation, Failed<S::Error>> {
        let (mut classes, mut numbers) = (ClassificationScores::default(), RegressionScores::default());
        let mut out = Evaluation {
            task: self.task(),
            rows: 0,
            rows_without_target: 0,
            metrics: BTreeMap::new(),
            confusion: None,
            notes: Notes::default(),
        };
        let mut table = Table::new(source.schema().clone());
        source.rewind().map_err(Failed::Source)?;
        loop {
            source.next(&mut table).map_err(Failed::Source)?;
            if table.rows() == 0 {
                break;
            }
            let predictions = self.predict(exec, &table, &mut out.notes)?;
            for (row, label) in self.target().labels(&table)?.into_iter().enumerate() {
                match (label, &predictions) {
                    (None, _) => {
                        out.rows_without_target += 1;
                        continue;
                    }
                    (Some(Label::Class(c)), Predictions::Probabilities(p)) => {
                        classes.push(p.row(row), c as usize)
                    }
                    (Some(Label::Number(y)), Predictions::Numbers(p)) => numbers.push(p[row], y.to_f64()),
                    _ => unreachable!("the target's task is the predictions'"),
                }
                out.rows += 1;
            }
        }
        if out.rows == 0 {
            return Err(TabularError::NoRows { column: self.target().column().to_owned() }.into());
        }
        if self.task() == Task::Classify {
            out.confusion = Some(classes.confusion().clone());
            out.metrics = classes.finish();
        } else {
            out.metrics = numbers.finish();
        }
        // A sum of squares may overflow; a score that is no number is no score.
        out.metrics.retain(|_, v| v.is_finite());
        Ok(out)
    }

    /// Scores the model on held-out rows and keeps the scores in its record.
    pub(crate) fn score_validation(&mut self, exec: Exec, held: &Table) -> Result<(), ModelError> {
        match self.evaluate(exec, &mut TableSource::new(held)) {
            Ok(evaluation) => self.set_validation(evaluation.metrics),
            Err(Failed::Model(e)) => return Err(e),
        }
        Ok(())
    }
}
