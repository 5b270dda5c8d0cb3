//! What the document says of the answer of `GET /models/{model}`.

use super::schema::FAILURES;
use super::schema::Kind::{
    self, Boolean, Choice, Count, Fields, ListOf, MapOf, Number, Object, Optional, Pair, Text, Types,
};

/// The whole answer; what a kind of model has not is left out of it.
pub(crate) const ANSWER: Kind = Fields(&[
    ("name", Text),
    ("version", Text),
    ("kind", Text),
    ("task", Choice(&["classify", "regress"])),
    ("target", Text),
    ("parameters", Count),
    ("rows", Count),
    ("rows_without_target", Count),
    ("rare_categories", MapOf(&Count)),
    ("settings", Object),
    ("validation", MapOf(&Number)),
    ("layers", Optional(&ListOf(&Count))),
    ("history", Optional(&HISTORY)),
    ("confusion_matrix", Optional(&CONFUSION_MATRIX)),
    ("fit", Optional(&FIT)),
    ("blend", Optional(&BLEND)),
    ("coefficients", Optional(&COEFFICIENTS)),
    ("reference_levels", Optional(&ListOf(&Fields(&[("column", Text), ("level", Text)])))),
    ("unavailable", Optional(&FAILURES)),
]);

/// The curves of a network's training, a value an epoch; null where there is no number.
const HISTORY: Kind = Fields(&[
    ("rows", Count),
    ("validation_rows", Count),
    ("epochs", Count),
    ("best_epoch", Count),
    ("stop", Text),
    ("every", Count),
    ("epoch", ListOf(&Count)),
    ("loss", CURVE),
    ("val_loss", Optional(&CURVE)),
    ("metrics", MapOf(&CURVE)),
]);

const CURVE: Kind = ListOf(&Types(&["number", "null"]));

/// At `rows[i][j]`, held-out rows of class `i` that were taken for class `j`.
const CONFUSION_MATRIX: Kind = Fields(&[("classes", ListOf(&Text)), ("rows", ListOf(&ListOf(&Count)))]);

const FIT: Kind = Fields(&[
    ("rows", Count),
    ("converged", Optional(&Boolean)),
    ("r2", Optional(&Number)),
    ("residual_sd", Optional(&Number)),
]);

/// How a blend was chosen.
const BLEND: Kind =
    Fields(&[("held_rows", Count), ("folds", Count), ("metric", Text), ("candidates", ListOf(&CANDIDATE))]);

const CANDIDATE: Kind = Fields(&[
    ("name", Text),
    ("loss", Types(&["number", "null"])),
    ("standard_error", Types(&["number", "null"])),
    ("weight", Number),
    ("fault", Optional(&Text)),
]);

/// The first lines of each table, and how many there are.
const COEFFICIENTS: Kind = Fields(&[("tables", Count), ("shown", ListOf(&TABLE))]);

const TABLE: Kind = Fields(&[
    ("class", Optional(&Text)),
    ("against", Optional(&Text)),
    ("of", Choice(&["target", "log_odds", "log_mean"])),
    ("terms", Count),
    ("lines", ListOf(&LINE)),
]);

const LINE: Kind = Fields(&[
    ("term", Text),
    ("estimate", Number),
    ("std_error", Optional(&Number)),
    ("statistic", Optional(&Number)),
    ("p", Optional(&Number)),
    ("interval", Optional(&Pair(&Number))),
    ("dropped", Boolean),
]);
