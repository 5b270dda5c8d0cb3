//! What a run of steps needs: workspace, gradients and the optimizer's state. A step allocates nothing after the first.

use crate::data::Data;
use crate::network::Network;
use planish_nn::Workspace;
use planish_optim::State;
use planish_tensor::{AlignedVec, Exec, Scalar};

/// The buffers and optimizer state of a training run.
#[derive(Debug)]
pub struct Session<T: Scalar> {
    workspace: Workspace<T>,
    grads: AlignedVec<T>,
    state: State<T>,
}

impl<T: Scalar> Session<T> {
    /// A session for batches of up to `batch_size` rows.
    pub fn new(net: &Network<T>, batch_size: usize) -> Self {
        Session {
            workspace: Workspace::new(&net.plan, batch_size),
            grads: AlignedVec::zeros(net.plan.layout().len),
            state: State::new(&net.optimizer, net.plan.layout().len),
        }
    }

    /// One step of gradient descent on a batch; returns its loss before the update. If the loss is not finite,
    /// the weights are left alone.
    ///
    /// # Panics
    /// If the batch does not fit the network or is larger than the session's batch size.
    pub fn train_on_batch(&mut self, exec: Exec, net: &mut Network<T>, batch: &Data<'_, T>) -> f64 {
        let Session { workspace, grads, state } = self;
        let loss =
            net.plan.backward(exec, net.loss, &net.params, batch.x, batch.y, batch.weights, grads, workspace);
        if loss.is_finite() {
            state.step(exec.isa, &net.groups, &mut net.params, grads);
        }
        loss
    }
}
