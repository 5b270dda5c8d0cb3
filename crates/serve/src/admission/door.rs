//! What every request passes, over REST and gRPC: which endpoint it is for, whether its key allows that, whether there is room; and how it
//! is counted and logged.
//!
//! Checks are in the order of their cost, so that refusals are cheap: a body is read only for clients that may ask, and only then does the
//! request count as in flight.

use crate::admission::host::Hosts;
use crate::error::{ApiError, Reason};
use crate::limits::body::{self, Reservation};
use crate::limits::deadline::within;
use crate::limits::rate::Client;
use crate::limits::unsent::Unsent;
use crate::protocols::endpoint::{Endpoint, Method, Route};
use crate::protocols::grpc;
use crate::protocols::reply::{self, Reply};
use crate::protocols::request::{Request, Response};
use crate::service::Service;
use crate::telemetry::request_id;
use bytes::Bytes;
use hyper::body::Body;
use hyper::http::request::Parts;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Delay before a 429, so that retries do not starve the requests that were accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// Bytes of a body from which a request is read and encoded on a blocking thread, so that the other connections of this one do not
/// wait.
const HEAVY: usize = 256 << 10;

/// Where requests from one address, over one connection, come in.
pub(crate) struct Door<'a> {
    pub(crate) endpoints: &'static [Endpoint],
    pub(crate) service: &'a Service,
    pub(crate) hosts: &'a Hosts,
    pub(crate) peer: IpAddr,
    /// What the connection has unsent.
    pub(crate) unsent: &'a Unsent,
}

impl Door<'_> {
    /// The answer to a request.
    pub(crate) async fn answer<B: Body<Data = Bytes>>(&self, parts: &Parts, body: Pin<&mut B>) -> Reply {
        let began = Instant::now();
        let id = self.service.state.request_ids.of(&parts.headers);
        let is_call = grpc::is_call(parts);
        let route = match is_call {
            true => Route::of_call(self.endpoints, parts.uri.path()),
            false => Route::of(self.endpoints, &parts.method, parts.uri.path()),
        };
        let endpoint = route.as_ref().map_or(Endpoint::NONE, |route| route.endpoint.name);
        let result = match &route {
            Ok(route) => {
                let work = pin!(self.let_in(route, parts, body));
                unless_it_panics(work).await
            }
            Err(e) => Err(e.clone()),
        };
        let result = result.and_then(|reply| self.unsent.check(reply.body().length()).map(|()| reply));
        self.note(endpoint, began, &id, parts, &result);
        let e = match result {
            Ok(reply) => return named(reply, id),
            Err(e) => e,
        };
        if e.reason == Reason::Busy {
            tokio::time::sleep(PAUSE).await;
        }
        named(if is_call { grpc::error(&e) } else { reply::error(&e) }, id)
    }

    /// Counts and logs what came of a request.
    fn note(
        &self,
        endpoint: &'static str,
        began: Instant,
        id: &str,
        parts: &Parts,
        result: &Result<Reply, ApiError>,
    ) {
        // A gRPC error is HTTP 200; what counts is the status that it would have over REST.
        let status = result.as_ref().map_or_else(|e| e.reason.status(), Reply::status).as_u16();
        let took = began.elapsed();
        self.service.state.metrics.answered(endpoint, status, took);
        if let Err(e) = result {
            self.service.state.metrics.refused(e.reason);
        }
        // `?` writes control characters as escapes, so that no request can forge a line.
        tracing::info!(
            target: "planish::request",
            id,
            peer = %self.peer,
            method = %parts.method,
            path = ?parts.uri.path(),
            endpoint,
            status,
            micros = took.as_micros() as u64,
            traceparent = request_id::traceparent(&parts.headers),
        );
    }

    async fn let_in<B>(&self, route: &Route, parts: &Parts, body: Pin<&mut B>) -> Result<Reply, ApiError>
    where
        B: Body<Data = Bytes>,
    {
        let (service, options) = (self.service, self.service.options());
        let Route { endpoint, target } = route;
        self.hosts.check(parts.version, &parts.uri, &parts.headers)?;
        let request = |body| Request { target, uri: &parts.uri, headers: &parts.headers, body };
        let Some(scope) = endpoint.scope else {
            // Probes must be answered when all else is busy.
            let (body, _held) = read(service, endpoint, parts, body).await?;
            return (endpoint.handler)(service, &request(body))?.reply().await;
        };
        let key = options.keys.check(&parts.headers, scope)?;
        service.state.rates.take(Client::new(key, self.peer), Instant::now())?;
        let is_call = endpoint.method == Method::Call;
        let deadline = match is_call {
            true => grpc::deadline(&parts.headers, options.deadline)?,
            false => options.deadline,
        };
        let (body, reserved) = read(service, endpoint, parts, body).await?;
        let _in_flight = service.state.in_flight.enter(options.in_flight)?;
        // What answers a call over gRPC decodes it.
        let heavy = body.len() >= HEAVY && !is_call;
        let (response, _held) = match heavy {
            true => (on_blocking_thread(service, route, parts, body, reserved), None),
            false => ((endpoint.handler)(service, &request(body))?, reserved),
        };
        match response {
            Response::Ready(reply) => Ok(reply),
            Response::Later(reply) => within(deadline, reply)
                .await
                .ok_or_else(|| ApiError::new(Reason::Deadline, "the answer was not ready in time"))?,
        }
    }
}

/// The body, if the endpoint takes one, and the memory that it holds.
async fn read<B: Body<Data = Bytes>>(
    service: &Service,
    endpoint: &Endpoint,
    parts: &Parts,
    body: Pin<&mut B>,
) -> Result<(Bytes, Option<Reservation>), ApiError> {
    if !endpoint.takes_body() {
        return Ok((Bytes::new(), None));
    }
    let options = service.options();
    let (body, reserved) = match endpoint.method {
        Method::Call => Box::pin(grpc::read(service, endpoint, parts, body)).await?,
        Method::Get | Method::Post => {
            body::read(parts, body, options, options.body_bytes, &service.state.budget).await?
        }
    };
    Ok((body, Some(reserved)))
}

/// The answer with the request's name.
fn named(mut reply: Reply, id: String) -> Reply {
    if let Ok(id) = id.try_into() {
        reply.headers_mut().insert(request_id::HEADER, id);
    }
    reply
}

/// Runs the handler on a blocking thread; the body's memory stays reserved meanwhile, though the client may have gone. What did not
/// begin by then never does.
fn on_blocking_thread(
    service: &Service,
    route: &Route,
    parts: &Parts,
    body: Bytes,
    reserved: Option<Reservation>,
) -> Response {
    let (service, route) = (service.clone(), route.clone());
    let (uri, headers) = (parts.uri.clone(), parts.headers.clone());
    let begin = move || {
        let request = Request { target: &route.target, uri: &uri, headers: &headers, body };
        ((route.endpoint.handler)(&service, &request), reserved)
    };
    Response::later(async move {
        let mut thread = JoinSet::new();
        thread.spawn_blocking(begin);
        let (response, _held) = thread.join_next().await.and_then(Result::ok).ok_or_else(panicked)?;
        response?.reply().await
    })
}

fn panicked() -> ApiError {
    ApiError::new(Reason::Internal, "the service failed at this request")
}

/// A panic becomes an error, without its message: that stays in the log.
async fn unless_it_panics(
    mut work: Pin<&mut impl Future<Output = Result<Reply, ApiError>>>,
) -> Result<Reply, ApiError> {
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(panicked())))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use crate::protocols::endpoint::get;
    use http_body_util::{BodyExt, Full};
    use planish_tensor::Exec;

    /// Endpoints whose handler has a flaw.
    static BROKEN: &[Endpoint] = &[broken(Method::Get), broken(Method::Call)];

    const fn broken(method: Method) -> Endpoint {
        get("panic", &["/panic"], None, |_, _| panic!("asked for"), "", &[]).by(method)
    }

    /// Asks for it.
    async fn panic(service: &Service, request: hyper::Request<Bytes>) -> Reply {
        let peer = IpAddr::from([127, 0, 0, 1]);
        let (hosts, unsent) = (Hosts::new(peer, &[]), Unsent::new(service.state.unsent.clone()));
        let door = Door { endpoints: BROKEN, service, hosts: &hosts, peer, unsent: &unsent };
        let (parts, body) = request.into_parts();
        door.answer(&parts, pin!(Full::new(body))).await
    }

    #[tokio::test]
    async fn a_panic_is_500_and_counted() {
        let service = Service::new(Exec::best(), Options::default(), Vec::new()).unwrap();
        let request = || hyper::Request::builder().uri("/panic").header("host", "localhost");
        let (head, body) = panic(&service, request().body(Bytes::new()).unwrap()).await.into_parts();
        assert_eq!(head.status.as_u16(), 500);
        assert_eq!(
            body.collect().await.unwrap().to_bytes(),
            r#"{"error":"the service failed at this request"}"#
        );
        let call = request()
            .method("POST")
            .version(hyper::Version::HTTP_2)
            .header("content-type", "application/grpc");
        let reply = panic(&service, call.body(Bytes::from_static(&[0; 5])).unwrap()).await;
        assert_eq!((reply.status().as_u16(), &reply.headers()["grpc-status"]), (200, &"13".parse().unwrap()));
        assert_eq!(service.panics(), 2);
    }
}
