//! What a run of steps needs: workspace, gradients and the optimizer's state. A step allocates nothing after the first.

use crate::checkpoint::{Arena, ArenaMut};
use crate::data::Data;
use crate::network::Network;
use planish_nn::Workspace;
use planish_optim::{Clip, Counters, Moments, State};
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
        self.step(exec, net, batch, 1.0, None)
    }

    /// As [`Session::train_on_batch`], with a factor on the learning rate and a bound on the gradients.
    ///
    /// # Panics
    /// As [`Session::train_on_batch`].
    pub fn step(
        &mut self,
        exec: Exec,
        net: &mut Network<T>,
        batch: &Data<'_, T>,
        lr_scale: f64,
        clip: Option<Clip>,
    ) -> f64 {
        let Session { workspace, grads, state } = self;
        let loss =
            net.plan.backward(exec, net.loss, &net.params, batch.x, batch.y, batch.weights, grads, workspace);
        if loss.is_finite() {
            if let Some(clip) = clip {
                clip.apply(exec.isa, &net.groups, grads);
            }
            let step = state.begin_step(lr_scale);
            state.update(exec.isa, &step, &net.groups, &mut net.params, grads);
        }
        loss
    }

    /// What the optimizer counts.
    pub(crate) fn counters(&self) -> Counters {
        self.state.counters()
    }

    /// Sets what the optimizer counts to saved values.
    pub(crate) fn set_counters(&mut self, counters: Counters) {
        self.state.set_counters(counters);
    }

    /// The moments that the optimizer keeps, by name.
    pub(crate) fn arenas(&self) -> Vec<Arena<'_, T>> {
        MOMENTS.into_iter().zip(self.state.moments()).filter(|(_, m)| !m.is_empty()).collect()
    }

    /// As [`Session::arenas`], to be written to.
    pub(crate) fn arenas_mut(&mut self) -> Vec<ArenaMut<'_, T>> {
        let Moments { first, second, third } = self.state.moments_mut();
        MOMENTS.into_iter().zip([first, second, third]).filter(|(_, m)| !m.is_empty()).collect()
    }
}

/// The names of the moments in a checkpoint.
const MOMENTS: [&str; 3] = ["first_moment", "second_moment", "third_moment"];
