//! `GET /models`: what a program or a page needs to ask the models: columns with their kinds and categories, the task, classes, scores; and
//! which models and versions are there and cannot be served.

use crate::error::ApiError;
use crate::models::catalog::Catalog;
use crate::models::served::Served;
use crate::protocols::request::{Request, Response};
use crate::service::Service;
use planish_tabular::{CellProfile, ColumnProfile, Kind, Levels, calendar};
use serde_json::{Value, json};

pub(crate) fn models(service: &Service, _: &Request<'_>) -> Result<Response, ApiError> {
    let catalog = service.catalog();
    let models: Vec<Value> = catalog.newest().map(|(served, versions)| of(served, versions)).collect();
    let unavailable: Vec<Value> = catalog.unavailable().map(|broken| broken.failure.public()).collect();
    Response::json(&json!({ "models": models, "unavailable": unavailable }))
}

/// The versions of a model that are there and cannot be served.
pub(crate) fn unavailable(catalog: &Catalog, name: &str) -> Vec<Value> {
    catalog.unavailable().filter(|broken| broken.is_of(name)).map(|broken| broken.failure.public()).collect()
}

fn of(served: &Served, versions: Vec<u64>) -> Value {
    let model = &served.model;
    let columns: Vec<Value> = model.profiles().iter().map(column).collect();
    json!({
        "name": served.name,
        "version": served.version.to_string(),
        "versions": versions.iter().map(u64::to_string).collect::<Vec<_>>(),
        "task": model.task().name(),
        "target": model.target().column(),
        "classes": model.target().classes(),
        "columns": columns,
        "encoded_width": model.encoded_width(),
        "has_intervals": model.has_intervals(),
        "parameters": model.parameters(),
        "rows": model.record().rows,
        "validation": model.record().validation,
    })
}

fn column(profile: &ColumnProfile<'_>) -> Value {
    match profile.cells {
        CellProfile::Number { kind: Kind::Date(order), typical, range, .. } => json!({
            "name": profile.column,
            "kind": "date",
            "order": order,
            "typical": calendar::text(day_of(typical)),
            "range": range.map(|ends| ends.map(calendar::text)),
            "example": order.example(),
        }),
        CellProfile::Number { kind, typical, range, .. } => {
            json!({ "name": profile.column, "kind": kind.name(), "typical": typical, "range": range })
        }
        CellProfile::Category(levels) => json!({
            "name": profile.column,
            "kind": "category",
            "categories": levels.known(),
            "typical": most_frequent(levels),
        }),
    }
}

/// The midnight before a time.
fn day_of(seconds: f64) -> f64 {
    calendar::day_and_time(seconds).0 as f64 * calendar::DAY
}

/// The level with the largest share of the training rows.
fn most_frequent(levels: &Levels) -> Option<&str> {
    let shares = levels.known().iter().zip(levels.shares());
    shares.max_by(|a, b| a.1.total_cmp(b.1)).map(|(name, _)| name.as_str())
}
