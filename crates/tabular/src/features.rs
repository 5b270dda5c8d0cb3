//! The pipeline of trees: numbers as they are, categories as codes of their levels, dates as days and places in their cycles. Nothing is scaled
//! and nothing filled in, since a tree asks only which of two numbers is larger, and has a way for cells without a value.

use crate::bins::{Bins, Sample};
use crate::date_feature::DateFeature;
use crate::error::TabularError;
use crate::levels::{Code, LevelCounts, Levels, MAX_CODES};
use crate::moments::median;
use crate::notes::Notes;
use crate::profile::{CellProfile, ColumnProfile};
use crate::rows::Rows;
use crate::schema::{ColumnSchema, Kind};
use crate::table::{Column, NumberColumn, Table, TextColumn};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A column that is read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Feature {
    /// The numbers themselves.
    Number {
        column: String,
        /// How they are written.
        #[serde(default, skip_serializing_if = "Kind::is_plain")]
        kind: Kind,
        /// The median of the finite ones.
        median: f64,
        /// The least and the greatest finite one.
        range: Option<[f64; 2]>,
        bins: Option<Bins>,
    },
    /// Days, and places in cycles.
    Date(DateFeature),
    /// A code a level.
    Category { column: String, levels: Levels },
}

/// A column as trees take it.
#[derive(Clone, PartialEq, Debug)]
pub enum FeatureColumn<'t> {
    /// Numbers; NaN is missing.
    Numbers(Cow<'t, [f64]>),
    /// Codes of levels: a level's place, [`FeatureColumn::MISSING`], or the number of levels for all others.
    Codes {
        /// The code of each row.
        codes: Vec<u32>,
        /// The number of levels.
        levels: usize,
    },
}

impl FeatureColumn<'_> {
    /// The code of a missing category.
    pub const MISSING: u32 = u32::MAX;
}

/// The fitted pipeline of trees. A column of the table becomes one column or, of dates, several.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Features {
    features: Vec<Feature>,
}

impl Features {
    /// Fits the pipeline on these rows of the table, leaving out the named columns (the target and dropped ones).
    ///
    /// # Errors
    /// A column without any value in these rows, or no column left.
    pub fn fit(table: &Table, rows: &[u32], leave_out: &[&str]) -> Result<Features, TabularError> {
        let (mut features, mut empty) = (Vec::new(), Vec::new());
        let wanted = table.schema().columns.iter().enumerate();
        for (i, c) in wanted.filter(|(_, c)| !leave_out.contains(&c.name.as_str())) {
            match Feature::fit(table.column_at(i), c, rows) {
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
        Ok(Features { features })
    }

    /// Checks a pipeline that was read from outside.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn validate(&self) -> Result<(), &'static str> {
        self.features.iter().try_for_each(Feature::validate)
    }

    /// The number of columns that it makes.
    pub fn width(&self) -> usize {
        self.features.iter().map(Feature::width).sum()
    }

    /// The names of the columns that it makes: `age`, `city`, and of dates `day`, `day[weekday]` …
    pub fn names(&self) -> Vec<String> {
        let names = |f: &Feature| match f {
            Feature::Date(date) => date.part_names(),
            Feature::Number { column, .. } | Feature::Category { column, .. } => vec![column.clone()],
        };
        self.features.iter().flat_map(names).collect()
    }

    /// Of each column that it makes, the levels if it is a category, in the order of their codes.
    pub fn levels(&self) -> Vec<Option<&[String]>> {
        let mut out = Vec::with_capacity(self.width());
        for feature in &self.features {
            match feature {
                Feature::Category { levels, .. } => out.push(Some(levels.known())),
                Feature::Number { .. } | Feature::Date(_) => out.resize(out.len() + feature.width(), None),
            }
        }
        out
    }

    /// Of each column that it makes, whether it is the days of a column of dates, in days since 1970.
    pub fn is_of_days(&self) -> Vec<bool> {
        let days = |f: &Feature| match f {
            Feature::Date(_) => (0..f.width()).map(|part| part == 0).collect(),
            Feature::Number { .. } | Feature::Category { .. } => vec![false],
        };
        self.features.iter().flat_map(days).collect()
    }

    /// The place of the column that is made of this column's numbers, or of its days.
    pub fn place_of_numbers(&self, column: &str) -> Option<usize> {
        let at = self.features.iter().position(|f| f.column() == column)?;
        match self.features[at] {
            Feature::Number { .. } | Feature::Date(_) => {
                Some(self.features[..at].iter().map(Feature::width).sum())
            }
            Feature::Category { .. } => None,
        }
    }

    /// What is known of the columns that the pipeline reads.
    pub fn profiles(&self) -> Vec<ColumnProfile<'_>> {
        self.features.iter().map(Feature::profile).collect()
    }

    /// The columns that it makes of a table.
    ///
    /// # Errors
    /// A column that is not there, or of the wrong kind.
    pub fn columns<'t>(
        &self,
        table: &'t Table,
        notes: &mut Notes,
    ) -> Result<Vec<FeatureColumn<'t>>, TabularError> {
        let mut out = Vec::with_capacity(self.width());
        for feature in &self.features {
            match feature {
                Feature::Number { column, .. } => {
                    out.push(FeatureColumn::Numbers(Cow::Borrowed(table.numbers(column)?.values())));
                }
                Feature::Date(date) => {
                    let parts = date.parts(table.numbers(&date.column)?);
                    out.extend(parts.into_iter().map(|part| FeatureColumn::Numbers(Cow::Owned(part))));
                }
                Feature::Category { column, levels } => {
                    out.push(coded(column, levels, table.text(column)?, notes));
                }
            }
        }
        Ok(out)
    }
}

/// The codes of a category; unknown levels are counted.
fn coded(column: &str, levels: &Levels, text: &TextColumn, notes: &mut Notes) -> FeatureColumn<'static> {
    let known = levels.known().len();
    let code = |code| match code {
        Code::Level(level) if level < known => level as u32,
        Code::Level(_) | Code::Missing => FeatureColumn::MISSING,
        Code::Unknown => known as u32,
    };
    let by_text = levels.codes(text);
    let codes: Vec<u32> = text.codes().iter().map(|&c| code(by_text.at(c))).collect();
    let unknown = codes.iter().filter(|&&c| c == known as u32).count();
    Notes::count_cells(&mut notes.unknown, column, unknown as u64);
    FeatureColumn::Codes { codes, levels: known }
}

impl Feature {
    fn fit(cells: &Column, column: &ColumnSchema, rows: &[u32]) -> Result<Feature, TabularError> {
        match (cells, column.kind) {
            (Column::Number(n), Kind::Date(order)) => {
                DateFeature::fit(&column.name, order, n, rows).map(Feature::Date)
            }
            (Column::Number(n), kind @ (Kind::Number | Kind::Formatted(_) | Kind::Category)) => {
                fit_number(&column.name, kind, n, rows)
            }
            (Column::Text(t), _) => {
                let mut counts = LevelCounts::default();
                counts.push_rows(t, Rows::These(rows));
                if counts.len() == 0 {
                    return Err(TabularError::AllMissing { columns: vec![column.name.clone()] });
                }
                Ok(Feature::Category { column: column.name.clone(), levels: counts.finish(MAX_CODES) })
            }
        }
    }

    fn validate(&self) -> Result<(), &'static str> {
        match self {
            Feature::Number { kind: Kind::Category | Kind::Date(_), .. } => {
                Err("a column of numbers is of another kind")
            }
            Feature::Number { median, range, bins, .. } => {
                if !std::iter::once(median).chain(range.iter().flatten()).all(|x| x.is_finite()) {
                    return Err("the range of a column is not finite");
                }
                bins.as_ref().map_or(Ok(()), Bins::validate)
            }
            Feature::Date(date) => date.validate(),
            Feature::Category { levels, .. } => levels.validate(),
        }
    }

    fn width(&self) -> usize {
        match self {
            Feature::Date(date) => date.part_names().len(),
            Feature::Number { .. } | Feature::Category { .. } => 1,
        }
    }

    fn column(&self) -> &str {
        match self {
            Feature::Date(date) => &date.column,
            Feature::Number { column, .. } | Feature::Category { column, .. } => column,
        }
    }

    fn profile(&self) -> ColumnProfile<'_> {
        let cells = match self {
            Feature::Number { kind, median, range, bins, .. } => {
                CellProfile::Number { kind: *kind, typical: *median, range: *range, bins: bins.as_ref() }
            }
            Feature::Date(date) => date.profile(),
            Feature::Category { levels, .. } => CellProfile::Category(levels),
        };
        ColumnProfile { column: self.column(), cells }
    }
}

/// What is known of a column of numbers, some of which may be infinite.
fn fit_number(name: &str, kind: Kind, column: &NumberColumn, rows: &[u32]) -> Result<Feature, TabularError> {
    let cells = || rows.iter().map(|&r| column.values()[r as usize]);
    if cells().all(f64::is_nan) {
        return Err(TabularError::AllMissing { columns: vec![name.to_owned()] });
    }
    let mut finite: Vec<f64> = cells().filter(|x| x.is_finite()).collect();
    let mut sample = Sample::new();
    cells().for_each(|x| sample.push((!x.is_nan()).then_some(x)));
    let (least, greatest) = finite.iter().fold((f64::MAX, f64::MIN), |(l, g), &x| (l.min(x), g.max(x)));
    Ok(Feature::Number {
        column: name.to_owned(),
        kind,
        range: (!finite.is_empty()).then_some([least, greatest]),
        median: if finite.is_empty() { 0.0 } else { median(&mut finite) },
        bins: sample.finish(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn numbers_stay_as_they_are_and_categories_become_codes() {
        let mut table = Table::new(Schema::new([("x", Kind::Number), ("c", Kind::Category)]));
        let rows = [(Some(1.5), Some("b")), (None, None), (Some(f64::INFINITY), Some("a"))];
        for (x, c) in rows {
            table.push_number(0, x);
            table.push_text(1, c);
            table.end_row(0);
        }
        let features = Features::fit(&table, &[0, 1, 2], &[]).unwrap();
        assert_eq!((features.names(), features.width()), (vec!["x".to_owned(), "c".to_owned()], 2));
        assert!(features.validate().is_ok());
        let mut notes = Notes::default();
        let columns = features.columns(&table, &mut notes).unwrap();
        let FeatureColumn::Numbers(x) = &columns[0] else { panic!() };
        assert!(x[0] == 1.5 && x[1].is_nan() && x[2] == f64::INFINITY);
        let codes = vec![1, FeatureColumn::MISSING, 0];
        assert_eq!(columns[1], FeatureColumn::Codes { codes, levels: 2 });
        assert_eq!(notes, Notes::default());
        let mut other = Table::new(table.schema().clone());
        other.push_number(0, None);
        other.push_text(1, Some("z"));
        other.end_row(0);
        let columns = features.columns(&other, &mut notes).unwrap();
        assert_eq!(columns[1], FeatureColumn::Codes { codes: vec![2], levels: 2 });
        assert_eq!(notes.unknown.get("c"), Some(&1));
        let empty = Features::fit(&other, &[0], &[]).unwrap_err();
        assert_eq!(empty, TabularError::AllMissing { columns: vec!["x".to_owned()] });
        assert!(matches!(Features::fit(&table, &[0], &["x", "c"]), Err(TabularError::NoFeatures { .. })));
    }

    #[test]
    fn dates_become_days_and_places_in_cycles() {
        let mut table = Table::new(Schema::new([("d", Kind::Date(crate::schema::DateOrder::Ymd))]));
        for day in [0.0, 1.5, 40.0] {
            table.push_number(0, Some(day * 86_400.0));
            table.end_row(0);
        }
        table.push_number(0, None);
        table.end_row(0);
        let features = Features::fit(&table, &[0, 1, 2, 3], &[]).unwrap();
        assert_eq!(features.names(), ["d", "d[month]", "d[weekday]", "d[day of year]", "d[hour]"]);
        assert_eq!(features.place_of_numbers("d"), Some(0));
        let columns = features.columns(&table, &mut Notes::default()).unwrap();
        let part = |i: usize| match &columns[i] {
            FeatureColumn::Numbers(x) => x.to_vec(),
            FeatureColumn::Codes { .. } => panic!(),
        };
        assert_eq!(part(0)[..3], [0.0, 1.5, 40.0]);
        assert_eq!(part(4)[..3], [0.0, 12.0, 0.0]);
        assert_eq!(part(1)[..3], [1.0, 1.0, 2.0]);
        assert!((0..5).all(|i| part(i)[3].is_nan()));
    }
}
