//! `GET /models/{model}`: what a model was made from and what it learned: settings, scores, the curves of its training, the held-out
//! confusion matrix, coefficients.
//!
//! Lists that grow without bound are cut, and what was cut is said. A number that is not finite is null, and what a model has not is left
//! out.

use crate::error::ApiError;
use crate::models::served::Served;
use crate::protocols::describe;
use crate::protocols::request::{Request, Response};
use crate::service::Service;
use planish_model::{CoefficientLine, CoefficientTable, Model, Settings};
use planish_train::{Epoch, History};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The most epochs of a curve, about.
const EPOCHS: usize = 1000;
/// The most tables of coefficients, and the most lines of all together, about.
const TABLES: usize = 100;
const LINES: usize = 3000;
/// The lines of a table that are always there.
const FIRST_LINES: usize = 30;

pub(crate) fn learned(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let served = service.at(request.target)?;
    let mut answer = of(&served);
    let unavailable = describe::unavailable(&service.catalog(), &served.name);
    if !unavailable.is_empty() {
        answer["unavailable"] = json!(unavailable);
    }
    Response::json(&answer)
}

fn of(served: &Served) -> Value {
    let (model, record) = (&served.model, served.model.record());
    let mut out = json!({
        "name": served.name,
        "version": served.version.to_string(),
        "kind": model.kind(),
        "task": model.task().name(),
        "target": model.target().column(),
        "parameters": model.parameters(),
        "rows": record.rows,
        "rows_without_target": record.rows_without_target,
        "rare_categories": record.rare_categories,
        "settings": settings(&record.settings),
        "validation": record.validation,
    });
    let classes = model.target().classes();
    let parts = [
        ("layers", layers(model)),
        ("history", record.history.as_ref().map(history)),
        (
            "confusion_matrix",
            record.confusion.as_ref().map(|rows| json!({ "classes": classes, "rows": rows })),
        ),
        ("fit", fit(model)),
        ("blend", record.blend.as_ref().map(|blend| json!(blend))),
        ("coefficients", coefficients(model)),
        ("reference_levels", reference_levels(model)),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            out[name] = part;
        }
    }
    out
}

/// The settings themselves, without the name of their kind.
fn settings(settings: &Settings) -> Value {
    match serde_json::to_value(settings) {
        Ok(Value::Object(kinds)) => kinds.into_values().next().unwrap_or_default(),
        _ => json!({}),
    }
}

/// The width of a network's input and of each layer after it.
fn layers(model: &Model) -> Option<Value> {
    let n = model.network()?;
    let widths: Vec<usize> = std::iter::once(n.plan.inputs()).chain(n.plan.widths()).collect();
    Some(json!(widths))
}

/// The curves, a list a quantity; of very many epochs those at even steps, with the one that was kept and the last.
fn history(h: &History) -> Value {
    let every = h.epochs.len().div_ceil(EPOCHS).max(1);
    let is_shown = |(i, e): &(usize, &Epoch)| {
        i.is_multiple_of(every) || e.epoch == h.best_epoch || i + 1 == h.epochs.len()
    };
    let shown: Vec<&Epoch> = h.epochs.iter().enumerate().filter(is_shown).map(|(_, e)| e).collect();
    let of_each = |f: &dyn Fn(&Epoch) -> Option<f64>| json!(shown.iter().map(|e| f(e)).collect::<Vec<_>>());
    let names: BTreeSet<&String> = shown.iter().flat_map(|e| e.metrics.keys()).collect();
    let metrics: Map<String, Value> =
        names.into_iter().map(|name| (name.clone(), of_each(&|e| e.metrics.get(name).copied()))).collect();
    let mut out = json!({
        "rows": h.rows,
        "validation_rows": h.validation_rows,
        "epochs": h.epochs.len(),
        "best_epoch": h.best_epoch,
        "stop": stop(h),
        "every": every,
        "epoch": shown.iter().map(|e| e.epoch).collect::<Vec<_>>(),
        "loss": of_each(&|e| Some(e.loss)),
        "metrics": metrics,
    });
    if shown.iter().any(|e| e.val_loss.is_some()) {
        out["val_loss"] = of_each(&|e| e.val_loss);
    }
    out
}

/// Why training stopped: a name, without the place of a divergence.
fn stop(h: &History) -> Value {
    match serde_json::to_value(h.stop) {
        Ok(Value::Object(kinds)) => kinds.into_iter().next().map_or(Value::Null, |(name, _)| json!(name)),
        Ok(name) => name,
        Err(_) => Value::Null,
    }
}

/// How well a linear model fits the rows that it was made from.
fn fit(model: &Model) -> Option<Value> {
    let fit = &model.linear()?.fit;
    let mut out = json!({ "rows": fit.rows() });
    match fit.least_squares() {
        Some(fit) => out["residual_sd"] = json!(fit.responses[0].residual_sd),
        None => out["converged"] = json!(fit.converged()),
    }
    if let Some(r2) = fit.r2() {
        out["r2"] = json!(r2);
    }
    Some(out)
}

/// A coefficient as it is sent: without a variance inflation factor.
fn line(c: &CoefficientLine) -> Value {
    let mut sent = c.clone();
    sent.known.vif = None;
    json!(sent)
}

/// The most lines of each of so many tables.
fn lines_of_each(tables: usize) -> usize {
    (LINES / tables.clamp(1, TABLES)).max(FIRST_LINES)
}

/// The tables of coefficients in model order: of each its first lines, and how many there are.
fn coefficients(model: &Model) -> Option<Value> {
    let tables = model.coefficient_tables();
    if tables.is_empty() {
        return None;
    }
    let most = lines_of_each(tables.len());
    let classes = model.target().classes();
    let table = |t: &CoefficientTable| {
        let mut out = json!({ "of": t.of, "terms": t.lines.len() });
        out["lines"] = t.lines.iter().take(most).map(line).collect();
        if let Some(class) = t.class {
            (out["class"], out["against"]) = (json!(classes[class]), json!(classes[0]));
        }
        out
    };
    let shown: Vec<Value> = tables.iter().take(TABLES).map(table).collect();
    Some(json!({ "tables": tables.len(), "shown": shown }))
}

/// The level of each category that has no term, of linear models.
fn reference_levels(model: &Model) -> Option<Value> {
    let all = model.linear()?.design.references();
    Some(all.iter().take(LINES).map(|r| json!({ "column": r.column, "level": r.level })).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_train::Stop;

    #[test]
    fn the_more_tables_the_fewer_lines_but_always_some() {
        assert_eq!([1, 3, 100, 5000].map(lines_of_each), [3000, 1000, 30, 30]);
    }

    #[test]
    fn of_very_many_epochs_the_kept_and_the_last_are_always_there() {
        let epoch = |epoch| Epoch { epoch, loss: f64::NAN, val_loss: None, metrics: Default::default() };
        let epochs = (1..=2500).map(epoch).collect();
        let stop = Stop::Diverged { epoch: 2501, step: 3 };
        let h = history(&History { epochs, best_epoch: 2498, stop, rows: 7, validation_rows: 0 });
        let shown: Vec<u64> = serde_json::from_value(h["epoch"].clone()).unwrap();
        assert_eq!((h["every"].as_u64(), h["stop"].as_str()), (Some(3), Some("diverged")));
        assert_eq!((&shown[..3], &shown[shown.len() - 3..]), (&[1, 4, 7][..], &[2497, 2498, 2500][..]));
        assert!(h["loss"].as_array().is_some_and(|l| l.len() == shown.len() && l[0].is_null()));
        assert_eq!(h.get("val_loss"), None);
    }
}
