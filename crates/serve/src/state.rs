//! What the service knows: its models by name.

use crate::error::{ApiError, ServeError};
use planish_model::{Model, Predictions};
use planish_tabular::{Notes, Schema, Table};
use planish_tensor::Exec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of one request.
pub(crate) const MAX_ROWS: usize = 4096;
/// Rows up to which a prediction is made on the connection's own task.
const INLINE_ROWS: usize = 64;

/// A served model.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) name: String,
    pub(crate) model: Model,
    pub(crate) features: Schema,
}

/// The models of a service, and how to run them.
#[derive(Clone, Debug)]
pub struct Service {
    models: Arc<BTreeMap<String, Arc<Served>>>,
    exec: Exec,
}

impl Service {
    /// A service of these named models.
    ///
    /// # Errors
    /// Two models with one name.
    pub fn new(exec: Exec, models: Vec<(String, Model)>) -> Result<Service, ServeError> {
        let mut map = BTreeMap::new();
        for (name, model) in models {
            let served = Served { features: model.features(), name: name.clone(), model };
            if map.insert(name.clone(), Arc::new(served)).is_some() {
                return Err(ServeError::SameName { name });
            }
        }
        Ok(Service { models: Arc::new(map), exec })
    }

    /// The models' names.
    pub fn names(&self) -> Vec<&str> {
        self.models.keys().map(String::as_str).collect()
    }

    /// The model of this name; without a name, the only one.
    pub(crate) fn model(&self, name: Option<&str>) -> Result<Arc<Served>, ApiError> {
        match name {
            Some(name) => self
                .models
                .get(name)
                .cloned()
                .ok_or_else(|| ApiError::not_found(format!("there is no model {name:?}"))),
            None if self.models.len() == 1 => Ok(self.models.values().next().expect("there is one").clone()),
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
        let exec = Exec { threads: 1, ..self.exec };
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
        let failed =
            |_| ApiError::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "the prediction failed");
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }
}
