//! Answers: JSON, text, and errors as JSON; and their bodies.

use crate::error::{ApiError, Reason};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Response, StatusCode};
use serde::Serialize;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;

/// An answer.
pub type Reply = Response<ReplyBody>;

/// The body of an answer.
#[derive(Debug)]
pub enum ReplyBody {
    /// Whole in memory.
    Whole {
        /// Its bytes.
        data: Bytes,
        /// What follows them: the status of a call over gRPC.
        trailers: Option<Box<HeaderMap>>,
    },
    /// Messages of gRPC, for as long as the client listens.
    GoesOn(tonic::body::Body),
}

impl ReplyBody {
    /// The bytes that are in memory.
    pub(crate) fn length(&self) -> usize {
        match self {
            ReplyBody::Whole { data, .. } => data.len(),
            ReplyBody::GoesOn(_) => 0,
        }
    }
}

impl Default for ReplyBody {
    fn default() -> ReplyBody {
        ReplyBody::Whole { data: Bytes::new(), trailers: None }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.get_mut() {
            ReplyBody::Whole { data, trailers } => Poll::Ready(match data.is_empty() {
                false => Some(Ok(Frame::data(std::mem::take(data)))),
                true => trailers.take().map(|trailers| Ok(Frame::trailers(*trailers))),
            }),
            ReplyBody::GoesOn(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ReplyBody::Whole { data, trailers } => data.is_empty() && trailers.is_none(),
            ReplyBody::GoesOn(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            // gRPC answers, those with trailers, say their lengths themselves.
            ReplyBody::Whole { data, trailers: None } => SizeHint::with_exact(data.len() as u64),
            ReplyBody::Whole { trailers: Some(_), .. } | ReplyBody::GoesOn(_) => SizeHint::default(),
        }
    }
}

/// Without a charset, as clients compare the whole type.
pub(crate) const JSON: &str = "application/json";

/// A value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<Reply, ApiError> {
    json_with(StatusCode::OK, value)
}

/// A value as JSON, with this status.
pub(crate) fn json_with(status: StatusCode, value: &impl Serialize) -> Result<Reply, ApiError> {
    Ok(whole(status, JSON, json_text(value)?))
}

/// The text of a value.
pub(crate) fn json_text(value: &impl Serialize) -> Result<Vec<u8>, ApiError> {
    let mut text = Vec::with_capacity(256);
    serde_json::to_writer(&mut text, value).map_err(|e| ApiError::new(Reason::Internal, e.to_string()))?;
    Ok(text)
}

/// An answer with a body of this type.
pub(crate) fn whole(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(ReplyBody::Whole { data: body.into(), trailers: None });
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

/// An error, with the headers that its status asks for.
pub(crate) fn error(e: &ApiError) -> Reply {
    let mut reply = whole(e.reason.status(), JSON, error_text(&e.message));
    let headers = reply.headers_mut();
    if let Some(seconds) = e.reason.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if e.reason == Reason::NoKey {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Reason::Method(allowed) = e.reason {
        headers.insert(ALLOW, HeaderValue::from_static(allowed));
    }
    reply
}

/// `{"error": message}`.
pub(crate) fn error_text(message: &str) -> String {
    serde_json::json!({ "error": message }).to_string()
}
