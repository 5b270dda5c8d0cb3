//! `POST /predict`: rows of named raw values in, predictions with probabilities out.
//!
//! `{"rows": [{"age": 39, "city": "Bonn"}, …], "model": "name"}` → `{"model": …, "predictions": [{"prediction": …,
//! "probabilities": {…}}, …], "notes": {…}}`. `null` stands for a missing value; names that the model does not use are
//! ignored; `model` is needed only where several are served.

use crate::depth::check_depth;
use crate::door::Asked;
use crate::error::ApiError;
use crate::reply::{self, Reply};
use crate::served::Served;
use crate::service::Service;
use planish_tabular::{Kind, Table, is_missing};
use planish_tensor::Dd;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Request {
    rows: Vec<Map<String, Value>>,
    model: Option<String>,
}

pub(crate) async fn predict(service: &Service, asked: Asked<'_>) -> Result<Reply, ApiError> {
    let most = service.options().rows;
    let request: Request = parse_body(service, &asked.body)?;
    let served = service.model(request.model.as_deref())?;
    if request.rows.is_empty() || request.rows.len() > most {
        return Err(ApiError::bad_request(format!(
            "\"rows\" has {} rows: 1 to {most} are allowed",
            request.rows.len()
        )));
    }
    let table = table_of(&served, &request.rows)?;
    let (predictions, notes) = service.predict(&served, &table).await?;
    let classes = served.model.target().classes();
    let list: Vec<_> = (0..predictions.rows()).map(|i| predictions.named(classes, i)).collect();
    let mut answer = json!({ "model": served.name, "predictions": list });
    if !notes.unknown.is_empty() {
        answer["notes"]["unknown_categories"] = json!(notes.unknown);
    }
    if !notes.clamped.is_empty() {
        answer["notes"]["numbers_cut_off"] = json!(notes.clamped);
    }
    if !notes.imputed.is_empty() {
        answer["notes"]["missing_values_filled"] = json!(notes.imputed);
    }
    reply::json(&answer)
}

/// The body as JSON of the wanted shape.
pub(crate) fn parse_body<T: for<'a> Deserialize<'a>>(service: &Service, body: &[u8]) -> Result<T, ApiError> {
    check_depth(body, service.options().json_depth)?;
    serde_json::from_slice(body)
        .map_err(|e| ApiError::bad_request(format!("the body cannot be understood: {e}")))
}

fn table_of(served: &Served, rows: &[Map<String, Value>]) -> Result<Table, ApiError> {
    let mut table = Table::new(served.features.clone());
    for (i, row) in rows.iter().enumerate() {
        for (position, column) in served.features.columns.iter().enumerate() {
            let fail =
                |what: String| ApiError::bad_request(format!("row {i}: column {:?} {what}", column.name));
            let value = row
                .get(&column.name)
                .ok_or_else(|| fail("is missing; use null for a missing value".to_owned()))?;
            push_value(&mut table, position, column.kind, value).map_err(fail)?;
        }
        table.end_row(0);
    }
    Ok(table)
}

/// Puts a JSON value into the unfinished row.
pub(crate) fn push_value(
    table: &mut Table,
    position: usize,
    kind: Kind,
    value: &Value,
) -> Result<(), String> {
    match (kind, value) {
        (Kind::Number, Value::Null) => table.push_number(position, None),
        (Kind::Number, Value::Number(n)) => table
            .push_decimal(position, Some(Dd::parse_decimal(&n.to_string()).ok_or("needs a finite number")?)),
        (Kind::Number, Value::String(s)) if is_missing(s.trim()) => table.push_number(position, None),
        (Kind::Number, Value::String(s)) => {
            let x = Dd::parse_decimal(s.trim()).ok_or_else(|| {
                format!("needs a number, found {:?}", s.chars().take(60).collect::<String>())
            })?;
            table.push_decimal(position, Some(x));
        }
        (Kind::Category, Value::Null) => table.push_text(position, None),
        (Kind::Category, Value::String(s)) => {
            table.push_text(position, (!is_missing(s.trim())).then_some(s.trim()))
        }
        (Kind::Category, Value::Number(n)) => table.push_text(position, Some(&n.to_string())),
        (Kind::Category, Value::Bool(b)) => {
            table.push_text(position, Some(if *b { "true" } else { "false" }))
        }
        (Kind::Number, _) => return Err("needs a number".to_owned()),
        (Kind::Category, _) => return Err("needs text".to_owned()),
    }
    Ok(())
}
