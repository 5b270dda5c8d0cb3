//! What those who run the service ask: its counters, and that it reads its files again.

use crate::error::{ApiError, Reason};
use crate::failure::Failure;
use crate::protocols::reply::{self, Reply};
use crate::protocols::request::{Request, Response};
use crate::service::Service;
use hyper::StatusCode;
use serde_json::{Value, json};

/// The type of the text that Prometheus reads, and all of it in the header.
pub(crate) const OPENMETRICS: &str = "application/openmetrics-text";
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn metrics(service: &Service, _: &Request<'_>) -> Result<Response, ApiError> {
    let text = service.metrics_text()?;
    Ok(Response::Ready(reply::whole(StatusCode::OK, CONTENT_TYPE, text)))
}

/// Reads models, keys and certificate again.
pub(crate) fn reload(service: &Service, _: &Request<'_>) -> Result<Response, ApiError> {
    Ok(Response::later(reloaded(service.clone())))
}

/// If something failed the status says so; paths are for the log alone.
async fn reloaded(service: Service) -> Result<Reply, ApiError> {
    let done = tokio::task::spawn_blocking(move || service.reload()).await;
    let done = done.map_err(|_| ApiError::new(Reason::Internal, "the models could not be read again"))?;
    let failures: Vec<Value> = done.failed.iter().map(Failure::public).collect();
    let mut answer = json!({
        "loaded": done.loaded,
        "removed": done.removed,
        "failed": failures.len(),
        "failures": failures,
    });
    if done.failed.is_empty() {
        return reply::json(&answer);
    }
    let names: Vec<String> = done.failed.iter().map(|failure| failure.of.to_string()).collect();
    answer["error"] = json!(format!("not read: {}", names.join(", ")));
    reply::json_with(StatusCode::INTERNAL_SERVER_ERROR, &answer)
}
