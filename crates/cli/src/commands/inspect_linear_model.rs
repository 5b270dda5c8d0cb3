//! `planish inspect` for linear models beside least squares: their coefficients, with Wald's tests where there are some.

use super::train_linear_model;
use crate::report;
use planish_model::{LinearModelFit, LinearModelPredictor, Model};
use serde_json::{Value, json};

/// A coefficient with its names.
struct Row {
    class: Option<String>,
    term: String,
    estimate: f64,
    /// Standard error, z and p.
    test: Option<[f64; 3]>,
    aliased: bool,
}

/// The coefficients of one linear predictor.
pub(super) struct CoefficientTable {
    /// Of more than two classes the one that it sets against the first.
    pub(super) class: Option<String>,
    /// A head, then a row a coefficient.
    pub(super) rows: Vec<Vec<String>>,
}

pub(super) fn tables(model: &Model, l: &LinearModelPredictor) -> Vec<CoefficientTable> {
    let rows = rows(model, l);
    let tested = rows.iter().any(|r| r.test.is_some());
    let table = |group: &[Row]| {
        let mut cells = vec![vec!["term".to_owned(), "estimate".to_owned()]];
        if tested {
            cells[0].extend(["std error", "z", "P>|z|"].map(str::to_owned));
        }
        cells.extend(group.iter().map(|r| r.cells()));
        CoefficientTable { class: group[0].class.clone(), rows: cells }
    };
    rows.chunk_by(|a, b| a.class == b.class).map(table).collect()
}

/// Rows and scores of the fit, in a line.
pub(super) fn fit_line(l: &LinearModelPredictor) -> String {
    format!("{} rows   {}", report::count(l.fit.rows()), train_linear_model::line(&l.fit))
}

pub(super) fn text(model: &Model, l: &LinearModelPredictor) -> String {
    let mut out = String::new();
    for table in tables(model, l) {
        if let Some(class) = &table.class {
            out += &format!("\nclass {class} against class {}:", model.target().classes()[0]);
        }
        out += &format!("\n{}", report::columns(&table.rows));
    }
    out + &format!("\n{}", fit_line(l))
}

pub(super) fn to_json(model: &Model, l: &LinearModelPredictor) -> Value {
    let mut out = train_linear_model::to_json(&l.fit);
    let coefficients: Vec<Value> = rows(model, l)
        .into_iter()
        .map(|r| {
            let mut row = json!({ "term": r.term, "estimate": r.estimate });
            if let Some(class) = r.class {
                row["class"] = json!(class);
            }
            if let Some([std_error, z, p]) = r.test {
                (row["std_error"], row["z"], row["p"]) = (json!(std_error), json!(z), json!(p));
            }
            row
        })
        .collect();
    out["kind"] = json!(l.fit.name());
    out["coefficients"] = json!(coefficients);
    out["aliased"] = json!(model.aliased());
    out
}

fn rows(model: &Model, l: &LinearModelPredictor) -> Vec<Row> {
    let names = l.design.names();
    let classes = model.target().classes();
    let term = |t: Option<usize>| t.map_or_else(|| "(intercept)".to_owned(), |t| names[t].clone());
    if let LinearModelFit::Glm(fit) = &l.fit {
        let row = |r: planish_linreg::CoefficientRow| Row {
            class: (classes.len() > 2).then(|| classes[r.predictor + 1].clone()),
            term: term(r.term),
            estimate: r.estimate,
            test: r.std_error.zip(r.z).zip(r.p).map(|((s, z), p)| [s, z, p]),
            aliased: r.term.is_some_and(|t| fit.aliased.contains(&t)),
        };
        return fit.table().into_iter().map(row).collect();
    }
    let c = &l.fit.coefficients()[0];
    let row = |t: Option<usize>| Row {
        class: None,
        term: term(t),
        estimate: t.map_or_else(|| c.intercept.to_f64(), |t| c.coef[t]),
        test: None,
        aliased: false,
    };
    let intercept = l.fit.has_intercept().then(|| row(None));
    intercept.into_iter().chain((0..names.len()).map(|t| row(Some(t)))).collect()
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let estimate = if self.aliased { "dropped".to_owned() } else { format!("{:.10e}", self.estimate) };
        let mut cells = vec![self.term.clone(), estimate];
        if let Some([std_error, z, p]) = self.test {
            let p = if p < 1e-4 { format!("{p:.2e}") } else { format!("{p:.4}") };
            cells.extend([format!("{std_error:.4e}"), format!("{z:.3}"), p]);
        }
        cells
    }
}
