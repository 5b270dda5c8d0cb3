//! Boosted trees with their pipeline: from a table to bins, and what is checked of them.

use crate::error::ModelError;
use planish_tabular::{FeatureColumn, Features, Notes, Table, Target};
use planish_tensor::{Exec, Isa};
use planish_trees::{BinnedRows, Binner, Column, Forest, Loss, Quick};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Boosted trees with their pipeline.
#[derive(Clone, Debug)]
pub struct TreesPredictor {
    /// What reads a table.
    pub features: Features,
    /// The bins of its columns.
    pub binner: Binner,
    /// The trees.
    pub forest: Forest,
    /// What is quick with few rows, once there were such.
    quick: OnceLock<Quick>,
}

/// A column as trees take it.
pub(crate) fn column<'a>(column: &'a FeatureColumn<'_>) -> Column<'a> {
    match column {
        FeatureColumn::Numbers(x) => Column::Numbers(x),
        FeatureColumn::Codes { codes, levels } => Column::Codes { codes, levels: *levels },
    }
}

impl TreesPredictor {
    /// Puts the parts together.
    pub fn new(features: Features, binner: Binner, forest: Forest) -> TreesPredictor {
        TreesPredictor { features, binner, forest, quick: OnceLock::new() }
    }

    /// The prediction of every row of bins.
    pub(crate) fn predict(&self, exec: Exec, rows: &BinnedRows) -> Vec<f64> {
        if rows.rows() > Quick::FEW {
            return self.forest.predict(exec, rows);
        }
        self.quick.get_or_init(|| Quick::new(&self.forest)).predict(exec, &self.forest, rows)
    }

    /// The bins of every row of the table.
    pub(crate) fn encode(&self, table: &Table, notes: &mut Notes) -> Result<BinnedRows, ModelError> {
        self.bin(&self.features.columns(table, notes)?)
    }

    /// The bins of rows of numbers, `[rows × columns]`, of a pipeline that makes numbers alone.
    pub(crate) fn encode_numbers(&self, x: &[f64]) -> Result<BinnedRows, ModelError> {
        let width = self.features.width();
        let of_column = |c: usize| x.iter().skip(c).step_by(width).copied().collect::<Vec<f64>>();
        let columns: Vec<_> = (0..width).map(|c| FeatureColumn::Numbers(Cow::Owned(of_column(c)))).collect();
        self.bin(&columns)
    }

    fn bin(&self, columns: &[FeatureColumn<'_>]) -> Result<BinnedRows, ModelError> {
        let columns: Vec<Column<'_>> = columns.iter().map(column).collect();
        // Blocks of rows are few, and finding a bin has no lanes.
        Ok(self.binner.bin(Exec::serial(Isa::SCALAR), &columns)?)
    }

    /// What its link makes of scores, `[rows × outputs]`.
    pub(crate) fn of_scores(&self, exec: Exec, scores: &[f64]) -> Vec<f64> {
        let mut out = scores.to_vec();
        self.forest.loss.predictions(exec.isa, self.forest.outputs(), &mut out);
        out
    }

    /// An error unless its parts belong together and to the target.
    pub(crate) fn validate(&self, target: &Target) -> Result<(), ModelError> {
        let fail = |what: &str| Err(ModelError::inconsistent(what));
        self.features.validate().map_err(ModelError::inconsistent)?;
        self.binner.validate()?;
        self.forest.validate(&self.binner)?;
        let levels = self.features.levels();
        let of_features = levels.iter().map(|l| l.map(<[String]>::len));
        let of_binner = self.binner.levels.iter().map(|l| l.map(|n| n as usize));
        if self.binner.sources != levels.len() || !of_features.eq(of_binner) {
            return fail("the bins are not of the columns that the pipeline makes");
        }
        let (outputs, fits) = match target.classes().len() {
            0 => (1, !self.forest.loss.is_for_classes()),
            2 => (1, self.forest.loss == Loss::LogLoss),
            n => (n, self.forest.loss == Loss::Softmax),
        };
        if !fits || self.forest.outputs() != outputs {
            return fail("the trees are not for such a target");
        }
        Ok(())
    }
}
