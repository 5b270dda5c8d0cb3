//! What is counted and timed of each version of a model.

use super::labels::{OfModel, Timed, seconds};
use super::triton::{TritonMetrics, TritonSums};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// The counters of all versions.
#[derive(Debug)]
pub(super) struct ModelFamilies {
    rows: Family<OfModel, Counter>,
    executions: Family<OfModel, Counter>,
    queue: Timed<OfModel>,
    compute: Timed<OfModel>,
}

/// The counters of one version.
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

impl ModelFamilies {
    pub(super) fn new() -> ModelFamilies {
        ModelFamilies {
            rows: Family::default(),
            executions: Family::default(),
            queue: Family::new_with_constructor(seconds),
            compute: Family::new_with_constructor(seconds),
        }
    }

    pub(super) fn register(&self, r: &mut Registry) {
        r.register("predicted_rows", "Rows predicted", self.rows.clone());
        r.register("executions", "Batches computed", self.executions.clone());
        r.register("queue_seconds", "Time that a batch's first request waited", self.queue.clone());
        r.register("compute_seconds", "Time that a batch was computed in", self.compute.clone());
    }

    pub(super) fn of(&self, of: &OfModel, triton: Option<&TritonMetrics>) -> ModelMetrics {
        ModelMetrics {
            rows: self.rows.get_or_create(of).clone(),
            executions: self.executions.get_or_create(of).clone(),
            queue: self.queue.get_or_create(of).clone(),
            compute: self.compute.get_or_create(of).clone(),
            queue_nanos: Counter::default(),
            compute_nanos: Counter::default(),
            triton: triton.map(|sums| sums.of_model(of)),
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
