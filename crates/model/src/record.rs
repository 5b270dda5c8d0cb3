//! The record of a model's training. No time, path or thread count is in it: the same run gives the same record.

use crate::auto_settings::AutoSettings;
use crate::linear_settings::{LinearKind, LinearSettings};
use crate::network_settings::NetworkSettings;
use crate::tree_settings::TreeSettings;
use planish_tabular::Kind;
use planish_tensor::math::log_one;
use planish_train::History;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings that a model was trained with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "StoredSettings", into = "StoredSettings")]
pub enum Settings {
    /// A network's.
    Network(Box<NetworkSettings>),
    /// A linear model's.
    Linear(LinearSettings),
    /// Those of boosted trees.
    Trees(Box<TreeSettings>),
    /// Those of a search for the best blend.
    Auto(AutoSettings),
}

/// Settings as artifacts hold them: those of least squares stand alone, those of other linear models beside their kind.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredSettings {
    Network(Box<NetworkSettings>),
    Linear(LinearSettings),
    LinearModel { linear: LinearSettings, kind: LinearKind },
    Trees(Box<TreeSettings>),
    Auto(AutoSettings),
}

impl From<Settings> for StoredSettings {
    fn from(settings: Settings) -> StoredSettings {
        match settings {
            Settings::Network(s) => StoredSettings::Network(s),
            Settings::Trees(s) => StoredSettings::Trees(s),
            Settings::Auto(s) => StoredSettings::Auto(s),
            Settings::Linear(linear) if linear.kind == LinearKind::LeastSquares => {
                StoredSettings::Linear(linear)
            }
            Settings::Linear(linear) => StoredSettings::LinearModel { kind: linear.kind.clone(), linear },
        }
    }
}

impl From<StoredSettings> for Settings {
    fn from(stored: StoredSettings) -> Settings {
        match stored {
            StoredSettings::Network(s) => Settings::Network(s),
            StoredSettings::Trees(s) => Settings::Trees(s),
            StoredSettings::Auto(s) => Settings::Auto(s),
            StoredSettings::Linear(linear) => Settings::Linear(linear),
            StoredSettings::LinearModel { linear, kind } => {
                Settings::Linear(LinearSettings { kind, ..linear })
            }
        }
    }
}

/// The most classes whose confusion matrix is recorded: it has their square of numbers.
pub const MATRIX_CLASSES: usize = 100;

/// What happened when the model was trained.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The settings.
    pub settings: Settings,
    /// Rows of the table that the model was made of: with a target; for networks and trees, held-out rows included.
    pub rows: u64,
    /// Rows left out because their target was missing.
    pub rows_without_target: u64,
    /// Rows with a target that were left out because a feature was missing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rows_incomplete: u64,
    /// What tells the rows of a linear model of numbers from others; not known of models of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<RowsDigest>,
    /// Rows of the table whose category was too rare to be kept, by column.
    pub rare_categories: BTreeMap<String, u64>,
    /// Scores on the held-out rows, in the target's units; empty if none were held out.
    pub validation: BTreeMap<String, f64>,
    /// How often held-out rows of each class were taken for each, in the order of the target's classes: at `[i][j]`, rows of class `i` taken
    /// for class `j`. None if no rows were held out, and for more than [`MATRIX_CLASSES`] classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Vec<Vec<u64>>>,
    /// Above which probability the second of two classes is predicted; ½ if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// How the numbers of the target and of the rows' weights are written, where that is not plainly.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub written: BTreeMap<String, Kind>,
    /// Texts that stood for a missing value, beside the usual ones; they do in rows that are predicted, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub na: Vec<String>,
    /// A network's epochs; of trees the rounds of the search for their number.
    pub history: Option<History>,
    /// How a blend was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blend: Option<BlendRecord>,
}

/// How a blend was chosen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BlendRecord {
    /// Held-out rows by which it was chosen: by folds all rows.
    pub held_rows: u64,
    /// Into how many parts the rows were cut, each of which was held out once; 1 if one part alone was.
    pub folds: usize,
    /// What each candidate's loss is, see [`CandidateScore::loss`].
    pub metric: String,
    /// The candidates, in the order in which they were tried.
    pub candidates: Vec<CandidateScore>,
}

/// What became of a candidate for a blend.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CandidateScore {
    /// What its recipe is called.
    pub name: String,
    /// Of held-out rows: the mean logarithmic loss of classes, the root mean squared error of numbers. None if it could not be fitted.
    pub loss: Option<f64>,
    /// The standard error of that.
    pub standard_error: Option<f64>,
    /// Its weight in the blend.
    pub weight: f64,
    /// Why it could not be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// What scores of a model are worse than.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum WorseThan {
    /// The mean of the numbers: the model's R² is negative.
    Mean {
        /// It.
        r2: f64,
    },
    /// The classes' shares as the probabilities of every row.
    Shares {
        /// The model's logarithmic loss.
        log_loss: f64,
        /// That of the shares.
        of_shares: f64,
    },
}

impl Record {
    /// Whether always saying the same would have been better for the held-out rows.
    pub fn worse_than(&self) -> Option<WorseThan> {
        if let Some(&r2) = self.validation.get("r2") {
            return (r2 < 0.0).then_some(WorseThan::Mean { r2 });
        }
        let log_loss = *self.validation.get("log_loss")?;
        let counts = self.confusion.as_ref()?.iter().map(|row| row.iter().sum::<u64>() as f64);
        let rows: f64 = counts.clone().sum();
        let of_class = |n: f64| if n > 0.0 { -n / rows * log_one(n / rows) } else { 0.0 };
        let of_shares: f64 = counts.map(of_class).sum();
        (log_loss > of_shares).then_some(WorseThan::Shares { log_loss, of_shares })
    }
}

/// Digests of what the fitted rows had, in their order, as 32 hexadecimal digits each: see [`Digest`](planish_tabular::Digest).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RowsDigest {
    /// Of the targets.
    pub targets: String,
    /// Of the weights; none if there are none, or all are one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}
