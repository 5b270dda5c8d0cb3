//! The models: where they are read from, which are served, and how they predict.

pub(crate) mod backlog;
pub(crate) mod catalog;
pub(crate) mod drift;
pub(crate) mod engine;
pub(crate) mod served;
pub(crate) mod store;
pub(crate) mod unreadable;
pub(crate) mod version;
pub(crate) mod warnings;
