//! The service as its clients see it.
//!
//! - `endpoints`: what each path answers, asked without a socket
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
//! - `grpc`: the protocol over gRPC, by tonic's client over a socket
//! - `tls`: certificates, handshakes, and files that change
//! - `unread`: answers that clients do not take, and connections over which they say nothing
//! - `watching`: counters, names of requests, the log
//! - `live`: a server on loopback, and a client that may send anything

use crate::{Options, Service};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use hyper::http::response::Parts;
use planish_model::{LinearSettings, Model, NetworkSettings, fit_linear, fit_network};
use planish_tabular::{Kind, Schema, Table, TableSource};
use planish_tensor::Exec;
use planish_train::FitOptions;
use serde_json::Value;

mod attacks;
#[cfg(unix)]
mod blocked;
mod endpoints;
mod grpc;
mod keys;
mod learned;
mod live;
mod models;
mod openapi;
mod protocols;
mod rereading;
mod statuses;
mod tls;
mod unavailable;
mod unread;
mod watching;

/// Numbers `x` and `y` = 2x + 1, categories `c` and `k`.
fn table() -> Table {
    let mut t = Table::new(Schema::new([
        ("x", Kind::Number),
        ("c", Kind::Category),
        ("y", Kind::Number),
        ("k", Kind::Category),
    ]));
    for i in 0..60 {
        t.push_number(0, Some(f64::from(i)));
        t.push_text(1, Some(["u", "v"][i as usize % 2]));
        t.push_number(2, Some(2.0 * f64::from(i) + 1.0));
        t.push_text(3, Some(["no", "yes"][usize::from(i > 30)]));
        t.end_row(0);
    }
    t
}

/// A classifier of `k` from `x` and `c`.
pub(crate) fn species() -> Model {
    let settings = NetworkSettings {
        hidden: vec![4],
        drop: vec!["y".into()],
        fit: FitOptions { epochs: 3, ..NetworkSettings::fit() },
        ..NetworkSettings::new("k")
    };
    fit_network(Exec::best(), &table(), &settings, &mut ()).unwrap()
}

/// A linear model of `y` from `x`.
pub(crate) fn mass() -> Model {
    let settings = LinearSettings { drop: vec!["k".into(), "c".into()], ..LinearSettings::new("y") };
    fit_linear(Exec::best(), &mut TableSource::new(&table()), &settings).unwrap()
}

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

/// The state of a request is copied where it is made and kept for every request at once; one rare path through it must not make all large.
#[test]
fn the_state_of_a_request_is_small() {
    let service = service(Options::default());
    let size = size_of_val(&service.answer(Request::new(Bytes::new())));
    assert!(size <= 1536, "{size} bytes");
}
