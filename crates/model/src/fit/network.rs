//! From a table to a trained network.
//!
//! Rows are split first; the pipeline is fitted on the training rows alone; binary targets get one sigmoid unit, more
//! classes a softmax, numbers a linear unit on the standardised target.

use super::known_rows::{KnownRows, Parts, Wanted, class};
use super::threshold;
use crate::error::ModelError;
use crate::model::Model;
use crate::network_settings::NetworkSettings;
use crate::predictor::{NetworkPredictor, Predictor};
use crate::record::{Record, Settings};
use crate::row_checks::check_count;
use planish_nn::{Plan, Sequential, Targets};
use planish_optim::{RangeTest, suggest_lr};
use planish_tabular::{EncodedRows, Encoder, Label, Notes, Table, TabularError, Target, Task};
use planish_tensor::{Exec, Matrix};
use planish_train::{Checkpoints, ClassWeights, Data, FitOptions, Network, Observer, Trainer, Units};

/// The labels as the network wants them.
enum NetworkTargets {
    Values(Matrix<f32>),
    Classes(Vec<u32>),
}

impl NetworkTargets {
    fn new(target: &Target, labels: &[Label]) -> NetworkTargets {
        let column = |f: &dyn Fn(Label) -> f64| {
            NetworkTargets::Values(Matrix::from_fn(labels.len(), 1, |i, _| f(labels[i]) as f32))
        };
        match target {
            Target::Number { mean, sd, .. } => {
                column(&|l| if let Label::Number(y) = l { (y.to_f64() - mean) / sd } else { 0.0 })
            }
            Target::Classes { names, .. } if names.len() == 2 => column(&|l| f64::from(class(l))),
            Target::Classes { .. } => NetworkTargets::Classes(labels.iter().map(|&l| class(l)).collect()),
        }
    }

    fn targets(&self) -> Targets<'_, f32> {
        match self {
            NetworkTargets::Values(m) => Targets::Values(m.view()),
            NetworkTargets::Classes(c) => Targets::Classes(c),
        }
    }
}

/// Trains a network on a table.
///
/// The same table, settings and seed give the same model, bit for bit, whatever `exec` says. If the loss becomes infinite or
/// NaN after the first epoch, the model has the last good weights and its history says so.
///
/// # Errors
/// A table or settings that cannot be used; divergence in the first epoch.
pub fn fit_network(
    exec: Exec,
    table: &Table,
    settings: &NetworkSettings,
    observer: &mut dyn Observer,
) -> Result<Model, ModelError> {
    fit_network_with_checkpoints(exec, table, settings, observer, None)
}

/// As [`fit_network`], with checkpoints; the run is continued if there is one, and ends in the same model.
///
/// # Errors
/// As [`fit_network`]; a checkpoint that cannot be read or written, or is another run's; a pause that the observer wished.
pub fn fit_network_with_checkpoints(
    exec: Exec,
    table: &Table,
    settings: &NetworkSettings,
    observer: &mut dyn Observer,
    checkpoints: Option<&mut dyn Checkpoints<f32>>,
) -> Result<Model, ModelError> {
    let known = KnownRows::new(table, &settings.wanted())?;
    let parts = known.split(&settings.wanted(), settings.fit.validation_split)?;
    fit_known(exec, &known, parts, settings, observer, checkpoints)
}

/// Fits the training rows of these parts.
pub(super) fn fit_known(
    exec: Exec,
    known: &KnownRows<'_>,
    parts: Parts,
    settings: &NetworkSettings,
    observer: &mut dyn Observer,
    checkpoints: Option<&mut dyn Checkpoints<f32>>,
) -> Result<Model, ModelError> {
    let Prepared { target, encoder, mut notes, x, y, weights, class_weights, mut network } =
        Prepared::new(known, &parts, settings)?;
    let options = FitOptions { class_weights, ..settings.fit.clone() };
    let (train, held) = parts.clone();
    let data =
        Data { codes: &x.codes, weights: weights.as_deref(), ..Data::new(x.numbers.view(), y.targets()) };
    let history = Trainer::new(exec, &options, observer).checkpoints(checkpoints).fit_rows(
        &mut network,
        &data,
        parts,
    )?;
    let (sequential, plan) = (network.sequential().clone(), network.plan().clone());
    let (mut params, state) = network.into_arenas();
    fill_unseen_levels(&encoder, &plan, &x.codes, &train, &mut params);
    let predictor =
        NetworkPredictor { encoder, sequential, plan, params: params.into(), state: state.into() };
    let record = Record {
        rare_categories: std::mem::take(&mut notes.unknown),
        history: Some(history),
        ..known.record(Settings::Network(Box::new(settings.clone())))
    };
    let mut model = Model::new(target, Predictor::Network(predictor), record)?.with_fit_notes(notes);
    let held_rows = known.table.select(&held);
    decide_threshold(exec, &mut model, settings, known, (&held, &held_rows))?;
    if !held.is_empty() {
        let weights = settings.sample_weight.as_deref();
        exec.install(|| model.score_validation(exec, &held_rows, weights))?;
    }
    Ok(model)
}

/// Keeps the threshold that is wished, by what the network says of the held-out rows.
fn decide_threshold(
    exec: Exec,
    model: &mut Model,
    settings: &NetworkSettings,
    known: &KnownRows<'_>,
    (held, held_rows): (&[u32], &Table),
) -> Result<(), ModelError> {
    let wish = settings.classes.threshold;
    if wish.is_none() {
        return Ok(());
    }
    let said = exec.install(|| model.predict(exec, held_rows, &mut Notes::default()))?;
    let labels = known.labels_of(held);
    let own = known.weights(&settings.wanted(), |w| w)?;
    let own: Option<Vec<f64>> = own.map(|own| held.iter().map(|&r| own[r as usize]).collect());
    threshold::decide(model, wish, (&said, &labels, own.as_deref()))
}

/// Makes the scale of a number that of the training rows as they count: what weighs nothing must not widen it.
fn weigh(target: &mut Target, labels: &[Label], weights: &[f64], train: &[u32]) -> Result<(), ModelError> {
    let Target::Number { column, mean, sd } = target else { return Ok(()) };
    let rows = || {
        train.iter().filter_map(|&row| match labels[row as usize] {
            Label::Number(y) => Some((y.to_f64(), weights[row as usize])),
            Label::Class(_) => None,
        })
    };
    let total: f64 = rows().map(|(_, w)| w).sum();
    let average = |f: &dyn Fn(f64) -> f64| rows().map(|(y, w)| w / total * f(y)).sum::<f64>();
    let middle = average(&|y| y);
    let spread = average(&|y| (y - middle) * (y - middle)).sqrt();
    let mut counting = rows().filter(|(_, w)| *w > 0.0).map(|(y, _)| y);
    let first = counting.next().unwrap_or_default();
    if counting.all(|y| y == first) {
        let (column, value) = (column.clone(), first.to_string());
        return Err(TabularError::ConstantTarget { column, value }.into());
    }
    if !(middle.is_finite() && spread.is_finite() && spread >= f64::MIN_POSITIVE) {
        return Err(TabularError::TargetRange { column: column.clone() }.into());
    }
    (*mean, *sd) = (middle, spread);
    Ok(())
}

/// Weights that are 1 in the mean of each of these parts, so that a learning rate means the same whatever the weights' unit.
fn of_mean_one(weights: &[f64], parts: [&[u32]; 2]) -> Vec<f32> {
    let mut out = vec![0.0; weights.len()];
    for rows in parts {
        let mean = rows.iter().map(|&row| weights[row as usize] / rows.len() as f64).sum::<f64>();
        rows.iter().for_each(|&row| out[row as usize] = (weights[row as usize] / mean) as f32);
    }
    out
}

/// A level that was not seen gets the average vector of those that were, by their shares, unless training rows had rare levels under
/// its code and so have trained its own.
fn fill_unseen_levels(encoder: &Encoder, plan: &Plan, codes: &[u32], train: &[u32], params: &mut [f32]) {
    let a_row = encoder.embedded().count();
    for ((place, column), range) in encoder.embedded().enumerate().zip(plan.embeddings()) {
        let unseen = column.shares.len();
        if train.iter().any(|&r| codes[r as usize * a_row + place] == unseen as u32) {
            continue;
        }
        let (seen, rest) = params[range].split_at_mut(unseen * column.dim);
        for (d, out) in rest.iter_mut().enumerate() {
            let of_level = |(l, &share): (usize, &f64)| share * f64::from(seen[l * column.dim + d]);
            *out = column.shares.iter().enumerate().map(of_level).sum::<f64>() as f32;
        }
    }
}

/// What a range test found.
#[derive(Clone, PartialEq, Debug)]
pub struct LearningRates {
    /// The learning rate that the losses suggest; none if they never fell.
    pub suggested: Option<f64>,
    /// The learning rate and the loss of each step.
    pub curve: Vec<(f64, f64)>,
}

/// A learning-rate range test on this table with these settings.
///
/// # Errors
/// A table or settings that cannot be used.
pub fn lr_range_test(
    exec: Exec,
    table: &Table,
    settings: &NetworkSettings,
    test: &RangeTest,
) -> Result<LearningRates, ModelError> {
    let known = KnownRows::new(table, &settings.wanted())?;
    let parts = known.split(&settings.wanted(), settings.fit.validation_split)?;
    let Prepared { x, y, weights, network, .. } = Prepared::new(&known, &parts, settings)?;
    let data =
        Data { codes: &x.codes, weights: weights.as_deref(), ..Data::new(x.numbers.view(), y.targets()) };
    let curve = network.lr_range_test(exec, &data, &parts.0, settings.fit.batch_size, test)?;
    Ok(LearningRates { suggested: suggest_lr(&curve), curve })
}

/// Rows and settings turned into data and a network.
struct Prepared {
    target: Target,
    encoder: Encoder,
    notes: Notes,
    x: EncodedRows,
    y: NetworkTargets,
    weights: Option<Vec<f32>>,
    class_weights: ClassWeights,
    network: Network<f32>,
}

impl Prepared {
    /// Of rows of which these are trained on.
    fn new(
        known: &KnownRows<'_>,
        (train, held): &Parts,
        settings: &NetworkSettings,
    ) -> Result<Prepared, ModelError> {
        let wanted = settings.wanted();
        let own = known.weights(&wanted, |w| f64::from(w as f32))?;
        if let Some(own) = &own {
            KnownRows::check_weights(own, &wanted, (train, held))?;
        }
        let weight = |row: u32| own.as_ref().map_or(1.0, |own| own[row as usize]);
        let training = train.iter().map(|&r| (class(known.labels[r as usize]), weight(r)));
        let class_weights = settings.classes.factors(&settings.fit.class_weights, &known.target, training)?;
        // Classes are those of all rows; a number's scale is that of the training rows.
        let mut target = match known.task {
            Task::Regress => Target::fit(&known.table, &settings.target, known.task, train)?,
            Task::Classify => known.target.clone(),
        };
        if let Some(own) = &own {
            weigh(&mut target, &known.labels, own, train)?;
        }
        if let (Target::Number { mean, sd, .. }, true) = (&mut target, settings.is_log_linked()) {
            let counts = known.table.numbers(&settings.target)?;
            for row in 0..known.table.rows() {
                check_count(&known.table, row, &settings.target, counts.at(row).unwrap_or_default())?;
            }
            // At its first weights the network then says about the mean.
            *sd = *mean;
            *mean = 0.0;
        }
        let encoder = Encoder::fit_with(&known.table, train, &wanted.no_features(), settings.embed()?)?;
        let weights = own.map(|own| of_mean_one(&own, [train, held]));
        let mut notes = Notes::default();
        let x = encoder.encode(&known.table, &mut notes)?;
        let y = NetworkTargets::new(&target, &known.labels);
        let network = network(&encoder, &target, settings)?;
        Ok(Prepared { target, encoder, notes, x, y, weights, class_weights, network })
    }
}

impl NetworkSettings {
    /// What is asked of the table.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            target: &self.target,
            task: self.task,
            drop: &self.drop,
            sample_weight: self.sample_weight.as_deref(),
            missing: self.missing,
            classes: &self.classes,
            hold_out: &self.hold_out,
            seed: self.seed,
        }
    }
}

/// The network with its initial weights.
fn network(
    encoder: &Encoder,
    target: &Target,
    settings: &NetworkSettings,
) -> Result<Network<f32>, ModelError> {
    let (sequential, loss): (Sequential, _) = settings.sequential(encoder, target)?;
    let metrics = settings.epoch_metrics(target)?;
    let units = match target {
        Target::Number { mean, sd, .. } => Units { scale: *sd, shift: *mean },
        Target::Classes { .. } => Units::PLAIN,
    };
    let network = Network::compile(&sequential, settings.optimizer, loss, &metrics, settings.seed)?;
    let mut network = network.with_units(units);
    if !(settings.weight_decay >= 0.0 && settings.weight_decay.is_finite()) {
        return Err(ModelError::Setting {
            setting: "weight_decay",
            value: settings.weight_decay.to_string(),
            needs: "it must not be negative",
        });
    }
    network.groups_mut().iter_mut().for_each(|g| g.weight_decay += settings.weight_decay);
    Ok(network)
}
