//! `planish inspect`: what is in a model.

use super::inspect_linear_model;
use crate::args::InspectArgs;
use crate::report;
use planish_io::load_model;
use planish_model::{LinearPredictor, Model, NetworkPredictor, Predictor};
use planish_tabular::Kind;
use serde_json::{Value, json};

pub(crate) fn run(a: &InspectArgs) -> anyhow::Result<()> {
    let model = load_model(&a.model)?;
    if a.json {
        return report::print_json(&to_json(&model));
    }
    let mut out = format!("{}\n{}\n", report::model(&model), report::target(model.target()));
    match model.predictor() {
        Predictor::Network(n) => out += &layers(n),
        Predictor::Linear(l) => out += &coefficients(&model, l),
        Predictor::LinearModel(l) => out += &inspect_linear_model::text(&model, l),
        _ => {}
    }
    out += &columns(&model);
    out += &record(&model);
    report::print(&out)
}

fn layers(n: &NetworkPredictor) -> String {
    let mut rows = vec![["layer", "shape", "parameters"].map(str::to_owned).to_vec()];
    for p in &n.plan.layout().params {
        let shape = p.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
        rows.push(vec![p.name.clone(), shape, report::count(p.range.len() as u64)]);
    }
    format!("\n{}", report::columns(&rows))
}

fn coefficients(model: &Model, l: &LinearPredictor) -> String {
    let mut rows = vec![["term", "estimate"].map(str::to_owned).to_vec()];
    let aliased = model.aliased();
    for (term, estimate) in model.coefficients() {
        let shown = if aliased.contains(&term) { "dropped".to_owned() } else { format!("{estimate:.10e}") };
        rows.push(vec![term, shown]);
    }
    let r = &l.fit.responses[0];
    let fit = format!(
        "{} rows, r2 {:.6}, residual standard deviation {:.6}, condition number {:.1}, {} refinement(s)\n",
        report::count(l.fit.rows),
        r.r2,
        r.residual_sd,
        l.fit.condition,
        l.fit.refinements
    );
    let dropped: String =
        aliased.iter().map(|t| format!("dropped {t}: it is a combination of terms before it\n")).collect();
    format!("\n{}\n{fit}{dropped}", report::columns(&rows))
}

fn columns(model: &Model) -> String {
    let name = |kind| if kind == Kind::Number { "number" } else { "category" };
    let rows: Vec<Vec<String>> =
        model.features().columns.iter().map(|c| vec![c.name.clone(), name(c.kind).to_owned()]).collect();
    format!("\ncolumns that a prediction needs:\n{}", report::columns(&rows))
}

fn record(model: &Model) -> String {
    let Some(h) = &model.record().history else { return String::new() };
    let mut out = format!(
        "\ntrained on {} rows, {} held out; kept epoch {} of {}\n",
        report::count(h.rows as u64),
        report::count(h.validation_rows as u64),
        h.best_epoch,
        h.epochs.len()
    );
    if !model.record().validation.is_empty() {
        out += &format!("held-out rows: {}\n", report::scores(&model.record().validation));
    }
    out
}

fn to_json(model: &Model) -> Value {
    let mut out = json!({
        "task": model.task().name(),
        "target": model.target(),
        "columns": model.features().columns,
        "parameters": model.parameters(),
        "record": model.record(),
    });
    match model.predictor() {
        Predictor::Network(n) => {
            let layers: Vec<Value> = n
                .plan
                .layout()
                .params
                .iter()
                .map(|p| json!({ "name": p.name, "shape": p.shape, "parameters": p.range.len() }))
                .collect();
            out["kind"] = json!("network");
            out["architecture"] = json!(n.sequential);
            out["tensors"] = json!(layers);
            out["features"] = json!(n.encoder.names());
        }
        Predictor::Linear(l) => {
            let r = &l.fit.responses[0];
            let coefficients: Vec<Value> = model
                .coefficients()
                .into_iter()
                .map(|(term, estimate)| json!({ "term": term, "estimate": estimate }))
                .collect();
            out["kind"] = json!("linear");
            out["coefficients"] = json!(coefficients);
            out["aliased"] = json!(model.aliased());
            out["rows"] = json!(l.fit.rows);
            out["rank"] = json!(l.fit.rank());
            out["condition"] = json!(l.fit.condition);
            out["r2"] = json!(r.r2);
            out["residual_sd"] = json!(r.residual_sd);
        }
        Predictor::LinearModel(l) => {
            if let (Value::Object(out), Value::Object(more)) =
                (&mut out, inspect_linear_model::to_json(model, l))
            {
                out.extend(more);
            }
        }
        _ => {}
    }
    out
}
