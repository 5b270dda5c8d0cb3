//! What balancers, probes and browsers ask first: whether the service is there and takes requests.

use crate::error::{ApiError, Reason};
use crate::protocols::page;
use crate::protocols::request::{Request, Response};
use crate::service::Service;
use hyper::header::ACCEPT;
use serde_json::json;

/// The page for a browser, else that the service is there.
pub(crate) fn home(_: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let accepted = request.headers.get(ACCEPT).and_then(|a| a.to_str().ok());
    match accepted.is_some_and(|a| a.contains("text/html")) {
        true => Ok(Response::Ready(page::home())),
        false => Response::json(&json!({ "status": "alive" })),
    }
}

pub(crate) fn live(_: &Service, _: &Request<'_>) -> Result<Response, ApiError> {
    Response::json(&json!({ "live": true }))
}

pub(crate) fn ready(service: &Service, _: &Request<'_>) -> Result<Response, ApiError> {
    match service.is_ready() {
        true => Response::json(&json!({ "ready": true })),
        false => Err(ApiError::new(Reason::NotReady, "the service is stopping")),
    }
}
