//! What the document says of the bodies of `POST /predict`: for each model, the rows that it takes.

use super::schema::object;
use crate::models::served::Served;
use crate::service::Service;
use planish_tabular::{ColumnSchema, Kind};
use serde_json::{Map, Value, json};

/// A number, or what stands for a missing value, as a text.
const NUMBER: &str = r"^\s*(|NA|\?|[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?)\s*$";

/// A body for one of the models; where only one is served, it need not be named.
pub(crate) fn of_models(service: &Service) -> Value {
    let catalog = service.catalog();
    let models: Vec<&Served> = catalog.newest().map(|(served, _)| served.as_ref()).collect();
    let bodies: Vec<Value> =
        models.iter().map(|model| body(model, service.options().rows, models.len() > 1)).collect();
    json!({ "oneOf": bodies })
}

fn body(model: &Served, most: usize, named: bool) -> Value {
    let columns: Map<String, Value> =
        model.features.columns.iter().map(|column| (column.name.clone(), value(column))).collect();
    let names: Vec<&String> = columns.keys().collect();
    let row = json!({ "type": "object", "properties": columns, "required": names });
    let name = if named { json!({ "const": model.name }) } else { json!({ "enum": [model.name, null] }) };
    let mut fields = vec![
        ("model", name),
        ("rows", json!({ "type": "array", "items": row, "minItems": 1, "maxItems": most })),
    ];
    fields.push(("explain", json!({ "type": "boolean" })));
    if model.model.has_intervals() {
        let level = json!({ "type": ["number", "null"], "exclusiveMinimum": 0, "exclusiveMaximum": 1 });
        fields.push(("interval", level));
    }
    object(fields.into_iter(), if named { &["model", "rows"] } else { &["rows"] })
}

/// A column's value: a number may be written as a text, a category as a number or a Boolean, a date is a text; null is a missing value.
fn value(column: &ColumnSchema) -> Value {
    match column.kind {
        Kind::Number => json!({ "type": ["number", "string", "null"], "pattern": NUMBER }),
        Kind::Formatted(_) => json!({ "type": ["number", "string", "null"] }),
        Kind::Date(_) => json!({ "type": ["string", "null"] }),
        Kind::Category => json!({ "type": ["string", "number", "boolean", "null"] }),
    }
}
