//! `POST /predict`: rows of named raw values in, predictions with probabilities out, as JSON or as CSV.
//!
//! `{"rows": [{"age": 39, "city": "Bonn"}, …], "model": "name", "interval": 0.95}` → `{"model": …, "predictions": [{"prediction": …,
//! "probabilities": {…}, "warnings": […]}, …]}`. `null` stands for a missing value; names that the model does not use are
//! ignored; `model` is needed only where several are served. A body of `text/csv` is a table with a header, and `model` and `interval` are
//! in the query; the answer is CSV where the request accepts `text/csv`.

use crate::error::{ApiError, Reason, not_understood, quoted};
use crate::limits::depth::check_depth;
use crate::models::served::Served;
use crate::models::warnings::{Warning, warnings};
use crate::protocols::reply::{self, Reply};
use crate::protocols::request::{Request, Response};
use crate::service::Service;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use hyper::{HeaderMap, StatusCode};
use percent_encoding::percent_decode_str;
use planish_io::{PredictionWriter, TableOptions, open_bytes};
use planish_model::{Explanation, Intervals, Predictions};
use planish_tabular::{Kind, Notes, RowSource, Table};
use planish_tensor::{Dd, Exec, Isa};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// The type of tables.
const CSV: &str = "text/csv";

#[derive(Deserialize)]
struct Body {
    rows: Vec<Map<String, Value>>,
    model: Option<String>,
    interval: Option<f64>,
    #[serde(default)]
    explain: bool,
}

/// Rows that are explained at once at most.
pub(crate) const EXPLAINED: usize = 100;

/// A request that was understood.
struct Understood {
    served: Arc<Served>,
    table: Table,
    interval: Option<f64>,
    explain: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    model: &'a str,
    model_version: String,
    predictions: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    prediction: planish_model::NamedPrediction<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_ci: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    obs_ci: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a Explanation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning<'a>>,
}

pub(crate) fn predict(service: &Service, request: &Request<'_>) -> Result<Response, ApiError> {
    let understood = match mentions(request.headers, &CONTENT_TYPE, CSV) {
        true => from_csv(service, request)?,
        false => from_json(service, request)?,
    };
    let csv = mentions(request.headers, &ACCEPT, CSV);
    if understood.explain {
        return explained(service, understood, csv);
    }
    let answer =
        move |understood: &Understood, predictions: &Predictions, intervals: Option<&Intervals>| match csv {
            true => to_csv(&understood.served, predictions, intervals),
            false => to_json(understood, predictions, intervals, None),
        };
    match understood.interval {
        None => {
            let predicting = service.predict(&understood.served, &understood.table)?;
            Response::of(predicting, move |predictions| answer(&understood, predictions, None))
        }
        Some(level) => {
            let intervals = intervals(service, &understood, level)?;
            let predictions = Predictions::Numbers(intervals.prediction.clone());
            answer(&understood, &predictions, Some(&intervals)).map(Response::Ready)
        }
    }
}

/// What each column adds is computed beside those who wait for predictions, on a thread that may take its time.
fn explained(service: &Service, understood: Understood, csv: bool) -> Result<Response, ApiError> {
    if csv {
        return Err(ApiError::bad_request("\"explain\" is for JSON: a table has no place for it"));
    }
    let rows = understood.table.rows();
    if rows > EXPLAINED {
        return Err(ApiError::bad_request(format!("{rows} rows: \"explain\" is for 1 to {EXPLAINED}")));
    }
    let intervals = understood.interval.map(|level| intervals(service, &understood, level)).transpose()?;
    let predicting = service.predict(&understood.served, &understood.table)?;
    Ok(Response::later(async move {
        let predictions = predicting.made().await?;
        let work = move || {
            let model = &understood.served.model;
            let parts = model.explain(Exec::serial(Isa::best()), &understood.table);
            let parts = parts.map_err(|e| ApiError::bad_request(e.to_string()))?;
            to_json(&understood, &predictions, intervals.as_ref(), Some(&parts))
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|e| ApiError::new(Reason::Internal, e.to_string()))?
    }))
}

/// Whether a header names this type.
fn mentions(headers: &HeaderMap, header: &HeaderName, kind: &str) -> bool {
    headers.get(header).and_then(|v| v.to_str().ok()).is_some_and(|v| v.to_ascii_lowercase().contains(kind))
}

fn from_json(service: &Service, request: &Request<'_>) -> Result<Understood, ApiError> {
    let body: Body = parse_body(service, &request.body)?;
    let served = service.model(body.model.as_deref())?;
    let table = named_rows(service, &served, "\"rows\" has", &body.rows)?;
    Ok(Understood { served, table, interval: body.interval, explain: body.explain })
}

/// Refuses none, and more than are allowed; `what` begins the message.
pub(crate) fn check_rows(service: &Service, what: &str, n: usize) -> Result<(), ApiError> {
    let most = service.options().rows;
    match n {
        0 => Err(ApiError::bad_request(format!("{what} 0 rows: 1 to {most} are allowed"))),
        n if n > most => Err(ApiError::bad_request(format!("{what} {n} rows: 1 to {most} are allowed"))),
        _ => Ok(()),
    }
}

fn from_csv(service: &Service, request: &Request<'_>) -> Result<Understood, ApiError> {
    let (mut model, mut interval) = (None, None);
    for (key, value) in request.uri.query().unwrap_or("").split('&').filter_map(|pair| pair.split_once('=')) {
        let value = percent_decode_str(value).decode_utf8_lossy();
        match key {
            "model" => model = Some(value.into_owned()),
            "interval" => {
                let level = value
                    .parse()
                    .map_err(|_| ApiError::bad_request("\"interval\" is a number such as 0.95"))?;
                interval = Some(level);
            }
            _ => {}
        }
    }
    let served = service.model(model.as_deref())?;
    let wrong = |e: planish_io::IoError| ApiError::bad_request(e.to_string());
    let bytes = request.body.to_vec();
    let options = TableOptions::default().with_columns(served.features.clone());
    let mut source = open_bytes("body", bytes, &options).map_err(wrong)?;
    let mut table = Table::new(served.features.clone());
    source.for_each_block(wrong, |block| {
        table.append(block);
        check_rows(service, "the table has", table.rows())
    })?;
    check_rows(service, "the table has", table.rows())?; // there may be none
    Ok(Understood { served, table, interval, explain: false })
}

fn intervals(service: &Service, understood: &Understood, level: f64) -> Result<Intervals, ApiError> {
    let model = &understood.served.model;
    if !model.has_intervals() {
        return Err(ApiError::bad_request(format!(
            "model {} has no intervals: least squares has",
            quoted(&understood.served.name)
        )));
    }
    let intervals =
        model.predict_intervals(service.state.exec, &understood.table, &mut Notes::default(), level);
    let intervals = intervals.map_err(|e| ApiError::bad_request(e.to_string()))?;
    let limits = intervals.mean_ci.iter().zip(&intervals.obs_ci);
    let mut numbers = intervals.prediction.iter().zip(limits);
    match numbers.position(|(y, (mean, obs))| !mean.iter().chain(obs).chain([y]).all(|x| x.is_finite())) {
        None => Ok(intervals),
        Some(row) => Err(ApiError::overflow(row)),
    }
}

fn to_json(
    understood: &Understood,
    predictions: &Predictions,
    intervals: Option<&Intervals>,
    explanations: Option<&[Explanation]>,
) -> Result<Reply, ApiError> {
    let served = &understood.served;
    let classes = served.model.target().classes();
    let rows = warnings(served, &understood.table, intervals.is_some()).into_iter().enumerate().map(
        |(i, warnings)| Row {
            prediction: predictions.named(classes, i),
            mean_ci: intervals.map(|x| x.mean_ci[i]),
            obs_ci: intervals.map(|x| x.obs_ci[i]),
            explanation: explanations.map(|all| &all[i]),
            warnings,
        },
    );
    reply::json(&Answer {
        model: &served.name,
        model_version: served.version.to_string(),
        predictions: rows.collect(),
    })
}

fn to_csv(
    served: &Served,
    predictions: &Predictions,
    intervals: Option<&Intervals>,
) -> Result<Reply, ApiError> {
    let mut out = Vec::new();
    let mut write = || -> Result<(), planish_io::IoError> {
        match intervals {
            Some(intervals) => {
                let mut writer = PredictionWriter::with_intervals("answer", &mut out)?;
                writer.write_intervals(intervals)?;
                writer.finish()
            }
            None => {
                let mut writer = PredictionWriter::new("answer", &mut out, &served.model)?;
                writer.write(predictions)?;
                writer.finish()
            }
        }
    };
    write().map_err(|e| ApiError::new(Reason::Internal, e.to_string()))?;
    Ok(reply::whole(StatusCode::OK, CSV, out))
}

/// The body as JSON of the wanted shape.
pub(crate) fn parse_body<T: for<'a> Deserialize<'a>>(service: &Service, body: &[u8]) -> Result<T, ApiError> {
    check_depth(body, service.options().json_depth)?;
    serde_json::from_slice(body).map_err(|e| not_understood(&e))
}

/// Rows of named values as a table; `what` begins the message if there are too many.
pub(crate) fn named_rows(
    service: &Service,
    served: &Served,
    what: &str,
    rows: &[Map<String, Value>],
) -> Result<Table, ApiError> {
    check_rows(service, what, rows.len())?;
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
fn push_value(table: &mut Table, position: usize, kind: Kind, value: &Value) -> Result<(), String> {
    let needs = match kind {
        Kind::Number | Kind::Formatted(_) => "needs a number".to_owned(),
        Kind::Category => "needs text".to_owned(),
        Kind::Date(order) => format!("needs a date as text, such as {:?}", order.example()),
    };
    let cell = match (value, kind) {
        (Value::Null, _) => {
            table.push_missing(position);
            return Ok(());
        }
        (Value::String(s), _) => Cow::Borrowed(s.trim()),
        (Value::Number(_), Kind::Date(_)) => return Err(format!("{needs}, found a number")),
        // Its digits are JSON's, whatever the marks of the column's texts.
        (Value::Number(n), Kind::Formatted(_)) => {
            let number = Dd::parse_decimal(&n.to_string()).ok_or("needs a finite number")?;
            table.push_decimal(position, Some(number));
            return Ok(());
        }
        (Value::Number(n), Kind::Number | Kind::Category) => n.to_string().into(),
        (Value::Bool(b), Kind::Category) => b.to_string().into(),
        (Value::Bool(_), Kind::Number | Kind::Formatted(_) | Kind::Date(_))
        | (Value::Array(_) | Value::Object(_), _) => return Err(needs),
    };
    table.push_cell(position, &cell).map_err(|_| match value.as_str() {
        Some(s) => format!("{needs}, found {:?}", s.chars().take(60).collect::<String>()),
        None => "needs a finite number".to_owned(),
    })
}
