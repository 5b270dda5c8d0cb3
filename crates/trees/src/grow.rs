//! One tree: the leaf whose split lowers the loss most is split next (leaf-wise growth), until there are enough leaves.
//!
//! `judge` says what a split is worth, `search` finds the best split of a leaf in a column of numbers, `sets` in one of levels; `partition` sends a leaf's rows to its
//! children; `leafwise` decides which leaf comes next. Another order of growth would stand beside it and use the same parts.

mod draft;
mod judge;
mod leafwise;
mod partition;
mod search;
mod sets;

pub(crate) use draft::{Grown, LeafDraft};
pub(crate) use judge::Growth;
pub(crate) use leafwise::grow;
