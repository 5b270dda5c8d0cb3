//! From a table to a trained network.
//!
//! Rows are split first; the pipeline is fitted on the training rows alone; binary targets get one sigmoid unit, more
//! classes a softmax, numbers a linear unit on the standardised target.

use super::complete::complete_rows;
use crate::error::ModelError;
use crate::model::Model;
use crate::network_settings::NetworkSettings;
use crate::predictor::{NetworkPredictor, Predictor};
use crate::record::{Record, Settings};
use crate::row_checks::{self, check_count};
use planish_nn::{Plan, Sequential, Targets};
use planish_optim::{RangeTest, suggest_lr};
use planish_tabular::{EncodedRows, Encoder, Label, Notes, Table, Target, Task};
use planish_tensor::{Exec, Matrix};
use planish_train::{Checkpoints, ClassWeights, Data, Network, Observer, Trainer, split};

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

fn class(label: Label) -> u32 {
    if let Label::Class(c) = label { c } else { 0 }
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
    let Prepared {
        table,
        with_target,
        rows_without_target,
        rows_incomplete,
        target,
        encoder,
        mut notes,
        x,
        y,
        weights,
        parts,
        mut network,
    } = Prepared::new(table, settings)?;
    let (train, held) = parts.clone();
    let data =
        Data { codes: &x.codes, weights: weights.as_deref(), ..Data::new(x.numbers.view(), y.targets()) };
    let history = Trainer::new(exec, &settings.fit, observer).checkpoints(checkpoints).fit_rows(
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
        settings: Settings::Network(Box::new(settings.clone())),
        rows: with_target as u64,
        rows_without_target,
        rows_incomplete,
        digest: None,
        rare_categories: std::mem::take(&mut notes.unknown),
        validation: Default::default(),
        confusion: None,
        written: row_checks::written(table.schema(), &settings.target, settings.sample_weight.as_deref())?,
        na: table.schema().missing.more.clone(),
        history: Some(history),
    };
    let mut model = Model::new(target, Predictor::Network(predictor), record)?.with_fit_notes(notes);
    if !held.is_empty() {
        exec.install(|| model.score_validation(exec, &table.select(&held)))?;
    }
    Ok(model)
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
    let Prepared { x, y, weights, parts, network, .. } = Prepared::new(table, settings)?;
    let data =
        Data { codes: &x.codes, weights: weights.as_deref(), ..Data::new(x.numbers.view(), y.targets()) };
    let curve = network.lr_range_test(exec, &data, &parts.0, settings.fit.batch_size, test)?;
    Ok(LearningRates { suggested: suggest_lr(&curve), curve })
}

/// A table and settings turned into data and a network.
struct Prepared<'a> {
    /// The rows with a target, and with all features if such are wanted.
    table: std::borrow::Cow<'a, Table>,
    with_target: usize,
    rows_without_target: u64,
    rows_incomplete: u64,
    target: Target,
    encoder: Encoder,
    notes: Notes,
    x: EncodedRows,
    y: NetworkTargets,
    weights: Option<Vec<f32>>,
    /// The rows to train on and those held out.
    parts: (Vec<u32>, Vec<u32>),
    network: Network<f32>,
}

impl<'a> Prepared<'a> {
    fn new(table: &'a Table, settings: &NetworkSettings) -> Result<Prepared<'a>, ModelError> {
        table.schema().target(&settings.target)?;
        settings.drop.iter().try_for_each(|name| table.column(name).map(drop))?;
        if settings.drop.contains(&settings.target) {
            return Err(ModelError::DroppedTarget { target: settings.target.clone() });
        }
        row_checks::written(table.schema(), &settings.target, settings.sample_weight.as_deref())?;
        let task = settings.task.map_or_else(|| Task::infer(table, &settings.target), Ok)?;
        let rows = table.rows();
        let table = table.with_values(&settings.target)?;
        let rows_without_target = (rows - table.rows()) as u64;
        let leave_out = settings.no_features();
        let (table, rows_incomplete) = complete_rows(table, settings.missing, &settings.target, &leave_out)?;
        let with_target: Vec<u32> = (0..table.rows() as u32).collect();
        let all = Target::fit(&table, &settings.target, task, &with_target)?;
        let labels: Vec<Label> = all.labels(&table)?.into_iter().flatten().collect();
        let weights = row_weights(&table, settings)?;

        let (train, held) = split_rows(&labels, task, settings)?;
        // Classes are those of all rows; a number's scale is that of the training rows.
        let mut target =
            if task == Task::Regress { Target::fit(&table, &settings.target, task, &train)? } else { all };
        if let (Target::Number { mean, sd, .. }, true) = (&mut target, settings.is_log_linked()) {
            let counts = table.numbers(&settings.target)?;
            for row in 0..table.rows() {
                check_count(&table, row, &settings.target, counts.at(row).unwrap_or_default())?;
            }
            // At its first weights the network then says about the mean.
            *sd = *mean;
            *mean = 0.0;
        }
        let encoder = Encoder::fit_with(&table, &train, &leave_out, settings.embed()?)?;
        let mut notes = Notes::default();
        let x = encoder.encode(&table, &mut notes)?;
        let y = NetworkTargets::new(&target, &labels);
        let network = network(&encoder, &target, task, settings)?;
        Ok(Prepared {
            table,
            with_target: labels.len(),
            rows_without_target,
            rows_incomplete,
            target,
            encoder,
            notes,
            x,
            y,
            weights,
            parts: (train, held),
            network,
        })
    }
}

/// The network with its initial weights.
fn network(
    encoder: &Encoder,
    target: &Target,
    task: Task,
    settings: &NetworkSettings,
) -> Result<Network<f32>, ModelError> {
    if settings.fit.class_weights == ClassWeights::Balanced && task == Task::Regress {
        return Err(ModelError::Setting {
            setting: "class_weight",
            value: "balanced".to_owned(),
            needs: "it is for classes; the target is a number",
        });
    }
    let (sequential, loss): (Sequential, _) = settings.sequential(encoder, target)?;
    let metrics = settings.epoch_metrics()?;
    let mut network = Network::compile(&sequential, settings.optimizer, loss, &metrics, settings.seed)?;
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

/// The weights of the rows, from their column.
fn row_weights(table: &Table, settings: &NetworkSettings) -> Result<Option<Vec<f32>>, ModelError> {
    let Some(name) = &settings.sample_weight else { return Ok(None) };
    if *name == settings.target {
        return Err(ModelError::Setting {
            setting: "sample_weight",
            value: name.clone(),
            needs: "it must be another column than the target",
        });
    }
    let weight = |row| {
        let w = row_checks::weight(table, row, name)? as f32;
        if w.is_finite() {
            return Ok(w);
        }
        let (column, line) = (name.clone(), table.line(row));
        Err(ModelError::SampleWeight { column, line, found: w.to_string() })
    };
    (0..table.rows()).map(weight).collect::<Result<Vec<f32>, _>>().map(Some)
}

/// Training rows and held-out rows, stratified for classes.
fn split_rows(
    labels: &[Label],
    task: Task,
    settings: &NetworkSettings,
) -> Result<(Vec<u32>, Vec<u32>), ModelError> {
    if !(0.0..1.0).contains(&settings.fit.validation_split) {
        return Err(ModelError::Setting {
            setting: "validation_split",
            value: settings.fit.validation_split.to_string(),
            needs: "it must lie in [0, 1)",
        });
    }
    let classes: Vec<u32> = labels.iter().map(|&l| class(l)).collect();
    Ok(split::holdout(
        labels.len(),
        settings.fit.validation_split,
        (task == Task::Classify).then_some(&classes),
        settings.seed,
    ))
}
