//! Tensors as the protocols send them: a name, a shape, a datatype, and numbers or texts, row-major; and how they become rows of a model.
//!
//! A model has two views. Raw columns: one tensor a column, `[rows]` or `[rows, 1]`, numbers or `BYTES`. The encoded matrix: one numeric tensor
//! named `encoded`, `[rows, width]`, in which the client has done the pipeline's work; a model with a column of that name has raw columns only.

use crate::error::{ApiError, quoted};
use crate::models::engine::Predicting;
use crate::models::served::Served;
use crate::options::Options;
use crate::service::Service;
use planish_model::Encoded;
use planish_tabular::{Kind, Table};
use planish_tensor::Dd;
use std::borrow::Cow;
use std::sync::Arc;

/// The name of the tensor that is a model's encoded rows.
pub(crate) const ENCODED: &str = "encoded";

/// Elements of a tensor; a missing number is NaN, a missing text nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Elements<'a> {
    Numbers(Vec<f64>),
    Texts(Vec<Option<Cow<'a, str>>>),
}

/// A tensor of a request.
#[derive(Clone, Debug)]
pub(crate) struct Tensor<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Elements<'a>,
}

/// What a model is asked to predict.
#[derive(Debug)]
pub(crate) enum Rows {
    Table(Table),
    Encoded(Encoded),
}

impl Rows {
    pub(crate) fn predict(self, service: &Service, served: &Arc<Served>) -> Result<Predicting, ApiError> {
        match self {
            Rows::Table(table) => service.predict(served, &table),
            Rows::Encoded(rows) => service.predict_encoded(served, rows),
        }
    }
}

impl Elements<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Elements::Numbers(x) => x.len(),
            Elements::Texts(t) => t.len(),
        }
    }
}

/// A message about an input.
pub(crate) fn about(name: &str, what: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(format!("input {}: {what}", quoted(name)))
}

/// The number of elements of a shape, within the limits.
pub(crate) fn elements_of(name: &str, shape: &[usize], options: &Options) -> Result<usize, ApiError> {
    if shape.len() > options.rank {
        return Err(about(
            name,
            format!("shape has {} dimensions, at most {} are allowed", shape.len(), options.rank),
        ));
    }
    let product = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
    product.ok_or_else(|| about(name, format!("shape {shape:?} has too many elements")))
}

/// The rows that these tensors are for this model.
pub(crate) fn rows_of(served: &Served, tensors: &[Tensor<'_>], options: &Options) -> Result<Rows, ApiError> {
    let columns = &served.features.columns;
    let known = |t: &Tensor<'_>| columns.iter().any(|c| c.name == t.name);
    match tensors {
        [one] if one.name == ENCODED && !known(one) => encoded(served, one, options).map(Rows::Encoded),
        _ => match tensors.iter().find(|t| !known(t)) {
            Some(t) => Err(ApiError::bad_request(format!(
                "model {} has no input {}",
                quoted(&served.name),
                quoted(&t.name)
            ))),
            None => table(served, tensors, options).map(Rows::Table),
        },
    }
}

fn check_rows(name: &str, rows: usize, options: &Options) -> Result<(), ApiError> {
    if rows == 0 || rows > options.rows {
        return Err(about(name, format!("{rows} rows: 1 to {} are allowed", options.rows)));
    }
    Ok(())
}

fn encoded(served: &Served, tensor: &Tensor<'_>, options: &Options) -> Result<Encoded, ApiError> {
    if !served.model.is_all_numbers() {
        return Err(about(
            ENCODED,
            "is no view of this model: it learns categories by their codes; send its raw columns".to_owned(),
        ));
    }
    let width = served.model.encoded_width();
    let (rows, Elements::Numbers(x)) = (tensor.shape.first().copied().unwrap_or(0), &tensor.data) else {
        return Err(about(ENCODED, "the encoded matrix is of numbers"));
    };
    if tensor.shape.len() != 2 || tensor.shape[1] != width {
        return Err(about(
            ENCODED,
            format!("shape is {:?}, the encoded matrix needs [rows, {width}]", tensor.shape),
        ));
    }
    check_rows(ENCODED, rows, options)?;
    served
        .model
        .encode_numbers(x)
        .map_err(|at| about(ENCODED, format!("element {at} is not a finite number that the model can hold")))
}

fn table(served: &Served, tensors: &[Tensor<'_>], options: &Options) -> Result<Table, ApiError> {
    let columns = &served.features.columns;
    let mut data = Vec::with_capacity(columns.len());
    for c in columns {
        let mut found = tensors.iter().filter(|t| t.name == c.name);
        let missing = || ApiError::bad_request(format!("input {:?} is missing", c.name));
        let tensor = found.next().ok_or_else(missing)?;
        if found.next().is_some() {
            return Err(about(&c.name, "it is given twice"));
        }
        let rows = match tensor.shape[..] {
            [n] | [n, 1] => n,
            _ => {
                return Err(about(
                    &c.name,
                    format!("shape is {:?}, a column needs [rows] or [rows, 1]", tensor.shape),
                ));
            }
        };
        check_rows(&c.name, rows, options)?;
        match (c.kind, &tensor.data) {
            (Kind::Number, Elements::Texts(_)) => {
                return Err(about(&c.name, "the column is of numbers, not of BYTES"));
            }
            (Kind::Category, Elements::Numbers(_)) => {
                return Err(about(&c.name, "the column is of categories: its datatype is BYTES"));
            }
            (Kind::Date(order), Elements::Numbers(_)) => {
                let what = format!(
                    "the column is of dates: its datatype is BYTES, a text such as {:?}",
                    order.example()
                );
                return Err(about(&c.name, what));
            }
            (Kind::Number | Kind::Formatted(_), Elements::Numbers(_))
            | (Kind::Category | Kind::Formatted(_) | Kind::Date(_), Elements::Texts(_)) => {
                data.push(&tensor.data)
            }
        }
    }
    let rows = data.first().map_or(0, |d| d.len());
    if let Some(i) = data.iter().position(|d| d.len() != rows) {
        let what = format!("it has {} rows, input {:?} {rows}", data[i].len(), columns[0].name);
        return Err(about(&columns[i].name, what));
    }
    let mut table = Table::new(served.features.clone());
    // Of linear models alone the rest of a decimal is in the prediction.
    let as_decimal = served.model.linear().is_some();
    for row in 0..rows {
        for (position, elements) in data.iter().enumerate() {
            match elements {
                Elements::Numbers(x) if x[row].is_infinite() => {
                    return Err(about(
                        &columns[position].name,
                        format!("element {row} is not a finite number"),
                    ));
                }
                Elements::Numbers(x) if !as_decimal => table.push_number(position, Some(x[row])),
                Elements::Numbers(x) => table.push_decimal(position, decimal(x[row])),
                Elements::Texts(t) => {
                    let text = t[row].as_deref().map_or("", str::trim);
                    table.push_cell(position, text).map_err(|needed| {
                        let found: String = text.chars().take(60).collect();
                        about(
                            &columns[position].name,
                            format!("element {row} is not a {needed}, but {found:?}"),
                        )
                    })?;
                }
            }
        }
        table.end_row(0);
    }
    Ok(table)
}

/// A number as its shortest decimal, so that a linear model sees what it would see in a file; NaN is missing.
fn decimal(x: f64) -> Option<Dd> {
    match x {
        _ if x.is_nan() => None,
        _ if x.fract() == 0.0 => Some(Dd::from(x)),
        _ => Dd::parse_decimal(&x.to_string()),
    }
}
