//! What the document says of the answer of `GET /models/{model}`.

use super::object;
use serde_json::{Value, json};

/// The whole answer; what a kind of model has not is left out of it.
pub(super) fn schema() -> Value {
    let (text, count) = (json!({ "type": "string" }), json!({ "type": "integer", "minimum": 0 }));
    let scores = json!({ "type": "object", "additionalProperties": number() });
    object(
        &[
            ("name", text.clone()),
            ("version", text.clone()),
            ("kind", text.clone()),
            ("task", json!({ "type": "string", "enum": ["classify", "regress"] })),
            ("target", text),
            ("parameters", count.clone()),
            ("rows", count.clone()),
            ("rows_without_target", count.clone()),
            ("rare_categories", json!({ "type": "object", "additionalProperties": count })),
            ("settings", json!({ "type": "object" })),
            ("validation", scores),
            ("layers", json!({ "type": "array", "items": count })),
            ("history", history()),
            ("confusion_matrix", confusion_matrix()),
            ("fit", fit()),
            ("coefficients", coefficients()),
            ("unavailable", super::failures()),
        ],
        &[
            "name",
            "version",
            "kind",
            "task",
            "target",
            "parameters",
            "rows",
            "rows_without_target",
            "rare_categories",
            "settings",
            "validation",
        ],
    )
}

fn number() -> Value {
    json!({ "type": "number" })
}

/// The curves of a network's training, a value an epoch; null where there is no number.
fn history() -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    let curve = json!({ "type": "array", "items": { "type": ["number", "null"] } });
    object(
        &[
            ("rows", count.clone()),
            ("validation_rows", count.clone()),
            ("epochs", count.clone()),
            ("best_epoch", count.clone()),
            ("stop", json!({ "type": "string" })),
            ("every", count.clone()),
            ("epoch", json!({ "type": "array", "items": count })),
            ("loss", curve.clone()),
            ("val_loss", curve.clone()),
            ("metrics", json!({ "type": "object", "additionalProperties": curve })),
        ],
        &["rows", "validation_rows", "epochs", "best_epoch", "stop", "every", "epoch", "loss", "metrics"],
    )
}

/// At `rows[i][j]`, held-out rows of class `i` that were taken for class `j`.
fn confusion_matrix() -> Value {
    let row = json!({ "type": "array", "items": { "type": "integer", "minimum": 0 } });
    object(
        &[
            ("classes", json!({ "type": "array", "items": { "type": "string" } })),
            ("rows", json!({ "type": "array", "items": row })),
        ],
        &["classes", "rows"],
    )
}

fn fit() -> Value {
    object(
        &[
            ("rows", json!({ "type": "integer", "minimum": 0 })),
            ("converged", json!({ "type": "boolean" })),
            ("r2", number()),
            ("residual_sd", number()),
        ],
        &["rows"],
    )
}

/// The first lines of each table, and how many there are.
fn coefficients() -> Value {
    let (text, count) = (json!({ "type": "string" }), json!({ "type": "integer", "minimum": 0 }));
    let line = object(
        &[
            ("term", text.clone()),
            ("estimate", number()),
            ("std_error", number()),
            ("statistic", number()),
            ("p", number()),
            ("interval", json!({ "type": "array", "items": number(), "minItems": 2, "maxItems": 2 })),
            ("dropped", json!({ "type": "boolean" })),
        ],
        &["term", "estimate", "dropped"],
    );
    let table = object(
        &[
            ("class", text.clone()),
            ("against", text),
            ("of", json!({ "type": "string", "enum": ["target", "log_odds", "log_mean"] })),
            ("terms", count.clone()),
            ("lines", json!({ "type": "array", "items": line })),
        ],
        &["of", "terms", "lines"],
    );
    object(&[("tables", count), ("shown", json!({ "type": "array", "items": table }))], &["tables", "shown"])
}
