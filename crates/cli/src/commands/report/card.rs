//! The parts of a report that every model has: what it is, what it was trained with, its scores, and how a network learned.

use super::blocks::{section, table};
use crate::print;
use planish_model::{Diagnostics, Model};
use planish_report::{Block, MAX_LINES, NamedLine, Section, learning_curves};
use planish_train::{Epoch, History};
use serde_json::Value;
use std::collections::BTreeSet;

/// The most columns that are listed.
const COLUMNS: usize = 500;

/// What the model is and how it was made.
pub(super) fn model(model: &Model) -> Section {
    let record = model.record();
    let fact = |name: &str, value: String| [name.to_owned(), value];
    let mut facts = vec![
        fact("kind", kind(model)),
        fact("task", model.task().name().to_owned()),
        fact("target", model.target().column().to_owned()),
        fact("columns it reads", print::count(model.features().columns.len() as u64)),
        fact("parameters", print::count(model.parameters() as u64)),
        fact("rows it was made from", print::count(record.rows)),
    ];
    if record.rows_without_target > 0 {
        facts.push(fact("rows without a target, left out", print::count(record.rows_without_target)));
    }
    if let Some(h) = &record.history {
        facts.push(fact("rows held out for validation", print::count(h.validation_rows as u64)));
        facts.push(fact("kept epoch", format!("{} of {}", h.best_epoch, h.epochs.len())));
        facts.push(fact("why training stopped", flat(&serde_json::to_value(h.stop).unwrap_or_default())));
    }
    facts.push(fact("planish", env!("CARGO_PKG_VERSION").to_owned()));
    let mut blocks = vec![Block::Facts(facts)];
    if !record.validation.is_empty() {
        let scores = print::scores(&record.validation);
        blocks.push(Block::Text(format!("On the rows that were held out when it was trained: {scores}")));
    }
    if let Some(blend) = &record.blend {
        let held = print::count(blend.held_rows);
        let text = format!("The candidates that it was chosen from by {held} held-out rows.");
        blocks.push(table(&text, print::candidates(blend)));
    }
    let columns =
        vec![table("Columns that a prediction needs, as the training rows had them.", columns(model))];
    blocks.push(Block::Closed("Columns".to_owned(), columns));
    let settings = vec![table(
        "Settings that the model was trained with. No time and no path is stored in a model.",
        settings(model),
    )];
    blocks.push(Block::Closed("Settings".to_owned(), settings));
    Section { title: "Model".to_owned(), blocks }
}

fn kind(model: &Model) -> String {
    let least_squares = if model.least_squares().is_some() { ", least squares" } else { "" };
    print::kind_in_words(model.kind()).to_owned() + least_squares
}

fn columns(model: &Model) -> Vec<Vec<String>> {
    let mut rows = vec![["column", "kind"].map(str::to_owned).to_vec()];
    let columns = model.features().columns;
    rows.extend(columns.iter().take(COLUMNS).map(|c| vec![c.name.clone(), c.kind.name().to_owned()]));
    if columns.len() > COLUMNS {
        rows.push(vec![format!("… and {} more", print::count((columns.len() - COLUMNS) as u64))]);
    }
    rows
}

/// The settings as names with values: `schedule.warm_up`, `40`.
fn settings(model: &Model) -> Vec<Vec<String>> {
    let mut rows = vec![["setting", "value"].map(str::to_owned).to_vec()];
    if let Ok(Value::Object(kinds)) = serde_json::to_value(&model.record().settings) {
        kinds.values().for_each(|settings| unfold("", settings, &mut rows));
    }
    rows
}

fn unfold(name: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    let Some(fields) = value.as_object().filter(|fields| !fields.is_empty()) else {
        rows.push(vec![name.replace('_', " "), flat(value)]);
        return;
    };
    for (key, value) in fields {
        let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        unfold(&name, value, rows);
    }
}

/// A value in a line.
fn flat(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.replace('_', " "),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::Array(all) => all.iter().map(flat).collect::<Vec<_>>().join(", "),
        Value::Object(fields) if fields.is_empty() => "none".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// The scores on the rows at hand.
pub(super) fn scores(found: &Diagnostics) -> Section {
    let e = &found.evaluation;
    let rows = ["rows scored".to_owned(), print::count(e.rows)];
    let facts = std::iter::once(rows).chain(print::score_cells(&e.metrics)).collect();
    let mut blocks = vec![Block::Facts(facts)];
    let without = e.rows_without_target;
    if without > 0 {
        blocks.push(Block::Text(format!("{} rows without a target were left out.", print::count(without))));
    }
    blocks.extend(print::unusual(&e.notes).into_iter().map(|text| Block::Text(format!("Note: {text}."))));
    Section { title: "Scores".to_owned(), blocks }
}

/// How a network's loss and metrics went by epoch.
pub(super) fn training(model: &Model) -> Option<Section> {
    let history = model.record().history.as_ref().filter(|h| h.epochs.len() > 1)?;
    let kept = format!("The dashed line is epoch {}, whose weights the model has.", history.best_epoch);
    let losses = [
        ("training rows", of_epochs(history, |e| Some(e.loss))),
        ("held-out rows", of_epochs(history, |e| e.val_loss)),
    ];
    let losses = named(losses.map(|(name, points)| (name.to_owned(), points)));
    let note =
        format!("Mean loss of the batches of an epoch, and the loss on held-out rows after it. {kept}");
    let mut figures = vec![learning_curves("Loss by epoch", losses, "loss", history.best_epoch, &note)];
    let metrics: BTreeSet<&String> = history.epochs.iter().flat_map(|e| e.metrics.keys()).collect();
    for metric in metrics.into_iter().take(MAX_LINES) {
        let points = of_epochs(history, |e| e.metrics.get(metric).copied());
        let lines = named([(metric.clone(), points)]);
        figures.push(learning_curves(
            &format!("{metric} by epoch"),
            lines,
            metric,
            history.best_epoch,
            &kept,
        ));
    }
    section("Training", vec![Block::Figures(figures)])
}

fn of_epochs(history: &History, y: impl Fn(&Epoch) -> Option<f64>) -> Vec<[f64; 2]> {
    history.epochs.iter().filter_map(|e| Some([e.epoch as f64, y(e)?])).collect()
}

/// The lines that have points.
fn named(lines: impl IntoIterator<Item = (String, Vec<[f64; 2]>)>) -> Vec<NamedLine> {
    let lines = lines.into_iter().filter(|(_, points)| !points.is_empty());
    lines.map(|(name, points)| NamedLine { name, points }).collect()
}
