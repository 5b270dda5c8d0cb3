//! The settings of boosted trees on a table: plain data that is saved with the model.

use crate::class_choices::ClassChoices;
use crate::error::ModelError;
use crate::hold_out::HoldOut;
use planish_tabular::{Features, Target, Task};
use planish_train::ClassWeights;
use planish_trees::{Loss, Settings};
use serde::{Deserialize, Serialize};

mod listed;

/// The most rounds where rows are held out, which say when to stop.
const ROUNDS: usize = 2000;
/// The most rounds where nothing says when to stop.
const BLIND_ROUNDS: usize = 300;
/// The learning rate with more than two classes.
const RATE_OF_CLASSES: f64 = 0.05;
/// Rows below which none are held out: they would say next to nothing.
const FEW_ROWS: usize = 50;

/// Settings of boosted trees. [`TreeSettings::new`] has the defaults of the command line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TreeSettings {
    /// The target column.
    pub target: String,
    /// The task; by the rule of [`Task::infer`] if absent.
    #[serde(default)]
    pub task: Option<Task>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// The column that holds the rows' weights; it is no feature.
    #[serde(default)]
    pub sample_weight: Option<String>,
    /// How much a row of each class counts.
    #[serde(default)]
    pub class_weight: ClassWeights,
    /// The share of rows held out to say when to stop; none of fewer than 50 rows.
    pub validation_split: f64,
    /// What is decided of the target's classes.
    #[serde(default, skip_serializing_if = "ClassChoices::are_none")]
    pub classes: ClassChoices,
    /// By what they are held out.
    #[serde(default, skip_serializing_if = "HoldOut::is_by_chance")]
    pub hold_out: HoldOut,
    /// The loss of a number; squared if absent. Classes have the logarithmic loss.
    #[serde(default)]
    pub loss: Option<Loss>,
    /// The most rounds; if absent 2,000, or 300 where no rows are held out.
    #[serde(default)]
    pub rounds: Option<usize>,
    /// What each tree is multiplied by; if absent .03, or .05 with more than two classes, which have a tree each.
    #[serde(default)]
    pub learning_rate: Option<f64>,
    /// The most leaves of a tree.
    pub leaves: usize,
    /// The most splits from the root to a leaf; 0 for no limit.
    pub depth: usize,
    /// The penalty ½·l2·Σv² on the values of a tree's leaves.
    pub l2: f64,
    /// The fewest rows in a leaf.
    pub min_rows_in_leaf: usize,
    /// The share of rows that a round learns from.
    pub subsample: f64,
    /// The share of columns that a tree may use.
    pub colsample: f64,
    /// The most bins of a column.
    pub bins: usize,
    /// Columns with which the prediction may only rise (1) or fall (−1).
    #[serde(default)]
    pub monotone: Vec<(String, i8)>,
    /// Rounds without a lower loss of held-out rows after which the search ends.
    pub patience: usize,
    /// Seed of the split and of all that is drawn.
    pub seed: u64,
}

impl TreeSettings {
    /// The defaults for this target.
    pub fn new(target: &str) -> TreeSettings {
        let of = Settings::default();
        TreeSettings {
            target: target.to_owned(),
            task: None,
            drop: Vec::new(),
            sample_weight: None,
            class_weight: ClassWeights::None,
            validation_split: 0.2,
            classes: ClassChoices::default(),
            hold_out: HoldOut::default(),
            loss: None,
            rounds: None,
            learning_rate: None,
            leaves: of.leaves,
            depth: of.depth,
            l2: of.l2,
            min_rows_in_leaf: of.min_rows_in_leaf,
            subsample: of.subsample,
            colsample: of.colsample,
            bins: of.bins,
            monotone: Vec::new(),
            patience: of.patience,
            seed: 0,
        }
    }

    /// The share to hold out of so many rows.
    pub(crate) fn held_share(&self, rows: usize) -> f64 {
        if rows < FEW_ROWS { 0.0 } else { self.validation_split }
    }

    /// What the trees are told, for this target and these columns.
    pub(crate) fn boost(
        &self,
        target: &Target,
        features: &Features,
        is_held_out: bool,
    ) -> Result<Settings, ModelError> {
        let rounds = if is_held_out { ROUNDS } else { BLIND_ROUNDS };
        let loss = self.loss_for(target)?;
        let otherwise =
            if loss == Loss::Softmax { RATE_OF_CLASSES } else { Settings::default().learning_rate };
        Ok(Settings {
            loss,
            rounds: self.rounds.unwrap_or(rounds),
            learning_rate: self.learning_rate.unwrap_or(otherwise),
            leaves: self.leaves,
            depth: self.depth,
            l2: self.l2,
            min_rows_in_leaf: self.min_rows_in_leaf,
            subsample: self.subsample,
            colsample: self.colsample,
            bins: self.bins,
            monotone: self.directions(target, features)?,
            patience: self.patience,
            refit: !self.hold_out.is_of_rows(),
            seed: self.seed,
            ..Settings::default()
        })
    }

    fn loss_for(&self, target: &Target) -> Result<Loss, ModelError> {
        match (target.classes().len(), self.loss) {
            (0, loss) => Ok(loss.unwrap_or(Loss::Squared)),
            (2, None) => Ok(Loss::LogLoss),
            (_, None) => Ok(Loss::Softmax),
            (_, Some(loss)) => {
                Err(setting("loss", loss.name(), "it is for numbers; classes have the logarithmic loss"))
            }
        }
    }

    /// The direction of each column of the pipeline; none if there are none.
    fn directions(&self, target: &Target, features: &Features) -> Result<Vec<i8>, ModelError> {
        if self.monotone.is_empty() {
            return Ok(Vec::new());
        }
        if target.classes().len() > 2 {
            let names: Vec<&str> = self.monotone.iter().map(|(name, _)| name.as_str()).collect();
            return Err(setting("monotone", names.join(", "), "it is for a number or two classes"));
        }
        let mut all = vec![0; features.width()];
        for (column, direction) in &self.monotone {
            let Some(place) = features.place_of_numbers(column) else {
                return Err(setting(
                    "monotone",
                    column,
                    "it must be one of the features, of numbers or dates",
                ));
            };
            all[place] = *direction;
        }
        Ok(all)
    }
}

fn setting(setting: &'static str, value: impl ToString, needs: &'static str) -> ModelError {
    ModelError::Setting { setting, value: value.to_string(), needs }
}
