//! The service as its clients see it.
//!
//! - `endpoints`: what each path answers, asked without a socket
//! - `dates`: dates as text and formatted numbers, in every protocol
//! - `statuses`: one request for each status that the service gives, over a socket
//! - `attacks`: what must not harm it, over a socket
//! - `models`: versions, labels, files that change, batches
//! - `unavailable`: models that cannot be served, and files that are written over in place
//! - `rereading`: what a reading changes, counts and tries again; and models of one name
//! - `keys`: a file of keys that changes
//! - `blocked`: pipes in the place of files, and a reading that does not end
//! - `learned`: what a model was made from and what it learned
//! - `openapi`: the document against the handlers
//! - `protocols`: the binary tensor extension, TensorFlow Serving, tables
//! - `generated`: the messages of gRPC, and clients that send them
//! - `grpc`: the protocol over gRPC, by tonic's client over a socket
//! - `tls`: certificates, handshakes, and files that change
//! - `unread`: answers that clients do not take, and connections over which they say nothing
//! - `watching`: counters, names of requests, the log
//! - `live`: a server on loopback, and a client that may send anything
//! - `samples`: the models that are served
#![forbid(unsafe_code)]

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use hyper::http::response::Parts;
use planish_serve::{Keys, Options, Reloaded, Service};
use planish_tensor::Exec;
use samples::{mass, species, table};
use serde_json::Value;

mod attacks;
#[cfg(unix)]
mod blocked;
mod dates;
mod endpoints;
#[path = "../../src/protocols/grpc/generated/mod.rs"]
mod generated;
mod grpc;
mod keys;
mod learned;
mod live;
mod models;
mod openapi;
mod protocols;
mod rereading;
mod samples;
mod statuses;
mod tls;
mod unavailable;
mod unread;
mod watching;

/// Both models.
fn service(options: Options) -> Service {
    Service::new(Exec::best(), options, vec![("species".into(), species()), ("mass".into(), mass())]).unwrap()
}

/// Asks without a socket.
async fn ask(service: &Service, method: &str, path: &str, body: &str) -> (u16, Value) {
    let (head, body) =
        send(service, method, path, &[("content-type", "application/json")], body.as_bytes()).await;
    assert_eq!(head.headers["content-type"], "application/json");
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap())
}

/// Sends any bytes without a socket.
async fn send(
    service: &Service,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (Parts, Bytes) {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = headers.iter().fold(request, |r, (name, value)| r.header(*name, *value));
    let request = request.header("content-length", body.len()).body(Bytes::from(body.to_vec())).unwrap();
    let (head, body) = service.answer(request).await.into_parts();
    (head, body.collect().await.unwrap().to_bytes())
}

/// The value of a line of `/metrics`; 0 if it is not there.
fn metric(service: &Service, line: &str) -> usize {
    let text = service.metrics_text().unwrap();
    let found = text.lines().find_map(|l| l.strip_prefix(line)?.trim().parse().ok());
    found.unwrap_or(0)
}

/// The keys of a file with this text in a folder, where the service reads it again when it is asked to.
fn keys_in(folder: &tempfile::TempDir, text: &str) -> Keys {
    let path = folder.path().join("keys.txt");
    std::fs::write(&path, text).unwrap();
    Keys::open(&path).unwrap()
}

/// Reads the files again, asked to or not.
fn read_again(service: &Service, asked: bool) -> Reloaded {
    match asked {
        true => service.reload(),
        false => service.reload_changed(),
    }
}

/// The state of a request is copied where it is made and kept for every request at once; one rare path through it must not make all large.
#[test]
fn the_state_of_a_request_is_small() {
    let service = service(Options::default());
    let size = size_of_val(&service.answer(Request::new(Bytes::new())));
    assert!(size <= 1536, "{size} bytes");
}
