//! The OpenAPI document of the service, written from the list of endpoints.

use crate::endpoint::{ALL, Endpoint};
use crate::error::ApiError;
use crate::keys::Scope;
use crate::reply::{self, Reply};
use crate::service::Service;
use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Map, Value, json};

mod learned;
mod rows;

/// Statuses that any request can be refused with.
const ANY: [&str; 9] = ["400", "401", "403", "404", "405", "429", "500", "503", "504"];
/// Statuses that only a body can be refused with.
const OF_BODIES: [&str; 4] = ["408", "411", "413", "415"];

/// The document, which is written once for the models that are served, so that all who ask for it share its memory.
pub(crate) fn document(service: &Service) -> Result<Reply, ApiError> {
    let catalog = service.catalog();
    let text = match catalog.openapi.get() {
        Some(text) => text.clone(),
        None => {
            let text = Bytes::from(reply::json_text(&written(service))?);
            catalog.openapi.get_or_init(|| text).clone()
        }
    };
    Ok(reply::whole(StatusCode::OK, reply::JSON, text))
}

fn written(service: &Service) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in ALL {
        for path in endpoint.paths() {
            paths.insert(
                (*path).to_owned(),
                json!({ endpoint.method().to_lowercase(): operation(endpoint, path, service) }),
            );
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "planish", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "MIT OR Apache-2.0" } },
        "paths": paths,
        "components": {
            "schemas": { "Error": object(&[("error", json!({ "type": "string" }))], &["error"]) },
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn operation(endpoint: Endpoint, path: &str, service: &Service) -> Value {
    let (kind, schema) = answer(endpoint);
    let ok = json!({ "description": "done", "content": { kind: { "schema": schema } } });
    let mut responses = Map::from_iter([("200".to_owned(), ok)]);
    let refused = json!({ "description": "refused", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } } });
    let of_bodies = OF_BODIES.iter().filter(|_| endpoint.takes_body());
    responses.extend(ANY.iter().chain(of_bodies).map(|status| ((*status).to_owned(), refused.clone())));
    responses.extend(refusals(endpoint));
    let catalog = service.catalog();
    let parameter = |name: &str| {
        let schema = match name {
            "model" => json!({ "type": "string", "enum": catalog.known_names() }),
            "version" => json!({ "type": "integer", "minimum": 0 }),
            _ => json!({ "type": "string", "minLength": 1 }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    };
    let names = path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name);
    // A path's own name, as an endpoint may have several.
    let id: Vec<&str> = path.split(['/', '{', '}', ':']).filter(|part| !part.is_empty()).collect();
    let mut operation = json!({
        "operationId": format!("{}_{}", endpoint.name(), id.join("_")),
        "summary": endpoint.summary(),
        "parameters": names.map(parameter).collect::<Vec<_>>(),
        "responses": responses,
    });
    if let Some(schema) = request(endpoint, service) {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    match endpoint.scope() {
        Some(Scope::Admin) => operation["security"] = json!([{ "key": [] }]),
        Some(_) if !service.options().keys.is_empty() => operation["security"] = json!([{ "key": [] }]),
        _ => {}
    }
    operation
}

/// Refusals that say more than an error.
fn refusals(endpoint: Endpoint) -> Option<(String, Value)> {
    let (status, description) = match endpoint {
        Endpoint::ModelReady => ("503", "the model cannot be served"),
        Endpoint::Reload => ("500", "something was not read"),
        _ => return None,
    };
    let (_, mut schema) = answer(endpoint);
    schema["properties"]["error"] = json!({ "type": "string" });
    schema["required"] = json!(["error"]);
    let content = json!({ "application/json": { "schema": schema } });
    Some((status.to_owned(), json!({ "description": description, "content": content })))
}

/// Versions of models, folders of models or other files that could not be read.
fn failures() -> Value {
    let text = json!({ "type": "string" });
    let version = json!({ "type": ["string", "null"] });
    let parts = [
        ("model", text.clone()),
        ("version", version),
        ("folder", text.clone()),
        ("file", text.clone()),
        ("reason", text),
    ];
    json!({ "type": "array", "items": object(&parts, &["reason"]) })
}

fn object(properties: &[(&str, Value)], required: &[&str]) -> Value {
    let properties: Map<String, Value> =
        properties.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// The schema of a request's body.
fn request(endpoint: Endpoint, service: &Service) -> Option<Value> {
    let text = || json!({ "type": "string" });
    let tensor = object(
        &[
            ("name", text()),
            ("shape", json!({ "type": "array", "items": { "type": "integer", "minimum": 0 } })),
            ("datatype", text()),
            ("data", json!({ "type": "array" })),
            ("parameters", json!({ "type": "object" })),
        ],
        &["name", "shape", "datatype"],
    );
    let output = object(&[("name", text()), ("parameters", json!({ "type": "object" }))], &["name"]);
    Some(match endpoint {
        Endpoint::Predict => rows::of_models(service),
        Endpoint::Infer => object(
            &[
                ("id", text()),
                ("inputs", json!({ "type": "array", "items": tensor })),
                ("outputs", json!({ "type": "array", "items": output })),
                ("parameters", json!({ "type": "object" })),
            ],
            &["inputs"],
        ),
        Endpoint::TfsPredict => object(
            &[("instances", json!({ "type": "array" })), ("inputs", json!({})), ("signature_name", text())],
            &[],
        ),
        _ => return None,
    })
}

/// The type and schema of an answer.
fn answer(endpoint: Endpoint) -> (&'static str, Value) {
    let (text, list, yes) =
        (json!({ "type": "string" }), json!({ "type": "array" }), json!({ "type": "boolean" }));
    let schema = match endpoint {
        Endpoint::Metrics => return ("application/openmetrics-text", text),
        Endpoint::Home => object(&[("status", text)], &["status"]),
        Endpoint::Live => object(&[("live", yes)], &["live"]),
        Endpoint::Ready => object(&[("ready", yes)], &["ready"]),
        Endpoint::Server => object(
            &[("name", text.clone()), ("version", text), ("extensions", list)],
            &["name", "version", "extensions"],
        ),
        Endpoint::Metadata => object(
            &[
                ("name", text.clone()),
                ("versions", list.clone()),
                ("platform", text),
                ("inputs", list.clone()),
                ("outputs", list),
            ],
            &["name", "versions", "platform", "inputs", "outputs"],
        ),
        Endpoint::ModelReady => object(&[("name", text), ("ready", yes)], &["name", "ready"]),
        Endpoint::Infer => object(
            &[("model_name", text.clone()), ("model_version", text.clone()), ("id", text), ("outputs", list)],
            &["model_name", "model_version", "outputs"],
        ),
        Endpoint::Stats => object(&[("model_stats", list)], &["model_stats"]),
        Endpoint::Predict => object(
            &[("model", text.clone()), ("model_version", text), ("predictions", list)],
            &["model", "model_version", "predictions"],
        ),
        Endpoint::Models => {
            object(&[("models", list), ("unavailable", failures())], &["models", "unavailable"])
        }
        Endpoint::Learned => learned::schema(),
        Endpoint::TfsPredict => object(&[("predictions", list), ("outputs", json!({}))], &[]),
        Endpoint::TfsStatus => {
            object(&[("model_version_status", list), ("ready", yes)], &["model_version_status"])
        }
        Endpoint::TfsMetadata => object(
            &[("model_spec", json!({ "type": "object" })), ("metadata", json!({ "type": "object" }))],
            &["model_spec", "metadata"],
        ),
        Endpoint::Reload => object(
            &[
                ("loaded", list.clone()),
                ("removed", list),
                ("failed", json!({ "type": "integer" })),
                ("failures", failures()),
            ],
            &["loaded", "removed", "failed", "failures"],
        ),
        Endpoint::OpenApi => {
            object(&[("openapi", text), ("paths", json!({ "type": "object" }))], &["openapi", "paths"])
        }
        // The document is of REST.
        Endpoint::Grpc(_) => json!({}),
        #[cfg(test)]
        Endpoint::Panic | Endpoint::Sleep => json!({}),
    };
    ("application/json", schema)
}
