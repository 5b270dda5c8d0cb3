//! Rows: where they come from, a block at a time, and the scaling in which they are computed with.

pub(crate) mod block;
pub(crate) mod digits;
pub(crate) mod part;
pub(crate) mod scaling;
pub(crate) mod source;
pub(crate) mod tiles;
pub(crate) mod watch;

pub use block::{BLOCK_ROWS, Block, BlockSource, Matrices};
pub use source::{ColumnSource, MatrixSource};
pub use watch::Watch;
