//! One file a command, or a file and a folder.

pub(crate) mod check;
pub(crate) mod coding;
pub(crate) mod evaluate;
pub(crate) mod inspect;
pub(crate) mod predict;
pub(crate) mod quickstart;
pub(crate) mod report;
pub(crate) mod serve;
pub(crate) mod train;
