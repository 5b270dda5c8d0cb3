//! The element types of networks, and the doors to a plan's passes.
//!
//! A generic function is compiled anew in every crate that calls it, and a network's passes are hundreds of loops for each instruction set.
//! So they are compiled once, here: a door goes to the pass of its name, in `pass`, by the table of its element type.

use crate::batch::{Arenas, Batch, Input, Mode};
use crate::layout::Layout;
use crate::loss::Loss;
use crate::pass::{self, Pass};
use crate::plan::Plan;
use crate::updates::{Updates, Weights};
use crate::workspace::Workspace;
use planish_tensor::{AlignedVec, Exec, Isa, MatRef, Scalar};

/// An element of a network's arenas: `f32` or `f64`.
pub trait Element: Scalar {
    /// The passes for this type.
    #[doc(hidden)]
    fn passes() -> &'static Passes<Self>;
}

type Forward<T> =
    for<'w> fn(&Plan, Exec, Mode, Arenas<'_, T>, Input<'_, T>, &'w mut Workspace<T>, bool) -> MatRef<'w, T>;
type LossOf<T> = fn(&Plan, Exec, Loss, Mode, Arenas<'_, T>, &Batch<'_, T>, &mut Workspace<T>) -> f64;
type Backward<T> = fn(&Plan, Pass, Weights<'_, T>, &Batch<'_, T>, &mut [T], &mut Workspace<T>) -> f64;

/// The functions of `pass` and the initialization, for one element type.
#[derive(Debug)]
pub struct Passes<T: Scalar> {
    forward: Forward<T>,
    loss: LossOf<T>,
    backward: Backward<T>,
    penalty: fn(&Plan, Isa, &[T]) -> f64,
    constrain: fn(&Plan, Isa, &mut [T]),
    keep_statistics: fn(&Plan, Isa, &Workspace<T>, &mut [T]),
    initialize: fn(&Layout, u64) -> AlignedVec<T>,
}

macro_rules! impl_element {
    ($t:ident, $passes:ident) => {
        static $passes: Passes<$t> = Passes {
            forward: pass::forward,
            loss: pass::loss,
            backward: pass::backward,
            penalty: pass::penalty,
            constrain: pass::constrain,
            keep_statistics: pass::keep_statistics,
            initialize: Layout::initialize,
        };

        impl Element for $t {
            fn passes() -> &'static Passes<$t> {
                &$passes
            }
        }
    };
}

impl_element!(f32, F32);
impl_element!(f64, F64);

impl Plan {
    /// Initial parameters for this seed.
    pub fn initialize<T: Element>(&self, seed: u64) -> AlignedVec<T> {
        (T::passes().initialize)(self.layout(), seed)
    }

    /// The state before training.
    pub fn initialize_state<T: Element>(&self) -> AlignedVec<T> {
        (T::passes().initialize)(self.state_layout(), 0)
    }

    /// The network's output for a batch, in inference.
    ///
    /// # Shapes
    /// x `[rows, inputs]`, with `[rows, codes]` codes; returns `[rows, outputs]`.
    ///
    /// # Panics
    /// If shapes do not match, a code is too large (see [`Plan::check_codes`]), or the batch is larger than the workspace.
    pub fn forward<'p, 'x, 'w, T: Element>(
        &self,
        exec: Exec,
        arenas: impl Into<Arenas<'p, T>>,
        x: impl Into<Input<'x, T>>,
        ws: &'w mut Workspace<T>,
    ) -> MatRef<'w, T> {
        (T::passes().forward)(self, exec, Mode::Inference, arenas.into(), x.into(), ws, true)
    }

    /// The loss of a batch, without penalties; of gradients it leaves only the one at the output, in the workspace.
    ///
    /// # Panics
    /// As [`Plan::backward`]. The workspace must have been made by [`Workspace::new`].
    pub fn loss<'a, T: Element>(
        &self,
        exec: Exec,
        loss: Loss,
        mode: Mode,
        arenas: impl Into<Arenas<'a, T>>,
        batch: &Batch<'_, T>,
        ws: &mut Workspace<T>,
    ) -> f64 {
        (T::passes().loss)(self, exec, loss, mode, arenas.into(), batch, ws)
    }

    /// The training loss of a batch, penalties included, and its gradient with respect to every parameter.
    ///
    /// Sigmoid with binary cross-entropy and softmax with cross-entropy are computed from the logits.
    ///
    /// # Shapes
    /// x `[rows, inputs]`, targets as [`Targets`](crate::Targets) says, weights one a row; `params` and `grads` are arenas of
    /// [`Layout::len`](crate::Layout::len) elements.
    ///
    /// # Panics
    /// If shapes do not match, the loss does not fit the output (see [`Loss::check`]), a code or a class is too large, or the
    /// batch is larger than the workspace.
    pub fn backward<T: Element>(
        &self,
        pass: Pass,
        params: &[T],
        batch: &Batch<'_, T>,
        grads: &mut [T],
        ws: &mut Workspace<T>,
    ) -> f64 {
        (T::passes().backward)(self, pass, Weights::Kept(params), batch, grads, ws)
    }

    /// As [`Plan::backward`], and kernels are updated on the way: their gradients are not left in `grads`, those of all else are. Which
    /// kernels these may be, [`Plan::tiled_kernels`] says, and which they are, `updates`. If the loss is not finite, nothing is
    /// changed.
    ///
    /// # Panics
    /// As [`Plan::backward`].
    pub fn backward_with<T: Element>(
        &self,
        pass: Pass,
        params: &mut [T],
        updates: &mut dyn Updates<T>,
        batch: &Batch<'_, T>,
        grads: &mut [T],
        ws: &mut Workspace<T>,
    ) -> f64 {
        (T::passes().backward)(self, pass, Weights::Updated(params, updates), batch, grads, ws)
    }

    /// The penalty of all regularizers, which is part of the training loss.
    pub fn penalty<T: Element>(&self, isa: Isa, params: &[T]) -> f64 {
        (T::passes().penalty)(self, isa, params)
    }

    /// Makes the parameters keep their bounds; to be called after each update.
    pub fn constrain<T: Element>(&self, isa: Isa, params: &mut [T]) {
        (T::passes().constrain)(self, isa, params);
    }

    /// Blends the statistics of the workspace's last training pass into the state; to be called after a step whose loss is finite.
    pub fn keep_statistics<T: Element>(&self, isa: Isa, ws: &Workspace<T>, state: &mut [T]) {
        (T::passes().keep_statistics)(self, isa, ws, state);
    }
}
