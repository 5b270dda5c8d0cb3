//! What is counted and timed, for Prometheus and for `/stats`. Times are in seconds.

use crate::catalog::Catalog;
use crate::endpoint::{self, Endpoint};
use crate::error::Reason;
use crate::grpc;
use crate::triton_metrics::{TritonMetrics, TritonSums};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

type Timed<L> = Family<L, Histogram, fn() -> Histogram>;

/// The counters of a service.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// What is summed under Triton's names and their registry, if they are asked for.
    triton: Option<(TritonMetrics, Registry)>,
    requests: Family<Asked, Counter>,
    seconds: Timed<At>,
    /// Of these, what each endpoint's good answers are counted by, so that most requests look nothing up.
    good: Vec<(Endpoint, OnceLock<(Counter, Histogram)>)>,
    refused: Family<Why, Counter>,
    reloads: Family<Outcome, Counter>,
    panics: Counter,
    pub(crate) log_lines_dropped: Counter,
    rows: Family<OfModel, Counter>,
    executions: Family<OfModel, Counter>,
    queue: Timed<OfModel>,
    compute: Timed<OfModel>,
    drift: Family<OfColumn, Gauge<f64, AtomicU64>>,
    ready: Family<OfPlace, Gauge>,
    /// Held while what depends on the models is filled in and read out, so that two who ask do not empty it for one another.
    filling: Mutex<()>,
    pub(crate) connections: Gauge,
    pub(crate) in_flight: Gauge,
    pub(crate) waiting_rows: Gauge,
    pub(crate) unsent_bytes: Gauge,
}

/// The counters of one version of a model.
#[derive(Clone, Debug)]
pub(crate) struct ModelMetrics {
    rows: Counter,
    executions: Counter,
    queue: Histogram,
    compute: Histogram,
    queue_nanos: Counter,
    compute_nanos: Counter,
    triton: Option<TritonSums>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Asked {
    endpoint: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct At {
    endpoint: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Why {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfColumn {
    model: String,
    version: u64,
    column: String,
}

/// A version that is there, whether it can be read or not; where its place cannot be looked at, its number is empty.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfPlace {
    model: String,
    version: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct OfModel {
    model: String,
    version: u64,
}

/// From 10 µs to 5 s, each bound 2.5 times or so the one before.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(1e-5, 2.5, 15))
}

/// Every endpoint, over REST and gRPC.
fn endpoints() -> impl Iterator<Item = Endpoint> {
    endpoint::ALL.into_iter().chain(grpc::Method::ALL.map(Endpoint::Grpc))
}

impl Metrics {
    /// With Triton's names too, if so asked.
    pub(crate) fn new(triton_names: bool) -> Metrics {
        let triton = triton_names.then(|| {
            let sums = TritonMetrics::default();
            let registry = sums.registry();
            (sums, registry)
        });
        let mut m = Metrics {
            registry: Registry::with_prefix("planish"),
            triton,
            requests: Family::default(),
            seconds: Family::new_with_constructor(seconds),
            good: endpoints().map(|endpoint| (endpoint, OnceLock::new())).collect(),
            refused: Family::default(),
            reloads: Family::default(),
            panics: Counter::default(),
            log_lines_dropped: Counter::default(),
            rows: Family::default(),
            executions: Family::default(),
            queue: Family::new_with_constructor(seconds),
            compute: Family::new_with_constructor(seconds),
            drift: Family::default(),
            ready: Family::default(),
            filling: Mutex::default(),
            connections: Gauge::default(),
            in_flight: Gauge::default(),
            waiting_rows: Gauge::default(),
            unsent_bytes: Gauge::default(),
        };
        let r = &mut m.registry;
        r.register("requests", "Requests by endpoint and status", m.requests.clone());
        r.register("request_seconds", "Time from a request's head to its answer", m.seconds.clone());
        r.register("refused", "Requests and connections refused, by reason", m.refused.clone());
        r.register("reloads", "Files read again, by result", m.reloads.clone());
        r.register("panics", "Requests that ended in a flaw of the service", m.panics.clone());
        let dropped = "Lines of the log that were dropped, as nobody read them";
        r.register("log_lines_dropped", dropped, m.log_lines_dropped.clone());
        r.register("predicted_rows", "Rows predicted", m.rows.clone());
        r.register("executions", "Batches computed", m.executions.clone());
        r.register("queue_seconds", "Time that a batch's first request waited", m.queue.clone());
        r.register("compute_seconds", "Time that a batch was computed in", m.compute.clone());
        r.register(
            "drift_psi",
            "Population stability index of a column's last rows against the training rows",
            m.drift.clone(),
        );
        r.register(
            "model_ready",
            "1 for a version that is served, 0 for one that cannot be",
            m.ready.clone(),
        );
        r.register("connections", "Open connections", m.connections.clone());
        r.register("in_flight", "Requests worked on", m.in_flight.clone());
        r.register("waiting_rows", "Rows that wait for a prediction thread", m.waiting_rows.clone());
        let unsent = "Bytes of answers that clients have not taken, beyond 16 KiB of each connection";
        r.register("unsent_bytes", unsent, m.unsent_bytes.clone());
        m
    }

    /// All of it as text, with the drift of these models and which of them are ready.
    pub(crate) fn text(&self, catalog: &Catalog) -> Result<String, std::fmt::Error> {
        let _one_at_a_time = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        self.drift.clear();
        self.ready.clear();
        let set_ready = |model: &str, version: String, ready| {
            self.ready.get_or_create(&OfPlace { model: model.to_owned(), version }).set(ready);
        };
        for served in catalog.all() {
            set_ready(&served.name, served.version.to_string(), 1);
            for (column, psi) in served.drift.indices() {
                let (model, column) = (served.name.clone(), column.to_owned());
                self.drift.get_or_create(&OfColumn { model, version: served.version, column }).set(psi);
            }
        }
        for lost in catalog.unavailable() {
            if let Some(name) = &lost.name {
                set_ready(name, lost.version.map_or(String::new(), |v| v.to_string()), 0);
            }
        }
        let mut out = String::new();
        let triton = self.triton.iter().map(|(_, registry)| registry);
        for registry in std::iter::once(&self.registry).chain(triton) {
            encode_registry(&mut out, registry)?;
        }
        encode_eof(&mut out)?;
        Ok(out)
    }

    /// A request was answered; without an endpoint, it led nowhere.
    pub(crate) fn answered(&self, endpoint: Option<Endpoint>, status: u16, took: Duration) {
        let name = endpoint.map_or(Endpoint::NONE, Endpoint::name);
        let count = |(requests, seconds): &(Counter, Histogram)| {
            requests.inc();
            seconds.observe(took.as_secs_f64());
        };
        match self.good.iter().find(|(e, _)| status == 200 && Some(*e) == endpoint) {
            Some((_, good)) => count(good.get_or_init(|| self.counters(name, 200))),
            None => count(&self.counters(name, status)),
        }
    }

    fn counters(&self, endpoint: &'static str, status: u16) -> (Counter, Histogram) {
        let requests = self.requests.get_or_create(&Asked { endpoint, status }).clone();
        (requests, self.seconds.get_or_create(&At { endpoint }).clone())
    }

    pub(crate) fn refused(&self, reason: Reason) {
        self.refused.get_or_create(&Why { reason: reason.name() }).inc();
        if reason == Reason::Internal {
            self.panics.inc();
        }
    }

    /// A connection was closed for this reason.
    pub(crate) fn closed(&self, reason: &'static str) {
        self.refused.get_or_create(&Why { reason }).inc();
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.get()
    }

    /// So many files were read again, and so many failed that were tried.
    pub(crate) fn reloaded(&self, loaded: usize, failed: usize) {
        for (result, n) in [("loaded", loaded), ("failed", failed)] {
            self.reloads.get_or_create(&Outcome { result }).inc_by(n as u64);
        }
    }

    /// The counters of a version; the same for a version that is read again.
    pub(crate) fn of_model(&self, model: &str, version: u64) -> ModelMetrics {
        let of = OfModel { model: model.to_owned(), version };
        ModelMetrics {
            rows: self.rows.get_or_create(&of).clone(),
            executions: self.executions.get_or_create(&of).clone(),
            queue: self.queue.get_or_create(&of).clone(),
            compute: self.compute.get_or_create(&of).clone(),
            queue_nanos: Counter::default(),
            compute_nanos: Counter::default(),
            triton: self.triton.as_ref().map(|(sums, _)| sums.of_model(&of)),
        }
    }
}

impl ModelMetrics {
    /// A request has its prediction.
    pub(crate) fn answered(&self, took: Duration) {
        self.triton.iter().for_each(|sums| sums.answered(took));
    }

    /// A batch was computed.
    pub(crate) fn predicted(&self, rows: usize, waited: Duration, took: Duration) {
        self.rows.inc_by(rows as u64);
        self.executions.inc();
        self.queue.observe(waited.as_secs_f64());
        self.compute.observe(took.as_secs_f64());
        self.queue_nanos.inc_by(waited.as_nanos() as u64);
        self.compute_nanos.inc_by(took.as_nanos() as u64);
        self.triton.iter().for_each(|sums| sums.predicted(rows, waited, took));
    }

    /// Rows, batches, and nanoseconds that they waited and were computed in.
    pub(crate) fn totals(&self) -> [u64; 4] {
        [self.rows.get(), self.executions.get(), self.queue_nanos.get(), self.compute_nanos.get()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_counted_under_its_own_name_and_status() {
        let metrics = Metrics::new(false);
        for (i, endpoint) in endpoints().enumerate() {
            (0..=i).for_each(|_| metrics.answered(Some(endpoint), 200, Duration::ZERO));
            metrics.answered(Some(endpoint), 400, Duration::ZERO);
        }
        metrics.answered(None, 404, Duration::ZERO);
        let text = metrics.text(&Catalog::default()).unwrap();
        for (i, endpoint) in endpoints().enumerate() {
            let line = |status, n| {
                let name = endpoint.name();
                format!("planish_requests_total{{endpoint=\"{name}\",status=\"{status}\"}} {n}\n")
            };
            assert!(text.contains(&line(200, i + 1)) && text.contains(&line(400, 1)), "{endpoint:?}: {text}");
            let timed =
                format!("planish_request_seconds_count{{endpoint=\"{}\"}} {}\n", endpoint.name(), i + 2);
            assert!(text.contains(&timed), "{timed}");
        }
        assert!(text.contains("planish_requests_total{endpoint=\"none\",status=\"404\"} 1\n"), "{text}");
    }
}
