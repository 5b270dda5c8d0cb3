//! A network compiled for training: its plan, parameters, loss and optimizer.

use crate::data::Data;
use crate::error::TrainError;
use crate::metrics::{ClassificationScores, Metric, RegressionScores};
use planish_nn::{Loss, Plan, Sequential, Targets, Workspace};
use planish_optim::{Group, Optimizer};
use planish_tensor::{AlignedVec, Exec, MatRef, Matrix, Scalar};
use std::collections::BTreeMap;

/// Rows of one forward pass of `predict` and `evaluate`.
const CHUNK: usize = 512;

/// A network with its parameters, ready to be fitted and asked.
#[derive(Clone, Debug)]
pub struct Network<T: Scalar> {
    pub(crate) sequential: Sequential,
    pub(crate) plan: Plan,
    pub(crate) params: AlignedVec<T>,
    pub(crate) groups: Vec<Group>,
    pub(crate) optimizer: Optimizer,
    pub(crate) loss: Loss,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) seed: u64,
}

impl<T: Scalar> Network<T> {
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
        loss.check(&plan)?;
        optimizer.check()?;
        let group = |g: &planish_nn::Group| Group {
            range: g.range.clone(),
            lr_factor: g.lr_factor,
            weight_decay: g.weight_decay,
            trainable: g.trainable,
        };
        Ok(Network {
            sequential: net.clone(),
            params: plan.initialize(seed),
            groups: plan.layout().groups.iter().map(group).collect(),
            optimizer,
            loss,
            metrics: metrics.to_vec(),
            seed,
            plan,
        })
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

    /// The output for every row of x, `[rows, outputs]`.
    ///
    /// # Panics
    /// If x has not the network's number of inputs.
    pub fn predict(&self, exec: Exec, x: MatRef<'_, T>) -> Matrix<T> {
        let mut out = Matrix::zeros(x.rows(), self.plan.outputs());
        let mut ws = Workspace::forward_only(&self.plan, CHUNK.min(x.rows()));
        self.each_chunk(exec, x, &mut ws, |i, row| out.row_mut(i).copy_from_slice(row));
        out
    }

    /// Calls `f` with every row number and output row.
    fn each_chunk(
        &self,
        exec: Exec,
        x: MatRef<'_, T>,
        ws: &mut Workspace<T>,
        mut f: impl FnMut(usize, &[T]),
    ) {
        for from in (0..x.rows()).step_by(CHUNK) {
            let rows = CHUNK.min(x.rows() - from);
            let chunk = x.rows_between(from, from + rows);
            let y = self.plan.forward(exec, &self.params, chunk, ws);
            (0..rows).for_each(|i| f(from + i, y.row(i)));
        }
    }

    /// The loss and the compiled metrics for these data.
    ///
    /// # Errors
    /// Data that do not fit the network.
    pub fn evaluate(
        &self,
        exec: Exec,
        data: &Data<'_, T>,
    ) -> Result<(f64, BTreeMap<String, f64>), TrainError> {
        data.check(&self.plan)?;
        let mut ws = Workspace::new(&self.plan, CHUNK.min(data.rows()));
        let mut total = 0.0;
        for from in (0..data.rows()).step_by(CHUNK) {
            let to = (from + CHUNK).min(data.rows());
            let y = match data.y {
                Targets::Values(y) => Targets::Values(y.rows_between(from, to)),
                Targets::Classes(c) => Targets::Classes(&c[from..to]),
            };
            let x = data.x.rows_between(from, to);
            let loss = self.plan.loss(
                exec,
                self.loss,
                &self.params,
                x,
                y,
                data.weights.map(|w| &w[from..to]),
                &mut ws,
            );
            total +=
                if self.loss == Loss::Sse { loss } else { loss * (to - from) as f64 / data.rows() as f64 };
        }
        Ok((total, self.scores(exec, data, &mut ws)))
    }

    /// The compiled metrics, by one forward pass.
    fn scores(&self, exec: Exec, data: &Data<'_, T>, ws: &mut Workspace<T>) -> BTreeMap<String, f64> {
        if self.metrics.is_empty() {
            return BTreeMap::new();
        }
        let (mut classes, mut numbers) = (ClassificationScores::default(), RegressionScores::default());
        let classification = self.metrics.iter().any(|m| m.is_classification());
        let mut row = Vec::new();
        self.each_chunk(exec, data.x, ws, |i, out| match data.y {
            Targets::Classes(c) => {
                row.clear();
                row.extend(out.iter().map(|p| p.to_f64()));
                classes.push(&row, c[i] as usize);
            }
            Targets::Values(y) if classification => {
                classes.push(&[out[0].to_f64()], usize::from(y.at(i, 0).to_f64() > 0.5))
            }
            Targets::Values(y) => {
                (0..out.len()).for_each(|j| numbers.push(out[j].to_f64(), y.at(i, j).to_f64()))
            }
        });
        let mut found = if classification { classes.finish() } else { numbers.finish() };
        found.retain(|name, _| self.metrics.iter().any(|m| m.name() == name));
        found
    }
}
