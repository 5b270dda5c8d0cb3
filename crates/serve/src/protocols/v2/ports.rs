//! The inputs and outputs of a model, as the protocol names them.

use crate::error::ApiError;
use crate::models::served::Served;
use crate::options::Options;
use crate::service::Service;
use planish_tabular::{Kind, Task};
use serde::Serialize;

/// The name of the service, and of the platform that models run on.
pub(crate) const NAME: &str = "planish";

/// An input or output of a model, as its metadata tell it; a length that requests choose is -1.
#[derive(Serialize)]
pub(crate) struct Port<'a> {
    pub(crate) name: &'a str,
    pub(crate) datatype: &'static str,
    pub(crate) shape: Vec<i64>,
}

/// What the model takes.
pub(crate) fn inputs(served: &Served) -> Vec<Port<'_>> {
    let datatype = |kind| match kind {
        Kind::Number | Kind::Formatted(_) => "FP64",
        Kind::Category | Kind::Date(_) => "BYTES",
    };
    let columns = served.features.columns.iter();
    columns.map(|c| Port { name: &c.name, datatype: datatype(c.kind), shape: vec![-1] }).collect()
}

/// What the model gives.
pub(crate) fn outputs(served: &Served) -> Vec<Port<'static>> {
    let port = |name, datatype, shape| Port { name, datatype, shape };
    let classes = served.model.target().classes().len() as i64;
    match served.model.task() {
        Task::Regress => vec![port("prediction", "FP64", vec![-1])],
        Task::Classify => {
            vec![port("prediction", "BYTES", vec![-1]), port("probabilities", "FP64", vec![-1, classes])]
        }
    }
}

/// The versions of a model, in order.
pub(crate) fn versions(service: &Service, served: &Served) -> Result<Vec<String>, ApiError> {
    Ok(service.catalog().versions(&served.name)?.keys().map(u64::to_string).collect())
}

/// A request may have so many inputs, and so many outputs.
pub(crate) fn check_count(what: &str, n: usize, served: &Served, options: &Options) -> Result<(), ApiError> {
    let most = options.inputs.max(served.features.columns.len());
    if n > most {
        return Err(ApiError::bad_request(format!("{n} {what}: at most {most} are allowed")));
    }
    Ok(())
}
