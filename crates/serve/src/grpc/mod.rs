//! The Open Inference Protocol V2 over gRPC, and gRPC's health protocol.
//!
//! A call is an HTTP/2 request to the same port as all others, known by its content type, and passes the same [`crate::door`]: keys, limits,
//! places, deadline, counters and the log are the same. The door has the whole message in memory, within its limits, before tonic decodes
//! it (see `frame`); a refusal has the same [`Reason`] as over REST, and `error` says which gRPC status that is.

mod frame;
mod health;
mod inference;
mod tensors;

/// What `cargo xtask proto` makes: the messages, and tonic's traits of the two services.
#[allow(clippy::all, dead_code, missing_docs, unreachable_pub, reason = "generated, and more than is used")]
pub(crate) mod generated {
    pub(crate) mod health;
    pub(crate) mod inference;
}

use crate::body::{self, Held};
use crate::endpoint::{Endpoint, Route, Which};
use crate::error::{ApiError, Reason};
use crate::keys::Scope;
use crate::reply::{Reply, ReplyBody};
use crate::service::Service;
use bytes::Bytes;
use generated::health::health_server::HealthServer;
use generated::inference::grpc_inference_service_server::GrpcInferenceServiceServer;
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request, Response, Uri, Version};
use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;
use tonic::codegen::Service as _;

/// The longest message of a call that anybody may make, in bytes.
const SMALL: usize = 1 << 10;

/// What can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Method {
    ServerLive,
    ServerReady,
    ModelReady,
    ServerMetadata,
    ModelMetadata,
    ModelInfer,
    ModelStatistics,
    HealthCheck,
    HealthWatch,
}

impl Method {
    pub(crate) const ALL: [Method; 9] = [
        Method::ServerLive,
        Method::ServerReady,
        Method::ModelReady,
        Method::ServerMetadata,
        Method::ModelMetadata,
        Method::ModelInfer,
        Method::ModelStatistics,
        Method::HealthCheck,
        Method::HealthWatch,
    ];

    fn path(self) -> &'static str {
        match self {
            Method::ServerLive => "/inference.GRPCInferenceService/ServerLive",
            Method::ServerReady => "/inference.GRPCInferenceService/ServerReady",
            Method::ModelReady => "/inference.GRPCInferenceService/ModelReady",
            Method::ServerMetadata => "/inference.GRPCInferenceService/ServerMetadata",
            Method::ModelMetadata => "/inference.GRPCInferenceService/ModelMetadata",
            Method::ModelInfer => "/inference.GRPCInferenceService/ModelInfer",
            Method::ModelStatistics => "/inference.GRPCInferenceService/ModelStatistics",
            Method::HealthCheck => "/grpc.health.v1.Health/Check",
            Method::HealthWatch => "/grpc.health.v1.Health/Watch",
        }
    }

    /// The name that it is counted under.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::ServerLive => "grpc_server_live",
            Method::ServerReady => "grpc_server_ready",
            Method::ModelReady => "grpc_model_ready",
            Method::ServerMetadata => "grpc_server_metadata",
            Method::ModelMetadata => "grpc_model_metadata",
            Method::ModelInfer => "grpc_model_infer",
            Method::ModelStatistics => "grpc_model_statistics",
            Method::HealthCheck => "grpc_health_check",
            Method::HealthWatch => "grpc_health_watch",
        }
    }

    /// The scope that a key needs for it; nothing for what balancers and probes ask.
    pub(crate) fn scope(self) -> Option<Scope> {
        match self {
            Method::ServerLive | Method::ServerReady | Method::HealthCheck | Method::HealthWatch => None,
            _ => Some(Scope::Predict),
        }
    }
}

/// Whether the request is a call.
pub(crate) fn is_call(parts: &Parts) -> bool {
    let kind = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let rest = kind.strip_prefix(b"application/grpc");
    parts.version == Version::HTTP_2 && rest.is_some_and(|r| r.is_empty() || r[0] == b'+' || r[0] == b';')
}

/// Where a call goes.
///
/// # Errors
/// A method that there is not.
pub(crate) fn route(path: &str) -> Result<Route, ApiError> {
    #[cfg(test)]
    if path == "/panic" {
        return Ok(Route { endpoint: Endpoint::Panic, model: String::new(), version: Which::Latest });
    }
    let method = Method::ALL.into_iter().find(|m| m.path() == path);
    let method = method
        .ok_or_else(|| ApiError::new(Reason::Unimplemented, "this service does not offer the method"))?;
    Ok(Route { endpoint: Endpoint::Grpc(method), model: String::new(), version: Which::Latest })
}

/// How long the answer may take: `grpc-timeout`, if that is less than what the service allows.
pub(crate) fn deadline(headers: &HeaderMap, most: Duration) -> Result<Duration, ApiError> {
    let Some(sent) = headers.get("grpc-timeout") else { return Ok(most) };
    let parse = |text: &str| {
        let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let plain = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let n: u64 = digits.parse().ok().filter(|_| plain)?;
        Some(match unit {
            "H" => Duration::from_secs(n * 3600),
            "M" => Duration::from_secs(n * 60),
            "S" => Duration::from_secs(n),
            "m" => Duration::from_millis(n),
            "u" => Duration::from_micros(n),
            "n" => Duration::from_nanos(n),
            _ => return None,
        })
    };
    let asked = sent.to_str().ok().and_then(parse);
    let asked = asked.ok_or_else(|| ApiError::bad_request("grpc-timeout is 1 to 8 digits and a unit"))?;
    Ok(asked.min(most))
}

/// Reads the message of a call, within the limits.
pub(crate) async fn read<B>(
    service: &Service,
    method: Method,
    parts: &Parts,
    body: Pin<&mut B>,
) -> Result<(Bytes, Held), ApiError>
where
    B: Body<Data = Bytes>,
{
    let options = service.options();
    let limit = if method.scope().is_some() { options.body_bytes } else { options.body_bytes.min(SMALL) };
    let (body, mut held) = body::read(parts, body, options, limit, service.budget()).await?;
    let frame = frame::plain(&parts.headers, body, limit, &mut held)?;
    if method == Method::ModelInfer {
        frame::check_memory(&frame, limit, &mut held)?;
    }
    Ok((frame, held))
}

/// Answers a call with this message.
pub(crate) async fn call(service: &Service, method: Method, frame: Bytes) -> Result<Reply, ApiError> {
    let mut request = Request::new(Full::new(frame));
    *request.method_mut() = hyper::Method::POST;
    *request.uri_mut() = Uri::from_static(method.path());
    let answered = match method {
        Method::HealthCheck | Method::HealthWatch => {
            HealthServer::new(health::Serving(service.clone())).call(request).await
        }
        _ => {
            let server = GrpcInferenceServiceServer::new(inference::Inference(service.clone()));
            server.max_decoding_message_size(service.options().body_bytes).call(request).await
        }
    };
    let answer = answered.unwrap_or_else(|never: Infallible| match never {});
    if let Some(status) = answer.extensions().get::<Status>() {
        let ours = status.source().and_then(|e| e.downcast_ref::<ApiError>());
        // What tonic refuses itself is a message that it cannot decode.
        return Err(ours.cloned().unwrap_or_else(|| ApiError::bad_request(status.message())));
    }
    if method == Method::HealthWatch {
        return Ok(answer.map(ReplyBody::GoesOn));
    }
    // Its one message is encoded now, so that its length is known.
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(|e| ApiError::new(Reason::Internal, e.message()))?;
    let trailers = body.trailers().cloned().map(Box::new);
    Ok(Response::from_parts(head, ReplyBody::Whole { data: body.to_bytes(), trailers }))
}

/// The answer to a call that is refused.
pub(crate) fn error(e: &ApiError) -> Reply {
    status(e.clone()).into_http()
}

/// The status of a refusal; it remembers what it was made of.
fn status(e: ApiError) -> Status {
    let mut status = Status::new(e.reason.code(), &e.message);
    let mut add = |name: &'static str, value| drop(status.metadata_mut().insert(name, value));
    match e.reason {
        Reason::Encoding => add("grpc-accept-encoding", "identity,gzip".parse().expect("plain text")),
        Reason::Busy | Reason::Unsent | Reason::NotReady => add("grpc-retry-pushback-ms", 1000.into()),
        Reason::Rate(seconds) => add("grpc-retry-pushback-ms", (u64::from(seconds) * 1000).into()),
        _ => {}
    }
    status.set_source(Arc::new(e));
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_by_its_path() {
        for method in Method::ALL {
            assert_eq!(route(method.path()).unwrap().endpoint, Endpoint::Grpc(method));
        }
        let nowhere = route("/inference.GRPCInferenceService/RepositoryModelLoad").unwrap_err();
        assert_eq!(nowhere.reason, Reason::Unimplemented);
    }

    #[test]
    fn the_shorter_of_two_deadlines_holds() {
        let most = Duration::from_secs(10);
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", HeaderValue::from_static(text));
            deadline(&headers, most).ok()
        };
        assert_eq!(of("1H"), Some(most));
        assert_eq!(of("99999999S"), Some(most));
        assert_eq!(of("3S"), Some(Duration::from_secs(3)));
        assert_eq!(of("20m"), Some(Duration::from_millis(20)));
        assert_eq!(of("7u"), Some(Duration::from_micros(7)));
        assert_eq!(of("0n"), Some(Duration::ZERO));
        for bad in ["", "m", "5", "5x", "+5m", "123456789m", "5 m"] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(deadline(&HeaderMap::new(), most), Ok(most));
    }
}
