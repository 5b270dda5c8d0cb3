//! The Open Inference Protocol V2 over REST: JSON tensors, and the binary tensor extension; and what it has in common with the protocol over
//! gRPC (see [`crate::grpc`]).
//!
//! A model has one input a raw column: FP64 for numbers, BYTES for categories, of shape [rows] or [rows, 1], `null` for a
//! missing value; or one input `encoded` (see [`crate::tensor`]). Outputs: `prediction` (BYTES labels or FP64), and `probabilities` (FP64,
//! [rows, classes]) of classifiers.

pub(crate) mod binary;
pub(crate) mod datatype;
mod nested;
mod request;
pub(crate) mod response;

pub(crate) use request::no_classification;

use crate::door::{Asked, Work};
use crate::endpoint::Route;
use crate::engine::Predicting;
use crate::error::{ApiError, Reason};
use crate::options::Options;
use crate::reply::{self, Reply};
use crate::served::Served;
use crate::service::Service;
use crate::tensor::{Rows, Tensor, rows_of};
use planish_tabular::{Kind, Task};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// The name of the service, and of the platform that models run on.
pub(crate) const NAME: &str = "planish";

/// An input or output of a model, as its metadata tell it; a length that requests choose is -1.
#[derive(Serialize)]
pub(crate) struct Port<'a> {
    pub(crate) name: &'a str,
    pub(crate) datatype: &'static str,
    pub(crate) shape: Vec<i64>,
}

/// What the model takes.
pub(crate) fn inputs(served: &Served) -> Vec<Port<'_>> {
    let datatype = |kind| match kind {
        Kind::Number => "FP64",
        Kind::Category => "BYTES",
    };
    let columns = served.features.columns.iter();
    columns.map(|c| Port { name: &c.name, datatype: datatype(c.kind), shape: vec![-1] }).collect()
}

/// What the model gives.
pub(crate) fn outputs(served: &Served) -> Vec<Port<'static>> {
    let port = |name, datatype, shape| Port { name, datatype, shape };
    let classes = served.model.target().classes().len() as i64;
    match served.model.task() {
        Task::Regress => vec![port("prediction", "FP64", vec![-1])],
        Task::Classify => {
            vec![port("prediction", "BYTES", vec![-1]), port("probabilities", "FP64", vec![-1, classes])]
        }
    }
}

/// The versions of a model, in order.
pub(crate) fn versions(service: &Service, served: &Served) -> Result<Vec<String>, ApiError> {
    Ok(service.catalog().versions(&served.name)?.keys().map(u64::to_string).collect())
}

/// Predicts what these tensors are for the model.
pub(crate) fn predict(
    service: &Service,
    served: &Arc<Served>,
    tensors: &[Tensor<'_>],
) -> Result<Predicting, ApiError> {
    match rows_of(served, tensors, service.options())? {
        Rows::Table(table) => service.predict(served, &table),
        Rows::Encoded(rows) => service.predict_encoded(served, rows),
    }
}

/// A request may have so many inputs, and so many outputs.
pub(crate) fn check_count(what: &str, n: usize, served: &Served, options: &Options) -> Result<(), ApiError> {
    let most = options.inputs.max(served.features.columns.len());
    if n > most {
        return Err(ApiError::bad_request(format!("{n} {what}: at most {most} are allowed")));
    }
    Ok(())
}

pub(crate) fn server() -> Result<Reply, ApiError> {
    reply::json(
        &json!({ "name": NAME, "version": env!("CARGO_PKG_VERSION"), "extensions": ["binary_tensor_data", "statistics"] }),
    )
}

/// A model that is there but cannot be served is not ready, and says so in the protocol's form as well as in that of errors.
pub(crate) fn ready(service: &Service, route: &Route) -> Result<Reply, ApiError> {
    match service.at(route) {
        Ok(served) => reply::json(&json!({ "name": served.name, "ready": true })),
        Err(e) if e.reason == Reason::NotReady => {
            let answer = json!({ "name": route.model, "ready": false, "error": e.message });
            reply::json_with(e.reason.status(), &answer)
        }
        Err(e) => Err(e),
    }
}

pub(crate) fn metadata(service: &Service, route: &Route) -> Result<Reply, ApiError> {
    let served = service.at(route)?;
    let versions = versions(service, &served)?;
    reply::json(
        &json!({ "name": served.name, "versions": versions, "platform": NAME, "inputs": inputs(&served), "outputs": outputs(&served) }),
    )
}

/// What a version has predicted, in Triton's form; times are in nanoseconds.
pub(crate) fn stats(service: &Service, route: &Route) -> Result<Reply, ApiError> {
    let served = service.at(route)?;
    let [rows, executions, queue, compute] = served.metrics.totals();
    let time = |ns: u64| json!({ "count": executions, "ns": ns });
    reply::json(&json!({ "model_stats": [{
        "name": served.name,
        "version": served.version.to_string(),
        "inference_count": rows,
        "execution_count": executions,
        "inference_stats": { "success": time(queue + compute), "queue": time(queue), "compute_infer": time(compute) },
    }] }))
}

pub(crate) fn infer(service: &Service, asked: &Asked<'_>) -> Result<Work, ApiError> {
    let served = service.at(asked.route)?;
    let request::Request { tensors, wanted } =
        request::read(asked.headers, &asked.body, &served, service.options())?;
    let predicting = predict(service, &served, &tensors)?;
    Work::of(predicting, move |predictions| response::write(&served, &wanted, predictions))
}
