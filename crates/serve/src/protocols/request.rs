//! What a handler gets, and what it gives.

use crate::error::ApiError;
use crate::models::engine::Predicting;
use crate::models::version::Target;
use crate::protocols::reply::{self, Reply};
use bytes::Bytes;
use hyper::{HeaderMap, Uri};
use planish_model::Predictions;
use serde::Serialize;
use std::future::Future;
use std::pin::Pin;

/// A request that may be answered, with its body.
pub(crate) struct Request<'a> {
    pub(crate) target: &'a Target,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
}

/// Its answer: ready now, as most are, or a future.
pub(crate) enum Response {
    Ready(Reply),
    Later(Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send>>),
}

impl Response {
    /// A value as JSON.
    pub(crate) fn json(value: &impl Serialize) -> Result<Response, ApiError> {
        reply::json(value).map(Response::Ready)
    }

    pub(crate) fn later(work: impl Future<Output = Result<Reply, ApiError>> + Send + 'static) -> Response {
        Response::Later(Box::pin(work))
    }

    /// What `answer` makes of a prediction.
    pub(crate) fn of(
        prediction: Predicting,
        answer: impl FnOnce(&Predictions) -> Result<Reply, ApiError> + Send + 'static,
    ) -> Result<Response, ApiError> {
        match prediction {
            Predicting::Made(predictions) => answer(&predictions).map(Response::Ready),
            waits @ Predicting::Waits { .. } => {
                Ok(Response::later(async move { answer(&waits.made().await?) }))
            }
        }
    }

    /// The answer, when it is ready.
    pub(crate) async fn reply(self) -> Result<Reply, ApiError> {
        match self {
            Response::Ready(reply) => Ok(reply),
            Response::Later(reply) => reply.await,
        }
    }
}
