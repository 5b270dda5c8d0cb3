//! How much at once, and how long: what keeps one client from taking the service from the others.

pub(crate) mod body;
pub(crate) mod deadline;
pub(crate) mod depth;
pub(crate) mod in_flight;
pub(crate) mod rate;
pub(crate) mod unsent;
