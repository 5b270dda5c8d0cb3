//! A model of a table: the columns it reads, the pipeline that was fitted on the training rows, the predictor, and the
//! record of its training. Here a table meets a network ([`fit_network`]), trees ([`fit_trees`]), a linear
//! model ([`fit_linear`]) or a blend of them ([`fit_auto`]).
//!
//! A prediction needs the [`Model`] and raw rows, nothing else.
//!
//! ```
//! use planish_model::{LinearSettings, Predictions, fit_linear};
//! use planish_tabular::{Kind, Notes, Schema, Table, TableSource};
//! use planish_tensor::Exec;
//!
//! let mut table = Table::new(Schema::new([("x", Kind::Number), ("y", Kind::Number)]));
//! for i in 0..20 {
//!     table.push_number(0, Some(f64::from(i)));
//!     table.push_number(1, Some(3.0 * f64::from(i) + 0.5));
//!     table.end_row(0);
//! }
//! let model = fit_linear(Exec::best(), &mut TableSource::new(&table), &LinearSettings::new("y")).unwrap();
//! let Predictions::Numbers(y) = model.predict(Exec::best(), &table, &mut Notes::default()).unwrap() else { unreachable!() };
//! assert_eq!(y[10], 30.5);
//! ```
#![forbid(unsafe_code)]

mod aliases;
mod auto_settings;
mod class_choices;
mod coefficient_table;
mod diagnostics;
mod error;
mod explain;
mod fit;
mod hold_out;
mod linear_model;
mod linear_settings;
mod missing;
mod model;
mod network_settings;
mod params;
mod predict;
mod predictor;
mod record;
mod relations;
mod row_checks;
mod same_rows;
pub mod setting;
mod tree_settings;
mod trees_predictor;

pub use auto_settings::AutoSettings;
pub use class_choices::{ClassChoices, Threshold};
pub use coefficient_table::{CoefficientLine, CoefficientTable, EffectsOf};
pub use diagnostics::{
    ClassCurves, ClassDiagnostics, Dependence, Diagnostics, Effect, Effects, Findings, InfluenceOf,
    NumberDiagnostics, QuantilePoint, RowPoint, TreeDiagnostics,
};
pub use error::{Failed, ModelError};
pub use explain::{Explanation, Part, Scale};
pub use fit::{
    AutoObserver, LearningRates, cross_validate_auto, cross_validate_network, cross_validate_trees,
    epoch_of_round, fit_auto, fit_linear, fit_linear_once, fit_linear_watched, fit_network,
    fit_network_with_checkpoints, fit_trees, fit_trees_with_checkpoints, infer_task, lr_range_test,
};
pub use hold_out::HoldOut;
pub use linear_model::{LinearFit, LinearModel};
pub use linear_settings::{LinearKind, LinearSettings};
pub use missing::Missing;
pub use model::Model;
pub use network_settings::NetworkSettings;
pub use params::Params;
pub use predict::{
    BrokenRelation, ClassProbabilities, Encoded, Evaluation, Intervals, NamedPrediction, Predictions,
};
pub use predictor::{Blend, MAX_MEMBERS, Member, NetworkPredictor, Predictor};
pub use record::{BlendRecord, CandidateScore, MATRIX_CLASSES, Record, RowsDigest, Settings, WorseThan};
pub use same_rows::{Doubt, SameRows};
pub use tree_settings::TreeSettings;
pub use trees_predictor::TreesPredictor;
