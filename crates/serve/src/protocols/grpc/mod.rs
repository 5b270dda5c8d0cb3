//! The Open Inference Protocol V2 over gRPC, and gRPC's health protocol.
//!
//! A call is an HTTP/2 request to the same port as all others, known by its content type, and passes the same
//! [`crate::admission::door`]: keys, limits, deadline, counters and the log are the same. The door has the whole message in memory, within its limits, before tonic decodes
//! it (see `frame`); a refusal has the same [`crate::Reason`] as over REST, and `error` says which gRPC status that is.

mod call;
mod frame;
mod generated;
mod health;
mod inference;
mod status;
mod tensors;

pub(crate) use call::{HEALTH_WATCH, MODEL_INFER, call, deadline, is_call, read};
pub(crate) use status::error;
