//! JSON schemas as constants, of which endpoints' answers and bodies are described.

use serde_json::{Map, Value, json};

/// What a value of JSON is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Any,
    Text,
    Boolean,
    Number,
    Integer,
    /// An integer of 0 or more.
    Count,
    List,
    Object,
    /// Of one of these types.
    Types(&'static [&'static str]),
    /// One of these texts.
    Choice(&'static [&'static str]),
    ListOf(&'static Kind),
    Pair(&'static Kind),
    /// An object whose fields, of whatever names, are of this kind.
    MapOf(&'static Kind),
    Fields(&'static [(&'static str, Kind)]),
    /// A field that may be missing.
    Optional(&'static Kind),
}

use Kind::{Optional, Text, Types};

/// Versions of models, folders of models or other files that could not be read.
pub(crate) const FAILURES: Kind = Kind::ListOf(&Kind::Fields(&[
    ("model", Optional(&Text)),
    ("version", Optional(&Types(&["string", "null"]))),
    ("folder", Optional(&Text)),
    ("file", Optional(&Text)),
    ("reason", Text),
]));

impl Kind {
    pub(crate) fn schema(self) -> Value {
        match self {
            Kind::Any => json!({}),
            Kind::Text => json!({ "type": "string" }),
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Number => json!({ "type": "number" }),
            Kind::Integer => json!({ "type": "integer" }),
            Kind::Count => json!({ "type": "integer", "minimum": 0 }),
            Kind::List => json!({ "type": "array" }),
            Kind::Object => json!({ "type": "object" }),
            Kind::Types(types) => json!({ "type": types }),
            Kind::Choice(texts) => json!({ "type": "string", "enum": texts }),
            Kind::ListOf(kind) => json!({ "type": "array", "items": kind.schema() }),
            Kind::Pair(kind) => {
                json!({ "type": "array", "items": kind.schema(), "minItems": 2, "maxItems": 2 })
            }
            Kind::MapOf(kind) => json!({ "type": "object", "additionalProperties": kind.schema() }),
            Kind::Fields(fields) => {
                let required = fields.iter().filter(|(_, kind)| !matches!(kind, Kind::Optional(_)));
                let required: Vec<&str> = required.map(|(name, _)| *name).collect();
                object(fields.iter().map(|(name, kind)| (*name, kind.schema())), &required)
            }
            Kind::Optional(kind) => kind.schema(),
        }
    }
}

/// An object with these properties.
pub(super) fn object<'a>(properties: impl Iterator<Item = (&'a str, Value)>, required: &[&str]) -> Value {
    let properties: Map<String, Value> = properties.map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}
