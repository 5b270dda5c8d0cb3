//! Whether a request may be answered.

pub(crate) mod door;
pub(crate) mod host;
