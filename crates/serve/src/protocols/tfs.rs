//! TensorFlow Serving's REST protocol: `:predict` with `instances` (a list of rows) or `inputs` (a list a column), the state of a
//! model's versions, and its signature.
//!
//! A row is an object of named raw values, or a list: an encoded row. An output that stands alone is given bare, several by name.

use crate::error::{ApiError, quoted};
use crate::models::served::Served;
use crate::models::version::VersionSelector;
use crate::protocols::openapi::schema;
use crate::protocols::openapi::schema::Kind::{Any, Fields, List, Optional, Text};
use crate::protocols::reply;
use crate::protocols::request::{Request, Response};
use crate::protocols::rows::{self, check_rows, parse_body};
use crate::protocols::tensor::{ENCODED, Elements, Rows, Tensor, rows_of};
use crate::service::Service;
use planish_model::Predictions;
use planish_tabular::{Kind, Task};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How messages about the number of rows begin.
const INPUTS: &str = "\"inputs\" has";

#[derive(Deserialize)]
struct Body {
    instances: Option<Vec<Value>>,
    inputs: Option<Value>,
    signature_name: Option<String>,
}

pub(crate) fn predict(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let served = service.at(request.target)?;
    let body: Body = parse_body(service, &request.body)?;
    if body.signature_name.is_some_and(|name| name != "serving_default") {
        return Err(ApiError::bad_request("the only signature is \"serving_default\""));
    }
    let by_row = body.instances.is_some();
    let rows = match (body.instances, body.inputs) {
        (Some(rows), None) => of_instances(service, &served, rows)?,
        (None, Some(inputs)) => of_inputs(service, &served, inputs)?,
        (None, None) => return Err(ApiError::bad_request("\"instances\" or \"inputs\" is missing")),
        _ => return Err(ApiError::bad_request("\"instances\" and \"inputs\" cannot both be given")),
    };
    Response::of(rows.predict(service, &served)?, move |predictions| {
        reply::json(&if by_row {
            predictions_of(&served, predictions)
        } else {
            outputs_of(&served, predictions)
        })
    })
}

pub(crate) const PREDICT_BODY: schema::Kind = Fields(&[
    ("instances", Optional(&List)),
    ("inputs", Optional(&Any)),
    ("signature_name", Optional(&Text)),
]);

fn of_instances(service: &Service, served: &Served, instances: Vec<Value>) -> Result<Rows, ApiError> {
    if instances.first().is_some_and(Value::is_array) {
        return encoded(service, served, &instances);
    }
    let columns = &served.features.columns;
    let named = |(i, value): (usize, Value)| match (value, &columns[..]) {
        (Value::Object(row), _) => Ok(row),
        (Value::Array(_), _) => {
            Err(ApiError::bad_request(format!("row {i}: rows are all objects or all lists")))
        }
        // A model of one column takes its values bare.
        (value, [one]) => Ok(Map::from_iter([(one.name.clone(), value)])),
        _ => {
            Err(ApiError::bad_request(format!("row {i}: it must be an object of {} columns", columns.len())))
        }
    };
    let table: Vec<_> = instances.into_iter().enumerate().map(named).collect::<Result<_, _>>()?;
    rows::named_rows(service, served, "\"instances\" has", &table).map(Rows::Table)
}

fn encoded(service: &Service, served: &Served, rows: &[Value]) -> Result<Rows, ApiError> {
    let width = served.model.encoded_width();
    let mut data = Vec::with_capacity(rows.len().saturating_mul(width));
    for (i, row) in rows.iter().enumerate() {
        let numbers: Option<Vec<f64>> =
            row.as_array().and_then(|row| row.iter().map(Value::as_f64).collect());
        let wrong = || ApiError::bad_request(format!("row {i}: an encoded row is a list of {width} numbers"));
        data.extend(numbers.filter(|n| n.len() == width).ok_or_else(wrong)?);
    }
    let tensor =
        Tensor { name: ENCODED.into(), shape: vec![rows.len(), width], data: Elements::Numbers(data) };
    rows_of(served, &[tensor], service.options())
}

/// A list a column, put together to rows.
fn of_inputs(service: &Service, served: &Served, inputs: Value) -> Result<Rows, ApiError> {
    let columns = &served.features.columns;
    let inputs = match (inputs, &columns[..]) {
        (Value::Object(mut map), _) if map.len() == 1 && map.contains_key(ENCODED) => {
            return match map.remove(ENCODED) {
                Some(Value::Array(rows)) => encoded(service, served, &rows),
                _ => Err(ApiError::bad_request("input \"encoded\" must be a list of rows")),
            };
        }
        (Value::Object(map), _) => map,
        (Value::Array(rows), _) if rows.first().is_some_and(Value::is_array) && columns.len() > 1 => {
            return encoded(service, served, &rows);
        }
        (list @ Value::Array(_), [one]) => Map::from_iter([(one.name.clone(), list)]),
        _ => return Err(ApiError::bad_request("\"inputs\" must be an object with a list for each column")),
    };
    let mut table: Vec<Map<String, Value>> = Vec::new();
    for (name, list) in inputs {
        let Value::Array(values) = list else {
            return Err(ApiError::bad_request(format!("input {} must be a list", quoted(&name))));
        };
        if table.is_empty() {
            // Before rows are made, as one takes many times the memory of its value in the body.
            check_rows(service, INPUTS, values.len())?;
            table.resize_with(values.len(), Map::new);
        }
        if table.len() != values.len() {
            return Err(ApiError::bad_request(format!(
                "input {} has {} rows, others {}",
                quoted(&name),
                values.len(),
                table.len()
            )));
        }
        if !columns.iter().any(|column| column.name == name) {
            continue;
        }
        for (row, mut value) in table.iter_mut().zip(values) {
            // Shape [rows, 1] is as good as [rows].
            if let Value::Array(one) = &mut value
                && one.len() == 1
            {
                value = one.remove(0);
            }
            row.insert(name.clone(), value);
        }
    }
    rows::named_rows(service, served, INPUTS, &table).map(Rows::Table)
}

fn predictions_of(served: &Served, predictions: &Predictions) -> Value {
    let classes = served.model.target().classes();
    let rows: Vec<Value> = match predictions {
        Predictions::Numbers(y) => y.iter().map(|&y| json!(y)).collect(),
        Predictions::Probabilities(p) => (0..p.rows())
            .map(|i| json!({ "prediction": predictions.class(i).map(|c| &classes[c]), "probabilities": p.row(i) }))
            .collect(),
    };
    json!({ "predictions": rows })
}

fn outputs_of(served: &Served, predictions: &Predictions) -> Value {
    let classes = served.model.target().classes();
    match predictions {
        Predictions::Numbers(y) => json!({ "outputs": y }),
        Predictions::Probabilities(p) => {
            let labels: Vec<_> = (0..p.rows()).map(|i| predictions.class(i).map(|c| &classes[c])).collect();
            let rows: Vec<_> = (0..p.rows()).map(|i| p.row(i)).collect();
            json!({ "outputs": { "prediction": labels, "probabilities": rows } })
        }
    }
}

/// The state of a model's versions, the newest first; `ready` and `name` are what KServe's first protocol reads.
pub(crate) fn status(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let target = request.target;
    let (catalog, found) = (service.catalog(), service.at(target));
    let asked = match (&target.version, &found) {
        (VersionSelector::Latest, _) => None,
        (VersionSelector::Number(n), _) => Some(*n),
        (VersionSelector::Label(_), found) => Some(found.as_ref().map_err(Clone::clone)?.version),
    };
    let is_asked = |version: u64| asked.is_none_or(|asked| asked == version);
    let mut states: BTreeMap<u64, Value> = BTreeMap::new();
    let mut add = |version: u64, state, code, message: &str| {
        let status = json!({ "error_code": code, "error_message": message });
        states.insert(version, json!({ "version": version.to_string(), "state": state, "status": status }));
    };
    for broken in catalog.unavailable().filter(|broken| broken.is_of(&target.model)) {
        if let Some(version) = broken.version.filter(|v| is_asked(*v)) {
            add(version, "END", "UNAVAILABLE", &broken.failure.reason);
        }
    }
    let served = catalog.all().filter(|s| s.name == target.model && is_asked(s.version));
    served.for_each(|s| add(s.version, "AVAILABLE", "OK", ""));
    let ready = found.is_ok();
    if states.is_empty() {
        found?;
    }
    let states: Vec<Value> = states.into_values().rev().collect();
    Response::json(&json!({ "model_version_status": states, "name": target.model, "ready": ready }))
}

/// The signature of a model.
pub(crate) fn metadata(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let served = service.at(request.target)?;
    let tensor = |name: &str, dtype: &str, dims: &[i64]| {
        let dims: Vec<Value> = dims.iter().map(|d| json!({ "size": d.to_string(), "name": "" })).collect();
        json!({ "dtype": dtype, "tensor_shape": { "dim": dims, "unknown_rank": false }, "name": name })
    };
    let input = |c: &planish_tabular::ColumnSchema| {
        let dtype = match c.kind {
            Kind::Number | Kind::Formatted(_) => "DT_DOUBLE",
            Kind::Category | Kind::Date(_) => "DT_STRING",
        };
        (c.name.clone(), tensor(&c.name, dtype, &[-1]))
    };
    let inputs: Map<String, Value> = served.features.columns.iter().map(input).collect();
    let outputs = match served.model.task() {
        Task::Regress => json!({ "prediction": tensor("prediction", "DT_DOUBLE", &[-1]) }),
        Task::Classify => json!({
            "prediction": tensor("prediction", "DT_STRING", &[-1]),
            "probabilities": tensor("probabilities", "DT_DOUBLE", &[-1, served.model.target().classes().len() as i64]),
        }),
    };
    let signature =
        json!({ "inputs": inputs, "outputs": outputs, "method_name": "tensorflow/serving/predict" });
    Response::json(&json!({
        "model_spec": { "name": served.name, "signature_name": "", "version": served.version.to_string() },
        "metadata": { "signature_def": { "signature_def": { "serving_default": signature } } },
    }))
}
