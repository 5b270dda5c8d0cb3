//! Models as an HTTP service: the Open Inference Protocol V2 (REST, JSON tensors) and `POST /predict` with rows of named
//! values. The only crate that opens sockets.
//!
//! [`router`] builds the application without a socket; [`run`] serves it on a listener that the caller owns, until the
//! caller's shutdown signal; [`serve`] does all of it for a program.
#![forbid(unsafe_code)]

mod error;
mod router;
mod rows;
mod server;
mod state;
mod v2;

pub use error::{ApiError, ServeError};
pub use router::router;
pub use server::{run, serve};
pub use state::Service;
