//! The pipeline of networks: numbers standardised, missing numbers at the median with a flag beside them, categories
//! one-hot or, where they have many levels and it is wished, as codes for an embedding. Everything is fitted on the training rows only.

use crate::bins::{Bins, Sample};
use crate::date_feature::DateFeature;
use crate::error::TabularError;
use crate::levels::{Code, LevelCodes, LevelCounts, Levels, MAX_CODES};
use crate::moments::{mean_and_sd, median};
use crate::notes::Notes;
use crate::profile::{CellProfile, ColumnProfile};
use crate::schema::{ColumnSchema, Kind};
use crate::table::{Column, NumberColumn, Table, TextColumn};
use planish_tensor::Matrix;
use serde::{Deserialize, Serialize};

/// Levels of a category that get a column of their own; rarer ones are encoded as unknown.
const MAX_LEVELS: usize = 256;

/// Standard deviations from the mean at which a number is cut off, so that no input overflows the network.
const FARTHEST: f64 = 1e6;

/// A fitted feature.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Feature {
    /// (x − mean)/sd, and with `flag` a second column that is 1 where x was missing.
    Number {
        column: String,
        mean: f64,
        sd: f64,
        median: f64,
        flag: bool,
        /// The least and the greatest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<[f64; 2]>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bins: Option<Bins>,
        /// How the numbers are written.
        #[serde(default, skip_serializing_if = "Kind::is_plain")]
        kind: Kind,
    },
    /// Days, the year and cycles.
    Date(DateFeature),
    /// One column a level.
    Category { column: String, levels: Levels },
    /// A code a level, and one more for levels that were not seen.
    Embedded { column: String, levels: Levels, dim: usize },
}

/// Which categories are embedded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Embed {
    /// Those with more levels than this.
    pub above: usize,
    /// The length of their vectors.
    pub dim: usize,
}

/// An embedded category.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EmbeddedColumn<'e> {
    /// The column.
    pub column: &'e str,
    /// Its levels' shares of the training rows, in the order of their codes; the next code is for all other levels.
    pub shares: &'e [f64],
    /// The length of a level's vector.
    pub dim: usize,
}

impl EmbeddedColumn<'_> {
    /// The number of codes: one a level, and one for all others.
    pub fn categories(&self) -> usize {
        self.shares.len() + 1
    }
}

/// Encoded rows.
#[derive(Clone, PartialEq, Debug)]
pub struct EncodedRows {
    /// The numbers, `[rows, width]`.
    pub numbers: Matrix<f32>,
    /// The codes, `[rows, embedded columns]` row by row.
    pub codes: Vec<u32>,
}

impl EncodedRows {
    /// The rows of all parts, one part after the other.
    ///
    /// # Panics
    /// If the parts are of different widths.
    pub fn joined(parts: &[&EncodedRows]) -> EncodedRows {
        let cols = parts.first().map_or(0, |p| p.numbers.cols());
        let mut numbers = Matrix::zeros(parts.iter().map(|p| p.numbers.rows()).sum(), cols);
        let rows = parts.iter().flat_map(|p| (0..p.numbers.rows()).map(|i| p.numbers.row(i)));
        rows.enumerate().for_each(|(at, row)| numbers.row_mut(at).copy_from_slice(row));
        EncodedRows { numbers, codes: parts.iter().flat_map(|p| &p.codes).copied().collect() }
    }
}

/// The fitted pipeline of a network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Encoder {
    features: Vec<Feature>,
}

impl Encoder {
    /// Fits the pipeline on these rows of the table, leaving out the named columns (the target and dropped ones).
    ///
    /// # Errors
    /// A column without any value in these rows, or no column left.
    pub fn fit(table: &Table, rows: &[u32], leave_out: &[&str]) -> Result<Encoder, TabularError> {
        Self::fit_with(table, rows, leave_out, None)
    }

    /// As [`Encoder::fit`], with categories of many levels embedded.
    ///
    /// # Errors
    /// As [`Encoder::fit`].
    pub fn fit_with(
        table: &Table,
        rows: &[u32],
        leave_out: &[&str],
        embed: Option<Embed>,
    ) -> Result<Encoder, TabularError> {
        let fit = |i: usize, c: &ColumnSchema| match (table.column_at(i), c.kind) {
            (Column::Number(n), Kind::Date(order)) => {
                DateFeature::fit(&c.name, order, n, rows).map(Feature::Date)
            }
            (Column::Number(n), kind @ (Kind::Number | Kind::Formatted(_) | Kind::Category)) => {
                fit_number(&c.name, kind, n, rows)
            }
            (Column::Text(t), _) => fit_category(&c.name, t, rows, embed),
        };
        let (mut features, mut empty) = (Vec::new(), Vec::new());
        let wanted = table.schema().columns.iter().enumerate();
        for (i, c) in wanted.filter(|(_, c)| !leave_out.contains(&c.name.as_str())) {
            match fit(i, c) {
                Ok(feature) => features.push(feature),
                Err(TabularError::AllMissing { columns }) => empty.extend(columns),
                Err(other) => return Err(other),
            }
        }
        if !empty.is_empty() {
            return Err(TabularError::AllMissing { columns: empty });
        }
        if features.is_empty() {
            return Err(TabularError::NoFeatures {
                target: leave_out.first().copied().unwrap_or_default().to_owned(),
            });
        }
        Ok(Encoder { features })
    }

    /// Checks a pipeline that was read from outside.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn validate(&self) -> Result<(), &'static str> {
        self.features.iter().try_for_each(Feature::validate)
    }

    /// The embedded categories, in the order of a row's codes.
    pub fn embedded(&self) -> impl Iterator<Item = EmbeddedColumn<'_>> {
        self.features.iter().filter_map(|f| match f {
            Feature::Embedded { column, levels, dim } => {
                Some(EmbeddedColumn { column, shares: levels.shares(), dim: *dim })
            }
            Feature::Number { .. } | Feature::Date(_) | Feature::Category { .. } => None,
        })
    }

    /// The number of encoded columns that are numbers.
    pub fn width(&self) -> usize {
        self.features.iter().map(Feature::width).sum()
    }

    /// The encoded columns' names: `age`, `age[missing]`, `city[Bonn]`, and `street[embedding]` where the numbers have none.
    pub fn names(&self) -> Vec<String> {
        self.features.iter().flat_map(Feature::names).collect()
    }

    /// Whether this number of a column is so far from the training rows that it is cut off.
    pub fn cuts_off(&self, name: &str, x: f64) -> bool {
        let distance = |f: &Feature| match f {
            Feature::Number { mean, sd, .. } => (x - mean) / sd,
            Feature::Date(date) => date.distance(x),
            Feature::Category { .. } | Feature::Embedded { .. } => 0.0,
        };
        self.features.iter().any(|f| f.column() == name && distance(f).abs() > FARTHEST)
    }

    /// What is known of the columns that the pipeline reads.
    pub fn profiles(&self) -> Vec<ColumnProfile<'_>> {
        self.features.iter().map(Feature::profile).collect()
    }

    /// The encoded rows, `[rows, width]`.
    ///
    /// # Errors
    /// A column that is not there, or of the wrong kind.
    pub fn encode(&self, table: &Table, notes: &mut Notes) -> Result<EncodedRows, TabularError> {
        let mut out = Matrix::zeros(table.rows(), self.width());
        let a_row = self.embedded().count();
        let mut all_codes = vec![0; table.rows() * a_row];
        let (mut at, mut next_code) = (0, 0);
        for f in &self.features {
            match f {
                Feature::Number { column, mean, sd, median, flag, .. } => {
                    let numbers = table.numbers(column)?;
                    for i in 0..table.rows() {
                        let x = numbers.values()[i];
                        let row = out.row_mut(i);
                        let z = (if x.is_nan() { *median } else { x } - mean) / sd;
                        row[at] = z.clamp(-FARTHEST, FARTHEST) as f32;
                        if z.abs() > FARTHEST {
                            Notes::count(&mut notes.clamped, column);
                        }
                        if x.is_nan() {
                            Notes::count(&mut notes.imputed, column);
                            if *flag {
                                row[at + 1] = 1.0;
                            }
                        }
                    }
                }
                Feature::Date(date) => {
                    date.encode(table.numbers(&date.column)?, FARTHEST, (&mut out, at), notes)
                }
                Feature::Category { column, levels } => {
                    let text = table.text(column)?;
                    let codes = levels.codes(text);
                    (0..table.rows()).for_each(|i| {
                        one_hot(column, levels, &codes, text.codes()[i], &mut out.row_mut(i)[at..], notes)
                    });
                }
                Feature::Embedded { column, levels, .. } => {
                    let text = table.text(column)?;
                    let codes = levels.codes(text);
                    for i in 0..table.rows() {
                        let code = codes.at(text.codes()[i]);
                        all_codes[i * a_row + next_code] = match code {
                            Code::Level(l) => l as u32,
                            Code::Unknown | Code::Missing => levels.names().len() as u32,
                        };
                        note(column, code, notes);
                    }
                    next_code += 1;
                }
            }
            at += f.width();
        }
        Ok(EncodedRows { numbers: out, codes: all_codes })
    }
}

fn one_hot(column: &str, levels: &Levels, codes: &LevelCodes, code: u32, out: &mut [f32], notes: &mut Notes) {
    let code = codes.at(code);
    match code {
        Code::Level(l) => out[l] = 1.0,
        Code::Unknown | Code::Missing => {
            out.iter_mut().zip(levels.shares()).for_each(|(x, &share)| *x = share as f32)
        }
    }
    note(column, code, notes);
}

/// Counts a cell that is no level.
fn note(column: &str, code: Code, notes: &mut Notes) {
    match code {
        Code::Level(_) => {}
        Code::Missing => Notes::count(&mut notes.imputed, column),
        Code::Unknown => Notes::count(&mut notes.unknown, column),
    }
}

fn fit_number(name: &str, kind: Kind, column: &NumberColumn, rows: &[u32]) -> Result<Feature, TabularError> {
    let mut values: Vec<f64> =
        rows.iter().map(|&r| column.values()[r as usize]).filter(|x| !x.is_nan()).collect();
    if values.is_empty() {
        return Err(TabularError::AllMissing { columns: vec![name.to_owned()] });
    }
    let mut sample = Sample::new();
    rows.iter().map(|&r| column.values()[r as usize]).for_each(|x| sample.push((!x.is_nan()).then_some(x)));
    let (least, greatest) = values.iter().fold((f64::MAX, f64::MIN), |(l, g), &x| (l.min(x), g.max(x)));
    let largest = least.abs().max(greatest.abs());
    let (mean, sd) = mean_and_sd(&values);
    let median = median(&mut values);
    // A constant column becomes zeros.
    let sd = if sd > 1e-12 * largest { sd } else { largest.max(1.0) };
    Ok(Feature::Number {
        column: name.to_owned(),
        mean,
        sd,
        median,
        flag: values.len() < rows.len(),
        range: Some([least, greatest]),
        bins: sample.finish(),
        kind,
    })
}

fn fit_category(
    name: &str,
    column: &TextColumn,
    rows: &[u32],
    embed: Option<Embed>,
) -> Result<Feature, TabularError> {
    let mut counts = LevelCounts::default();
    rows.iter().for_each(|&r| counts.push(column.at(r as usize)));
    if counts.len() == 0 {
        return Err(TabularError::AllMissing { columns: vec![name.to_owned()] });
    }
    let column = name.to_owned();
    Ok(match embed {
        Some(Embed { above, dim }) if counts.len() > above => {
            Feature::Embedded { column, levels: counts.finish(MAX_CODES), dim }
        }
        _ => Feature::Category { column, levels: counts.finish(MAX_LEVELS) },
    })
}

impl Feature {
    fn validate(&self) -> Result<(), &'static str> {
        match self {
            Feature::Number { mean, sd, median, .. }
                if !(mean.is_finite() && median.is_finite() && sd.is_finite() && *sd > 0.0) =>
            {
                Err("the scale of a column is not finite")
            }
            Feature::Number { range: Some(range), .. } if range.iter().any(|x| !x.is_finite()) => {
                Err("the range of a column is not finite")
            }
            Feature::Date(date) => date.validate(),
            Feature::Number { kind: Kind::Category | Kind::Date(_), .. } => {
                Err("a column of numbers is of another kind")
            }
            Feature::Number { bins, .. } => bins.as_ref().map_or(Ok(()), Bins::validate),
            Feature::Embedded { dim: 0, .. } => Err("an embedding has no dimension"),
            Feature::Category { levels, .. } | Feature::Embedded { levels, .. } => levels.validate(),
        }
    }

    fn profile(&self) -> ColumnProfile<'_> {
        let cells = match self {
            Feature::Number { median, range, bins, kind, .. } => {
                CellProfile::Number { kind: *kind, typical: *median, range: *range, bins: bins.as_ref() }
            }
            Feature::Date(date) => date.profile(),
            Feature::Category { levels, .. } | Feature::Embedded { levels, .. } => {
                CellProfile::Category(levels)
            }
        };
        ColumnProfile { column: self.column(), cells }
    }

    fn width(&self) -> usize {
        match self {
            Feature::Number { flag, .. } => 1 + usize::from(*flag),
            Feature::Date(date) => date.width(),
            Feature::Category { levels, .. } => levels.names().len(),
            Feature::Embedded { .. } => 0,
        }
    }

    fn column(&self) -> &str {
        match self {
            Feature::Date(date) => &date.column,
            Feature::Number { column, .. }
            | Feature::Category { column, .. }
            | Feature::Embedded { column, .. } => column,
        }
    }

    fn names(&self) -> Vec<String> {
        match self {
            Feature::Number { column, flag: false, .. } => vec![column.clone()],
            Feature::Number { column, .. } => vec![column.clone(), format!("{column}[missing]")],
            Feature::Date(date) => date.names(),
            Feature::Category { column, levels } => {
                levels.names().iter().map(|l| format!("{column}[{l}]")).collect()
            }
            Feature::Embedded { column, .. } => vec![format!("{column}[embedding]")],
        }
    }
}
