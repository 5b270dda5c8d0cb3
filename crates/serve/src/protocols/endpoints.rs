//! The endpoints: the one list from which requests are matched, answers are counted, and the OpenAPI document and the list in
//! `docs/serving.md` are made. A new one is an entry here and its handler.

use crate::credentials::keys::Scope::{self, Admin, Metrics, Predict};
use crate::error::ApiError;
use crate::protocols::endpoint::Method::{Call, Post};
use crate::protocols::endpoint::{Endpoint, get};
use crate::protocols::openapi::schema::FAILURES;
use crate::protocols::openapi::schema::Kind::{Any, Boolean, Integer, List, Object, Optional, Text};
use crate::protocols::reply::JSON;
use crate::protocols::request::{Request, Response};
use crate::protocols::{describe, grpc, learned, openapi, operations, probes, rows, tfs, v2};
use crate::service::Service;

/// All endpoints: the name that each is counted under, its paths, the scope that a key needs, its handler, what it does, and the fields
/// of its answer. Of two templates that a path matches, the first counts.
#[rustfmt::skip]
pub(crate) static ENDPOINTS: &[Endpoint] = &[
    get("home", &["/"], None, probes::home, "Whether the service is there; a page for browsers", &[("status", Text)]),
    get("live", &["/v2/health/live"], None, probes::live, "Whether the service lives", &[("live", Boolean)]),
    get("ready", &["/v2/health/ready"], None, probes::ready, "Whether the service takes requests", &[("ready", Boolean)]),
    get("server", &["/v2"], Some(Predict), v2::server, "The service and the extensions that it offers",
        &[("name", Text), ("version", Text), ("extensions", List)]),
    get("metadata", &["/v2/models/{model}", "/v2/models/{model}/versions/{version}"],
        Some(Predict), v2::metadata, "A model's inputs and outputs",
        &[("name", Text), ("versions", List), ("platform", Text), ("inputs", List), ("outputs", List)]),
    get("model_ready", &["/v2/models/{model}/ready", "/v2/models/{model}/versions/{version}/ready"],
        Some(Predict), v2::ready, "Whether a model takes requests", &[("name", Text), ("ready", Boolean)])
        .refuses("503", "the model cannot be served"),
    get("infer", &["/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"],
        Some(Predict), v2::infer, "Predict tensors",
        &[("model_name", Text), ("model_version", Text), ("id", Optional(&Text)), ("outputs", List)])
        .by(Post).body(|_| v2::INFER_BODY.schema()),
    get("stats", &["/v2/models/{model}/stats", "/v2/models/{model}/versions/{version}/stats"],
        Some(Predict), v2::stats, "What a model has predicted, and how fast", &[("model_stats", List)]),
    get("predict", &["/predict"], Some(Predict), rows::predict, "Predict rows of named values",
        &[("model", Text), ("model_version", Text), ("predictions", List)])
        .by(Post).body(openapi::rows::of_models),
    get("models", &["/models"], Some(Predict), describe::models, "What a form needs to ask the models",
        &[("models", List), ("unavailable", FAILURES)]),
    get("learned", &["/models/{model}", "/models/{model}/versions/{version}"],
        Some(Predict), learned::learned, "What a model was made from and what it learned", &[])
        .answers(JSON, openapi::learned::ANSWER),
    get("tfs_predict", &["/v1/models/{model}:predict", "/v1/models/{model}/versions/{version}:predict",
        "/v1/models/{model}/labels/{label}:predict"],
        Some(Predict), tfs::predict, "Predict as TensorFlow Serving does",
        &[("predictions", Optional(&List)), ("outputs", Optional(&Any))])
        .by(Post).body(|_| tfs::PREDICT_BODY.schema()),
    get("tfs_status", &["/v1/models/{model}", "/v1/models/{model}/versions/{version}",
        "/v1/models/{model}/labels/{label}"],
        Some(Predict), tfs::status, "The state of a model's versions",
        &[("model_version_status", List), ("ready", Optional(&Boolean))]),
    get("tfs_metadata", &["/v1/models/{model}/metadata", "/v1/models/{model}/versions/{version}/metadata",
        "/v1/models/{model}/labels/{label}/metadata"],
        Some(Predict), tfs::metadata, "A model's signature", &[("model_spec", Object), ("metadata", Object)]),
    get("reload", &["/admin/reload"], Some(Admin), operations::reload, "Read changed models again",
        &[("loaded", List), ("removed", List), ("failed", Integer), ("failures", FAILURES)])
        .by(Post).refuses("500", "something was not read"),
    get("metrics", &["/metrics"], Some(Metrics), operations::metrics, "Counters for Prometheus", &[])
        .answers(operations::OPENMETRICS, Text),
    get("openapi", &["/openapi.json"], Some(Predict), document, "This document", &[("openapi", Text), ("paths", Object)]),
    call("grpc_server_live", &["/inference.GRPCInferenceService/ServerLive"], None),
    call("grpc_server_ready", &["/inference.GRPCInferenceService/ServerReady"], None),
    call("grpc_model_ready", &["/inference.GRPCInferenceService/ModelReady"], Some(Predict)),
    call("grpc_server_metadata", &["/inference.GRPCInferenceService/ServerMetadata"], Some(Predict)),
    call("grpc_model_metadata", &["/inference.GRPCInferenceService/ModelMetadata"], Some(Predict)),
    call("grpc_model_infer", &[grpc::MODEL_INFER], Some(Predict)),
    call("grpc_model_statistics", &["/inference.GRPCInferenceService/ModelStatistics"], Some(Predict)),
    call("grpc_health_check", &["/grpc.health.v1.Health/Check"], None),
    call("grpc_health_watch", &[grpc::HEALTH_WATCH], None),
];

/// A method of gRPC. The OpenAPI document, which is of REST, says nothing of it.
const fn call(name: &'static str, path: &'static [&'static str], scope: Option<Scope>) -> Endpoint {
    get(name, path, scope, grpc::call, "", &[]).by(Call)
}

fn document(service: &Service, _: &Request<'_>) -> Result<Response, ApiError> {
    openapi::document(service, ENDPOINTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use crate::error::Reason;
    use crate::models::version::VersionSelector::{self, Label, Latest, Number};
    use crate::protocols::endpoint::{Method, Route};
    use crate::protocols::reply::ReplyBody;
    use planish_tensor::Exec;
    use serde_json::Value;

    fn route(path: &str) -> Result<(&'static str, String, VersionSelector), ApiError> {
        // The other method is that of most paths.
        let route = Route::of(ENDPOINTS, &hyper::Method::GET, path);
        let route = route.or_else(|_| Route::of(ENDPOINTS, &hyper::Method::POST, path));
        route.map(|r| (r.endpoint.name, r.target.model, r.target.version))
    }

    #[test]
    fn paths_lead_to_endpoints_with_their_model_and_version() {
        for (path, name, model, version) in [
            ("/v2/models/a%20b/infer", "infer", "a b", Latest),
            ("/v2/models/m/versions/12/ready", "model_ready", "m", Number(12)),
            ("/models/m%2F1/versions/2", "learned", "m/1", Number(2)),
            ("/v1/models/a:b", "tfs_status", "a:b", Latest),
            ("/v1/models/m:predict", "tfs_predict", "m", Latest),
            ("/v1/models/m/versions/3:predict", "tfs_predict", "m", Number(3)),
            ("/v1/models/m/labels/a%20b/metadata", "tfs_metadata", "m", Label("a b".to_owned())),
            ("/v1/models/metadata", "tfs_status", "metadata", Latest),
        ] {
            assert_eq!(route(path), Ok((name, model.to_owned(), version)));
        }
        for nowhere in [
            "/v2/",
            "/v3",
            "/v2/models",
            "/v2/models/m/versions/x",
            "/v2/models/m/versions/+1",
            "//v2",
            "/v2/models/%ff",
            "/models/",
            "/models/m/versions",
            "/models/m/ready",
            "/v1/models/:predict",
            "/v1/models/m/labels/metadata",
        ] {
            assert!(route(nowhere).is_err(), "{nowhere}");
        }
    }

    #[test]
    fn a_method_that_a_path_does_not_take_is_told_which_it_does() {
        let refused = |method, path| Route::of(ENDPOINTS, &method, path).unwrap_err().reason;
        assert_eq!(refused(hyper::Method::GET, "/predict"), Reason::Method("POST"));
        assert_eq!(refused(hyper::Method::DELETE, "/v2"), Reason::Method("GET, HEAD"));
        assert!(Route::of(ENDPOINTS, &hyper::Method::HEAD, "/v2/health/live").is_ok());
    }

    #[test]
    fn every_endpoint_is_in_the_document_with_a_name_of_its_own() {
        let service = Service::new(Exec::best(), Options::default(), Vec::new()).unwrap();
        let Ok(Response::Ready(reply)) = openapi::document(&service, ENDPOINTS) else {
            panic!("no document")
        };
        let ReplyBody::Whole { data, .. } = reply.into_body() else { panic!("it goes on") };
        let document: Value = serde_json::from_slice(&data).unwrap();
        let mut ids = Vec::new();
        for endpoint in ENDPOINTS.iter().filter(|e| e.method != Method::Call) {
            for path in endpoint.paths {
                let method = endpoint.method.name();
                let operation = &document["paths"][*path][method.to_lowercase()];
                ids.push(operation["operationId"].as_str().unwrap_or_else(|| panic!("{path}")).to_owned());
                let filled = path.replace("{model}", "m").replace("{version}", "1").replace("{label}", "l");
                let route = Route::of(ENDPOINTS, &method.parse().unwrap(), &filled).unwrap();
                assert_eq!(route.endpoint.name, endpoint.name, "{path}");
            }
        }
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }

    #[test]
    fn every_method_of_grpc_is_found_by_its_path() {
        for endpoint in ENDPOINTS.iter().filter(|e| e.method == Method::Call) {
            let [path] = endpoint.paths else { panic!("{}", endpoint.name) };
            assert_eq!(Route::of_call(ENDPOINTS, path).unwrap().endpoint.name, endpoint.name);
        }
        let nowhere = Route::of_call(ENDPOINTS, "/inference.GRPCInferenceService/RepositoryModelLoad");
        assert_eq!(nowhere.unwrap_err().reason, Reason::Unimplemented);
    }

    /// A line of the list in `docs/serving.md`.
    fn line(endpoint: &Endpoint) -> String {
        let paths: Vec<String> = endpoint.paths.iter().map(|path| format!("`{path}`")).collect();
        let scope = endpoint.scope.map_or("", Scope::name);
        let how = match endpoint.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Call => "gRPC",
        };
        format!("| `{}` | {how} | {} | {scope} |\n", endpoint.name, paths.join("<br>"))
    }

    #[test]
    fn the_list_in_the_documentation_is_this_one() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/serving.md");
        let page = std::fs::read_to_string(page).unwrap();
        let list: String = ENDPOINTS.iter().map(line).collect();
        let head = "| counted as | method | paths | scope |\n|---|---|---|---|\n";
        assert!(
            page.contains(&format!("{head}{list}\n")),
            "docs/serving.md must have this list:\n\n{head}{list}"
        );
    }
}
