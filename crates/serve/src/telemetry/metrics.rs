//! What is counted and timed, for Prometheus and for `/stats`. Times are in seconds.

use super::labels::{
    OfColumn, OfEndpoint, OfModel, OfReason, OfRequest, OfResult, OfVersion, Timed, seconds,
};
use super::model_metrics::{ModelFamilies, ModelMetrics};
use super::triton::TritonMetrics;
use crate::error::Reason;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// The counters of a service.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// What is summed under Triton's names and their registry, if they are asked for.
    triton: Option<(TritonMetrics, Registry)>,
    requests: Family<OfRequest, Counter>,
    seconds: Timed<OfEndpoint>,
    /// Of these, what each endpoint's good answers are counted by, so that most requests look nothing up.
    good: Vec<(&'static str, OnceLock<(Counter, Histogram)>)>,
    refused: Family<OfReason, Counter>,
    reloads: Family<OfResult, Counter>,
    panics: Counter,
    pub(crate) log_lines_dropped: Counter,
    models: ModelFamilies,
    drift: Family<OfColumn, Gauge<f64, AtomicU64>>,
    ready: Family<OfVersion, Gauge>,
    /// Held while what depends on the models is filled in and read out, so that two who ask do not empty it for one another.
    filling: Mutex<()>,
    pub(crate) connections: Gauge,
    pub(crate) in_flight: Gauge,
    pub(crate) waiting_rows: Gauge,
    pub(crate) unsent_bytes: Gauge,
}

/// A version of a model, as the gauges of its state show it.
pub(crate) struct VersionState<'a> {
    pub(crate) model: &'a str,
    /// None where the place of its versions cannot be looked at.
    pub(crate) version: Option<u64>,
    pub(crate) ready: bool,
    /// The index of each column.
    pub(crate) drift: Vec<(&'a str, f64)>,
}

impl Metrics {
    /// The counters of the endpoints of these names; with Triton's names too, if so asked.
    pub(crate) fn new(endpoints: impl IntoIterator<Item = &'static str>, triton_names: bool) -> Metrics {
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
            good: endpoints.into_iter().map(|endpoint| (endpoint, OnceLock::new())).collect(),
            refused: Family::default(),
            reloads: Family::default(),
            panics: Counter::default(),
            log_lines_dropped: Counter::default(),
            models: ModelFamilies::new(),
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
        m.models.register(r);
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

    /// All of it as text, with the state of these versions.
    pub(crate) fn text<'a>(
        &self,
        versions: impl Iterator<Item = VersionState<'a>>,
    ) -> Result<String, std::fmt::Error> {
        let _one_at_a_time = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        self.drift.clear();
        self.ready.clear();
        for VersionState { model, version, ready, drift } in versions {
            let number = version.map_or(String::new(), |v| v.to_string());
            let of = OfVersion { model: model.to_owned(), version: number };
            self.ready.get_or_create(&of).set(i64::from(ready));
            for (column, psi) in drift {
                let (model, column) = (model.to_owned(), column.to_owned());
                let of = OfColumn { model, version: version.unwrap_or_default(), column };
                self.drift.get_or_create(&of).set(psi);
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

    /// A request for the endpoint of this name was answered.
    pub(crate) fn answered(&self, endpoint: &'static str, status: u16, took: Duration) {
        let count = |(requests, seconds): &(Counter, Histogram)| {
            requests.inc();
            seconds.observe(took.as_secs_f64());
        };
        // A name is one text in memory, so that it is not compared letter by letter.
        match self.good.iter().find(|(name, _)| status == 200 && std::ptr::eq(*name, endpoint)) {
            Some((_, good)) => count(good.get_or_init(|| self.counters(endpoint, 200))),
            None => count(&self.counters(endpoint, status)),
        }
    }

    fn counters(&self, endpoint: &'static str, status: u16) -> (Counter, Histogram) {
        let requests = self.requests.get_or_create(&OfRequest { endpoint, status }).clone();
        (requests, self.seconds.get_or_create(&OfEndpoint { endpoint }).clone())
    }

    pub(crate) fn refused(&self, reason: Reason) {
        self.refused.get_or_create(&OfReason { reason: reason.name() }).inc();
        if reason == Reason::Internal {
            self.panics.inc();
        }
    }

    /// A connection was closed for this reason.
    pub(crate) fn closed(&self, reason: &'static str) {
        self.refused.get_or_create(&OfReason { reason }).inc();
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.get()
    }

    /// So many files were read again, and so many failed that were tried.
    pub(crate) fn reloaded(&self, loaded: usize, failed: usize) {
        for (result, n) in [("loaded", loaded), ("failed", failed)] {
            self.reloads.get_or_create(&OfResult { result }).inc_by(n as u64);
        }
    }

    /// The counters of a version; the same for a version that is read again.
    pub(crate) fn of_model(&self, model: &str, version: u64) -> ModelMetrics {
        let triton = self.triton.as_ref().map(|(sums, _)| sums);
        self.models.of(&OfModel { model: model.to_owned(), version }, triton)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_counted_under_its_own_name_and_status() {
        let names = ["predict", "infer"];
        let metrics = Metrics::new(names, false);
        for (i, name) in names.into_iter().enumerate() {
            (0..=i).for_each(|_| metrics.answered(name, 200, Duration::ZERO));
            metrics.answered(name, 400, Duration::ZERO);
        }
        metrics.answered("none", 404, Duration::ZERO);
        let text = metrics.text(std::iter::empty()).unwrap();
        for (i, name) in names.into_iter().enumerate() {
            let line = |status, n| {
                format!("planish_requests_total{{endpoint=\"{name}\",status=\"{status}\"}} {n}\n")
            };
            assert!(text.contains(&line(200, i + 1)) && text.contains(&line(400, 1)), "{name}: {text}");
            let timed = format!("planish_request_seconds_count{{endpoint=\"{name}\"}} {}\n", i + 2);
            assert!(text.contains(&timed), "{timed}");
        }
        assert!(text.contains("planish_requests_total{endpoint=\"none\",status=\"404\"} 1\n"), "{text}");
    }
}
