//! What the service knows: its models, its settings, and what is going on.

use crate::body::Budget;
use crate::door::{self, Places};
use crate::endpoint::{Route, Which};
use crate::error::{ApiError, Reason, ServeError, quoted};
use crate::host::Hosts;
use crate::options::Options;
use crate::reply::Reply;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use planish_model::{Model, Predictions};
use planish_tabular::{Notes, Schema, Table};
use planish_tensor::Exec;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Rows up to which a prediction is made on the connection's own task.
const INLINE_ROWS: usize = 64;

/// A served model.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) name: String,
    pub(crate) version: u64,
    pub(crate) model: Model,
    pub(crate) features: Schema,
}

/// The models of a service, and how to run them. Copies are the same service.
#[derive(Clone, Debug)]
pub struct Service {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    exec: Exec,
    models: BTreeMap<String, Arc<Served>>,
    budget: Arc<Budget>,
    places: Places,
    stopping: AtomicBool,
    refused: AtomicU64,
    panics: AtomicU64,
}

impl Service {
    /// A service of these named models.
    ///
    /// # Errors
    /// Two models with one name.
    pub fn new(exec: Exec, options: Options, models: Vec<(String, Model)>) -> Result<Service, ServeError> {
        let mut map = BTreeMap::new();
        for (name, model) in models {
            let served = Served { features: model.features(), name: name.clone(), version: 1, model };
            if map.insert(name.clone(), Arc::new(served)).is_some() {
                return Err(ServeError::SameName { name });
            }
        }
        let budget = Budget::new(options.buffered_bytes);
        let inner = Inner {
            options,
            exec,
            models: map,
            budget,
            places: Places::default(),
            stopping: AtomicBool::new(false),
            refused: AtomicU64::new(0),
            panics: AtomicU64::new(0),
        };
        Ok(Service { inner: Arc::new(inner) })
    }

    /// Answers a request without a socket, as if it came to an address of loopback.
    pub async fn answer(&self, request: Request<Bytes>) -> Reply {
        let hosts = Hosts::new(IpAddr::from([127, 0, 0, 1]), &self.options().allowed_hosts);
        door::answer(self, &hosts, request.map(Full::new)).await
    }

    /// The models' names.
    pub fn names(&self) -> Vec<&str> {
        self.inner.models.keys().map(String::as_str).collect()
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.inner.budget
    }

    pub(crate) fn places(&self) -> &Places {
        &self.inner.places
    }

    /// From now on `ready` says no.
    pub(crate) fn stop(&self) {
        self.inner.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_ready(&self) -> bool {
        !self.inner.stopping.load(Ordering::Relaxed)
    }

    /// Counts a request that was refused.
    pub(crate) fn refused(&self, reason: Reason) {
        self.inner.refused.fetch_add(1, Ordering::Relaxed);
        if reason == Reason::Internal {
            self.inner.panics.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The number of requests that ended in a flaw of ours.
    pub fn panics(&self) -> u64 {
        self.inner.panics.load(Ordering::Relaxed)
    }

    /// The model that a path names.
    pub(crate) fn at(&self, route: &Route) -> Result<Arc<Served>, ApiError> {
        let served = self.model(Some(&route.model))?;
        match &route.version {
            Which::Latest => Ok(served),
            Which::Number(n) if *n == served.version => Ok(served),
            Which::Number(n) => {
                Err(ApiError::not_found(format!("model {} has no version {n}", quoted(&route.model))))
            }
        }
    }

    /// The model of this name; without a name, the only one.
    pub(crate) fn model(&self, name: Option<&str>) -> Result<Arc<Served>, ApiError> {
        let models = &self.inner.models;
        match name {
            Some(name) => models
                .get(name)
                .cloned()
                .ok_or_else(|| ApiError::not_found(format!("there is no model {}", quoted(name)))),
            None if models.len() == 1 => Ok(models.values().next().expect("there is one").clone()),
            None => Err(ApiError::bad_request(format!(
                "several models are served: say which with \"model\", one of {}",
                self.names().join(", ")
            ))),
        }
    }

    /// Predicts on the calling task for a few rows, on a blocking thread for many.
    pub(crate) async fn predict(
        &self,
        served: Arc<Served>,
        table: Table,
    ) -> Result<(Predictions, Notes), ApiError> {
        let exec = Exec { threads: 1, ..self.inner.exec };
        let rows = table.rows();
        let work = move || {
            let mut notes = Notes::default();
            served
                .model
                .predict(exec, &table, &mut notes)
                .map(|p| (p, notes))
                .map_err(|e| ApiError::bad_request(e.to_string()))
        };
        if rows <= INLINE_ROWS {
            return work();
        }
        let failed = |_| ApiError::new(Reason::Internal, "the prediction failed");
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }
}
