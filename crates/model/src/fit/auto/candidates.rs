//! The candidates for a blend: a recipe each, in the order of their cost.

use super::super::known_rows::{KnownRows, Parts};
use super::super::linear::fit_linear;
use super::super::{network, trees};
use super::observer::AutoObserver;
use crate::auto_settings::AutoSettings;
use crate::error::{Failed, ModelError};
use crate::linear_settings::{LinearKind, LinearSettings};
use crate::model::Model;
use crate::network_settings::NetworkSettings;
use crate::predict::Predictions;
use crate::tree_settings::TreeSettings;
use planish_tabular::{Notes, Table, TableSource, Task};
use planish_tensor::Exec;
use planish_train::FitOptions;

/// The penalty of logistic regression, as scikit-learn has it by default: its 1/C.
const LOGISTIC_L2: f64 = 1.0;

/// A recipe with its name.
pub(super) struct Candidate {
    pub(super) name: &'static str,
    recipe: Recipe,
    /// Whether it is said which rows are held out: such rows are never trained on.
    is_of_rows: bool,
}

enum Recipe {
    Linear(LinearSettings),
    Trees(Box<TreeSettings>),
    Network(Box<NetworkSettings>),
}

/// What came of a recipe.
pub(super) struct Fitted {
    pub(super) model: Model,
    /// What it says of the held-out rows, or did before all rows were fitted.
    pub(super) held: Predictions,
}

/// The candidates for these rows.
pub(super) fn all(settings: &AutoSettings, known: &KnownRows<'_>) -> Vec<Candidate> {
    let is_of_rows = settings.hold_out.is_of_rows();
    let candidate = |name, recipe| Candidate { name, recipe, is_of_rows };
    let mean = TreeSettings { rounds: Some(0), ..trees_settings(settings, known.task) };
    let kind = match known.task {
        Task::Classify => LinearKind::Logistic { l2: LOGISTIC_L2 },
        Task::Regress => LinearKind::Ridge { alpha: None, standardize: true },
    };
    let linear = LinearSettings {
        kind,
        task: Some(known.task),
        drop: settings
            .hold_out
            .no_features()
            .map(str::to_owned)
            .chain(settings.drop.iter().cloned())
            .collect(),
        weights: settings.sample_weight.clone(),
        ..LinearSettings::new(&settings.target)
    };
    vec![
        candidate("mean", Recipe::Trees(Box::new(mean))),
        candidate("linear", Recipe::Linear(linear)),
        candidate("trees", Recipe::Trees(Box::new(trees_settings(settings, known.task)))),
        candidate("mlp", Recipe::Network(Box::new(network_settings(settings, known.task)))),
    ]
}

fn trees_settings(settings: &AutoSettings, task: Task) -> TreeSettings {
    TreeSettings {
        task: Some(task),
        drop: settings.drop.clone(),
        sample_weight: settings.sample_weight.clone(),
        hold_out: settings.hold_out.clone(),
        validation_split: settings.validation_split,
        seed: settings.seed,
        ..TreeSettings::new(&settings.target)
    }
}

fn network_settings(settings: &AutoSettings, task: Task) -> NetworkSettings {
    NetworkSettings {
        task: Some(task),
        drop: settings.drop.clone(),
        sample_weight: settings.sample_weight.clone(),
        hold_out: settings.hold_out.clone(),
        seed: settings.seed,
        fit: FitOptions { validation_split: settings.validation_split, ..NetworkSettings::fit() },
        ..NetworkSettings::new(&settings.target)
    }
}

impl Candidate {
    /// Fits the training rows of these parts. Trees are then fitted to all rows, if these are the only parts.
    pub(super) fn fit(
        &self,
        exec: Exec,
        known: &KnownRows<'_>,
        parts: &Parts,
        only: bool,
        observer: &mut dyn AutoObserver,
    ) -> Result<Fitted, ModelError> {
        match &self.recipe {
            Recipe::Trees(settings) => {
                let (model, held) =
                    trees::fit_known(exec, known, parts, settings, only, observer.trees(), None)?;
                Ok(Fitted { model, held })
            }
            Recipe::Network(settings) => {
                let model =
                    network::fit_known(exec, known, parts.clone(), settings, observer.network(), None)?;
                held_by(exec, known, parts, model)
            }
            Recipe::Linear(settings) => {
                let model = linear(exec, &known.table.select(&parts.0), settings)?;
                if model.target().classes() != known.target.classes() {
                    return Err(ModelError::inconsistent("a class is not among the training rows"));
                }
                held_by(exec, known, parts, model)
            }
        }
    }

    /// What becomes of the models of the bags: a linear model and trees are fitted to all rows instead, with as many rounds as the bags found
    /// right; networks stay.
    pub(super) fn of_bags(
        &self,
        exec: Exec,
        known: &KnownRows<'_>,
        models: Vec<Model>,
        observer: &mut dyn AutoObserver,
    ) -> Result<Vec<Model>, ModelError> {
        match &self.recipe {
            Recipe::Linear(settings) if !self.is_of_rows => Ok(vec![linear(exec, &known.table, settings)?]),
            Recipe::Trees(settings) if models.len() > 1 => {
                let best = |model: &Model| model.record().history.as_ref().map_or(0, |h| h.best_epoch) as f64;
                let mean = models.iter().map(best).sum::<f64>() / models.len() as f64;
                let settings = TreeSettings {
                    rounds: Some(planish_trees::rounds_for_all(mean)),
                    ..(**settings).clone()
                };
                let all: Parts = ((0..known.labels.len() as u32).collect(), Vec::new());
                let fitted = trees::fit_known(exec, known, &all, &settings, false, observer.trees(), None)?;
                Ok(vec![fitted.0])
            }
            Recipe::Linear(_) | Recipe::Trees(_) | Recipe::Network(_) => Ok(models),
        }
    }
}

fn linear(exec: Exec, table: &Table, settings: &LinearSettings) -> Result<Model, ModelError> {
    match fit_linear(exec, &mut TableSource::new(table), settings) {
        Ok(model) => Ok(model),
        Err(Failed::Model(e)) => Err(e),
    }
}

fn held_by(exec: Exec, known: &KnownRows<'_>, parts: &Parts, model: Model) -> Result<Fitted, ModelError> {
    let table = known.table.select(&parts.1);
    let held = exec.install(|| model.predict(exec, &table, &mut Notes::default()))?;
    Ok(Fitted { model, held })
}
