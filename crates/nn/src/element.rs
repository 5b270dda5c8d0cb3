//! The element types of networks, and the reason why there is a trait for them: a generic function is compiled anew in every crate
//! that calls it, and a network's passes are hundreds of loops for each instruction set. Behind this trait they are compiled once, here.

use crate::inputs::Input;
use crate::layout::Layout;
use crate::loss::Loss;
use crate::pass::Weights;
use crate::plan::{Arenas, Batch, Mode, Plan, Step};
use crate::workspace::Workspace;
use planish_tensor::{Exec, Isa, MatRef, Scalar};

/// What the passes of a [`Plan`] do for one element type.
pub trait Passes: Scalar {
    /// The forward pass.
    fn run<'w>(
        plan: &Plan,
        exec: Exec,
        mode: Mode,
        arenas: Arenas<'_, Self>,
        x: Input<'_, Self>,
        ws: &'w mut Workspace<Self>,
        activate_last: bool,
    ) -> MatRef<'w, Self>;
    /// [`Plan::backward`] and [`Plan::backward_with`].
    fn backward(
        plan: &Plan,
        exec: Exec,
        loss: Loss,
        step: Step,
        weights: Weights<'_, Self>,
        batch: &Batch<'_, Self>,
        grads: &mut [Self],
        ws: &mut Workspace<Self>,
    ) -> f64;
    /// [`Plan::loss`].
    fn loss(
        plan: &Plan,
        exec: Exec,
        loss: Loss,
        mode: Mode,
        arenas: Arenas<'_, Self>,
        batch: &Batch<'_, Self>,
        ws: &mut Workspace<Self>,
    ) -> f64;
    /// [`Plan::penalty`].
    fn penalty(plan: &Plan, isa: Isa, params: &[Self]) -> f64;
    /// [`Plan::constrain`].
    fn constrain(plan: &Plan, isa: Isa, params: &mut [Self]);
    /// [`Plan::keep_statistics`].
    fn keep_statistics(plan: &Plan, isa: Isa, ws: &Workspace<Self>, state: &mut [Self]);
    /// Fills an arena by the initializers.
    fn fill(layout: &Layout, seed: u64, arena: &mut [Self]);
}

/// An element of a network's arenas: `f32` or `f64`.
pub trait Element: Passes {}

macro_rules! impl_element {
    ($t:ident) => {
        impl Element for $t {}

        impl Passes for $t {
            fn run<'w>(
                plan: &Plan,
                exec: Exec,
                mode: Mode,
                arenas: Arenas<'_, $t>,
                x: Input<'_, $t>,
                ws: &'w mut Workspace<$t>,
                activate_last: bool,
            ) -> MatRef<'w, $t> {
                plan.forward_pass(exec, mode, arenas, x, ws, activate_last)
            }
            fn backward(
                plan: &Plan,
                exec: Exec,
                loss: Loss,
                step: Step,
                weights: Weights<'_, $t>,
                batch: &Batch<'_, $t>,
                grads: &mut [$t],
                ws: &mut Workspace<$t>,
            ) -> f64 {
                plan.backward_pass(exec, loss, step, weights, batch, grads, ws)
            }
            fn loss(
                plan: &Plan,
                exec: Exec,
                loss: Loss,
                mode: Mode,
                arenas: Arenas<'_, $t>,
                batch: &Batch<'_, $t>,
                ws: &mut Workspace<$t>,
            ) -> f64 {
                plan.data_loss(exec, loss, mode, arenas, batch, ws)
            }
            fn penalty(plan: &Plan, isa: Isa, params: &[$t]) -> f64 {
                plan.penalty_of(isa, params)
            }
            fn constrain(plan: &Plan, isa: Isa, params: &mut [$t]) {
                plan.limit(isa, params);
            }
            fn keep_statistics(plan: &Plan, isa: Isa, ws: &Workspace<$t>, state: &mut [$t]) {
                plan.blend_statistics(isa, ws, state);
            }
            fn fill(layout: &Layout, seed: u64, arena: &mut [$t]) {
                layout.fill(seed, arena);
            }
        }
    };
}

impl_element!(f32);
impl_element!(f64);
