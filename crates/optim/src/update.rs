//! One step's arithmetic, apart from who owns the arenas.
//!
//! A step begins with [`State::begin_step`](crate::State::begin_step), which counts it and gives [`StepScalars`]. From these each
//! group has an [`Update`]: a few numbers, plain data. An update is elementwise, so it may be applied to any part of the group,
//! in any order and on any thread, with the same bits: a whole group at once, shards of it, or the rows of one tile of a weight
//! matrix while its gradient is still in the first cache.

mod adagrad;
pub(crate) mod adam;
mod lion;
mod rmsprop;
mod sgd;

use crate::settings::Optimizer;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Exec, Isa, MatMut, MatRef, Scalar};
use std::ops::Range;

/// Parameters that are updated alike: a range of the arena.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// The range.
    pub range: Range<usize>,
    /// Factor on the learning rate.
    pub lr_factor: f64,
    /// Decoupled weight decay: w ← w − lr·decay·w before each update. AdamW's own decay is added to it.
    pub weight_decay: f64,
    /// Whether it is updated at all.
    pub trainable: bool,
}

impl Group {
    /// All `len` parameters, without decay.
    pub fn all(len: usize) -> Group {
        Group { range: 0..len, lr_factor: 1.0, weight_decay: 0.0, trainable: true }
    }
}

/// What an optimizer remembers of some parameters; those that it does not use are empty.
#[derive(Debug)]
pub struct Moments<'a, T> {
    /// A mean of gradients, or a velocity.
    pub first: &'a mut [T],
    /// A mean or sum of squared gradients.
    pub second: &'a mut [T],
    /// The mean gradient of the centered RMSprop.
    pub third: &'a mut [T],
}

impl<'a, T> Moments<'a, T> {
    /// The same moments, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> Moments<'_, T> {
        Moments { first: self.first, second: self.second, third: self.third }
    }

    /// The moments of a range of these parameters.
    ///
    /// # Panics
    /// If the range lies outside.
    #[inline(always)]
    pub fn range(self, range: Range<usize>) -> Moments<'a, T> {
        let cut = |x: &'a mut [T]| if x.is_empty() { x } else { &mut x[range.clone()] };
        Moments { first: cut(self.first), second: cut(self.second), third: cut(self.third) }
    }

    /// The moments of the first `mid` parameters, and of the rest.
    ///
    /// # Panics
    /// If there are fewer than `mid` parameters.
    pub fn split_at(self, mid: usize) -> (Moments<'a, T>, Moments<'a, T>) {
        let cut = |x: &'a mut [T]| x.split_at_mut(if x.is_empty() { 0 } else { mid });
        let ((a, d), (b, e), (c, f)) = (cut(self.first), cut(self.second), cut(self.third));
        (Moments { first: a, second: b, third: c }, Moments { first: d, second: e, third: f })
    }
}

/// What all groups share in one step.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StepScalars {
    pub(crate) optimizer: Optimizer,
    pub(crate) powers: [f64; 3],
    pub(crate) lr_scale: f64,
    pub(crate) decay_scale: f64,
}

impl StepScalars {
    /// The same step with every weight decay multiplied by this factor: a schedule for the decay.
    pub fn with_decay_scale(self, decay_scale: f64) -> StepScalars {
        StepScalars { decay_scale, ..self }
    }

    /// The learning rate of this step, before the factors of groups.
    pub fn lr(&self) -> f64 {
        self.optimizer.lr() * self.lr_scale
    }

    /// The update of a group, or nothing if it is frozen.
    pub fn update<T: Scalar>(&self, group: &Group) -> Option<Update<T>> {
        if !group.trainable {
            return None;
        }
        let lr = self.lr() * group.lr_factor;
        let own_decay =
            if let Optimizer::AdamW { weight_decay, .. } = self.optimizer { weight_decay } else { 0.0 };
        let decay = T::from_f64(lr * (group.weight_decay + own_decay) * self.decay_scale);
        let powers = self.powers;
        Some(Update(match self.optimizer {
            Optimizer::Sgd { momentum, nesterov, .. } => {
                Rule::Sgd(sgd::Scalars::new(lr, momentum, nesterov, decay))
            }
            Optimizer::Adam { beta1, beta2, epsilon, epsilon_hat, .. }
            | Optimizer::AdamW { beta1, beta2, epsilon, epsilon_hat, .. } => Rule::Adam(adam::Scalars::new(
                lr,
                [beta1, beta2],
                (epsilon, epsilon_hat),
                [powers[0], powers[1]],
                decay,
            )),
            Optimizer::Nadam { beta1, beta2, epsilon, .. } => {
                Rule::Nadam(adam::NadamScalars::new(lr, [beta1, beta2], epsilon, powers, decay))
            }
            Optimizer::RmsProp { rho, momentum, epsilon, .. } => {
                Rule::RmsProp(rmsprop::Scalars::new(lr, rho, momentum, epsilon, decay))
            }
            Optimizer::Adagrad { epsilon, .. } => Rule::Adagrad(adagrad::Scalars::new(lr, epsilon, decay)),
            Optimizer::Lion { beta1, beta2, .. } => Rule::Lion(lion::Scalars::new(lr, [beta1, beta2], decay)),
        }))
    }
}

/// Parameters from which half of an update is worth another thread: some 30 µs of work, ten times what a join costs.
const SHARE: usize = 1 << 16;

/// One group's update in one step: the optimizer's formula with its constants.
///
/// ```
/// use planish_optim::{Group, Moments, Optimizer, State};
/// use planish_tensor::Isa;
///
/// let (mut w, g) = ([1.0_f64; 8], [0.5; 8]);
/// let mut state = State::new(&Optimizer::adam(0.1), 8);
/// let update = state.begin_step(1.0).update(&Group::all(8)).unwrap();
/// // Two shards of the group: they could be two threads.
/// let (left, right) = w.split_at_mut(3);
/// let (first, rest) = state.moments_mut().split_at(3);
/// update.run(Isa::best(), left, &g[..3], first);
/// update.run(Isa::best(), right, &g[3..], rest);
/// assert!(w.iter().all(|x| (x - 0.9).abs() < 1e-6));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Update<T>(Rule<T>);

#[derive(Clone, Copy, Debug)]
enum Rule<T> {
    Sgd(sgd::Scalars<T>),
    Adam(adam::Scalars<T>),
    Nadam(adam::NadamScalars<T>),
    RmsProp(rmsprop::Scalars<T>),
    Adagrad(adagrad::Scalars<T>),
    Lion(lion::Scalars<T>),
}

impl<T: Scalar> Update<T> {
    /// Updates these parameters and their moments inside a lane kernel.
    ///
    /// # Shapes
    /// `w`, `g` and every moment that is not empty have one length.
    ///
    /// # Panics
    /// If they have not, or a moment that the optimizer needs is empty.
    #[inline(always)]
    pub fn apply<S: LaneMath<T>>(&self, s: S, w: &mut [T], g: &[T], moments: Moments<'_, T>) {
        self.apply_tile(s, Tile::new(w, g, moments));
    }

    /// As [`Update::apply`], for a tile of a weight matrix.
    ///
    /// # Panics
    /// As [`Update::apply`].
    #[inline(always)]
    pub fn apply_tile<S: LaneMath<T>>(&self, s: S, tile: Tile<'_, T>) {
        let Tile { mut w, g, moments: [mut first, mut second, mut third] } = tile;
        let shape = (w.rows(), w.cols());
        let fits = |m: &MatMut<'_, T>| m.cols() == 0 || (m.rows(), m.cols()) == shape;
        assert!(
            (g.rows(), g.cols()) == shape && fits(&first) && fits(&second) && fits(&third),
            "parts of one step differ in shape"
        );
        // The loop over rows is inside, so that constants are made once.
        macro_rules! rows {
            (|$r:ident, $w:ident, $g:ident| $row:expr) => {
                for $r in 0..shape.0 {
                    let ($w, $g) = (w.row_mut($r), g.row($r));
                    $row;
                }
            };
        }
        match &self.0 {
            Rule::Sgd(c) => rows!(|r, w, g| c.apply(s, w, g, first.row_mut(r))),
            Rule::Adam(c) => rows!(|r, w, g| c.apply(s, w, g, first.row_mut(r), second.row_mut(r))),
            Rule::Nadam(c) => rows!(|r, w, g| c.apply(s, w, g, first.row_mut(r), second.row_mut(r))),
            Rule::RmsProp(c) => {
                rows!(|r, w, g| c.apply(s, w, g, first.row_mut(r), second.row_mut(r), third.row_mut(r)))
            }
            Rule::Adagrad(c) => rows!(|r, w, g| c.apply(s, w, g, second.row_mut(r))),
            Rule::Lion(c) => rows!(|r, w, g| c.apply(s, w, g, first.row_mut(r))),
        }
    }

    /// As [`Update::run`], halves on other threads while they are large: where they do not fit into the caches of one core, reading
    /// and writing them is the limit. An update is elementwise, so the bits are the same.
    ///
    /// # Panics
    /// As [`Update::apply`].
    pub fn share(&self, exec: Exec, w: &mut [T], g: &[T], moments: Moments<'_, T>) {
        if exec.threads <= 1 || w.len() < 2 * SHARE {
            return self.run(exec.isa, w, g, moments);
        }
        let half = (w.len() / 2).next_multiple_of(T::LANES);
        let (high, low) = (exec.threads / 2, exec.threads - exec.threads / 2);
        let part = |threads| Exec { threads, ..exec };
        let (w0, w1) = w.split_at_mut(half);
        let (g0, g1) = g.split_at(half);
        let (m0, m1) = moments.split_at(half);
        rayon::join(|| self.share(part(low), w0, g0, m0), || self.share(part(high), w1, g1, m1));
    }

    /// As [`Update::apply`], with the code of this instruction set.
    ///
    /// # Panics
    /// As [`Update::apply`].
    pub fn run(&self, isa: Isa, w: &mut [T], g: &[T], moments: Moments<'_, T>) {
        self.run_tile(isa, Tile::new(w, g, moments));
    }

    /// As [`Update::apply_tile`], with the code of this instruction set.
    ///
    /// # Panics
    /// As [`Update::apply`].
    pub fn run_tile(&self, isa: Isa, tile: Tile<'_, T>) {
        T::dispatch(isa, Run { update: self, tile });
    }
}

/// A tile of a weight matrix with its gradient and moments; of a moment that the optimizer does not keep there are no columns.
pub struct Tile<'a, T> {
    /// The weights.
    pub w: MatMut<'a, T>,
    /// Their gradient.
    pub g: MatRef<'a, T>,
    /// Their first, second and third moments.
    pub moments: [MatMut<'a, T>; 3],
}

impl<'a, T: Scalar> Tile<'a, T> {
    /// Slices as a tile of one row.
    #[inline(always)]
    fn new(w: &'a mut [T], g: &'a [T], moments: Moments<'a, T>) -> Self {
        let row = |x: &'a mut [T]| {
            let n = x.len();
            MatMut::new(x, 1, n)
        };
        let Moments { first, second, third } = moments;
        Tile { w: row(w), g: MatRef::new(g, 1, g.len()), moments: [row(first), row(second), row(third)] }
    }
}

struct Run<'a, T> {
    update: &'a Update<T>,
    tile: Tile<'a, T>,
}

impl<T: Scalar> LaneKernel<T> for Run<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        self.update.apply_tile(s, self.tile);
    }
}
