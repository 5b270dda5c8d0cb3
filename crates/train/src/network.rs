//! A network compiled for training: its plan, parameters, loss and optimizer.

use crate::checkpoint::{Arena, ArenaMut};
use crate::data::Data;
use crate::error::TrainError;
use crate::metrics::{ClassificationScores, Metric, RegressionScores, most_probable};
use planish_nn::{
    Activation, Arenas, Element, Input, Loss, Mode, NnError, Plan, Predictor, Sequential, Targets, Workspace,
};
use planish_optim::{Group, Optimizer};
use planish_tensor::{AlignedVec, Exec, Matrix};
use std::collections::BTreeMap;

/// Rows of one pass of `evaluate`.
const CHUNK: usize = 512;

/// A network with its parameters, ready to be fitted and asked.
#[derive(Clone, Debug)]
pub struct Network<T: Element> {
    pub(crate) sequential: Sequential,
    pub(crate) plan: Plan,
    pub(crate) params: AlignedVec<T>,
    /// What is kept but not learned by gradient: the statistics of batch normalisation.
    pub(crate) state: AlignedVec<T>,
    pub(crate) groups: Vec<Group>,
    pub(crate) optimizer: Optimizer,
    pub(crate) loss: Loss,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) seed: u64,
    pub(crate) units: Units,
}

/// How the numbers that a network is trained on become those that they stand for: `scale`·y + `shift`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Units {
    /// The factor.
    pub scale: f64,
    /// What is added.
    pub shift: f64,
}

impl Units {
    /// Those of numbers that stand for themselves.
    pub const PLAIN: Units = Units { scale: 1.0, shift: 0.0 };

    fn of(self, y: f64) -> f64 {
        y * self.scale + self.shift
    }
}

impl<T: Element> Network<T> {
    /// Checks everything and draws initial weights.
    ///
    /// # Errors
    /// A network that cannot run, a loss that does not fit its output, settings outside their range.
    pub fn compile(
        net: &Sequential,
        optimizer: Optimizer,
        loss: Loss,
        metrics: &[Metric],
        seed: u64,
    ) -> Result<Self, TrainError> {
        let plan = Plan::new(net)?;
        loss.check(plan.outputs(), plan.output_activation())?;
        optimizer.check()?;
        check_metrics(&plan, loss, metrics)?;
        // All that training will need is asked for once, so that a network that does not fit is refused here.
        plan.layout().len.checked_mul(4).and_then(AlignedVec::<T>::try_zeros).ok_or(NnError::TooLarge)?;
        let group = |g: &planish_nn::Group| Group {
            range: g.range.clone(),
            lr_factor: g.lr_factor,
            weight_decay: g.weight_decay,
            trainable: g.trainable,
        };
        Ok(Network {
            sequential: net.clone(),
            params: plan.initialize(seed),
            state: plan.initialize_state(),
            groups: plan.layout().groups.iter().map(group).collect(),
            optimizer,
            loss,
            metrics: metrics.to_vec(),
            seed,
            units: Units::PLAIN,
            plan,
        })
    }

    /// The units in which the metrics of numbers are: those of the targets that were scaled. The loss stays in those of training.
    #[must_use]
    pub fn with_units(self, units: Units) -> Self {
        Network { units, ..self }
    }

    /// The architecture.
    pub fn sequential(&self) -> &Sequential {
        &self.sequential
    }

    /// The plan: shapes and layout.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The parameters, one flat arena in the plan's layout.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// The parameters, to be set from outside.
    pub fn params_mut(&mut self) -> &mut [T] {
        &mut self.params
    }

    /// What is kept but not learned by gradient (the statistics of batch normalisation), in the plan's state layout.
    pub fn state(&self) -> &[T] {
        &self.state
    }

    /// The state, to be set from outside.
    pub fn state_mut(&mut self) -> &mut [T] {
        &mut self.state
    }

    /// Parameters and state together.
    pub fn arenas(&self) -> Arenas<'_, T> {
        Arenas::new(&self.params, &self.state)
    }

    /// The parameters and the state, without a copy.
    pub fn into_arenas(self) -> (AlignedVec<T>, AlignedVec<T>) {
        (self.params, self.state)
    }

    /// Parameters that are updated alike: their learning-rate factors, decays and trainable flags, to be set from outside.
    pub fn groups_mut(&mut self) -> &mut [Group] {
        &mut self.groups
    }

    /// What a trained network is made of, by name: what is kept of the best epoch and saved in a checkpoint.
    pub(crate) fn named_arenas(&self) -> Vec<Arena<'_, T>> {
        vec![("params", &self.params), ("state", &self.state)]
    }

    /// As [`Network::named_arenas`], to be written to.
    pub(crate) fn named_arenas_mut(&mut self) -> Vec<ArenaMut<'_, T>> {
        vec![("params", &mut self.params), ("state", &mut self.state)]
    }

    /// The output for every row of x, `[rows, outputs]`.
    ///
    /// # Panics
    /// If x has not the network's number of inputs and category codes, or a code is not below its embedding's categories.
    pub fn predict<'a>(&self, exec: Exec, x: impl Into<Input<'a, T>>) -> Matrix<T> {
        self.plan.predict(exec, self.arenas(), x)
    }

    /// The network kept ready to predict batches of up to `rows` rows: a call of [`Predictor::predict`] allocates nothing.
    pub fn predictor(&self, rows: usize) -> Predictor<'_, T> {
        Predictor::new(&self.plan, self.arenas(), rows)
    }

    /// The loss, penalties of regularizers included, and the compiled metrics for these data.
    ///
    /// # Errors
    /// Data that do not fit the network.
    pub fn evaluate(
        &self,
        exec: Exec,
        data: &Data<'_, T>,
    ) -> Result<(f64, BTreeMap<String, f64>), TrainError> {
        data.check(&self.plan, self.loss)?;
        let mut ws = Workspace::new(&self.plan, CHUNK.min(data.rows()));
        let mut total = 0.0;
        for from in (0..data.rows()).step_by(CHUNK) {
            let to = (from + CHUNK).min(data.rows());
            let batch = data.batch().rows_between(from, to);
            let loss = self.plan.loss(exec, self.loss, Mode::Inference, self.arenas(), &batch, &mut ws);
            total += if self.loss.is_sum() { loss } else { loss * (to - from) as f64 / data.rows() as f64 };
        }
        total += self.plan.penalty(exec.isa, &self.params);
        Ok((total, self.scores(exec, data)))
    }

    /// The compiled metrics, by one forward pass; a row counts by its weight.
    fn scores(&self, exec: Exec, data: &Data<'_, T>) -> BTreeMap<String, f64> {
        let Some(first) = self.metrics.first() else { return BTreeMap::new() };
        let (mut classes, mut numbers) = (ClassificationScores::default(), RegressionScores::default());
        let out = self.predict(exec, data.input());
        let mut row = Vec::new();
        for i in 0..out.rows() {
            row.clear();
            row.extend(out.row(i).iter().map(|p| p.to_f64()));
            let weight = data.weights.map_or(1.0, |w| w[i].to_f64());
            if first.is_classification() && self.loss.is_margin() {
                row.iter_mut().for_each(|m| *m = share_of_margin(*m, self.plan.output_activation()));
            }
            match data.y {
                Targets::Classes(c) => classes.push_weighted(&row, c[i] as usize, weight),
                Targets::Values(y) if first.is_classification() && y.cols() > 1 => {
                    let target: Vec<f64> = y.row(i).iter().map(|p| p.to_f64()).collect();
                    classes.push_weighted(&row, most_probable(&target), weight);
                }
                Targets::Values(y) if first.is_classification() => {
                    classes.push_weighted(&row, usize::from(y.at(i, 0).to_f64() > 0.5), weight);
                }
                Targets::Values(y) => {
                    let of = |y: f64| self.units.of(y);
                    (0..row.len())
                        .for_each(|j| numbers.push_weighted(of(row[j]), of(y.at(i, j).to_f64()), weight));
                }
            }
        }
        let mut found = if first.is_classification() { classes.finish() } else { numbers.finish() };
        found.retain(|name, _| self.metrics.iter().any(|m| m.name() == name));
        found
    }
}

/// From a margin to a share: ½ at 0, and the larger the margin the larger the share, so that classes and their order are the margin's.
fn share_of_margin(margin: f64, last: Activation) -> f64 {
    let within = if last == Activation::Tanh { margin } else { margin / (1.0 + margin.abs()) };
    // An infinite margin is as sure as can be.
    if within.is_nan() && !margin.is_nan() { f64::from(u8::from(margin > 0.0)) } else { (1.0 + within) / 2.0 }
}

/// Metrics must be all of one kind, and those of classes need one output or a softmax.
fn check_metrics(plan: &Plan, loss: Loss, metrics: &[Metric]) -> Result<(), TrainError> {
    let fail = |metric: Metric, needs| Err(TrainError::Metric { metric: metric.name(), needs });
    for &m in metrics {
        if m.is_classification() != metrics[0].is_classification() {
            return fail(m, "metrics of classes and of numbers cannot be mixed");
        }
        if m.is_classification() && plan.outputs() > 1 && plan.output_activation() != Activation::Softmax {
            return fail(m, "it needs one output, or softmax");
        }
        if m.is_of_two_classes() && plan.outputs() > 2 {
            return fail(m, "it is for two classes");
        }
        let of_probabilities = matches!(m, Metric::LogLoss | Metric::Ece | Metric::Brier);
        if of_probabilities && loss.is_margin() {
            return fail(m, "it needs probabilities; hinge losses give margins");
        }
        if !m.is_classification() && loss.is_categorical() {
            return fail(m, "it needs targets that are numbers");
        }
    }
    Ok(())
}
