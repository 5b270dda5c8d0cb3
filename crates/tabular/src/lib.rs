//! Tables of data, and the feature pipelines that turn their rows into numbers.
//!
//! A [`Table`] holds typed columns: numbers (with the rest of their decimals), or text. Rows flow one way, from a
//! [`RowSource`] in blocks. Three pipelines are fitted on training rows and travel with the model: the [`Encoder`] for
//! networks (standardised numbers, one-hot categories), the [`Design`] for linear models (raw units, treatment coding) and
//! [`Features`] for trees (numbers as they are, codes of categories).
//! Files are not read here; see `planish-io`.
//!
//! ```
//! use planish_tabular::{Column, Encoder, Kind, Notes, Schema, Table};
//!
//! let schema = Schema::new([("age", Kind::Number), ("city", Kind::Category)]);
//! let mut table = Table::new(schema);
//! for (age, city) in [(Some(30.0), "Bonn"), (Some(50.0), "Kiel"), (None, "Bonn")] {
//!     table.push_number(0, age);
//!     table.push_text(1, Some(city));
//!     table.end_row(0);
//! }
//! let encoder = Encoder::fit(&table, &[0, 1, 2], &[]).unwrap();
//! assert_eq!(encoder.names(), ["age", "age[missing]", "city[Bonn]", "city[Kiel]"]);
//! let x = encoder.encode(&table, &mut Notes::default()).unwrap().numbers;
//! assert_eq!(x.row(2), &[0.0, 1.0, 1.0, 0.0]);
//! ```
#![forbid(unsafe_code)]

mod bins;
mod bound_design;
pub mod calendar;
pub mod date;
mod date_feature;
mod dated;
mod design;
mod design_builder;
mod dictionary;
mod digest;
mod encoder;
mod error;
mod features;
pub mod formatted;
mod formula;
pub mod infer;
mod levels;
mod listed;
mod missing;
mod moments;
mod notes;
mod number_survey;
mod profile;
mod rows;
mod schema;
mod source;
mod stability;
pub mod survey;
mod table;
mod target;
mod task;
mod term;

pub use bins::Bins;
pub use bound_design::BoundDesign;
pub use date::parse_date;
pub use design::{Design, Reference};
pub use design_builder::DesignBuilder;
pub use dictionary::Dictionary;
pub use digest::Digest;
pub use encoder::{Embed, EmbeddedColumn, EncodedRows, Encoder};
pub use error::{TabularError, line_prefix};
pub use features::{FeatureColumn, Features};
pub use formatted::parse_formatted;
pub use formula::Formula;
pub use levels::Levels;
pub use listed::{drop_option, in_list, in_shell, listed, listed_names, shown};
pub use missing::{MissingWords, is_missing};
pub use notes::Notes;
pub use profile::{CellProfile, ColumnProfile};
pub use rows::Rows;
pub use schema::{ColumnSchema, DateOrder, DecimalMark, Kind, Schema, did_you_mean};
pub use source::{BLOCK_ROWS, LeftOut, Reason, RowSource, TableSource};
pub use stability::stability_index;
pub use table::{Column, NumberColumn, Table, TextColumn};
pub use target::{Label, LabelSet, Target};
pub use task::{Task, TaskGuess};
pub use term::{Factor, Term};
