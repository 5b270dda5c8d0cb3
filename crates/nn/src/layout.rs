//! Where each parameter lies in the network's one flat arena.
//!
//! Ranges are ordered by group, so that an optimizer is one fused loop a group; each range starts on 64 bytes. The gaps
//! hold zeros, have zero gradients, and stay zero.

use crate::error::NnError;
use crate::init::Initializer;
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
    /// The index of its group.
    pub group: usize,
}

/// Parameters that are updated alike.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// `kernels` or `biases`.
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

/// Elements to which ranges are aligned: 64 bytes of `f32`.
const ALIGN: usize = 16;

impl Layout {
    /// Appends a group with these tensors (name, shape, initializer) and returns their ranges.
    pub(crate) fn push_group(
        &mut self,
        name: &'static str,
        tensors: &[(String, Vec<usize>, Initializer)],
    ) -> Result<Vec<Range<usize>>, NnError> {
        let (start, group) = (self.len, self.groups.len());
        let mut ranges = Vec::new();
        for (name, shape, initializer) in tensors {
            let count = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)).ok_or(NnError::TooLarge)?;
            let end = self
                .len
                .checked_add(count)
                .filter(|&n| n < isize::MAX as usize / 16)
                .ok_or(NnError::TooLarge)?;
            ranges.push(self.len..end);
            self.params.push(Param {
                name: name.clone(),
                shape: shape.clone(),
                range: self.len..end,
                initializer: *initializer,
                group,
            });
            self.len = end.next_multiple_of(ALIGN);
        }
        self.groups.push(Group {
            name,
            range: start..self.len,
            lr_factor: 1.0,
            weight_decay: 0.0,
            trainable: true,
        });
        Ok(ranges)
    }

    /// The number of parameters, without the gaps.
    pub fn count(&self) -> usize {
        self.params.iter().map(|p| p.range.len()).sum()
    }
}
