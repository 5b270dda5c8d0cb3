//! `planish inspect` for linear models beside least squares: their coefficients, with Wald's tests where there are some.

use crate::commands::train::linear_model as fitted;
use crate::print;
use planish_model::{CoefficientLine, LinearFit, Model};
use serde_json::{Value, json};

/// The coefficients of one linear predictor.
pub(crate) struct CoefficientTable {
    /// Of classes the one that it sets against the first.
    pub(crate) class: Option<String>,
    /// A head, then a row a coefficient.
    pub(crate) rows: Vec<Vec<String>>,
}

pub(crate) fn tables(model: &Model) -> Vec<CoefficientTable> {
    let tables = model.coefficient_tables();
    let tested = tables.iter().any(|t| t.lines.iter().any(|c| c.known.p.is_some()));
    let table = |t: planish_model::CoefficientTable| {
        let mut rows = vec![vec!["term".to_owned(), "estimate".to_owned()]];
        if tested {
            rows[0].extend(["std error", "z", "P>|z|"].map(str::to_owned));
        }
        rows.extend(t.lines.iter().map(cells));
        CoefficientTable { class: t.class.map(|c| model.target().classes()[c].clone()), rows }
    };
    tables.into_iter().map(table).collect()
}

/// Rows and scores of the fit, in a line.
pub(crate) fn fit_line(fit: &LinearFit) -> String {
    format!("{} rows   {}", print::count(fit.rows()), fitted::line(fit))
}

pub(crate) fn text(model: &Model, fit: &LinearFit) -> String {
    let mut out = String::new();
    for table in tables(model) {
        if let Some(class) = &table.class {
            out += &format!("\nclass {class} against class {}:", model.target().classes()[0]);
        }
        out += &format!("\n{}", print::columns(&table.rows));
    }
    let aliased = print::aliased(model);
    if !aliased.is_empty() {
        out += &format!("\n{aliased}");
    }
    out + &format!("\n{}", fit_line(fit))
}

/// Adds the numbers of the fit and its coefficients under their keys.
pub(crate) fn add_json(model: &Model, fit: &LinearFit, out: &mut Value) {
    if let Value::Object(numbers) = fitted::to_json(fit) {
        numbers.into_iter().for_each(|(key, value)| out[key] = value);
    }
    let of_table = |t: planish_model::CoefficientTable| {
        let class = t.class.map(|c| &model.target().classes()[c]);
        t.lines.into_iter().map(move |c| {
            let mut row = json!({ "term": c.name, "estimate": c.known.estimate, "dropped": c.known.dropped });
            if let Some(class) = class {
                row["class"] = json!(class);
            }
            if let Some([std_error, z, p]) = test(&c) {
                (row["std_error"], row["z"], row["p"]) = (json!(std_error), json!(z), json!(p));
            }
            row
        })
    };
    let coefficients: Vec<Value> = model.coefficient_tables().into_iter().flat_map(of_table).collect();
    out["coefficients"] = json!(coefficients);
    out["aliased"] = json!(model.aliased());
    out["aliased_equations"] = json!(model.aliased_equations());
    match model.target().classes() {
        [reference, modelled] => {
            (out["modelled_class"], out["reference_class"]) = (json!(modelled), json!(reference));
        }
        [reference, ..] => out["reference_class"] = json!(reference),
        [] => {}
    }
}

/// Standard error, z and p, where there are all of them.
fn test(c: &CoefficientLine) -> Option<[f64; 3]> {
    Some([c.known.std_error?, c.known.statistic?, c.known.p?])
}

fn cells(c: &CoefficientLine) -> Vec<String> {
    let estimate = if c.known.dropped { "dropped".to_owned() } else { format!("{:.10e}", c.known.estimate) };
    let mut cells = vec![c.name.clone(), estimate];
    if let Some([std_error, z, p]) = test(c) {
        let p = if p < 1e-4 { format!("{p:.2e}") } else { format!("{p:.4}") };
        cells.extend([format!("{std_error:.4e}"), format!("{z:.3}"), p]);
    }
    cells
}
