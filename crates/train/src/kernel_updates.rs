//! The optimizer's step in two parts: large kernels are updated inside the backward pass, tile by tile, the rest after it.
//!
//! An update looks at one element at a time, so the bits are those of one pass over all. The gradient of a large kernel is used up
//! while a tile of it is in L1 and is never stored. Its place in the arena of gradients is never touched, so the system never gives it
//! memory.

use planish_nn::{Element, KernelUpdate, Plan, TileRule};
use planish_optim::{Group, Moments, State, StepScalars, Tile, Update};
use planish_tensor::{Exec, Isa, MatMut, MatRef};
use std::ops::Range;

/// Elements of a kernel from which it is updated inside the backward pass, for the memory that this saves: smaller kernels are updated
/// faster by a pass of their own (1024-2048-2048-10: 110 ms a step, 117 with all updates inside the backward pass).
pub(crate) const LEAST: usize = 1 << 24;

/// The update of a step: of large kernels inside the backward pass, which it is given to, and then of the rest.
pub(crate) struct KernelUpdates<'a, T: Element> {
    optimizer: &'a mut State<T>,
    groups: &'a [Group],
    lr_scale: f64,
    least: usize,
    /// What the updates share, once the loss is known to be finite.
    scalars: Option<StepScalars>,
    rule: Option<Rule<T>>,
}

impl<'a, T: Element> KernelUpdates<'a, T> {
    /// For kernels of at least `least` elements.
    pub(crate) fn new(optimizer: &'a mut State<T>, groups: &'a [Group], lr_scale: f64, least: usize) -> Self {
        KernelUpdates { optimizer, groups, lr_scale, least, scalars: None, rule: None }
    }

    /// The part after the backward pass: all that it has not updated.
    pub(crate) fn rest(self, exec: Exec, plan: &Plan, params: &mut [T], grads: &[T]) {
        let KernelUpdates { optimizer, groups, least, scalars: Some(scalars), .. } = self else { return };
        for group in groups {
            let Some(update) = scalars.update::<T>(group) else { continue };
            let mut apply = |range: Range<usize>| {
                if !range.is_empty() {
                    let moments = optimizer.moments_mut().range(range.clone());
                    update.share(exec, &mut params[range.clone()], &grads[range], moments);
                }
            };
            let mut from = group.range.start;
            for kernel in plan.tiled_kernels().filter(|k| k.len() >= least && holds(group, k)) {
                apply(from..kernel.start);
                from = kernel.end;
            }
            apply(from..group.range.end);
        }
    }
}

impl<T: Element> planish_nn::Updates<T> for KernelUpdates<'_, T> {
    fn begin(&mut self) {
        self.scalars = Some(self.optimizer.begin_step(self.lr_scale));
    }

    fn kernel(&mut self, range: Range<usize>) -> Option<KernelUpdate<'_, T>> {
        let group = self.groups.iter().find(|g| range.len() >= self.least && holds(g, &range))?;
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

/// Whether the range lies in the group.
fn holds(group: &Group, range: &Range<usize>) -> bool {
    group.range.start <= range.start && range.end <= group.range.end
}

#[cfg(test)]
mod tests;
