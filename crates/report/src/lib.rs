//! Reports: charts as SVG and one HTML file around them, from plain numbers. The crate knows no model, no table and no file.
//!
//! A [`Report`] is made of sections, a section of blocks: text, names with values, tables, a confusion matrix, pictures. `figures` are the pictures of
//! predictions of numbers and of estimates, `curves` those of probabilities and of training; each is a `chart` with two axes (`axis`) or a
//! `forest`, and `page` is the document. It needs no script, asks nobody for anything, follows the reader's light or dark scheme, fits
//! a phone and can be printed. The same numbers give the same bytes.
//!
//! ```
//! use planish_report::{Block, Cloud, Report, Section, predicted_and_actual};
//!
//! let cloud = Cloud { points: vec![[1.0, 1.2], [2.0, 1.9]], named: vec![([2.0, 1.9], "row 2".to_owned())] };
//! let section = Section { title: "Errors".to_owned(), blocks: vec![Block::Figures(vec![predicted_and_actual(cloud, "y")])] };
//! let report = Report { title: "m".to_owned(), lead: Vec::new(), sections: vec![section], foot: String::new() };
//! assert!(report.html().contains("<svg viewBox="));
//! ```
#![forbid(unsafe_code)]

mod axis;
mod chart;
mod curves;
mod figures;
mod forest;
mod heat;
mod page;
mod text;

pub use curves::{
    Bin, MAX_LINES, NamedLine, dependence, learning_curves, precision_recall, reliability, roc,
};
pub use figures::{
    Cloud, forest, leverage, normal_quantiles, predicted_and_actual, residuals, scale_location,
};
pub use forest::Estimate;
pub use heat::Heat;
pub use page::{Block, Figure, Report, Section, Table, is_report};
