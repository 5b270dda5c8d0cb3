//! The endpoints of the protocol over REST.

use super::ports::{NAME, inputs, outputs, versions};
use super::request::{Inference, read};
use super::response;
use crate::error::{ApiError, Reason};
use crate::protocols::openapi::schema::Kind::{self, Count, Fields, List, ListOf, Object, Optional, Text};
use crate::protocols::reply;
use crate::protocols::request::{Request, Response};
use crate::protocols::tensor::rows_of;
use crate::service::Service;
use serde_json::json;

pub(crate) fn server(_: &Service, _: &Request<'_>) -> Result<Response, ApiError> {
    Response::json(
        &json!({ "name": NAME, "version": env!("CARGO_PKG_VERSION"), "extensions": ["binary_tensor_data", "statistics"] }),
    )
}

/// A model that is there but cannot be served is not ready, and says so in the protocol's form as well as in that of errors.
pub(crate) fn ready(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    match service.at(request.target) {
        Ok(served) => Response::json(&json!({ "name": served.name, "ready": true })),
        Err(e) if e.reason == Reason::NotReady => {
            let answer = json!({ "name": request.target.model, "ready": false, "error": e.message });
            reply::json_with(e.reason.status(), &answer).map(Response::Ready)
        }
        Err(e) => Err(e),
    }
}

pub(crate) fn metadata(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let served = service.at(request.target)?;
    let versions = versions(service, &served)?;
    Response::json(
        &json!({ "name": served.name, "versions": versions, "platform": NAME, "inputs": inputs(&served), "outputs": outputs(&served) }),
    )
}

/// What a version has predicted, in Triton's form; times are in nanoseconds.
pub(crate) fn stats(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let served = service.at(request.target)?;
    let [rows, executions, queue, compute] = served.metrics.totals();
    let time = |ns: u64| json!({ "count": executions, "ns": ns });
    Response::json(&json!({ "model_stats": [{
        "name": served.name,
        "version": served.version.to_string(),
        "inference_count": rows,
        "execution_count": executions,
        "inference_stats": { "success": time(queue + compute), "queue": time(queue), "compute_infer": time(compute) },
    }] }))
}

pub(crate) fn infer(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let served = service.at(request.target)?;
    let Inference { tensors, wanted } = read(request.headers, &request.body, &served, service.options())?;
    let rows = rows_of(&served, &tensors, service.options())?;
    Response::of(rows.predict(service, &served)?, move |predictions| {
        response::write(&served, &wanted, predictions)
    })
}

/// The body of a request for an inference.
pub(crate) const INFER_BODY: Kind = Fields(&[
    ("id", Optional(&Text)),
    ("inputs", ListOf(&TENSOR)),
    ("outputs", Optional(&ListOf(&Fields(&[("name", Text), ("parameters", Optional(&Object))])))),
    ("parameters", Optional(&Object)),
]);

const TENSOR: Kind = Fields(&[
    ("name", Text),
    ("shape", ListOf(&Count)),
    ("datatype", Text),
    ("data", Optional(&List)),
    ("parameters", Optional(&Object)),
]);
