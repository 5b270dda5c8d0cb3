//! The Open Inference Protocol V2 over REST: JSON tensors, and the binary tensor extension; and what it has in common with the protocol over
//! gRPC (see [`crate::protocols::grpc`]).
//!
//! A model has one input a raw column: FP64 for numbers, BYTES for categories, of shape [rows] or [rows, 1], `null` for a
//! missing value; or one input `encoded` (see [`crate::protocols::tensor`]). Outputs: `prediction` (BYTES labels or FP64), and `probabilities` (FP64,
//! [rows, classes]) of classifiers.

pub(crate) mod binary;
pub(crate) mod datatype;
mod handlers;
mod nested;
pub(crate) mod ports;
pub(crate) mod request;
pub(crate) mod response;

pub(crate) use handlers::{INFER_BODY, infer, metadata, ready, server, stats};
