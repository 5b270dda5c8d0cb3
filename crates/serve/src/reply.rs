//! Answers: JSON, text, and errors as JSON.

use crate::error::{ApiError, Reason};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// An answer: whole in memory, or messages of gRPC with the status after them.
pub type Reply = Response<Either<Full<Bytes>, tonic::body::Body>>;

/// A client compares this type as it is: it has no charset.
pub(crate) const JSON: &str = "application/json";

/// A value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<Reply, ApiError> {
    json_with(StatusCode::OK, value)
}

/// A value as JSON, with this status.
pub(crate) fn json_with(status: StatusCode, value: &impl Serialize) -> Result<Reply, ApiError> {
    let mut text = Vec::with_capacity(256);
    serde_json::to_writer(&mut text, value).map_err(|e| ApiError::new(Reason::Internal, e.to_string()))?;
    Ok(whole(status, JSON, text))
}

/// A body of this type.
pub(crate) fn whole(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Either::Left(Full::new(body.into())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

/// An error, with the headers that its status asks for.
pub(crate) fn error(e: &ApiError) -> Reply {
    let mut reply = whole(e.reason.status(), JSON, error_text(&e.message));
    let mut add = |name: HeaderName, value: HeaderValue| reply.headers_mut().insert(name, value);
    match e.reason {
        Reason::Busy | Reason::NotReady => drop(add(RETRY_AFTER, HeaderValue::from_static("1"))),
        Reason::Rate(seconds) => drop(add(RETRY_AFTER, HeaderValue::from(seconds))),
        Reason::NoKey => drop(add(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        Reason::Method(allowed) => drop(add(ALLOW, HeaderValue::from_static(allowed))),
        _ => {}
    }
    reply
}

/// `{"error": message}`.
pub(crate) fn error_text(message: &str) -> String {
    serde_json::json!({ "error": message }).to_string()
}
