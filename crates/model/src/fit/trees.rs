//! From a table to boosted trees.
//!
//! The pipeline is fitted on all rows: it learns no number of them that could tell a target. Some rows are held out to say how many rounds are
//! enough, and are scored with those rounds; then all rows are fitted, the held-out ones too, so the scores are of a model that did not see them.
//! Rows that a person said are to be held out are not fitted, and the pipeline does not see them.

use super::known_rows::{KnownRows, Parts, Wanted};
use super::threshold;
use crate::error::ModelError;
use crate::missing::Missing;
use crate::model::Model;
use crate::predict::Predictions;
use crate::predictor::Predictor;
use crate::record::{Record, Settings};
use crate::row_checks::{check_count, check_positive};
use crate::tree_settings::TreeSettings;
use crate::trees_predictor::{self, TreesPredictor};
use planish_tabular::{Features, Label, Notes, Table, Target};
use planish_tensor::Exec;
use planish_train::{ClassWeights, Epoch, History, Stop};
use planish_trees::{Checkpoints, Data, Fitted, Labels, Loss, Observer, Round, Rows};

/// Fits boosted trees to a table.
///
/// The same table, settings and seed give the same model, bit for bit, whatever `exec` says.
///
/// # Errors
/// A table or settings that cannot be used.
pub fn fit_trees(
    exec: Exec,
    table: &Table,
    settings: &TreeSettings,
    observer: &mut dyn Observer,
) -> Result<Model, ModelError> {
    fit_trees_with_checkpoints(exec, table, settings, observer, None)
}

/// As [`fit_trees`], with checkpoints; the run is continued if there is one, and ends in the same model.
///
/// # Errors
/// As [`fit_trees`]; a checkpoint that cannot be read or written, or is another run's; a pause that the observer wished.
pub fn fit_trees_with_checkpoints(
    exec: Exec,
    table: &Table,
    settings: &TreeSettings,
    observer: &mut dyn Observer,
    checkpoints: Option<&mut dyn Checkpoints>,
) -> Result<Model, ModelError> {
    let known = KnownRows::new(table, &settings.wanted())?;
    let parts = known.split(&settings.wanted(), settings.held_share(known.labels.len()))?;
    Ok(fit_known(exec, &known, &parts, settings, true, observer, checkpoints)?.0)
}

/// Fits the training rows of these parts, and then all rows if `refit` says so; gives also what was said of the held-out rows before that.
pub(super) fn fit_known(
    exec: Exec,
    known: &KnownRows<'_>,
    (train, held): &Parts,
    settings: &TreeSettings,
    refit: bool,
    observer: &mut dyn Observer,
    checkpoints: Option<&mut dyn Checkpoints>,
) -> Result<(Model, Predictions), ModelError> {
    let fitted =
        if settings.hold_out.is_of_rows() { train.clone() } else { (0..known.labels.len() as u32).collect() };
    let features = Features::fit(&known.table, &fitted, &settings.wanted().no_features())?;
    let boost = settings.boost(&known.target, &features, !held.is_empty())?;
    let boost = planish_trees::Settings { refit: refit && boost.refit, ..boost };
    check_labels(known, boost.loss)?;
    let own = known.weights(&settings.wanted(), |w| w)?;
    if let Some(own) = &own {
        KnownRows::check_weights(own, &settings.wanted(), (train, held))?;
    }
    let weights = weights(known, settings, own.as_deref(), train)?;
    let targets = Targets::new(known);
    let mut notes = Notes::default();
    let columns = features.columns(&known.table, &mut notes)?;
    let columns: Vec<_> = columns.iter().map(trees_predictor::column).collect();
    let data = Data { weights: weights.as_deref(), ..Data::new(&columns, targets.labels(known)) };
    let rows = Rows { train, held };
    let Fitted { binner, forest, history, held_scores } =
        planish_trees::fit(exec, &data, &rows, &boost, observer, checkpoints)?;
    let record = Record {
        rare_categories: std::mem::take(&mut notes.unknown),
        history: Some(told(&history)),
        ..known.record(Settings::Trees(Box::new(settings.clone())))
    };
    let predictor = TreesPredictor::new(features, binner, forest);
    let of_held = Predictions::of_trees(&known.target, predictor.of_scores(exec, &held_scores));
    let predictor = Predictor::Trees(Box::new(predictor));
    let mut model = Model::new(known.target.clone(), predictor, record)?.with_fit_notes(notes);
    let own: Option<Vec<f64>> = own.map(|own| held.iter().map(|&r| own[r as usize]).collect());
    let labels = known.labels_of(held);
    threshold::decide(&mut model, settings.classes.threshold, (&of_held, &labels, own.as_deref()))?;
    let of_held = of_held.with_threshold(model.record().threshold);
    if !held.is_empty() {
        model.keep_validation(&of_held, &labels, own.as_deref());
    }
    Ok((model, of_held))
}

impl TreeSettings {
    /// What is asked of the table.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            target: &self.target,
            task: self.task,
            drop: &self.drop,
            sample_weight: self.sample_weight.as_deref(),
            missing: Missing::Fill,
            classes: &self.classes,
            hold_out: &self.hold_out,
            seed: self.seed,
        }
    }
}

/// The labels as trees want them.
enum Targets {
    Numbers(Vec<f64>),
    Classes(Vec<u32>),
}

impl Targets {
    fn new(known: &KnownRows<'_>) -> Targets {
        let number = |label: &Label| if let Label::Number(y) = label { y.to_f64() } else { 0.0 };
        match known.target {
            Target::Number { .. } => Targets::Numbers(known.labels.iter().map(number).collect()),
            Target::Classes { .. } => Targets::Classes(known.classes()),
        }
    }

    fn labels(&self, known: &KnownRows<'_>) -> Labels<'_> {
        match self {
            Targets::Numbers(y) => Labels::Numbers(y),
            Targets::Classes(classes) => Labels::Classes { classes, count: known.target.classes().len() },
        }
    }
}

/// Refuses numbers that the loss has no value for.
fn check_labels(known: &KnownRows<'_>, loss: Loss) -> Result<(), ModelError> {
    let check = match loss {
        Loss::Poisson => check_count,
        Loss::Gamma => check_positive,
        Loss::Squared
        | Loss::Absolute
        | Loss::Quantile { .. }
        | Loss::Huber { .. }
        | Loss::LogLoss
        | Loss::Softmax => return Ok(()),
    };
    let column = known.target.column();
    known.labels.iter().enumerate().try_for_each(|(row, label)| match label {
        Label::Number(y) => check(&known.table, row, column, *y),
        Label::Class(_) => Ok(()),
    })
}

/// The weight of each row: its own, times that of its class.
fn weights(
    known: &KnownRows<'_>,
    settings: &TreeSettings,
    own: Option<&[f64]>,
    train: &[u32],
) -> Result<Option<Vec<f64>>, ModelError> {
    let classes = known.classes();
    let of = |row: usize| own.map_or(1.0, |own| own[row]);
    let training = train.iter().map(|&r| (classes[r as usize], of(r as usize)));
    let rule = settings.classes.factors(&settings.class_weight, &known.target, training)?;
    if rule == ClassWeights::None {
        return Ok(own.map(<[f64]>::to_vec));
    }
    // Those of the rule are of all rows, which are fitted in the end.
    let factors = rule.factors(known.target.classes().len(), classes.iter().map(|&c| c as usize))?;
    Ok(Some(classes.iter().enumerate().map(|(row, &c)| of(row) * factors[c as usize]).collect()))
}

/// A round as the record has it: one epoch.
pub fn epoch_of_round(round: &Round) -> Epoch {
    Epoch { epoch: round.round, loss: round.loss, val_loss: round.held_loss, metrics: Default::default() }
}

/// The search for the number of rounds as the record has it.
fn told(history: &planish_trees::History) -> History {
    History {
        epochs: history.search.iter().map(epoch_of_round).collect(),
        best_epoch: history.best_round,
        stop: match history.stop {
            planish_trees::Stop::Completed => Stop::Completed,
            planish_trees::Stop::EarlyStopping => Stop::EarlyStopping,
            planish_trees::Stop::NoSplit => Stop::NoSplit,
            planish_trees::Stop::Interrupted => Stop::Interrupted,
        },
        rows: history.rows,
        validation_rows: history.held_rows,
    }
}
