//! The paths of the service, and which endpoint each leads to.
//!
//! Paths are matched by their segments here rather than by a library's router: TensorFlow Serving's `name:predict` is half of a
//! segment, every endpoint has a name that it is counted under, and the OpenAPI document is written from the same list.

use crate::error::{ApiError, Reason, quoted};
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
    TfsPredict,
    TfsStatus,
    TfsMetadata,
    Reload,
    Metrics,
    #[cfg(test)]
    Panic,
    #[cfg(test)]
    Sleep,
}

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
    /// The name that it is counted under.
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
            Endpoint::TfsPredict => "tfs_predict",
            Endpoint::TfsStatus => "tfs_status",
            Endpoint::TfsMetadata => "tfs_metadata",
            Endpoint::Reload => "reload",
            Endpoint::Metrics => "metrics",
            #[cfg(test)]
            Endpoint::Panic => "panic",
            #[cfg(test)]
            Endpoint::Sleep => "sleep",
        }
    }

    /// Whether it takes a body, which comes by POST.
    pub(crate) fn takes_body(self) -> bool {
        matches!(self, Endpoint::Infer | Endpoint::Predict | Endpoint::TfsPredict)
    }

    /// The scope that a key needs for it; nothing for what balancers and probes ask.
    pub(crate) fn scope(self) -> Option<Scope> {
        match self {
            Endpoint::Home | Endpoint::Live | Endpoint::Ready => None,
            Endpoint::Metrics => Some(Scope::Metrics),
            Endpoint::Reload => Some(Scope::Admin),
            _ => Some(Scope::Predict),
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
            ["v1", "models", ref rest @ ..] => tfs(rest),
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

/// `/v2/models/{model}[/versions/{version}][/ready|/infer]`.
fn v2(model: &str, rest: &[&str]) -> Result<Route, ApiError> {
    let (version, rest) = match rest {
        ["versions", version, rest @ ..] => (number(version)?, rest),
        _ => (Which::Latest, rest),
    };
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

fn number(version: &str) -> Result<Which, ApiError> {
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
        for nowhere in [
            "",
            "/v2/",
            "/v3",
            "/v2/models",
            "/v2/models/m/versions/x",
            "/v2/models/m/versions/+1",
            "//v2",
            "/v2/models/%ff",
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
