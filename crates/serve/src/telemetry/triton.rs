//! The counters of a version under Triton's names, for dashboards and scaling rules that know those (`--triton-metrics`).
//!
//! Sums over all time, of requests and of microseconds. They are kept as gauges because OpenMetrics ends the name of a counter in `_total`,
//! which Triton's names do not.

use super::labels::OfModel;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

type Sum = Gauge<f64, AtomicU64>;

/// The names, and what each sums up.
const SUMS: [(&str, &str); 6] = [
    ("nv_inference_request_success", "Requests predicted"),
    ("nv_inference_count", "Rows predicted"),
    ("nv_inference_exec_count", "Batches computed"),
    ("nv_inference_request_duration_us", "Microseconds of predicted requests, waiting included"),
    ("nv_inference_queue_duration_us", "Microseconds that batches waited"),
    ("nv_inference_compute_infer_duration_us", "Microseconds that batches were computed in"),
];

/// The sums of all versions.
#[derive(Debug, Default)]
pub(super) struct TritonMetrics {
    sums: [Family<OfModel, Sum>; SUMS.len()],
}

/// The sums of one version.
#[derive(Clone, Debug, Default)]
pub(super) struct TritonSums([Sum; SUMS.len()]);

impl TritonMetrics {
    /// The names in a registry of their own, as they have no prefix of ours.
    pub(super) fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        for ((name, help), sum) in SUMS.iter().zip(&self.sums) {
            registry.register(*name, *help, sum.clone());
        }
        registry
    }

    pub(super) fn of_model(&self, of: &OfModel) -> TritonSums {
        TritonSums(self.sums.each_ref().map(|sum| sum.get_or_create(of).clone()))
    }
}

impl TritonSums {
    /// A request has its prediction.
    pub(super) fn answered(&self, took: Duration) {
        let [success, _, _, request, ..] = &self.0;
        success.inc();
        request.inc_by(micros(took));
    }

    /// A batch was computed.
    pub(super) fn predicted(&self, rows: usize, waited: Duration, took: Duration) {
        let [_, count, executions, _, queue, compute] = &self.0;
        count.inc_by(rows as f64);
        executions.inc();
        queue.inc_by(micros(waited));
        compute.inc_by(micros(took));
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
