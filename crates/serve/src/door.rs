//! What every request passes, over REST and gRPC: where does it go, may it, is there room, and what is counted and logged of it.
//!
//! The order is that of cost: a request that will be refused costs least. A body is read only for who may ask, and only then the
//! request takes one of the places of those that are worked on.

use crate::body::{self, Held};
use crate::deadline::within;
use crate::endpoint::{Endpoint, Route};
use crate::engine::Predicting;
use crate::error::{ApiError, Reason};
use crate::failure::Failure;
use crate::host::Hosts;
use crate::rate::Client;
use crate::reply::{self, Reply};
use crate::service::Service;
use crate::unsent::Unsent;
use crate::{describe, grpc, ids, learned, openapi, page, rows, tfs, v2};
use bytes::Bytes;
use hyper::body::Body;
use hyper::header::ACCEPT;
use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};
use planish_model::Predictions;
use serde_json::{Value, json};
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The type of the text that Prometheus reads.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long a refusal for want of room waits, so that who asks again at once does not take the time of those who were let in.
const PAUSE: Duration = Duration::from_millis(100);

/// Bytes of a body from which a request is read and encoded by a thread of its own, so that the other connections of this one
/// do not wait.
const HEAVY: usize = 256 << 10;

/// A request that was let in.
pub(crate) struct Asked<'a> {
    pub(crate) route: &'a Route,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a str,
    pub(crate) body: Bytes,
}

/// The answer to a request that was let in: most are made at once, and keep no state of what is done in the course of time.
pub(crate) enum Work {
    Done(Reply),
    Later(Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send>>),
}

impl Work {
    pub(crate) fn later(work: impl Future<Output = Result<Reply, ApiError>> + Send + 'static) -> Work {
        Work::Later(Box::pin(work))
    }

    /// What is made of a prediction.
    pub(crate) fn of(
        prediction: Predicting,
        answer: impl FnOnce(&Predictions) -> Result<Reply, ApiError> + Send + 'static,
    ) -> Result<Work, ApiError> {
        match prediction {
            Predicting::Made(predictions) => answer(&predictions).map(Work::Done),
            waits => Ok(Work::later(async move { answer(&waits.made().await?) })),
        }
    }
}

/// The answer to a request from this address, over a connection that has so much unsent.
pub(crate) async fn answer<B>(
    service: &Service,
    hosts: &Hosts,
    peer: IpAddr,
    unsent: &Unsent,
    parts: &Parts,
    body: Pin<&mut B>,
) -> Reply
where
    B: Body<Data = Bytes>,
{
    let began = Instant::now();
    let id = service.ids().of(&parts.headers);
    let is_call = grpc::is_call(parts);
    let route = match is_call {
        true => grpc::route(parts.uri.path()),
        false => Route::of(&parts.method, parts.uri.path()),
    };
    let endpoint = route.as_ref().ok().map(|route| route.endpoint);
    let result = match &route {
        Ok(route) => {
            let work = pin!(let_in(service, hosts, peer, route, parts, body));
            unless_it_panics(work).await
        }
        Err(e) => Err(e.clone()),
    };
    let result = result.and_then(|reply| unsent.check(reply.body().length()).map(|()| reply));
    let noted = note(service, endpoint, began, &id, peer, parts, result);
    let e = match noted {
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
    service: &Service,
    endpoint: Option<Endpoint>,
    began: Instant,
    id: &str,
    peer: IpAddr,
    parts: &Parts,
    result: Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    // A refused call is a success of HTTP; it counts as what it would be over REST.
    let status = result.as_ref().map_or_else(|e| e.reason.status(), Reply::status).as_u16();
    let took = began.elapsed();
    service.metrics().answered(endpoint, status, took);
    if let Err(e) = &result {
        service.metrics().refused(e.reason);
    }
    // `?` writes control characters as escapes, so that no request can forge a line.
    tracing::info!(
        target: "planish::request",
        id,
        %peer,
        method = %parts.method,
        path = ?parts.uri.path(),
        endpoint = endpoint.map_or(Endpoint::NONE, Endpoint::name),
        status,
        micros = took.as_micros() as u64,
        traceparent = ids::traceparent(&parts.headers),
    );
    result
}

/// The answer with the request's name.
fn named(mut reply: Reply, id: String) -> Reply {
    if let Ok(id) = id.try_into() {
        reply.headers_mut().insert(ids::HEADER, id);
    }
    reply
}

async fn let_in<B>(
    service: &Service,
    hosts: &Hosts,
    peer: IpAddr,
    route: &Route,
    parts: &Parts,
    body: Pin<&mut B>,
) -> Result<Reply, ApiError>
where
    B: Body<Data = Bytes>,
{
    let options = service.options();
    hosts.check(parts.version, &parts.uri, &parts.headers)?;
    let Some(scope) = route.endpoint.scope() else {
        return match route.endpoint {
            Endpoint::Grpc(method) => {
                let (frame, _held) = Box::pin(grpc::read(service, method, parts, body)).await?;
                Box::pin(grpc::call(service, method, frame)).await
            }
            endpoint => open_to_all(service, endpoint, &parts.headers),
        };
    };
    let key = options.keys.check(&parts.headers, scope)?;
    service.rates().take(Client::new(key, peer), Instant::now())?;
    let (mut deadline, limit) = (options.deadline, options.body_bytes);
    let (body, held) = match route.endpoint {
        Endpoint::Grpc(method) => {
            deadline = grpc::deadline(&parts.headers, deadline)?;
            Box::pin(grpc::read(service, method, parts, body)).await.map(|(b, h)| (b, Some(h)))?
        }
        endpoint if endpoint.takes_body() => {
            body::read(parts, body, options, limit, service.budget()).await.map(|(b, h)| (b, Some(h)))?
        }
        _ => (Bytes::new(), None),
    };
    let _place = service.places().take(options.in_flight)?;
    let asked = Asked { route, headers: &parts.headers, query: parts.uri.query().unwrap_or(""), body };
    // A call over gRPC is decoded by what answers it.
    let heavy = asked.body.len() >= HEAVY && !matches!(route.endpoint, Endpoint::Grpc(_));
    let (work, _held) = match heavy {
        true => (elsewhere(service, asked, held), None),
        false => (work(service, &asked)?, held),
    };
    match work {
        Work::Done(reply) => Ok(reply),
        Work::Later(reply) => within(deadline, reply)
            .await
            .ok_or_else(|| ApiError::new(Reason::Deadline, "the answer was not ready in time"))?,
    }
}

/// What needs neither key nor place: it must be answered when all else is busy.
fn open_to_all(service: &Service, endpoint: Endpoint, headers: &HeaderMap) -> Result<Reply, ApiError> {
    match endpoint {
        Endpoint::Ready if !service.is_ready() => {
            Err(ApiError::new(Reason::NotReady, "the service is stopping"))
        }
        Endpoint::Ready => reply::json(&json!({ "ready": true })),
        Endpoint::Home if wants_page(headers) => Ok(page::home()),
        Endpoint::Home => reply::json(&json!({ "status": "alive" })),
        _ => reply::json(&json!({ "live": true })),
    }
}

/// Whether a browser asks.
fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html"))
}

/// Begins the work on a thread apart. The body stays within the budget until that is done with it, though the client may have gone; what was
/// not begun by then never is.
fn elsewhere(service: &Service, asked: Asked<'_>, held: Option<Held>) -> Work {
    let (service, route, headers) = (service.clone(), asked.route.clone(), asked.headers.clone());
    let (query, body) = (asked.query.to_owned(), asked.body);
    let begin = move || {
        let work = work(&service, &Asked { route: &route, headers: &headers, query: &query, body });
        (work, held)
    };
    Work::later(async move {
        let mut thread = JoinSet::new();
        thread.spawn_blocking(begin);
        let (work, _held) = thread.join_next().await.and_then(Result::ok).ok_or_else(failed)?;
        match work? {
            Work::Done(reply) => Ok(reply),
            Work::Later(reply) => reply.await,
        }
    })
}

/// A panic.
fn failed() -> ApiError {
    ApiError::new(Reason::Internal, "the service failed at this request")
}

fn work(service: &Service, asked: &Asked<'_>) -> Result<Work, ApiError> {
    let reply = match asked.route.endpoint {
        Endpoint::Infer => return v2::infer(service, asked),
        Endpoint::Predict => return rows::predict(service, asked),
        Endpoint::TfsPredict => return tfs::predict(service, asked),
        Endpoint::Grpc(method) => {
            let (service, body) = (service.clone(), asked.body.clone());
            return Ok(Work::later(async move { grpc::call(&service, method, body).await }));
        }
        Endpoint::Reload => return Ok(Work::later(reload(service.clone()))),
        Endpoint::Server => v2::server(),
        Endpoint::Metadata => v2::metadata(service, asked.route),
        Endpoint::ModelReady => v2::ready(service, asked.route),
        Endpoint::Stats => v2::stats(service, asked.route),
        Endpoint::Metrics => service.metrics_text().map(|text| reply::whole(StatusCode::OK, METRICS, text)),
        Endpoint::OpenApi => openapi::document(service),
        Endpoint::Models => describe::models(service),
        Endpoint::Learned => learned::learned(service, asked.route),
        Endpoint::TfsStatus => tfs::status(service, asked.route),
        Endpoint::TfsMetadata => tfs::metadata(service, asked.route),
        Endpoint::Home | Endpoint::Live | Endpoint::Ready => {
            open_to_all(service, asked.route.endpoint, asked.headers)
        }
        #[cfg(test)]
        Endpoint::Panic => panic!("asked for"),
        #[cfg(test)]
        Endpoint::Sleep => {
            return Ok(Work::later(async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                reply::json(&json!({ "slept": true }))
            }));
        }
    };
    reply.map(Work::Done)
}

/// Reads models, keys and certificate again. If something failed the status says so; paths are for the log alone.
async fn reload(service: Service) -> Result<Reply, ApiError> {
    let done = tokio::task::spawn_blocking(move || service.reload()).await;
    let done = done.map_err(|_| ApiError::new(Reason::Internal, "the models could not be read again"))?;
    let failures: Vec<Value> = done.failed.iter().map(Failure::told).collect();
    let mut answer = json!({
        "loaded": done.loaded,
        "removed": done.removed,
        "failed": failures.len(),
        "failures": failures,
    });
    if done.failed.is_empty() {
        return reply::json(&answer);
    }
    let names: Vec<String> = done.failed.iter().map(|failure| failure.of.to_string()).collect();
    answer["error"] = json!(format!("not read: {}", names.join(", ")));
    reply::json_with(StatusCode::INTERNAL_SERVER_ERROR, &answer)
}

/// A panic becomes an error; it is a flaw of ours, so its message stays in the log.
async fn unless_it_panics(
    mut work: Pin<&mut impl Future<Output = Result<Reply, ApiError>>>,
) -> Result<Reply, ApiError> {
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(failed())))
    })
    .await
}

/// The places of requests that are worked on.
#[derive(Debug, Default)]
pub(crate) struct Places {
    taken: AtomicUsize,
}

/// A taken place, free again when dropped.
pub(crate) struct Place<'a> {
    places: &'a Places,
}

impl Places {
    fn take(&self, limit: usize) -> Result<Place<'_>, ApiError> {
        let place = Place { places: self };
        if self.taken.fetch_add(1, Ordering::Relaxed) >= limit {
            return Err(ApiError::new(Reason::Busy, "too many requests at once"));
        }
        Ok(place)
    }

    /// The number that is taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.places.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
