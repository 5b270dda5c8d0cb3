//! The settings of a linear model: plain data that is saved with the model.

use crate::missing::Missing;
use planish_linreg::ols::{AliasedPolicy, Covariance};
use planish_linreg::penalised::AlphaRule;
use planish_tabular::{Formula, Task};
use serde::{Deserialize, Serialize};

mod listed;

/// Settings of a linear model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LinearSettings {
    /// The model. Artifacts hold it beside these settings, see [`Settings`](crate::Settings).
    #[serde(skip)]
    pub kind: LinearKind,
    /// The target column.
    pub target: String,
    /// The task, if it was said: that of the model. Classes are then taken for classes however many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// What becomes of missing values.
    #[serde(default, skip_serializing_if = "Missing::is_fill")]
    pub missing: Missing,
    /// Whether the model has an intercept.
    pub intercept: bool,
    /// Powers and products of columns.
    #[serde(default)]
    pub formula: Formula,
    /// What becomes of terms that are combinations of terms before them, of least squares.
    #[serde(default)]
    pub aliased: AliasedPolicy,
    /// The covariance of the coefficients, of least squares.
    #[serde(default)]
    pub covariance: Covariance,
    /// The column of clusters, no feature.
    #[serde(default)]
    pub cluster: Option<String>,
    /// The column of the rows' weights, no feature.
    #[serde(default)]
    pub weights: Option<String>,
}

impl LinearSettings {
    /// Least squares with an intercept, on all other columns.
    pub fn new(target: &str) -> LinearSettings {
        LinearSettings {
            kind: LinearKind::default(),
            target: target.to_owned(),
            task: None,
            drop: Vec::new(),
            missing: Missing::Fill,
            intercept: true,
            formula: Formula::default(),
            aliased: AliasedPolicy::Drop,
            covariance: Covariance::Classical,
            cluster: None,
            weights: None,
        }
    }

    /// The columns that are no features: those left out, and those of weights and clusters.
    pub(crate) fn no_features(&self) -> Vec<String> {
        self.drop.iter().chain(&self.weights).chain(&self.cluster).cloned().collect()
    }
}

/// A linear model, and the settings that it alone has.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinearKind {
    /// Ordinary or weighted least squares.
    #[default]
    LeastSquares,
    /// Ridge regression.
    Ridge {
        /// The penalty; chosen by generalised cross-validation if none.
        alpha: Option<f64>,
        /// Whether it is on coefficients of standardised columns.
        standardize: bool,
    },
    /// Elastic net; with `l1_ratio` 1 the lasso.
    ElasticNet {
        /// The penalty; chosen by cross-validation if none.
        alpha: Option<f64>,
        /// The share of the penalty on absolute values.
        l1_ratio: f64,
        /// Whether the columns and the response are standardised first.
        standardize: bool,
        /// The folds of the choice.
        folds: usize,
        /// The seed by which rows are dealt to them.
        seed: u64,
        /// The choice.
        rule: AlphaRule,
    },
    /// Least squares with coefficients that are not negative.
    NonNegative,
    /// Logistic regression of two classes, multinomial of more.
    Logistic {
        /// The penalty ½·l2·‖b‖².
        l2: f64,
    },
    /// Poisson regression.
    Poisson {
        /// The penalty ½·l2·‖b‖².
        l2: f64,
    },
}

/// What the target must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Response {
    Number,
    /// A number that is not negative.
    Count,
    Class,
}

impl LinearKind {
    /// Each with its name, its settings by default and a line about it.
    pub const CHOICES: &'static [(&'static str, LinearKind, &'static str)] = &[
        ("ols", LinearKind::LeastSquares, "Ordinary least squares"),
        (
            "ridge",
            LinearKind::Ridge { alpha: None, standardize: true },
            "Least squares with a penalty on squared coefficients",
        ),
        ("lasso", LinearKind::elastic_net(1.0), "Least squares with a penalty on absolute coefficients"),
        ("elastic-net", LinearKind::elastic_net(0.5), "Both penalties"),
        ("non-negative", LinearKind::NonNegative, "Least squares with coefficients that are not negative"),
        (
            "logistic",
            LinearKind::Logistic { l2: 0.0 },
            "Logistic regression of two classes, multinomial of more",
        ),
        ("poisson", LinearKind::Poisson { l2: 0.0 }, "Poisson regression of counts"),
    ];

    const fn elastic_net(l1_ratio: f64) -> LinearKind {
        let rule = AlphaRule::Min;
        LinearKind::ElasticNet { alpha: None, l1_ratio, standardize: true, folds: 5, seed: 0, rule }
    }

    /// The task that the model is for.
    pub fn task(&self) -> Task {
        match self {
            LinearKind::Logistic { .. } => Task::Classify,
            LinearKind::LeastSquares
            | LinearKind::Ridge { .. }
            | LinearKind::ElasticNet { .. }
            | LinearKind::NonNegative
            | LinearKind::Poisson { .. } => Task::Regress,
        }
    }

    pub(crate) fn response(&self) -> Response {
        match self {
            LinearKind::Logistic { .. } => Response::Class,
            LinearKind::Poisson { .. } => Response::Count,
            LinearKind::LeastSquares
            | LinearKind::Ridge { .. }
            | LinearKind::ElasticNet { .. }
            | LinearKind::NonNegative => Response::Number,
        }
    }
}
