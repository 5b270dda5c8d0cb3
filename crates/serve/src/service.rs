//! The state of a service: its models, its settings, and what is counted and bounded.

use crate::credentials::tls::Tls;
use crate::error::{ApiError, Reason, ServeError};
use crate::failure::Failure;
use crate::limits::body::Budget;
use crate::limits::in_flight::InFlight;
use crate::limits::rate::Rates;
use crate::limits::unsent::AllUnsent;
use crate::models::catalog::Catalog;
use crate::models::engine::{Engine, Predicting};
use crate::models::served::Served;
use crate::models::store::{Reloaded, Store};
use crate::models::version::{Target, VersionSelector};
use crate::options::Options;
use crate::telemetry::metrics::{Metrics, VersionState};
use crate::telemetry::request_id::RequestIds;
use planish_model::Encoded;
use planish_tabular::{Notes, Table};
use planish_tensor::Exec;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The models of a service, and how to run them. Copies are the same service.
#[derive(Clone, Debug)]
pub struct Service {
    pub(crate) state: Arc<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) exec: Exec,
    pub(crate) store: Store,
    engine: Engine,
    pub(crate) metrics: Metrics,
    pub(crate) budget: Arc<Budget>,
    pub(crate) unsent: Arc<AllUnsent>,
    pub(crate) in_flight: InFlight,
    pub(crate) rates: Rates,
    ready: watch::Sender<bool>,
    pub(crate) request_ids: RequestIds,
    /// Failures that were logged at the last reading.
    failed: Mutex<Vec<Failure>>,
}

impl Service {
    /// A service of what was read and counted so far.
    pub(crate) fn of(
        exec: Exec,
        options: Options,
        store: Store,
        metrics: Metrics,
    ) -> Result<Service, ServeError> {
        let state = State {
            engine: Engine::start(&options)?,
            budget: Budget::new(options.buffered_bytes),
            unsent: AllUnsent::new(options.unsent_bytes),
            rates: Rates::new(options.rate),
            options,
            exec,
            store,
            metrics,
            in_flight: InFlight::default(),
            ready: watch::Sender::new(true),
            request_ids: RequestIds::new(),
            failed: Mutex::default(),
        };
        Ok(Service { state: Arc::new(state) })
    }

    /// The names of the models that are served.
    pub fn names(&self) -> Vec<String> {
        self.catalog().names().map(str::to_owned).collect()
    }

    /// What is there and cannot be served: models, or versions as `NAME/VERSION`.
    pub fn unavailable(&self) -> Vec<String> {
        self.catalog().unavailable().map(|broken| broken.failure.of.to_string()).collect()
    }

    /// Looks at the files of keys, certificate and models, and uses those that changed; what cannot be read leaves the old where it is.
    pub fn reload(&self) -> Reloaded {
        self.read_again(true)
    }

    /// The same, but what could not be read before and did not change is neither tried nor logged again.
    pub fn reload_changed(&self) -> Reloaded {
        self.read_again(false)
    }

    /// As [`Service::reload`] if it was `asked` for, else as [`Service::reload_changed`].
    pub(crate) fn read_again(&self, asked: bool) -> Reloaded {
        // Keys first: a key that was taken out must not be valid for as long as models take to be read.
        let keys = self.options().keys.reload();
        let tls = self.options().tls.as_ref().map_or(Ok(false), Tls::reload);
        let (mut done, mut tried) = self.state.store.reload(self.state.exec, &self.state.metrics, asked);
        for (what, read) in [("keys", keys), ("certificate", tls)] {
            match read {
                Ok(true) => tracing::info!("the {what} was read again"),
                Ok(false) => {}
                Err(failure) => {
                    tried += usize::from(asked || !self.known().contains(&failure));
                    done.failed.push(failure);
                }
            }
        }
        self.state.metrics.reloaded(done.loaded.len(), tried);
        done.loaded.iter().for_each(|model| tracing::info!(?model, "loaded"));
        done.removed.iter().for_each(|model| tracing::info!(?model, "removed"));
        self.log_failures(done.failed.clone(), asked);
        done
    }

    fn known(&self) -> MutexGuard<'_, Vec<Failure>> {
        self.state.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs those failures that are new, or `all` of them.
    pub(crate) fn log_failures(&self, failed: Vec<Failure>, all: bool) {
        let mut known = self.known();
        for failure in failed.iter().filter(|failure| all || !known.contains(failure)) {
            let (of, reason) = (failure.of.to_string(), failure.to_string());
            tracing::error!(?of, ?reason, "not read");
        }
        *known = failed;
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.state.options
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.state.store.catalog()
    }

    /// The counters as Prometheus reads them.
    pub fn metrics_text(&self) -> Result<String, ApiError> {
        let metrics = &self.state.metrics;
        metrics.in_flight.set(self.state.in_flight.count() as i64);
        metrics.waiting_rows.set(self.state.engine.waiting() as i64);
        metrics.unsent_bytes.set(self.state.unsent.bytes() as i64);
        let dropped = self.options().log_lines_dropped.load(Relaxed);
        metrics.log_lines_dropped.inner().store(dropped, Relaxed);
        let catalog = self.catalog();
        let served = catalog.all().map(|s| VersionState {
            model: &s.name,
            version: Some(s.version),
            ready: true,
            drift: s.drift.indices(),
        });
        let unavailable = catalog.unavailable().filter_map(|broken| {
            let model = broken.name.as_deref()?;
            Some(VersionState { model, version: broken.version, ready: false, drift: Vec::new() })
        });
        metrics.text(served.chain(unavailable)).map_err(|e| ApiError::new(Reason::Internal, e.to_string()))
    }

    /// The service is stopping: `ready` says no from now on.
    pub(crate) fn stop(&self) {
        self.state.ready.send_replace(false);
    }

    /// Whether the service takes requests; not while it stops.
    pub fn is_ready(&self) -> bool {
        *self.state.ready.borrow()
    }

    /// Whether the service is ready, now and when that changes.
    pub(crate) fn readiness(&self) -> watch::Receiver<bool> {
        self.state.ready.subscribe()
    }

    /// The number of requests in which the service panicked.
    pub fn panics(&self) -> u64 {
        self.state.metrics.panics()
    }

    /// The model that a path names.
    pub(crate) fn at(&self, target: &Target) -> Result<Arc<Served>, ApiError> {
        self.find(&target.model, &target.version)
    }

    /// This version of the model of this name.
    pub(crate) fn find(&self, model: &str, version: &VersionSelector) -> Result<Arc<Served>, ApiError> {
        self.state.store.find(model, version)
    }

    /// The newest version of the model of this name; without a name, of the only one.
    pub(crate) fn model(&self, name: Option<&str>) -> Result<Arc<Served>, ApiError> {
        let catalog = self.catalog();
        if let Some(name) = name.or_else(|| catalog.only_name()) {
            return self.find(name, &VersionSelector::Latest);
        }
        let names = Vec::from_iter(catalog.known_names()).join(", ");
        let what = format!("several models are served: say which with \"model\", one of {names}");
        Err(ApiError::bad_request(what))
    }

    /// Predicts the rows of a table.
    pub(crate) fn predict(&self, served: &Arc<Served>, table: &Table) -> Result<Predicting, ApiError> {
        let rows = served.model.encode(table, &mut Notes::default());
        let rows = rows.map_err(|e| ApiError::bad_request(e.to_string()))?;
        served.drift.observe(table);
        self.predict_encoded(served, rows)
    }

    /// Predicts rows that the model's pipeline, or the client in its place, has encoded.
    pub(crate) fn predict_encoded(
        &self,
        served: &Arc<Served>,
        rows: Encoded,
    ) -> Result<Predicting, ApiError> {
        self.state.engine.predict(served, rows)
    }
}
