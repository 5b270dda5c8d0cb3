//! The settings of a search for the best blend of models: plain data that is saved with the model.

use crate::class_choices::Threshold;
use crate::hold_out::HoldOut;
use planish_tabular::Task;
use serde::{Deserialize, Serialize};

mod listed;

/// Rows below which each part of them is held out in turn, whatever it costs: one part alone would be too few to choose by.
const FEW_ROWS: usize = 1000;
/// Rows times features, times classes if there are more than two, up to which it costs little enough to be worth while: about half a minute.
const LITTLE_WORK: usize = 1_500_000;
/// Into how many parts the rows are cut then.
const BAGS: usize = 5;

/// Settings of a search for the best blend. [`AutoSettings::new`] has the defaults of the command line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AutoSettings {
    /// The target column.
    pub target: String,
    /// The task; by the rule of [`Task::infer`] if absent.
    pub task: Option<Task>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// The column that holds the rows' weights; it is no feature.
    pub sample_weight: Option<String>,
    /// The share of rows held out, by which candidates are stopped and weighed.
    pub validation_split: f64,
    /// By what they are held out.
    #[serde(default, skip_serializing_if = "HoldOut::is_by_chance")]
    pub hold_out: HoldOut,
    /// Into how many parts the rows are cut, each of which is held out once; if absent into five where there are few rows, or rows
    /// times features (times classes, of more than two) are few; else one part alone is held out.
    pub bags: Option<usize>,
    /// The most members of the blend.
    pub max_members: usize,
    /// From which probability on the second of two classes is predicted; ½ if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// Seed of the split and of all that is drawn.
    pub seed: u64,
}

impl AutoSettings {
    /// The defaults for this target.
    pub fn new(target: &str) -> AutoSettings {
        AutoSettings {
            target: target.to_owned(),
            task: None,
            drop: Vec::new(),
            sample_weight: None,
            validation_split: 0.2,
            hold_out: HoldOut::default(),
            bags: None,
            max_members: 40,
            threshold: None,
            seed: 0,
        }
    }

    /// Into how many parts so many rows are cut, each held out once; none if one part alone is held out. `a_row` is the features, times the classes of
    /// more than two.
    pub(crate) fn folds(&self, rows: usize, a_row: usize) -> Option<usize> {
        let worth = rows < FEW_ROWS || rows.saturating_mul(a_row) <= LITTLE_WORK;
        let folds = self.bags.or(worth.then_some(BAGS)).map(|folds| folds.min(rows));
        // A network of bags is as many members.
        folds.filter(|&folds| !self.hold_out.is_of_rows() && folds <= self.max_members)
    }
}
