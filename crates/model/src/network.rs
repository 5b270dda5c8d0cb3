//! From a table to a trained network.
//!
//! Rows are split first; the pipeline is fitted on the training rows alone; binary targets get one sigmoid unit, more
//! classes a softmax, numbers a linear unit on the standardised target.

use crate::error::ModelError;
use crate::model::{Model, NetworkPredictor, Predictor};
use crate::record::{Record, Settings};
use planish_nn::{Activation, Loss, Sequential, Targets};
use planish_optim::Optimizer;
use planish_tabular::{Encoder, Label, Notes, Table, Target, Task};
use planish_tensor::{AlignedVec, Exec, Matrix};
use planish_train::{Data, EarlyStopping, FitOptions, Network, Observer, split};
use serde::{Deserialize, Serialize};

/// Settings of a network. [`NetworkSettings::new`] has the defaults of the command line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NetworkSettings {
    /// The target column.
    pub target: String,
    /// The task; inferred from the target if absent.
    pub task: Option<Task>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Units of the hidden layers.
    pub hidden: Vec<usize>,
    /// Their activation.
    pub activation: Activation,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows of a step.
    pub batch_size: usize,
    /// The share of rows held out for validation.
    pub validation_split: f64,
    /// Epochs to wait for a better validation loss; the best weights are kept.
    pub patience: usize,
    /// Seed of the split, the initial weights and the shuffles.
    pub seed: u64,
}

impl NetworkSettings {
    /// The defaults for this target.
    pub fn new(target: &str) -> NetworkSettings {
        NetworkSettings {
            target: target.to_owned(),
            task: None,
            drop: Vec::new(),
            hidden: vec![128, 128],
            activation: Activation::Relu,
            optimizer: Optimizer::adam(0.001),
            epochs: 200,
            batch_size: 128,
            validation_split: 0.1,
            patience: 15,
            seed: 0,
        }
    }

    fn sequential(&self, inputs: usize, target: &Target) -> Result<(Sequential, Loss), ModelError> {
        if self.activation == Activation::Softmax {
            return Err(ModelError::Setting {
                setting: "activation",
                value: "softmax".to_owned(),
                needs: "softmax is for the output; choose another for hidden layers",
            });
        }
        let hidden =
            self.hidden.iter().fold(Sequential::new(inputs), |net, &units| net.dense(units, self.activation));
        Ok(match target.classes().len() {
            0 => (hidden.dense(1, Activation::Linear), Loss::Mse),
            2 => (hidden.dense(1, Activation::Sigmoid), Loss::BinaryCrossentropy),
            classes => (hidden.dense(classes, Activation::Softmax), Loss::CategoricalCrossentropy),
        })
    }
}

/// The labels as the network wants them.
enum Encoded {
    Values(Matrix<f32>),
    Classes(Vec<u32>),
}

impl Encoded {
    fn new(target: &Target, labels: &[Label]) -> Encoded {
        let column = |f: &dyn Fn(Label) -> f64| {
            Encoded::Values(Matrix::from_fn(labels.len(), 1, |i, _| f(labels[i]) as f32))
        };
        match target {
            Target::Number { mean, sd, .. } => {
                column(&|l| if let Label::Number(y) = l { (y.to_f64() - mean) / sd } else { 0.0 })
            }
            Target::Classes { names, .. } if names.len() == 2 => column(&|l| f64::from(class(l))),
            Target::Classes { .. } => Encoded::Classes(labels.iter().map(|&l| class(l)).collect()),
        }
    }

    fn targets(&self) -> Targets<'_, f32> {
        match self {
            Encoded::Values(m) => Targets::Values(m.view()),
            Encoded::Classes(c) => Targets::Classes(c),
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
    let column = table.column(&settings.target)?;
    settings.drop.iter().try_for_each(|name| table.column(name).map(drop))?;
    if settings.drop.contains(&settings.target) {
        return Err(ModelError::DroppedTarget { target: settings.target.clone() });
    }
    let task = settings.task.unwrap_or_else(|| Task::infer(column));
    let with_target: Vec<u32> =
        (0..table.rows() as u32).filter(|&r| !column.is_missing(r as usize)).collect();
    let all = Target::fit(table, &settings.target, task, &with_target)?;
    let rows_without_target = (table.rows() - with_target.len()) as u64;
    let table = if rows_without_target > 0 { &table.select(&with_target) } else { table };
    let labels: Vec<Label> = all.labels(table)?.into_iter().flatten().collect();

    let (train, held) = split_rows(&labels, task, settings)?;
    // Classes are those of all rows; a number's scale is that of the training rows.
    let target =
        if task == Task::Regress { Target::fit(table, &settings.target, task, &train)? } else { all };
    let leave_out: Vec<&str> =
        std::iter::once(settings.target.as_str()).chain(settings.drop.iter().map(String::as_str)).collect();
    let encoder = Encoder::fit(table, &train, &leave_out)?;
    let mut notes = Notes::default();
    let x = encoder.encode(table, &mut notes)?;
    let y = Encoded::new(&target, &labels);

    let (sequential, loss) = settings.sequential(encoder.width(), &target)?;
    let mut network = Network::compile(&sequential, settings.optimizer, loss, &[], settings.seed)?;
    let options = FitOptions {
        epochs: settings.epochs,
        batch_size: settings.batch_size,
        validation_split: settings.validation_split,
        shuffle: true,
        early_stopping: Some(EarlyStopping { patience: settings.patience, min_delta: 0.0 }),
    };
    let history = network.fit_rows(
        exec,
        &Data::new(x.view(), y.targets()),
        (train, held.clone()),
        &options,
        observer,
    )?;

    let predictor = NetworkPredictor {
        encoder,
        sequential,
        plan: network.plan().clone(),
        params: AlignedVec::from_slice(network.params()).into(),
    };
    let record = Record {
        settings: Settings::Network(settings.clone()),
        rows: labels.len() as u64,
        rows_without_target,
        rare_categories: notes.unknown,
        validation: Default::default(),
        history: Some(history),
    };
    let mut model = Model::new(target, Predictor::Network(predictor), record)?;
    if !held.is_empty() {
        exec.install(|| model.score_validation(exec, &table.select(&held)))?;
    }
    Ok(model)
}

/// Training rows and held-out rows, stratified for classes.
fn split_rows(
    labels: &[Label],
    task: Task,
    settings: &NetworkSettings,
) -> Result<(Vec<u32>, Vec<u32>), ModelError> {
    if !(0.0..1.0).contains(&settings.validation_split) {
        return Err(ModelError::Setting {
            setting: "validation_split",
            value: settings.validation_split.to_string(),
            needs: "it must lie in [0, 1)",
        });
    }
    let classes: Vec<u32> = labels.iter().map(|&l| class(l)).collect();
    Ok(split::holdout(
        labels.len(),
        settings.validation_split,
        (task == Task::Classify).then_some(&classes),
        settings.seed,
    ))
}
