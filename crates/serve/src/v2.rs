//! The Open Inference Protocol V2 over REST, with JSON tensors.
//!
//! A model has one input a raw column: FP64 for numbers, BYTES for categories, of shape [rows] or [rows, 1], `null` for a
//! missing value. Outputs: `prediction` (BYTES labels or FP64), and `probabilities` (FP64, [rows, classes]) of classifiers.

use crate::door::Asked;
use crate::endpoint::Route;
use crate::error::ApiError;
use crate::reply::{self, Reply};
use crate::rows::{parse_body, push_value};
use crate::served::Served;
use crate::service::Service;
use planish_model::Predictions;
use planish_tabular::{Kind, Table, Task};
use serde::Deserialize;
use serde_json::{Value, json};

const DATATYPES: [&str; 13] = [
    "BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "FP16", "FP32", "FP64",
    "BYTES",
];

pub(crate) fn server() -> Result<Reply, ApiError> {
    reply::json(&json!({ "name": "planish", "version": env!("CARGO_PKG_VERSION"), "extensions": [] }))
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

#[derive(Deserialize)]
struct InferRequest {
    id: Option<String>,
    inputs: Vec<InputTensor>,
    outputs: Option<Vec<OutputRequest>>,
}

#[derive(Deserialize)]
struct InputTensor {
    name: String,
    shape: Vec<usize>,
    datatype: String,
    data: Value,
}

#[derive(Deserialize)]
struct OutputRequest {
    name: String,
}

pub(crate) async fn infer(service: &Service, asked: Asked<'_>) -> Result<Reply, ApiError> {
    let served = service.at(asked.route)?;
    let request: InferRequest = parse_body(service, &asked.body)?;
    let options = service.options();
    let most = options.inputs.max(served.features.columns.len());
    for (what, n) in
        [("inputs", request.inputs.len()), ("outputs", request.outputs.as_ref().map_or(0, Vec::len))]
    {
        if n > most {
            return Err(ApiError::bad_request(format!("{n} {what}: at most {most} are allowed")));
        }
    }
    let table = table_of(&served, &request.inputs, service.options().rows)?;
    let rows = table.rows();
    let (predictions, _) = service.predict(&served, &table).await?;
    let mut outputs = outputs_of(&served, &predictions, rows);
    if let Some(wanted) = &request.outputs {
        if let Some(unknown) = wanted.iter().find(|w| !outputs.iter().any(|o| o["name"] == w.name.as_str())) {
            return Err(ApiError::bad_request(format!(
                "model {:?} has no output {:?}",
                served.name, unknown.name
            )));
        }
        outputs.retain(|o| wanted.iter().any(|w| o["name"] == w.name.as_str()));
    }
    let mut answer =
        json!({ "model_name": served.name, "model_version": served.version.to_string(), "outputs": outputs });
    if let Some(id) = request.id {
        answer["id"] = json!(id);
    }
    reply::json(&answer)
}

/// The input tensors as a table; each is checked against the model's columns.
fn table_of(served: &Served, inputs: &[InputTensor], most: usize) -> Result<Table, ApiError> {
    let columns = &served.features.columns;
    if let Some(unknown) = inputs.iter().find(|t| !columns.iter().any(|c| c.name == t.name)) {
        return Err(ApiError::bad_request(format!(
            "model {:?} has no input {:?}",
            served.name, unknown.name
        )));
    }
    let mut data = Vec::new();
    for c in columns {
        let mut found = inputs.iter().filter(|t| t.name == c.name);
        let tensor =
            found.next().ok_or_else(|| ApiError::bad_request(format!("input {:?} is missing", c.name)))?;
        if found.next().is_some() {
            return Err(ApiError::bad_request(format!("input {:?} is given twice", c.name)));
        }
        data.push(values(tensor, c.kind, most)?);
    }
    let rows = data.first().map_or(0, Vec::len);
    if let Some(i) = data.iter().position(|d| d.len() != rows) {
        let (name, first) = (&columns[i].name, &columns[0].name);
        return Err(ApiError::bad_request(format!(
            "input {name:?} has {} rows, input {first:?} {rows}",
            data[i].len()
        )));
    }
    let mut table = Table::new(served.features.clone());
    for i in 0..rows {
        for (position, c) in columns.iter().enumerate() {
            let fail = |what| ApiError::bad_request(format!("input {:?}: element {i} {what}", c.name));
            push_value(&mut table, position, c.kind, data[position][i]).map_err(fail)?;
        }
        table.end_row(0);
    }
    Ok(table)
}

/// The elements of a column's tensor, of shape [rows] or [rows, 1], nested or flat.
fn values(tensor: &InputTensor, kind: Kind, most: usize) -> Result<Vec<&Value>, ApiError> {
    let fail = |what: String| ApiError::bad_request(format!("input {:?}: {what}", tensor.name));
    if !DATATYPES.contains(&tensor.datatype.as_str()) {
        return Err(fail(format!("unknown datatype {:?}", tensor.datatype)));
    }
    if (kind == Kind::Category) != (tensor.datatype == "BYTES") {
        let wanted = if kind == Kind::Category { "BYTES" } else { "a numeric type such as FP64" };
        return Err(fail(format!("datatype is {}, the column needs {wanted}", tensor.datatype)));
    }
    let rows = match tensor.shape[..] {
        [n] | [n, 1] => n,
        _ => return Err(fail(format!("shape is {:?}, a column needs [rows] or [rows, 1]", tensor.shape))),
    };
    if rows == 0 || rows > most {
        return Err(fail(format!("{rows} rows: 1 to {most} are allowed")));
    }
    let Value::Array(outer) = &tensor.data else { return Err(fail("data must be a list".to_owned())) };
    let mut flat = Vec::with_capacity(rows);
    for v in outer {
        match v {
            Value::Array(inner) => flat.extend(inner),
            v => flat.push(v),
        }
    }
    if flat.len() != rows {
        return Err(fail(format!("shape {:?} needs {rows} elements, data has {}", tensor.shape, flat.len())));
    }
    Ok(flat)
}

fn outputs_of(served: &Served, predictions: &Predictions, rows: usize) -> Vec<Value> {
    match predictions {
        Predictions::Numbers(y) => {
            vec![json!({ "name": "prediction", "datatype": "FP64", "shape": [rows], "data": y })]
        }
        Predictions::Probabilities(p) => {
            let names = served.model.target().classes();
            let labels: Vec<&str> =
                (0..rows).filter_map(|i| predictions.class(i)).map(|c| names[c].as_str()).collect();
            vec![
                json!({ "name": "prediction", "datatype": "BYTES", "shape": [rows], "data": labels }),
                json!({ "name": "probabilities", "datatype": "FP64", "shape": [rows, names.len()], "data": p.as_slice() }),
            ]
        }
    }
}
