//! Where each parameter lies in the network's one flat arena.
//!
//! Ranges are ordered by group, so that an optimizer is one fused loop a group; each range starts on 64 bytes. The gaps
//! hold zeros, have zero gradients, and stay zero. The state arena (what is kept but not learned by gradient) has a layout of the same
//! kind. Numbers that a model file holds lie in the same order without gaps, and a network predicts from there as well.

use crate::error::NnError;
use crate::init::Initializer;
use crate::rates::Rates;
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{AlignedVec, Scalar};
use std::ops::Range;

/// One parameter tensor.
#[derive(Clone, PartialEq, Debug)]
pub struct Param {
    /// For example `dense_1/kernel`.
    pub name: String,
    /// For example `[inputs, units]`.
    pub shape: Vec<usize>,
    /// Its place in the arena.
    pub range: Range<usize>,
    /// How it is filled.
    pub initializer: Initializer,
    /// The fan-in and fan-out that it is filled with: what its layer says.
    pub fans: (usize, usize),
    /// The index of its group.
    pub group: usize,
}

/// Parameters that are updated alike.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// Its kind: `kernels`, `biases`, `norms`, `scales`, `embeddings` or, in the state arena, `statistics`. Parameters of one kind
    /// with different rates are in different groups.
    pub name: &'static str,
    /// Its place in the arena.
    pub range: Range<usize>,
    /// Factor on the learning rate.
    pub lr_factor: f64,
    /// Decoupled weight decay: w ← w − lr·decay·w before each update.
    pub weight_decay: f64,
    /// Whether it is updated at all.
    pub trainable: bool,
}

/// The layout of a network's arena.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Layout {
    /// The parameter tensors in arena order.
    pub params: Vec<Param>,
    /// The groups in arena order.
    pub groups: Vec<Group>,
    /// Elements of the arena.
    pub len: usize,
}

/// The kinds of parameters, in the order of the arena.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Kernels,
    Biases,
    Norms,
    Scales,
    Embeddings,
    Statistics,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Kernels => "kernels",
            Kind::Biases => "biases",
            Kind::Norms => "norms",
            Kind::Scales => "scales",
            Kind::Embeddings => "embeddings",
            Kind::Statistics => "statistics",
        }
    }
}

/// A tensor that wants a place.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// Fan-in and fan-out.
    pub(crate) fans: (usize, usize),
    pub(crate) initializer: Initializer,
    pub(crate) rates: Rates,
}

/// Elements to which ranges are aligned for training: 64 bytes of `f32`.
pub(crate) const ALIGNED: usize = 16;
/// The same for ranges one right after the other.
pub(crate) const CONTIGUOUS: usize = 1;

impl Layout {
    /// Places the tensors, each on a multiple of `align` elements, and returns their ranges in the order of the requests.
    pub(crate) fn place(requests: &[Request], align: usize) -> Result<(Layout, Vec<Range<usize>>), NnError> {
        // Groups in the order of kinds, and of first appearance among one kind.
        let mut keys: Vec<(Kind, Rates)> = Vec::new();
        for r in requests {
            if !keys.contains(&(r.kind, r.rates)) {
                keys.push((r.kind, r.rates));
            }
        }
        keys.sort_by_key(|&(kind, _)| kind);
        let mut layout = Layout::default();
        let mut ranges = vec![0..0; requests.len()];
        for (group, &(kind, rates)) in keys.iter().enumerate() {
            let start = layout.len;
            for (r, range) in requests.iter().zip(&mut ranges) {
                if (r.kind, r.rates) == (kind, rates) {
                    *range = layout.push(r, group, align)?;
                }
            }
            let Rates { lr_factor, weight_decay, trainable } = rates;
            let range = start..layout.len;
            layout.groups.push(Group { name: kind.name(), range, lr_factor, weight_decay, trainable });
        }
        Ok((layout, ranges))
    }

    fn push(&mut self, r: &Request, group: usize, align: usize) -> Result<Range<usize>, NnError> {
        let count = r.shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)).ok_or(NnError::TooLarge)?;
        let end =
            self.len.checked_add(count).filter(|&n| n < isize::MAX as usize / 16).ok_or(NnError::TooLarge)?;
        let range = self.len..end;
        self.params.push(Param {
            name: r.name.clone(),
            shape: r.shape.clone(),
            range: range.clone(),
            initializer: r.initializer,
            fans: r.fans,
            group,
        });
        self.len = end.next_multiple_of(align);
        Ok(range)
    }

    /// An arena of this layout, filled by the initializers.
    pub(crate) fn initialize<T: Scalar>(&self, seed: u64) -> AlignedVec<T> {
        let mut arena = AlignedVec::zeros(self.len);
        for (i, p) in self.params.iter().enumerate() {
            let (stream, (fan_in, fan_out)) = (Stream::new(seed, Purpose::Init, i as u32), p.fans);
            p.initializer.fill(fan_in, fan_out, stream, &mut arena[p.range.clone()]);
        }
        arena
    }

    /// The number of parameters, without the gaps.
    pub fn count(&self) -> usize {
        self.params.iter().map(|p| p.range.len()).sum()
    }
}
