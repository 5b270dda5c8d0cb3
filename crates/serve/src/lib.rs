//! Models as an HTTP service: the Open Inference Protocol V2 over REST and gRPC, and `POST /predict` with rows of named values. The only
//! crate that opens sockets.
//!
//! [`Service`] holds the models and answers a request without a socket; [`run`] serves it on a listener that the caller owns,
//! until the caller's shutdown signal; [`serve`] does all of it for a program. A request passes `server` (connections), `door` (may it?),
//! and one module a protocol.
#![forbid(unsafe_code)]

mod activity;
mod backlog;
mod body;
mod catalog;
mod connections;
mod deadline;
mod depth;
mod describe;
mod door;
mod drift;
mod endpoint;
mod engine;
mod error;
mod failure;
mod grpc;
mod host;
mod ids;
mod keys;
mod learned;
mod metrics;
mod openapi;
mod opening;
mod options;
mod outgoing;
mod page;
mod plain_errors;
mod rate;
mod reply;
mod reread;
mod rows;
mod served;
mod server;
mod service;
mod store;
mod tensor;
mod tfs;
mod tls;
mod triton_metrics;
mod unsent;
mod v2;
mod warnings;
mod workers;

pub use error::{ApiError, Reason, ServeError};
pub use failure::{Failure, Subject};
pub use keys::{Keys, Scope};
pub use options::Options;
pub use reply::{Reply, ReplyBody};
pub use server::{run, serve};
pub use service::Service;
pub use store::{Label, ModelSource, Reloaded};
pub use tls::Tls;

#[cfg(test)]
mod tests;
