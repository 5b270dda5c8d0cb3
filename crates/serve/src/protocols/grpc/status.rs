//! Refusals as gRPC's statuses.

use crate::error::{ApiError, Reason};
use crate::protocols::reply::Reply;
use std::sync::Arc;
use tonic::Status;

/// The answer to a call that is refused.
pub(crate) fn error(e: &ApiError) -> Reply {
    status(e.clone()).into_http()
}

/// The status of a refusal, with the error itself as its source.
pub(super) fn status(e: ApiError) -> Status {
    let mut status = Status::new(e.reason.code(), &e.message);
    if e.reason == Reason::Encoding {
        status.metadata_mut().insert("grpc-accept-encoding", "identity,gzip".parse().expect("plain text"));
    }
    if let Some(seconds) = e.reason.retry_after() {
        status.metadata_mut().insert("grpc-retry-pushback-ms", (u64::from(seconds) * 1000).into());
    }
    status.set_source(Arc::new(e));
    status
}
