//! The optimizer's step in two parts: large kernels inside the backward pass, where their gradients' tiles are in L1, and the rest after
//! it. An update is elementwise, so the bits are those of one pass over all.

use planish_nn::{Element, KernelUpdate, Plan, TileRule};
use planish_optim::{Group, Moments, State, StepScalars, Tile, Update};
use planish_tensor::{Exec, Isa, MatMut, MatRef};
use std::ops::Range;

/// The part inside the backward pass.
pub(crate) struct KernelUpdates<'a, T: Element> {
    optimizer: &'a mut State<T>,
    groups: &'a [Group],
    lr_scale: f64,
    scalars: Option<StepScalars>,
    rule: Option<Rule<T>>,
}

impl<'a, T: Element> KernelUpdates<'a, T> {
    pub(crate) fn new(optimizer: &'a mut State<T>, groups: &'a [Group], lr_scale: f64) -> Self {
        KernelUpdates { optimizer, groups, lr_scale, scalars: None, rule: None }
    }

    /// What the step's updates share, if the loss was finite.
    pub(crate) fn scalars(self) -> Option<StepScalars> {
        self.scalars
    }
}

impl<T: Element> planish_nn::Updates<T> for KernelUpdates<'_, T> {
    fn begin(&mut self) {
        self.scalars = Some(self.optimizer.begin_step(self.lr_scale));
    }

    fn kernel(&mut self, range: Range<usize>) -> Option<KernelUpdate<'_, T>> {
        let group = self.groups.iter().find(|g| holds(g, &range))?;
        self.rule = self.scalars.and_then(|s| s.update(group)).map(Rule);
        let Moments { first, second, third } = self.optimizer.moments_mut().range(range);
        Some(KernelUpdate { rule: self.rule.as_ref()?, moments: [first, second, third] })
    }
}

/// An update for the tiles of a backward pass.
struct Rule<T>(Update<T>);

impl<T: Element> TileRule<T> for Rule<T> {
    fn update(&self, isa: Isa, w: MatMut<'_, T>, g: MatRef<'_, T>, moments: [MatMut<'_, T>; 3]) {
        self.0.run_tile(isa, Tile { w, g, moments });
    }
}

/// The part after the backward pass: all that [`KernelUpdates`] has not updated.
pub(crate) fn update_rest<T: Element>(
    exec: Exec,
    optimizer: &mut State<T>,
    scalars: &StepScalars,
    plan: &Plan,
    groups: &[Group],
    params: &mut [T],
    grads: &[T],
) {
    for group in groups {
        let Some(update) = scalars.update::<T>(group) else { continue };
        let mut apply = |range: Range<usize>| {
            if !range.is_empty() {
                let moments = optimizer.moments_mut().range(range.clone());
                update.share(exec, &mut params[range.clone()], &grads[range], moments);
            }
        };
        let mut from = group.range.start;
        for kernel in plan.tiled_kernels().filter(|kernel| holds(group, kernel)) {
            apply(from..kernel.start);
            from = kernel.end;
        }
        apply(from..group.range.end);
    }
}

/// Whether the range lies in the group.
fn holds(group: &Group, range: &Range<usize>) -> bool {
    group.range.start <= range.start && range.end <= group.range.end
}
