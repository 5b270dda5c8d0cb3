//! How a service begins: with models that a program has, or with files that are read again while it runs.

use crate::error::ServeError;
use crate::models::served::Served;
use crate::models::store::{Label, ModelSource, Store};
use crate::options::Options;
use crate::protocols::endpoints::ENDPOINTS;
use crate::service::Service;
use crate::telemetry::metrics::Metrics;
use planish_model::Model;
use planish_tensor::Exec;

impl Service {
    /// A service of these named models, each in version 1.
    ///
    /// # Errors
    /// Two models with one name, or a system that refuses threads.
    pub fn new(exec: Exec, options: Options, models: Vec<(String, Model)>) -> Result<Service, ServeError> {
        let (exec, metrics) = (Exec { threads: 1, ..exec }, metrics(&options));
        let served = |(name, model): (String, Model)| {
            let of_model = metrics.of_model(&name, 1);
            Served::new(exec, &name, 1, model, of_model)
        };
        let store = Store::of(models.into_iter().map(served).collect())?;
        Service::of(exec, options, store, metrics)
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
        let (exec, metrics) = (Exec { threads: 1, ..exec }, metrics(&options));
        let store = Store::open(exec, &options, sources, labels, &metrics)?;
        let service = Service::of(exec, options, store, metrics)?;
        let failed = service.catalog().unreadable().iter().map(|broken| broken.failure.clone()).collect();
        service.log_failures(failed, true);
        Ok(service)
    }
}

/// The counters, one of each endpoint.
fn metrics(options: &Options) -> Metrics {
    Metrics::new(ENDPOINTS.iter().map(|endpoint| endpoint.name), options.triton_metrics)
}
