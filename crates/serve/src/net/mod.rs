//! Connections: they are accepted, looked after and ended, and each request on them is answered.

pub(crate) mod activity;
pub(crate) mod answer;
pub(crate) mod connections;
pub(crate) mod opening;
pub(crate) mod outgoing;
pub(crate) mod plain_errors;
pub(crate) mod server;
pub(crate) mod workers;
