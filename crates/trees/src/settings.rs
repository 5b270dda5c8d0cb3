//! How trees are fitted: plain data that is saved with a model.

use crate::error::TreesError;
use serde::{Deserialize, Serialize};

/// What is made small. The score is what the trees add up to; a link makes the prediction of it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// ½(y − s)²
    Squared,
    /// |y − s|; leaves are medians.
    Absolute,
    /// The pinball loss; leaves are quantiles.
    Quantile {
        /// The share of rows below the prediction, in (0, 1).
        level: f64,
    },
    /// ½(y − s)² within δ, δ(|y − s| − ½δ) outside.
    Huber {
        /// Where it turns from a parabola to a line, in the target's units.
        delta: f64,
    },
    /// eˢ − y·s for counts y ≥ 0; the prediction is eˢ.
    Poisson,
    /// y·e⁻ˢ + s for y > 0; the prediction is eˢ.
    Gamma,
    /// ln(1 + e⁻ˢ) for the second of two classes, whose probability is 1/(1 + e⁻ˢ).
    LogLoss,
    /// Minus the logarithm of the softmax at the class; a tree a class a round.
    Softmax,
}

impl Loss {
    /// Its name, as it is written in a setting: `squared`, `log_loss`, …
    pub fn name(self) -> &'static str {
        match self {
            Loss::Squared => "squared",
            Loss::Absolute => "absolute",
            Loss::Quantile { .. } => "quantile",
            Loss::Huber { .. } => "huber",
            Loss::Poisson => "poisson",
            Loss::Gamma => "gamma",
            Loss::LogLoss => "log_loss",
            Loss::Softmax => "softmax",
        }
    }

    /// Whether it is for classes.
    pub fn is_for_classes(self) -> bool {
        matches!(self, Loss::LogLoss | Loss::Softmax)
    }
}

/// How trees are fitted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What is made small.
    pub loss: Loss,
    /// The most rounds, each a tree (with softmax a tree a class); of none the model is the base scores alone.
    pub rounds: usize,
    /// What each tree is multiplied by.
    pub learning_rate: f64,
    /// The most leaves of a tree.
    pub leaves: usize,
    /// The most splits from the root to a leaf; 0 for no limit.
    pub depth: usize,
    /// Added to the sum of second derivatives in a leaf's value.
    pub l2: f64,
    /// The fewest rows in a leaf.
    pub min_rows_in_leaf: usize,
    /// The share of rows that a round learns from.
    pub subsample: f64,
    /// The share of columns that a tree may use.
    pub colsample: f64,
    /// The fewest rows in a group of levels of a category with more than four.
    pub min_rows_in_group: usize,
    /// Levels of a category above which it has columns of means of the target, too.
    pub means_above: usize,
    /// The most bins of a column, at most 255; missing values have one beside them.
    pub bins: usize,
    /// For each column whether the prediction may only rise (1) or fall (−1) with it, or both (0); empty for all 0. Numbers alone.
    pub monotone: Vec<i8>,
    /// Rounds without a lower loss on the held-out rows after which the search for the number of rounds ends.
    pub patience: usize,
    /// Whether all rows are fitted anew with 1.1 times the rounds that the held-out rows found best.
    pub refit: bool,
    /// Decides rounding, samples and permutations.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            loss: Loss::Squared,
            rounds: 2000,
            learning_rate: 0.03,
            leaves: 24,
            depth: 0,
            l2: 1.0,
            min_rows_in_leaf: 10,
            min_rows_in_group: 50,
            means_above: 64,
            subsample: 0.8,
            colsample: 0.7,
            bins: 255,
            monotone: Vec::new(),
            patience: 50,
            refit: true,
            seed: 0,
        }
    }
}

/// The most leaves of a tree.
pub const MAX_LEAVES: usize = 4096;
/// The most rounds.
pub const MAX_ROUNDS: usize = 1_000_000;

impl Settings {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// The setting, its value, and what it must be.
    pub fn check(&self, columns: usize) -> Result<(), TreesError> {
        let rules: [(&'static str, f64, bool, &'static str); 13] = [
            ("rounds", self.rounds as f64, self.rounds <= MAX_ROUNDS, "it must be at most 1,000,000"),
            (
                "learning_rate",
                self.learning_rate,
                self.learning_rate > 0.0 && self.learning_rate <= 1.0,
                "it must be above 0 and at most 1",
            ),
            (
                "leaves",
                self.leaves as f64,
                (2..=MAX_LEAVES).contains(&self.leaves),
                "it must be from 2 to 4096",
            ),
            ("depth", self.depth as f64, self.depth <= MAX_LEAVES, "it must be at most 4096; 0 is no limit"),
            ("l2", self.l2, self.l2 >= 0.0 && self.l2.is_finite(), "it must not be negative"),
            (
                "min_rows_in_leaf",
                self.min_rows_in_leaf as f64,
                self.min_rows_in_leaf >= 1,
                "it must be at least 1",
            ),
            (
                "subsample",
                self.subsample,
                self.subsample > 0.0 && self.subsample <= 1.0,
                "it must be above 0 and at most 1",
            ),
            (
                "colsample",
                self.colsample,
                self.colsample > 0.0 && self.colsample <= 1.0,
                "it must be above 0 and at most 1",
            ),
            ("bins", self.bins as f64, (2..=255).contains(&self.bins), "it must be from 2 to 255"),
            (
                "monotone",
                self.monotone.len() as f64,
                self.monotone.is_empty() || self.monotone.len() == columns,
                "it must have one entry a column",
            ),
            ("patience", self.patience as f64, self.patience >= 1, "it must be at least 1"),
            (
                "quantile",
                self.level(),
                self.level() > 0.0 && self.level() < 1.0,
                "it must lie between 0 and 1",
            ),
            (
                "huber_delta",
                self.delta(),
                self.delta() > 0.0 && self.delta().is_finite(),
                "it must be above 0",
            ),
        ];
        match rules.into_iter().find(|(.., holds, _)| !holds) {
            Some((setting, value, _, needs)) => Err(TreesError::Setting { setting, value, needs }),
            None => Ok(()),
        }
    }

    fn level(&self) -> f64 {
        if let Loss::Quantile { level } = self.loss { level } else { 0.5 }
    }

    fn delta(&self) -> f64 {
        if let Loss::Huber { delta } = self.loss { delta } else { 1.0 }
    }
}
