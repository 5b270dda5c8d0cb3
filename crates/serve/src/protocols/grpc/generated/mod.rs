//! What `cargo xtask proto` makes: the messages, and tonic's traits of the two services.
#![allow(clippy::all, dead_code, missing_docs, unreachable_pub, reason = "generated, and more than is used")]

pub(crate) mod health;
pub(crate) mod inference;
