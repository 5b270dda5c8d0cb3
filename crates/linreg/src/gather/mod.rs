//! The last pass over the rows: what tables, tests and intervals need of them is gathered into an `Inference`.

pub(crate) mod block_sums;
pub(crate) mod inference;
pub(crate) mod largest;
pub(crate) mod last_pass;
pub(crate) mod meat;
pub(crate) mod residuals;
