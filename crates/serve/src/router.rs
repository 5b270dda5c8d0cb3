//! The application: paths to handlers, limits, and JSON errors for everything else.

use crate::error::ApiError;
use crate::state::Service;
use crate::{rows, v2};
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde_json::json;

/// Largest body of a request.
const MAX_BODY: usize = 8 << 20;

/// The application for these models; it needs no socket to be tested.
pub fn router(service: Service) -> Router {
    let mut app = Router::new()
        .route("/", get(async || Json(json!({ "status": "alive" }))))
        .route("/predict", post(rows::predict))
        .route("/v2", get(v2::server))
        .route("/v2/health/live", get(async || Json(json!({ "live": true }))))
        .route("/v2/health/ready", get(async || Json(json!({ "ready": true }))));
    for base in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
        app = app
            .route(base, get(v2::metadata))
            .route(&format!("{base}/ready"), get(v2::ready))
            .route(&format!("{base}/infer"), post(v2::infer));
    }
    app.fallback(async || ApiError::not_found("there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take that method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::map_response(json_errors))
        .with_state(service)
}

/// Errors of the framework itself (a body too large, say) are plain text: gives them the form of ours.
async fn json_errors(response: Response) -> Response {
    let status = response.status();
    let is_json = response.headers().get("content-type").is_some_and(|t| t == "application/json");
    if !(status.is_client_error() || status.is_server_error()) || is_json {
        return response;
    }
    let message = match status {
        StatusCode::PAYLOAD_TOO_LARGE => format!("the body is larger than {MAX_BODY} bytes"),
        _ => status.canonical_reason().unwrap_or("the request failed").to_lowercase(),
    };
    ApiError::new(status, message).into_response()
}

#[cfg(test)]
mod tests;
