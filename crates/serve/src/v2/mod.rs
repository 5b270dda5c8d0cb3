//! The Open Inference Protocol V2 over REST: JSON tensors, and the binary tensor extension.
//!
//! A model has one input a raw column: FP64 for numbers, BYTES for categories, of shape [rows] or [rows, 1], `null` for a
//! missing value; or one input `encoded` (see [`crate::tensor`]). Outputs: `prediction` (BYTES labels or FP64), and `probabilities` (FP64,
//! [rows, classes]) of classifiers.

mod binary;
mod datatype;
mod nested;
mod request;
mod response;

use crate::door::Asked;
use crate::endpoint::Route;
use crate::error::ApiError;
use crate::reply::{self, Reply};
use crate::service::Service;
use crate::tensor::{Rows, rows_of};
use planish_tabular::{Kind, Task};
use serde_json::{Value, json};

pub(crate) fn server() -> Result<Reply, ApiError> {
    reply::json(
        &json!({ "name": "planish", "version": env!("CARGO_PKG_VERSION"), "extensions": ["binary_tensor_data", "statistics"] }),
    )
}

pub(crate) fn ready(service: &Service, route: &Route) -> Result<Reply, ApiError> {
    reply::json(&json!({ "name": service.at(route)?.name, "ready": true }))
}

pub(crate) fn metadata(service: &Service, route: &Route) -> Result<Reply, ApiError> {
    let served = service.at(route)?;
    let inputs: Vec<Value> = served
        .features
        .columns
        .iter()
        .map(|c| json!({ "name": c.name, "datatype": if c.kind == Kind::Number { "FP64" } else { "BYTES" }, "shape": [-1] }))
        .collect();
    let classes = served.model.target().classes().len();
    let outputs = match served.model.task() {
        Task::Regress => json!([{ "name": "prediction", "datatype": "FP64", "shape": [-1] }]),
        Task::Classify => json!([
            { "name": "prediction", "datatype": "BYTES", "shape": [-1] },
            { "name": "probabilities", "datatype": "FP64", "shape": [-1, classes] },
        ]),
    };
    let catalog = service.catalog();
    let versions: Vec<String> = catalog.versions(&served.name)?.keys().map(u64::to_string).collect();
    reply::json(
        &json!({ "name": served.name, "versions": versions, "platform": "planish", "inputs": inputs, "outputs": outputs }),
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

pub(crate) async fn infer(service: &Service, asked: Asked<'_>) -> Result<Reply, ApiError> {
    let served = service.at(asked.route)?;
    let options = service.options();
    let request = request::read(asked.headers, &asked.body, served.features.columns.len(), options)?;
    let predictions = match rows_of(&served, &request.tensors, options)? {
        Rows::Table(table) => service.predict(&served, &table).await?,
        Rows::Encoded(rows) => service.predict_encoded(&served, rows).await?,
    };
    response::write(&served, &request, &predictions)
}
