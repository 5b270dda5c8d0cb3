//! What an endpoint is, and which one of a table a request is for.
//!
//! Paths are matched by their templates here rather than by a library's router: TensorFlow Serving's `{model}:predict` is half of a
//! segment.

use crate::credentials::keys::Scope;
use crate::error::{ApiError, Reason};
use crate::models::version::{Target, VersionSelector};
use crate::protocols::openapi::schema::Kind;
use crate::protocols::reply::JSON;
use crate::protocols::request::{Request, Response};
use crate::service::Service;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Answers a request, or begins to.
pub(crate) type Handler = fn(&Service, &Request<'_>) -> Result<Response, ApiError>;

/// How an endpoint is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// By GET or HEAD.
    Get,
    Post,
    /// By a call over gRPC.
    Call,
}

/// Something that can be asked for.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// The name that it is counted and logged under.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// The templates of its paths.
    pub(crate) paths: &'static [&'static str],
    /// The scope that a key needs for it; nothing for what balancers and probes ask.
    pub(crate) scope: Option<Scope>,
    pub(crate) handler: Handler,
    /// What it does, in a line.
    pub(crate) summary: &'static str,
    /// The type of its answer, and its schema.
    pub(crate) answer: (&'static str, Kind),
    /// The schema of the body, if it takes one.
    pub(crate) body: Option<fn(&Service) -> Value>,
    /// A status whose answer says more than an error, and what it means.
    pub(crate) refusal: Option<(&'static str, &'static str)>,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) target: Target,
}

impl Method {
    /// The method of HTTP.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post | Method::Call => "POST",
        }
    }

    /// The methods of HTTP that are taken.
    fn allowed(self) -> &'static str {
        match self {
            Method::Get => "GET, HEAD",
            Method::Post | Method::Call => "POST",
        }
    }
}

/// An endpoint that is asked by GET, takes no body, and answers with a JSON object of these fields.
pub(crate) const fn get(
    name: &'static str,
    paths: &'static [&'static str],
    scope: Option<Scope>,
    handler: Handler,
    summary: &'static str,
    fields: &'static [(&'static str, Kind)],
) -> Endpoint {
    let (method, answer) = (Method::Get, (JSON, Kind::Fields(fields)));
    Endpoint { name, method, paths, scope, handler, summary, answer, body: None, refusal: None }
}

impl Endpoint {
    /// The name of no endpoint, for requests that lead nowhere.
    pub(crate) const NONE: &str = "none";

    pub(crate) const fn by(self, method: Method) -> Endpoint {
        Endpoint { method, ..self }
    }

    pub(crate) const fn body(self, schema: fn(&Service) -> Value) -> Endpoint {
        Endpoint { body: Some(schema), ..self }
    }

    pub(crate) const fn answers(self, kind: &'static str, schema: Kind) -> Endpoint {
        Endpoint { answer: (kind, schema), ..self }
    }

    pub(crate) const fn refuses(self, status: &'static str, meaning: &'static str) -> Endpoint {
        Endpoint { refusal: Some((status, meaning)), ..self }
    }

    /// Whether a body is read for it.
    pub(crate) fn takes_body(&self) -> bool {
        self.method == Method::Call || self.body.is_some()
    }
}

impl Route {
    /// Where a request of REST goes.
    ///
    /// # Errors
    /// 404 for a path that leads nowhere, 405 for a method that it does not take.
    pub(crate) fn of(
        table: &'static [Endpoint],
        method: &hyper::Method,
        path: &str,
    ) -> Result<Route, ApiError> {
        let route = Route::of_path(table, path)?;
        let taken = match *method {
            hyper::Method::POST => route.endpoint.method == Method::Post,
            hyper::Method::GET | hyper::Method::HEAD => route.endpoint.method == Method::Get,
            _ => false,
        };
        if taken {
            return Ok(route);
        }
        let allowed = route.endpoint.method.allowed();
        Err(ApiError::new(Reason::Method(allowed), format!("this path takes {allowed} only")))
    }

    /// Where a call over gRPC goes.
    ///
    /// # Errors
    /// A method that is not offered.
    pub(crate) fn of_call(table: &'static [Endpoint], path: &str) -> Result<Route, ApiError> {
        let endpoint = table.iter().find(|e| e.method == Method::Call && e.paths.contains(&path));
        let endpoint = endpoint
            .ok_or_else(|| ApiError::new(Reason::Unimplemented, "this service does not offer the method"))?;
        let target = Target { model: String::new(), version: VersionSelector::Latest };
        Ok(Route { endpoint, target })
    }

    fn of_path(table: &'static [Endpoint], path: &str) -> Result<Route, ApiError> {
        for endpoint in table.iter().filter(|e| e.method != Method::Call) {
            for template in endpoint.paths {
                if let Some(names) = Names::of(template, path) {
                    return Ok(Route { endpoint, target: names.target(path)? });
                }
            }
        }
        // A version that is no number is told of, wherever the path goes on to.
        match path.split('/').collect::<Vec<_>>()[..] {
            ["", "v2", "models", _, "versions", version, ..] | ["", "models", _, "versions", version, ..] => {
                Err(VersionSelector::number(version).err().unwrap_or_else(nowhere))
            }
            _ => Err(nowhere()),
        }
    }
}

fn nowhere() -> ApiError {
    ApiError::not_found("there is nothing at this path")
}

/// What a path has in the places of a template's `{model}`, `{version}` and `{label}`.
#[derive(Default)]
struct Names<'a> {
    model: Option<&'a str>,
    version: Option<&'a str>,
    label: Option<&'a str>,
}

impl<'a> Names<'a> {
    /// Nothing if the path is not of this template.
    fn of(mut template: &str, mut path: &'a str) -> Option<Names<'a>> {
        let mut names = Names::default();
        while let Some((before, rest)) = template.split_once('{') {
            path = path.strip_prefix(before)?;
            let (name, rest) = rest.split_once('}')?;
            let end_of_segment = |text: &str| text.find('/').unwrap_or(text.len());
            let (suffix, template_rest) = rest.split_at(end_of_segment(rest));
            let (segment, path_rest) = path.split_at(end_of_segment(path));
            let value = segment.strip_suffix(suffix)?;
            match name {
                "model" => names.model = Some(value),
                // At the end of a path this asks for metadata.
                _ if segment == "metadata" && path_rest.is_empty() => return None,
                "version" => names.version = Some(value),
                _ => names.label = Some(value),
            }
            (template, path) = (template_rest, path_rest);
        }
        (template == path).then_some(names)
    }

    /// What they name. A model without a name is nowhere, but for protocol V2, which says that there is no such model.
    fn target(&self, path: &str) -> Result<Target, ApiError> {
        let version = match (self.version, self.label) {
            (Some(number), _) => VersionSelector::number(number)?,
            (None, Some(label)) => VersionSelector::Label(decoded(label)?),
            (None, None) => VersionSelector::Latest,
        };
        match self.model {
            Some("") if !path.starts_with("/v2/") => Err(nowhere()),
            model => Ok(Target { model: decoded(model.unwrap_or_default())?, version }),
        }
    }
}

/// A segment with its `%20` read.
fn decoded(segment: &str) -> Result<String, ApiError> {
    let text = percent_decode_str(segment).decode_utf8();
    text.map(|t| t.into_owned()).map_err(|_| ApiError::bad_request("the path is not UTF-8"))
}
