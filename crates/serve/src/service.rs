//! What the service knows: its models, its settings, and what is going on.

use crate::body::Budget;
use crate::catalog::Catalog;
use crate::door::{self, Places};
use crate::endpoint::{Route, Which};
use crate::engine::{Engine, Predicting};
use crate::error::{ApiError, Reason, ServeError};
use crate::failure::Failure;
use crate::host::Hosts;
use crate::ids::Ids;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::rate::Rates;
use crate::reply::Reply;
use crate::served::Served;
use crate::store::{Label, ModelSource, Reloaded, Store};
use crate::tls::Tls;
use crate::unsent::{AllUnsent, Unsent};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use planish_model::{Encoded, Model};
use planish_tabular::{Notes, Table};
use planish_tensor::Exec;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The models of a service, and how to run them. Copies are the same service.
#[derive(Clone, Debug)]
pub struct Service {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    exec: Exec,
    store: Store,
    engine: Engine,
    metrics: Metrics,
    budget: Arc<Budget>,
    unsent: Arc<AllUnsent>,
    places: Places,
    rates: Rates,
    ready: watch::Sender<bool>,
    ids: Ids,
    /// What is known, and was logged, to be unreadable.
    failed: Mutex<Vec<Failure>>,
}

impl Service {
    /// A service of these named models, each in version 1.
    ///
    /// # Errors
    /// Two models with one name, or a system that refuses threads.
    pub fn new(exec: Exec, options: Options, models: Vec<(String, Model)>) -> Result<Service, ServeError> {
        let (exec, metrics) = (Exec { threads: 1, ..exec }, Metrics::new(options.triton_metrics));
        let served = |(name, model): (String, Model)| {
            let of_model = metrics.of_model(&name, 1);
            Served::new(exec, &name, 1, model, of_model)
        };
        let store = Store::of(models.into_iter().map(served).collect())?;
        Service::with_store(exec, options, store, metrics)
    }

    /// A service of the models in these files and folders, which [`Service::reload`] looks at again. Models that cannot be read, or do not
    /// predict what they should, are logged and passed over ([`Service::unavailable`]).
    ///
    /// # Errors
    /// Models of which none can be served, or with [`Options::strict`] one cannot; two with one name and version; a label of a version
    /// that is not there; or a system that refuses threads.
    pub fn open(
        exec: Exec,
        options: Options,
        sources: Vec<ModelSource>,
        labels: Vec<Label>,
    ) -> Result<Service, ServeError> {
        let (exec, metrics) = (Exec { threads: 1, ..exec }, Metrics::new(options.triton_metrics));
        let store = Store::open(exec, &options, sources, labels, &metrics)?;
        let service = Service::with_store(exec, options, store, metrics)?;
        let failed = service.catalog().lost().iter().map(|lost| lost.failure.clone()).collect();
        service.log_failures(failed, true);
        Ok(service)
    }

    fn with_store(
        exec: Exec,
        options: Options,
        store: Store,
        metrics: Metrics,
    ) -> Result<Service, ServeError> {
        let inner = Inner {
            engine: Engine::start(&options)?,
            budget: Budget::new(options.buffered_bytes),
            unsent: AllUnsent::new(options.unsent_bytes),
            rates: Rates::new(options.rate),
            options,
            exec,
            store,
            metrics,
            places: Places::default(),
            ready: watch::Sender::new(true),
            ids: Ids::new(),
            failed: Mutex::default(),
        };
        Ok(Service { inner: Arc::new(inner) })
    }

    /// Answers a request without a socket, as if it came to an address of loopback.
    pub async fn answer(&self, request: Request<Bytes>) -> Reply {
        let here = IpAddr::from([127, 0, 0, 1]);
        let hosts = Hosts::new(here, &self.options().allowed_hosts);
        let (parts, body) = request.into_parts();
        let unsent = Box::new(Unsent::new(self.unsent().clone()));
        door::answer(self, &hosts, here, &unsent, &parts, pin!(Full::new(body))).await
    }

    /// The names of the models that are served.
    pub fn names(&self) -> Vec<String> {
        self.catalog().names().map(str::to_owned).collect()
    }

    /// What is there and cannot be served: models, or versions as `NAME/VERSION`.
    pub fn unavailable(&self) -> Vec<String> {
        self.catalog().unavailable().map(|lost| lost.failure.of.to_string()).collect()
    }

    /// Looks at the files of keys, certificate and models, and uses those that changed; what cannot be read leaves the old where it is.
    pub fn reload(&self) -> Reloaded {
        self.read_again(true)
    }

    /// The same; unless it was `asked` for, what could not be read before and did not change is not tried again, nor logged again.
    pub(crate) fn read_again(&self, asked: bool) -> Reloaded {
        // Keys first: who is shut out is so before models are read, which may take long.
        let keys = self.options().keys.reload();
        let tls = self.options().tls.as_ref().map_or(Ok(false), Tls::reload);
        let (mut done, mut tried) = self.inner.store.reload(self.inner.exec, &self.inner.metrics, asked);
        for (what, read) in [("keys", keys), ("certificate", tls)] {
            match read {
                Ok(true) => tracing::info!("the {what} was read again"),
                Ok(false) => {}
                Err(failure) => {
                    tried += usize::from(asked || !self.is_known(&failure));
                    done.failed.push(failure);
                }
            }
        }
        self.metrics().reloaded(done.loaded.len(), tried);
        done.loaded.iter().for_each(|model| tracing::info!(?model, "loaded"));
        done.removed.iter().for_each(|model| tracing::info!(?model, "removed"));
        self.log_failures(done.failed.clone(), asked);
        done
    }

    fn known(&self) -> MutexGuard<'_, Vec<Failure>> {
        self.inner.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it was so at the last reading too.
    fn is_known(&self, failure: &Failure) -> bool {
        self.known().contains(failure)
    }

    /// Logs those failures that are new, or `all` of them.
    fn log_failures(&self, failed: Vec<Failure>, all: bool) {
        let mut known = self.known();
        for failure in failed.iter().filter(|failure| all || !known.contains(failure)) {
            let (of, reason) = (failure.of.to_string(), failure.to_string());
            tracing::error!(?of, ?reason, "not read");
        }
        *known = failed;
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// How predictions are run.
    pub(crate) fn exec(&self) -> Exec {
        self.inner.exec
    }

    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.inner.budget
    }

    pub(crate) fn unsent(&self) -> &Arc<AllUnsent> {
        &self.inner.unsent
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.inner.rates
    }

    pub(crate) fn places(&self) -> &Places {
        &self.inner.places
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.inner.ids
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.inner.store.catalog()
    }

    /// Where the models are, for a test that keeps them from being read.
    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The counters as Prometheus reads them.
    pub(crate) fn metrics_text(&self) -> Result<String, ApiError> {
        let metrics = self.metrics();
        metrics.in_flight.set(self.places().taken() as i64);
        metrics.waiting_rows.set(self.waiting() as i64);
        metrics.unsent_bytes.set(self.unsent().bytes() as i64);
        let dropped = self.options().log_lines_dropped.load(Relaxed);
        metrics.log_lines_dropped.inner().store(dropped, Relaxed);
        metrics.text(&self.catalog()).map_err(|e| ApiError::new(Reason::Internal, e.to_string()))
    }

    /// Rows that wait for a prediction thread.
    pub(crate) fn waiting(&self) -> usize {
        self.inner.engine.waiting()
    }

    /// From now on `ready` says no.
    pub(crate) fn stop(&self) {
        self.inner.ready.send_replace(false);
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.inner.ready.borrow()
    }

    /// Whether the service is ready, now and when that changes.
    pub(crate) fn readiness(&self) -> watch::Receiver<bool> {
        self.inner.ready.subscribe()
    }

    /// The number of requests that ended in a flaw of ours.
    pub fn panics(&self) -> u64 {
        self.metrics().panics()
    }

    /// The model that a path names.
    pub(crate) fn at(&self, route: &Route) -> Result<Arc<Served>, ApiError> {
        self.find(&route.model, &route.version)
    }

    /// This version of the model of this name.
    pub(crate) fn find(&self, model: &str, version: &Which) -> Result<Arc<Served>, ApiError> {
        self.inner.store.find(model, version)
    }

    /// The newest version of the model of this name; without a name, of the only one.
    pub(crate) fn model(&self, name: Option<&str>) -> Result<Arc<Served>, ApiError> {
        let catalog = self.catalog();
        if let Some(name) = name.or_else(|| catalog.only_name()) {
            return self.find(name, &Which::Latest);
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
        self.inner.engine.predict(served, rows)
    }
}
