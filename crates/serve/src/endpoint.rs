//! The paths of the service, and which endpoint each leads to.
//!
//! Paths are matched by their segments here rather than by a library's router: TensorFlow Serving's `name:predict` is half of a
//! segment, every endpoint has a name that it is counted under, and the OpenAPI document is written from the same list.

use crate::error::{ApiError, Reason, quoted};
use crate::grpc;
use crate::keys::Scope;
use hyper::Method;
use percent_encoding::percent_decode_str;

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    Home,
    Live,
    Ready,
    Server,
    Metadata,
    ModelReady,
    Infer,
    Stats,
    Predict,
    Models,
    Learned,
    TfsPredict,
    TfsStatus,
    TfsMetadata,
    Reload,
    Metrics,
    OpenApi,
    /// A method of gRPC.
    Grpc(grpc::Method),
    #[cfg(test)]
    Panic,
    #[cfg(test)]
    Sleep,
}

/// Every endpoint of REST, but those of tests.
pub(crate) const ALL: [Endpoint; 17] = [
    Endpoint::Home,
    Endpoint::Live,
    Endpoint::Ready,
    Endpoint::Server,
    Endpoint::Metadata,
    Endpoint::ModelReady,
    Endpoint::Infer,
    Endpoint::Stats,
    Endpoint::Predict,
    Endpoint::Models,
    Endpoint::Learned,
    Endpoint::TfsPredict,
    Endpoint::TfsStatus,
    Endpoint::TfsMetadata,
    Endpoint::Reload,
    Endpoint::Metrics,
    Endpoint::OpenApi,
];

/// A version of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Latest,
    Number(u64),
    Label(String),
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) endpoint: Endpoint,
    /// Empty where the path names none.
    pub(crate) model: String,
    pub(crate) version: Which,
}

impl Endpoint {
    /// The name of no endpoint, for requests that lead nowhere.
    pub(crate) const NONE: &str = "none";

    /// The name that it is counted and logged under.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Endpoint::Home => "home",
            Endpoint::Live => "live",
            Endpoint::Ready => "ready",
            Endpoint::Server => "server",
            Endpoint::Metadata => "metadata",
            Endpoint::ModelReady => "model_ready",
            Endpoint::Infer => "infer",
            Endpoint::Stats => "stats",
            Endpoint::Predict => "predict",
            Endpoint::Models => "models",
            Endpoint::Learned => "learned",
            Endpoint::TfsPredict => "tfs_predict",
            Endpoint::TfsStatus => "tfs_status",
            Endpoint::TfsMetadata => "tfs_metadata",
            Endpoint::Reload => "reload",
            Endpoint::Metrics => "metrics",
            Endpoint::OpenApi => "openapi",
            Endpoint::Grpc(method) => method.name(),
            #[cfg(test)]
            Endpoint::Panic => "panic",
            #[cfg(test)]
            Endpoint::Sleep => "sleep",
        }
    }

    /// Whether it takes a body, which comes by POST.
    pub(crate) fn takes_body(self) -> bool {
        matches!(self, Endpoint::Infer | Endpoint::Predict | Endpoint::TfsPredict | Endpoint::Grpc(_))
    }

    /// The scope that a key needs for it; nothing for what balancers and probes ask.
    pub(crate) fn scope(self) -> Option<Scope> {
        match self {
            Endpoint::Home | Endpoint::Live | Endpoint::Ready => None,
            Endpoint::Metrics => Some(Scope::Metrics),
            Endpoint::Reload => Some(Scope::Admin),
            Endpoint::Grpc(method) => method.scope(),
            _ => Some(Scope::Predict),
        }
    }

    /// The method that it takes; where that is GET, it takes HEAD too.
    pub(crate) fn method(self) -> &'static str {
        if self.methods() == "POST" { "POST" } else { "GET" }
    }

    /// The paths of REST that lead to it.
    pub(crate) fn paths(self) -> &'static [&'static str] {
        match self {
            Endpoint::Home => &["/"],
            Endpoint::Live => &["/v2/health/live"],
            Endpoint::Ready => &["/v2/health/ready"],
            Endpoint::Server => &["/v2"],
            Endpoint::Metadata => &["/v2/models/{model}", "/v2/models/{model}/versions/{version}"],
            Endpoint::ModelReady => {
                &["/v2/models/{model}/ready", "/v2/models/{model}/versions/{version}/ready"]
            }
            Endpoint::Infer => &["/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"],
            Endpoint::Stats => &["/v2/models/{model}/stats", "/v2/models/{model}/versions/{version}/stats"],
            Endpoint::Predict => &["/predict"],
            Endpoint::Models => &["/models"],
            Endpoint::Learned => &["/models/{model}", "/models/{model}/versions/{version}"],
            Endpoint::TfsPredict => &[
                "/v1/models/{model}:predict",
                "/v1/models/{model}/versions/{version}:predict",
                "/v1/models/{model}/labels/{label}:predict",
            ],
            Endpoint::TfsStatus => &[
                "/v1/models/{model}",
                "/v1/models/{model}/versions/{version}",
                "/v1/models/{model}/labels/{label}",
            ],
            Endpoint::TfsMetadata => &[
                "/v1/models/{model}/metadata",
                "/v1/models/{model}/versions/{version}/metadata",
                "/v1/models/{model}/labels/{label}/metadata",
            ],
            Endpoint::Reload => &["/admin/reload"],
            Endpoint::Metrics => &["/metrics"],
            Endpoint::OpenApi => &["/openapi.json"],
            Endpoint::Grpc(_) => &[],
            #[cfg(test)]
            Endpoint::Panic | Endpoint::Sleep => &[],
        }
    }

    /// What it does, for the OpenAPI document.
    pub(crate) fn summary(self) -> &'static str {
        match self {
            Endpoint::Home => "Whether the service is there; a page for browsers",
            Endpoint::Live => "Whether the service lives",
            Endpoint::Ready => "Whether the service takes requests",
            Endpoint::Server => "The service and the extensions that it offers",
            Endpoint::Metadata => "A model's inputs and outputs",
            Endpoint::ModelReady => "Whether a model takes requests",
            Endpoint::Infer => "Predict tensors",
            Endpoint::Stats => "What a model has predicted, and how fast",
            Endpoint::Predict => "Predict rows of named values",
            Endpoint::Models => "What a form needs to ask the models",
            Endpoint::Learned => "What a model was made from and what it learned",
            Endpoint::TfsPredict => "Predict as TensorFlow Serving does",
            Endpoint::TfsStatus => "The state of a model's versions",
            Endpoint::TfsMetadata => "A model's signature",
            Endpoint::Reload => "Read changed models again",
            Endpoint::Metrics => "Counters for Prometheus",
            Endpoint::OpenApi => "This document",
            Endpoint::Grpc(_) => "A call over gRPC",
            #[cfg(test)]
            Endpoint::Panic | Endpoint::Sleep => "A test's",
        }
    }

    fn methods(self) -> &'static str {
        if self.takes_body() || self == Endpoint::Reload { "POST" } else { "GET, HEAD" }
    }
}

impl Route {
    /// Where this request goes.
    ///
    /// # Errors
    /// 404 for a path that leads nowhere, 405 for a method that it does not take.
    pub(crate) fn of(method: &Method, path: &str) -> Result<Route, ApiError> {
        let route = Route::of_path(path)?;
        let takes = match *method {
            Method::POST => route.endpoint.methods() == "POST",
            Method::GET | Method::HEAD => route.endpoint.methods() != "POST",
            _ => false,
        };
        if takes {
            return Ok(route);
        }
        let allowed = route.endpoint.methods();
        Err(ApiError::new(Reason::Method(allowed), format!("this path takes {allowed} only")))
    }

    fn of_path(path: &str) -> Result<Route, ApiError> {
        let plain = |endpoint| Ok(Route { endpoint, model: String::new(), version: Which::Latest });
        let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        match segments[..] {
            [""] => plain(Endpoint::Home),
            ["predict"] => plain(Endpoint::Predict),
            ["models"] => plain(Endpoint::Models),
            ["models", model, ref rest @ ..] => learned(model, rest),
            ["v1", "models", ref rest @ ..] => tfs(rest),
            ["openapi.json"] => plain(Endpoint::OpenApi),
            ["metrics"] => plain(Endpoint::Metrics),
            ["admin", "reload"] => plain(Endpoint::Reload),
            ["v2"] => plain(Endpoint::Server),
            ["v2", "health", "live"] => plain(Endpoint::Live),
            ["v2", "health", "ready"] => plain(Endpoint::Ready),
            ["v2", "models", model, ref rest @ ..] => v2(model, rest),
            #[cfg(test)]
            ["panic"] => plain(Endpoint::Panic),
            #[cfg(test)]
            ["sleep"] => plain(Endpoint::Sleep),
            _ => Err(nowhere()),
        }
    }
}

fn nowhere() -> ApiError {
    ApiError::not_found("there is nothing at this path")
}

/// `[/versions/{version}]`, and what follows it.
fn versioned<'a, 'p>(rest: &'a [&'p str]) -> Result<(Which, &'a [&'p str]), ApiError> {
    match rest {
        ["versions", version, rest @ ..] => Ok((number(version)?, rest)),
        _ => Ok((Which::Latest, rest)),
    }
}

/// `/models/{model}[/versions/{version}]`.
fn learned(model: &str, rest: &[&str]) -> Result<Route, ApiError> {
    let (version, []) = versioned(rest)? else { return Err(nowhere()) };
    if model.is_empty() {
        return Err(nowhere());
    }
    Ok(Route { endpoint: Endpoint::Learned, model: decoded(model)?, version })
}

/// `/v2/models/{model}[/versions/{version}][/ready|/infer]`.
fn v2(model: &str, rest: &[&str]) -> Result<Route, ApiError> {
    let (version, rest) = versioned(rest)?;
    let endpoint = match rest {
        [] => Endpoint::Metadata,
        ["ready"] => Endpoint::ModelReady,
        ["infer"] => Endpoint::Infer,
        ["stats"] => Endpoint::Stats,
        _ => return Err(nowhere()),
    };
    Ok(Route { endpoint, model: decoded(model)?, version })
}

/// `/v1/models/{model}[/versions/{version}|/labels/{label}][:predict|/metadata]`.
fn tfs(segments: &[&str]) -> Result<Route, ApiError> {
    let [before @ .., last] = segments else { return Err(nowhere()) };
    let (endpoint, last) = match (*last, before) {
        ("metadata", [_, ..]) => (Endpoint::TfsMetadata, None),
        (last, _) => match last.strip_suffix(":predict") {
            Some(name) => (Endpoint::TfsPredict, Some(name)),
            None => (Endpoint::TfsStatus, Some(last)),
        },
    };
    let named: Vec<&str> = before.iter().copied().chain(last).collect();
    let (model, version) = match named[..] {
        [model] => (model, Which::Latest),
        [model, "versions", version] => (model, number(version)?),
        [model, "labels", label] => (model, Which::Label(decoded(label)?)),
        _ => return Err(nowhere()),
    };
    if model.is_empty() {
        return Err(nowhere());
    }
    Ok(Route { endpoint, model: decoded(model)?, version })
}

/// A version that is given by its number.
pub(crate) fn number(version: &str) -> Result<Which, ApiError> {
    let digits = version.bytes().all(|b| b.is_ascii_digit());
    let number = version.parse().ok().filter(|_| digits);
    number.map(Which::Number).ok_or_else(|| {
        ApiError::not_found(format!("there is no version {}: versions are whole numbers", quoted(version)))
    })
}

/// A segment with its `%20` read.
fn decoded(segment: &str) -> Result<String, ApiError> {
    let text = percent_decode_str(segment).decode_utf8();
    text.map(|t| t.into_owned()).map_err(|_| ApiError::bad_request("the path is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &str) -> Option<(Endpoint, String, Which)> {
        Route::of_path(path).ok().map(|r| (r.endpoint, r.model, r.version))
    }

    #[test]
    fn paths_lead_to_endpoints_with_their_model_and_version() {
        assert_eq!(route("/v2/models/a%20b/infer"), Some((Endpoint::Infer, "a b".into(), Which::Latest)));
        assert_eq!(
            route("/v2/models/m/versions/12/ready"),
            Some((Endpoint::ModelReady, "m".into(), Which::Number(12)))
        );
        assert_eq!(
            route("/models/m%2F1/versions/2"),
            Some((Endpoint::Learned, "m/1".into(), Which::Number(2)))
        );
        for nowhere in [
            "",
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
        ] {
            assert!(nowhere.is_empty() || route(nowhere).is_none(), "{nowhere}");
        }
    }

    #[test]
    fn a_method_that_a_path_does_not_take_is_told_which_it_does() {
        let refused = Route::of(&Method::GET, "/predict").unwrap_err();
        assert_eq!(refused.reason, Reason::Method("POST"));
        assert_eq!(Route::of(&Method::DELETE, "/v2").unwrap_err().reason, Reason::Method("GET, HEAD"));
        assert!(Route::of(&Method::HEAD, "/v2/health/live").is_ok());
    }
}
