//! The OpenAPI document of the service, written from the list of endpoints.

pub(crate) mod learned;
pub(crate) mod rows;
pub(crate) mod schema;

use crate::credentials::keys::Scope;
use crate::error::ApiError;
use crate::protocols::endpoint::{Endpoint, Method};
use crate::protocols::reply;
use crate::protocols::request::Response;
use crate::service::Service;
use bytes::Bytes;
use hyper::StatusCode;
use schema::Kind;
use serde_json::{Map, Value, json};

/// Statuses that any request can fail with.
const ANY: [&str; 9] = ["400", "401", "403", "404", "405", "429", "500", "503", "504"];
/// Statuses that only a request with a body can fail with.
const OF_BODIES: [&str; 4] = ["408", "411", "413", "415"];

/// The document, which is written once for the models that are served, so that all who ask for it share its memory.
pub(crate) fn document(service: &Service, endpoints: &[Endpoint]) -> Result<Response, ApiError> {
    let catalog = service.catalog();
    let text = match catalog.openapi.get() {
        Some(text) => text.clone(),
        None => {
            let text = Bytes::from(reply::json_text(&written(service, endpoints))?);
            catalog.openapi.get_or_init(|| text).clone()
        }
    };
    Ok(Response::Ready(reply::whole(StatusCode::OK, reply::JSON, text)))
}

/// What the document says; it is of REST.
fn written(service: &Service, endpoints: &[Endpoint]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints.iter().filter(|e| e.method != Method::Call) {
        for path in endpoint.paths {
            paths.insert(
                (*path).to_owned(),
                json!({ endpoint.method.name().to_lowercase(): operation(endpoint, path, service) }),
            );
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "planish", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "MIT OR Apache-2.0" } },
        "paths": paths,
        "components": {
            "schemas": { "Error": Kind::Fields(&[("error", Kind::Text)]).schema() },
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn operation(endpoint: &Endpoint, path: &str, service: &Service) -> Value {
    let (kind, schema) = &endpoint.answer;
    let ok = json!({ "description": "done", "content": { *kind: { "schema": schema.schema() } } });
    let mut responses = Map::from_iter([("200".to_owned(), ok)]);
    let refused = json!({ "description": "refused", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } } });
    let of_bodies = OF_BODIES.iter().filter(|_| endpoint.takes_body());
    responses.extend(ANY.iter().chain(of_bodies).map(|status| ((*status).to_owned(), refused.clone())));
    responses.extend(refusal(endpoint));
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
        "operationId": format!("{}_{}", endpoint.name, id.join("_")),
        "summary": endpoint.summary,
        "parameters": names.map(parameter).collect::<Vec<_>>(),
        "responses": responses,
    });
    if let Some(body) = endpoint.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body(service) } } });
    }
    match endpoint.scope {
        Some(Scope::Admin) => operation["security"] = json!([{ "key": [] }]),
        Some(_) if !service.options().keys.is_empty() => operation["security"] = json!([{ "key": [] }]),
        _ => {}
    }
    operation
}

/// A refusal that says more than an error.
fn refusal(endpoint: &Endpoint) -> Option<(String, Value)> {
    let (status, description) = endpoint.refusal?;
    let mut schema = endpoint.answer.1.schema();
    schema["properties"]["error"] = Kind::Text.schema();
    schema["required"] = json!(["error"]);
    let content = json!({ "application/json": { "schema": schema } });
    Some((status.to_owned(), json!({ "description": description, "content": content })))
}
