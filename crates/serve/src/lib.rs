//! Models as an HTTP service: the Open Inference Protocol V2 over REST and gRPC, and `POST /predict` with rows of named values. The only
//! crate that opens sockets.
//!
//! [`Service`] holds the models and answers a request without a socket; [`run`] serves it on a listener that the caller owns,
//! until the caller's shutdown signal; [`serve`] does all of it for a program.
//!
//! The road of a request: `net` (its connection), `admission` (may it?), `protocols` (what it asks for; `protocols/endpoints.rs` lists all
//! endpoints), `models` (its prediction). Beside the road: `credentials` (keys and the certificate), `limits` (how much at once, how
//! long), `telemetry` (counters, names of requests).
#![forbid(unsafe_code)]

mod admission;
mod credentials;
mod error;
mod failure;
mod limits;
mod models;
mod net;
mod open;
mod options;
mod protocols;
mod service;
mod telemetry;

pub use credentials::keys::{Keys, Scope};
pub use credentials::tls::Tls;
pub use error::{ApiError, Reason, ServeError};
pub use failure::{Failure, Subject};
pub use models::store::{Label, ModelSource, Reloaded};
pub use net::server::{run, serve};
pub use options::Options;
pub use protocols::reply::{Reply, ReplyBody};
pub use service::Service;

#[cfg(test)]
#[path = "../tests/serve/samples.rs"]
mod samples;
