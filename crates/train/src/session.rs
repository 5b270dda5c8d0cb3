//! What a run of steps needs: workspace, gradients and the optimizer's state. A step allocates nothing after the first.

use crate::checkpoint::{Arena, ArenaMut};
use crate::data::Data;
use crate::error::TrainError;
use crate::kernel_updates::{KernelUpdates, LEAST};
use crate::network::Network;
use planish_nn::{Element, Pass, Step, Workspace};
use planish_optim::{Clip, Counters, Moments, State};
use planish_tensor::{AlignedVec, Exec};

/// The buffers and optimizer state of a training run.
///
/// A run is continued with the same bits from the network's [`params`](Network::params) and [`state`](Network::state), and
/// [`Session::steps`] and the counters and moments of [`Session::optimizer`], by [`Session::from_saved`].
#[derive(Debug)]
pub struct Session<T: Element> {
    workspace: Workspace<T>,
    grads: AlignedVec<T>,
    optimizer: State<T>,
    steps: u64,
    /// Elements of a kernel from which it is updated inside the backward pass.
    tiled: usize,
}

impl<T: Element> Session<T> {
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
            tiled: LEAST,
        }
    }

    /// The same with another bound on the kernels that are updated inside the backward pass.
    #[cfg(test)]
    pub(crate) fn with_tiled_kernels_of(self, elements: usize) -> Self {
        Session { tiled: elements, ..self }
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
        let Session { workspace, grads, optimizer, steps, tiled } = self;
        let pass = Pass { exec, loss: net.loss, step: Step { seed: net.seed, number: *steps } };
        *steps += 1;
        // A bound on all gradients is known when all of them are.
        let least = if clip.is_some() { usize::MAX } else { *tiled };
        let mut updates = KernelUpdates::new(optimizer, &net.groups, lr_scale, least);
        let loss =
            net.plan.backward_with(pass, &mut net.params, &mut updates, &batch.batch(), grads, workspace);
        if loss.is_finite() {
            if let Some(clip) = clip {
                clip.apply(exec.isa, &net.groups, grads);
            }
            updates.rest(exec, &net.plan, &mut net.params, grads);
            net.plan.constrain(exec.isa, &mut net.params);
            net.plan.keep_statistics(exec.isa, workspace, &mut net.state);
        }
        loss
    }

    /// What the optimizer counts.
    pub(crate) fn counters(&self) -> Counters {
        self.optimizer.counters()
    }

    /// Goes on after this many steps, with what the optimizer had counted.
    pub(crate) fn restore(&mut self, steps: u64, counters: Counters) {
        self.steps = steps;
        self.optimizer.set_counters(counters);
    }

    /// The moments that the optimizer keeps, by name.
    pub(crate) fn arenas(&self) -> Vec<Arena<'_, T>> {
        MOMENTS.into_iter().zip(self.optimizer.moments()).filter(|(_, m)| !m.is_empty()).collect()
    }

    /// As [`Session::arenas`], to be written to.
    pub(crate) fn arenas_mut(&mut self) -> Vec<ArenaMut<'_, T>> {
        let Moments { first, second, third } = self.optimizer.moments_mut();
        MOMENTS.into_iter().zip([first, second, third]).filter(|(_, m)| !m.is_empty()).collect()
    }
}

/// The names of the moments in a checkpoint.
const MOMENTS: [&str; 3] = ["first_moment", "second_moment", "third_moment"];
