//! A call on its way through tonic: what is read of it before, and what is made of its answer.

use super::generated::health::health_server::HealthServer;
use super::generated::inference::grpc_inference_service_server::GrpcInferenceServiceServer;
use super::{frame, health, inference};
use crate::error::{ApiError, Reason};
use crate::limits::body::{self, Reservation};
use crate::protocols::endpoint::Endpoint;
use crate::protocols::reply::{Reply, ReplyBody};
use crate::protocols::request::{Request, Response};
use crate::service::Service;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Version};
use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::time::Duration;
use tonic::Status;
use tonic::codegen::Service as _;

/// The longest message of a call that anybody may make, in bytes.
const SMALL: usize = 1 << 10;

/// The method whose message is counted before it is decoded.
pub(crate) const MODEL_INFER: &str = "/inference.GRPCInferenceService/ModelInfer";
/// The health protocol, and its method whose answer goes on.
const HEALTH: &str = "/grpc.health.v1.Health/";
pub(crate) const HEALTH_WATCH: &str = "/grpc.health.v1.Health/Watch";

/// Whether the request is a call.
pub(crate) fn is_call(parts: &Parts) -> bool {
    let kind = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let rest = kind.strip_prefix(b"application/grpc");
    parts.version == Version::HTTP_2 && rest.is_some_and(|r| r.is_empty() || r[0] == b'+' || r[0] == b';')
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
    endpoint: &Endpoint,
    parts: &Parts,
    body: Pin<&mut B>,
) -> Result<(Bytes, Reservation), ApiError>
where
    B: Body<Data = Bytes>,
{
    let options = service.options();
    let limit = if endpoint.scope.is_some() { options.body_bytes } else { options.body_bytes.min(SMALL) };
    let (body, mut reserved) = body::read(parts, body, options, limit, &service.state.budget).await?;
    let frame = frame::plain(&parts.headers, body, limit, &mut reserved)?;
    if endpoint.paths == [MODEL_INFER] {
        frame::check_memory(&frame, limit, &mut reserved)?;
    }
    Ok((frame, reserved))
}

/// Answers a call: tonic finds its method by the path.
pub(crate) fn call(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let mut call = hyper::Request::new(Full::new(request.body.clone()));
    *call.method_mut() = hyper::Method::POST;
    *call.uri_mut() = request.uri.clone();
    Ok(Response::later(answered(service.clone(), call)))
}

async fn answered(service: Service, call: hyper::Request<Full<Bytes>>) -> Result<Reply, ApiError> {
    let path = call.uri().path();
    let goes_on = path == HEALTH_WATCH;
    let answered = match path.starts_with(HEALTH) {
        true => HealthServer::new(health::Serving(service)).call(call).await,
        false => {
            let most = service.options().body_bytes;
            let server = GrpcInferenceServiceServer::new(inference::Inference(service));
            server.max_decoding_message_size(most).call(call).await
        }
    };
    let answer = answered.unwrap_or_else(|never: Infallible| match never {});
    if let Some(status) = answer.extensions().get::<Status>() {
        let ours = status.source().and_then(|e| e.downcast_ref::<ApiError>());
        // An error without one of ours in it is tonic's own: a message that it could not decode.
        return Err(ours.cloned().unwrap_or_else(|| ApiError::bad_request(status.message())));
    }
    if goes_on {
        return Ok(answer.map(ReplyBody::GoesOn));
    }
    // Its one message is encoded now, so that its length is known.
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(|e| ApiError::new(Reason::Internal, e.message()))?;
    let trailers = body.trailers().cloned().map(Box::new);
    Ok(hyper::Response::from_parts(head, ReplyBody::Whole { data: body.to_bytes(), trailers }))
}

#[cfg(test)]
mod tests {
    use super::*;

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
