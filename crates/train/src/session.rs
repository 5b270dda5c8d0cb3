//! What a run of steps needs: workspace, gradients and the optimizer's state. A step allocates nothing after the first.

use crate::data::Data;
use crate::error::TrainError;
use crate::network::Network;
use planish_nn::{Step, Workspace};
use planish_optim::{Counters, State};
use planish_tensor::{AlignedVec, Exec, Scalar};

/// The buffers and optimizer state of a training run.
///
/// A run is continued with the same bits from the network's [`params`](Network::params) and [`state`](Network::state), and
/// [`Session::steps`] and the counters and moments of [`Session::optimizer`], by [`Session::from_saved`].
#[derive(Debug)]
pub struct Session<T: Scalar> {
    workspace: Workspace<T>,
    grads: AlignedVec<T>,
    optimizer: State<T>,
    steps: u64,
}

impl<T: Scalar> Session<T> {
    /// A session for batches of up to `batch_size` rows.
    pub fn new(net: &Network<T>, batch_size: usize) -> Self {
        Self::with(net, batch_size, 0, State::new(&net.optimizer, net.plan.layout().len))
    }

    /// The session that had taken this many steps and whose optimizer had these counters and moments.
    ///
    /// # Errors
    /// Moments of another length than the network's optimizer keeps.
    pub fn from_saved(
        net: &Network<T>,
        batch_size: usize,
        steps: u64,
        counters: Counters,
        moments: [&[T]; 3],
    ) -> Result<Self, TrainError> {
        let optimizer = State::from_saved(&net.optimizer, net.plan.layout().len, counters, moments)?;
        Ok(Self::with(net, batch_size, steps, optimizer))
    }

    fn with(net: &Network<T>, batch_size: usize, steps: u64, optimizer: State<T>) -> Self {
        Session {
            workspace: Workspace::new(&net.plan, batch_size),
            grads: AlignedVec::zeros(net.plan.layout().len),
            optimizer,
            steps,
        }
    }

    /// Calls of [`Session::train_on_batch`], those whose loss was not finite included; the choices of dropout depend on it.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The optimizer's counters and moments.
    pub fn optimizer(&self) -> &State<T> {
        &self.optimizer
    }

    /// One step of gradient descent on a batch; returns its loss before the update, penalties included. If the loss is not
    /// finite, weights and state are left alone.
    ///
    /// # Panics
    /// If the batch does not fit the network or is larger than the session's batch size.
    pub fn train_on_batch(&mut self, exec: Exec, net: &mut Network<T>, batch: &Data<'_, T>) -> f64 {
        let Session { workspace, grads, optimizer, steps } = self;
        let step = Step { seed: net.seed, number: *steps };
        *steps += 1;
        let batch = batch.batch();
        let loss = net.plan.backward(exec, net.loss, step, &net.params, &batch, grads, workspace);
        if loss.is_finite() {
            optimizer.step(exec.isa, &net.groups, &mut net.params, grads);
            net.plan.constrain(exec.isa, &mut net.params);
            net.plan.keep_statistics(exec.isa, workspace, &mut net.state);
        }
        loss
    }
}
