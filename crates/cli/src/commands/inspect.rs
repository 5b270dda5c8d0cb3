//! `planish inspect`: what is in a model.

mod against;
pub(crate) mod linear;
pub(crate) mod linear_model;
pub(crate) mod trees;

use super::coding;
use crate::args::InspectArgs;
use crate::print;
use planish_io::{Outputs, load_model};
use planish_model::{Model, NetworkPredictor};
use planish_nn::Param;
use planish_train::metrics::ConfusionMatrix;
use serde_json::{Value, json};

pub(crate) fn run(a: &InspectArgs) -> anyhow::Result<()> {
    Outputs::of_reading([Some(a.model.as_path()), a.against.as_deref()].into_iter().flatten())?;
    let model = load_model(&a.model)?;
    let tree = a.tree.map(|n| trees::place(a, &model, n));
    let against = match &a.against {
        Some(path) => Some(against::Comparison::new(&model, &load_model(path)?, path)?),
        None => None,
    };
    if a.json {
        let mut out = to_json(&model);
        if let Some(comparison) = &against {
            out["anova"] = comparison.to_json();
        }
        if let (Some(t), Some(place)) = (model.trees(), tree) {
            out["tree"] = trees::tree_json(t, model.target(), place);
        }
        return print::print_json(&out);
    }
    let mut out = format!("{}\n{}\n", print::model(&model), print::target(model.target()));
    if let Some(n) = model.network() {
        out += &layers(n);
    }
    if let Some(t) = model.trees() {
        out += &match tree {
            Some(place) => return print::print(&(out + &trees::tree_text(t, model.target(), place))),
            None => trees::text(t),
        };
    }
    if let Some(l) = model.linear() {
        out += &match l.fit.least_squares() {
            Some(fit) => linear::text(&model, fit),
            None => linear_model::text(&model, &l.fit),
        };
        out += &coding::text(&l.design);
    }
    if let Some(comparison) = &against {
        out += &comparison.text();
    }
    out += &columns(&model);
    out += &record(&model);
    if let Some(blend) = &model.record().blend {
        out += &format!("\nchosen by {} held-out rows:\n", print::count(blend.held_rows));
        out += &print::leaderboard(blend);
        out += &scores(&model);
    }
    print::print(&out)
}

fn layers(n: &NetworkPredictor) -> String {
    let mut rows = vec![["layer", "shape", "parameters"].map(str::to_owned).to_vec()];
    for p in &n.plan.layout().params {
        let shape = p.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
        rows.push(vec![p.name.clone(), shape, print::count(p.range.len() as u64)]);
    }
    format!("\n{}", print::columns(&rows))
}

fn columns(model: &Model) -> String {
    let rows: Vec<Vec<String>> =
        model.features().columns.iter().map(|c| vec![c.name.clone(), c.kind.name().to_owned()]).collect();
    format!("\ncolumns that a prediction needs:\n{}", print::columns(&rows))
}

fn record(model: &Model) -> String {
    // Of a candidate that was chosen the table of all says more.
    let Some(h) = model.record().history.as_ref().filter(|_| model.record().blend.is_none()) else {
        return String::new();
    };
    let out = match model.trees() {
        Some(t) => trees::search(t, h),
        None => format!(
            "\ntrained on {} rows, {} held out; kept epoch {} of {}\n",
            print::count(h.rows as u64),
            print::count(h.validation_rows as u64),
            h.best_epoch,
            h.epochs.len()
        ),
    };
    out + &scores(model)
}

/// What held-out rows said.
fn scores(model: &Model) -> String {
    let mut out = String::new();
    if !model.record().validation.is_empty() {
        out += &format!("held-out rows: {}\n", print::scores(&model.record().validation));
    }
    if let Some(counts) = &model.record().confusion {
        out += &print::confusion(&ConfusionMatrix::from_counts(counts), model.target().classes());
    }
    out
}

fn to_json(model: &Model) -> Value {
    let mut out = json!({
        "kind": model.kind(),
        "task": model.task().name(),
        "target": model.target(),
        "columns": model.features().columns,
        "parameters": model.parameters(),
        "record": model.record(),
    });
    if let Some(n) = model.network() {
        let layer = |p: &Param| json!({ "name": p.name, "shape": p.shape, "parameters": p.range.len() });
        out["architecture"] = json!(n.sequential);
        out["tensors"] = n.plan.layout().params.iter().map(layer).collect();
        out["features"] = json!(n.encoder.names());
    }
    if let Some(t) = model.trees() {
        trees::add_json(t, &mut out);
    }
    if let Some(l) = model.linear() {
        match l.fit.least_squares() {
            Some(fit) => linear::add_json(model, fit, &mut out),
            None => linear_model::add_json(model, &l.fit, &mut out),
        }
        coding::add_json(&l.design, &mut out);
    }
    out
}
