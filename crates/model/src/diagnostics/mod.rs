//! What a report shows of a model on rows whose target is known: the scores, and what pictures of its errors are drawn from.
//!
//! Rows are read once, as [`Model::evaluate`] reads them. Scores are of all rows; of what a picture needs of single rows a bounded part is
//! kept (`planish_tensor::Thinned`), the rows that stand out always among it. `numbers` is for predictions that are numbers, with leverages and Cook's
//! distances where they are least squares; `classes` for probabilities, `effects` for the coefficients of linear models, `trees` for what boosted trees made of the columns. Nothing depends on threads or on chance.

mod classes;
mod effects;
mod numbers;
mod smooth;
mod trees;

pub use classes::{ClassCurves, ClassDiagnostics};
pub use effects::{Effect, Effects};
pub use numbers::{InfluenceOf, NumberDiagnostics, QuantilePoint, RowPoint};
pub use trees::{Dependence, TreeDiagnostics};

use crate::error::Failed;
use crate::model::Model;
use crate::predict::evaluate::Evaluation;
use crate::predict::predictions::Encoded;
use crate::record::Settings;
use classes::ClassRows;
use numbers::NumberRows;
use planish_tabular::{ColumnSchema, Kind, RowSource, Schema, Task};
use planish_tensor::Exec;
use serde::Serialize;
use trees::TreeRows;

/// A model's scores on some rows, and what else was found of them.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    /// The scores.
    pub evaluation: Evaluation,
    /// The rest, by the task.
    pub findings: Findings,
    /// A linear model's coefficients on one scale; none for a network.
    pub effects: Vec<Effects>,
    /// What boosted trees made of the columns.
    pub trees: Option<TreeDiagnostics>,
}

/// What belongs to a task.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Findings {
    /// Predictions of numbers.
    Numbers(NumberDiagnostics),
    /// Probabilities of classes.
    Classes(ClassDiagnostics),
}

/// The gatherer of a task.
enum Rows<'a> {
    Numbers(NumberRows<'a>),
    Classes(ClassRows),
}

impl Model {
    /// The columns that diagnostics need: those of an evaluation, and that of a least-squares model's weights.
    pub fn diagnosed_columns(&self) -> Schema {
        let mut schema = self.features_and_target();
        if let Some(weights) = self.weights_column().filter(|w| schema.position(w).is_err()) {
            let kind = self.record().written.get(weights).copied().unwrap_or(Kind::Number);
            schema.columns.push(ColumnSchema { name: weights.to_owned(), kind });
        }
        schema
    }

    /// The column of weights that least squares with stored inference was fitted by.
    fn weights_column(&self) -> Option<&str> {
        let Settings::Linear(settings) = &self.record().settings else { return None };
        let fit = self.least_squares()?;
        settings.weights.as_deref().filter(|_| fit.inference.is_some())
    }

    /// Scores the model on all rows of a source that have a target, and gathers what a report shows of them.
    ///
    /// # Errors
    /// As [`Model::evaluate`]; a weight that is missing or negative.
    pub fn diagnose<S: RowSource>(
        &self,
        exec: Exec,
        source: &mut S,
    ) -> Result<Diagnostics, Failed<S::Error>> {
        let mut rows = match self.task() {
            Task::Regress => Rows::Numbers(NumberRows::new(self, self.weights_column())),
            Task::Classify => Rows::Classes(ClassRows::new(self.target().classes().len())),
        };
        let mut spreads = vec![Spread::default(); self.linear().map_or(0, |l| l.design.width())];
        let mut tree_rows = self.trees().map(TreeRows::new);
        let evaluation = self.evaluate_with(exec, source, None, |block| {
            if let (Encoded::Bins(rows), Some(kept)) = (block.encoded, &mut tree_rows) {
                kept.push(rows);
            }
            if let Encoded::Terms(terms) = block.encoded {
                for row in (0..block.labels.len()).filter(|&row| block.labels[row].is_some()) {
                    spreads.iter_mut().zip(terms).for_each(|(s, t)| s.push(t.hi[row]));
                }
            }
            match &mut rows {
                Rows::Numbers(rows) => rows.push(block),
                Rows::Classes(rows) => {
                    rows.push(block);
                    Ok(())
                }
            }
        })?;
        let findings = match rows {
            Rows::Numbers(rows) => Findings::Numbers(rows.finish()),
            Rows::Classes(rows) => Findings::Classes(rows.finish()),
        };
        let sds: Vec<f64> = spreads.iter().map(Spread::sd).collect();
        let trees = tree_rows.zip(self.trees()).map(|(rows, t)| rows.finish(exec, t));
        Ok(Diagnostics { evaluation, findings, effects: effects::effects(self, &sds), trees })
    }
}

/// A running mean and the sum of squares about it (Welford's method).
#[derive(Clone, Copy, Default)]
struct Spread {
    rows: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    fn push(&mut self, x: f64) {
        self.rows += 1.0;
        let step = x - self.mean;
        self.mean += step / self.rows;
        self.squares += step * (x - self.mean);
    }

    /// The standard deviation, with rows − 1 below; 0 for a single row.
    fn sd(&self) -> f64 {
        (self.squares / (self.rows - 1.0).max(1.0)).sqrt()
    }
}
