//! How the pipeline of linear models is fitted: rows are seen one after the other, and what is kept of a column does not grow with them.

use crate::dated::DateSurvey;
use crate::design::{Design, Part};
use crate::error::TabularError;
use crate::formula::Formula;
use crate::levels::LevelCounts;
use crate::notes::Notes;
use crate::number_survey::{NumberSurvey, survey};
use crate::rows::Rows;
use crate::schema::{Kind, Schema};
use crate::table::{Column, Table};
use planish_tensor::Dd;

/// Levels beyond which a category is refused.
const MAX_LEVELS: usize = 1024;

/// What is known of each column after some blocks of rows.
#[derive(Clone, Debug)]
pub struct DesignBuilder {
    target: String,
    parts: Vec<(String, usize, Statistics)>,
    /// Columns that are no features.
    others: Vec<String>,
    kinds: Vec<Kind>,
    formula: Formula,
    intercept: bool,
}

#[derive(Clone, Debug)]
enum Statistics {
    Number(NumberSurvey),
    Date(DateSurvey),
    Category(LevelCounts),
}

impl DesignBuilder {
    /// A builder for tables of this schema, without the target and the named columns.
    pub fn new(schema: &Schema, target: &str, drop: &[String]) -> DesignBuilder {
        let start = |kind| match kind {
            Kind::Number | Kind::Formatted(_) => Statistics::Number(NumberSurvey::new()),
            Kind::Date(_) => Statistics::Date(DateSurvey::new()),
            Kind::Category => Statistics::Category(LevelCounts::default()),
        };
        let is_feature = |name: &String| name != target && !drop.contains(name);
        let wanted = schema.columns.iter().enumerate().filter(|(_, c)| is_feature(&c.name));
        let others = schema.columns.iter().map(|c| &c.name).filter(|name| !is_feature(name));
        DesignBuilder {
            target: target.to_owned(),
            others: others.cloned().collect(),
            kinds: wanted.clone().map(|(_, c)| c.kind).collect(),
            parts: wanted.map(|(i, c)| (c.name.clone(), i, start(c.kind))).collect(),
            formula: Formula::default(),
            intercept: true,
        }
    }

    /// For a model with or without an intercept.
    pub fn with_intercept(mut self, intercept: bool) -> DesignBuilder {
        self.intercept = intercept;
        self
    }

    /// With these powers and products.
    ///
    /// # Errors
    /// A column that is no feature, or a power of a category.
    pub fn with_formula(mut self, formula: &Formula) -> Result<DesignBuilder, TabularError> {
        formula.check(|name| {
            let part = self.parts.iter().find(|(column, ..)| column == name);
            part.map(|(_, _, statistics)| !matches!(statistics, Statistics::Category(_)))
        })?;
        self.formula = formula.clone();
        Ok(self)
    }

    /// With these levels of a category, whether rows have them or not.
    pub fn with_levels(mut self, column: &str, levels: &[String]) -> DesignBuilder {
        for (_, _, statistics) in self.parts.iter_mut().filter(|(name, ..)| name == column) {
            if let Statistics::Category(counts) = statistics {
                levels.iter().for_each(|level| counts.declare(level));
            }
        }
        self
    }

    /// For a pipeline that is made before any row is seen: the days of dates begin in 1970, and there are no months and weekdays.
    pub fn unseen(mut self) -> DesignBuilder {
        for (_, _, statistics) in &mut self.parts {
            if let Statistics::Date(dates) = statistics {
                dates.declare();
            }
        }
        self
    }

    /// A pipeline of the declared levels before any row was seen, for rows in which no number is missing: numbers need no mean then.
    /// Those with dates are [`unseen`](DesignBuilder::unseen).
    ///
    /// # Errors
    /// As [`DesignBuilder::finish`].
    pub fn declared(&self) -> Result<Design, TabularError> {
        let mut parts = self.parts.clone();
        for (_, _, statistics) in &mut parts {
            if let Statistics::Number(known) = statistics {
                known.count = 1;
            }
        }
        DesignBuilder { parts, ..self.clone() }.finish()
    }

    /// Takes note of these rows.
    pub fn push_rows(&mut self, table: &Table, rows: Rows<'_>) {
        let mut numbers = Vec::new();
        for (_, position, statistics) in &mut self.parts {
            match (statistics, table.column_at(*position)) {
                (Statistics::Number(known), Column::Number(c)) => numbers.push((known, c)),
                (Statistics::Date(dates), Column::Number(c)) => {
                    rows.places().for_each(|row| dates.push(c.at(row).map(|x| x.hi)));
                }
                (Statistics::Category(counts), Column::Text(c)) => counts.push_rows(c, rows),
                (Statistics::Number(_) | Statistics::Date(_), Column::Text(_))
                | (Statistics::Category(_), Column::Number(_)) => {
                    unreachable!("the table has the builder's schema")
                }
            }
        }
        survey(numbers, rows);
    }

    /// What the pipeline would note of the rows so far: missing numbers are filled in, a missing category is a level of its own.
    pub fn notes(&self) -> Notes {
        let filled = |(column, _, statistics): &(String, usize, Statistics)| match statistics {
            Statistics::Number(known) if known.missing > 0 => Some((column.clone(), known.missing)),
            Statistics::Date(dates) if dates.missing > 0 => Some((column.clone(), dates.missing)),
            Statistics::Number(_) | Statistics::Date(_) | Statistics::Category(_) => None,
        };
        Notes { imputed: self.parts.iter().filter_map(filled).collect(), ..Notes::default() }
    }

    /// Refuses columns without values, and categories of too many levels, all at once.
    fn check_values(&self) -> Result<(), TabularError> {
        let of = |is_one: &dyn Fn(&Statistics) -> bool| -> Vec<String> {
            self.parts.iter().filter(|(.., s)| is_one(s)).map(|(column, ..)| column.clone()).collect()
        };
        let columns = of(&Statistics::is_empty);
        if !columns.is_empty() {
            return Err(TabularError::AllMissing { columns });
        }
        let levels: Vec<usize> = self.parts.iter().filter_map(|(.., s)| s.too_many_levels()).collect();
        match (levels.iter().min(), levels.iter().max()) {
            (Some(least), Some(most)) => Err(TabularError::TooManyLevels {
                columns: of(&|s| s.too_many_levels().is_some()),
                levels: if least == most { least.to_string() } else { format!("{least} to {most}") },
                most: MAX_LEVELS,
                in_products: self.parts.iter().any(|(column, _, s)| {
                    let in_one = |(a, b): &(String, String)| a == column || b == column;
                    s.too_many_levels().is_some() && self.formula.interactions.iter().any(in_one)
                }),
            }),
            _ => Ok(()),
        }
    }

    /// The fitted pipeline.
    ///
    /// # Errors
    /// A column without values, a category with too many levels, or no column at all.
    pub fn finish(self) -> Result<Design, TabularError> {
        self.check_values()?;
        let mut parts = Vec::new();
        let mut lacks_intercept = !self.intercept;
        for ((column, _, statistics), kind) in self.parts.into_iter().zip(self.kinds) {
            parts.push(match statistics {
                Statistics::Number(NumberSurvey { sum, range, count, missing, sample }) => {
                    let mean = sum / Dd::from(count as f64);
                    let degree = self.formula.degree(&column);
                    Part::Number {
                        column,
                        mean: [mean.hi, mean.lo],
                        flag: missing > 0,
                        degree,
                        range: Some(range),
                        bins: sample.finish(),
                        kind,
                        since: 0.0,
                    }
                }
                Statistics::Date(dates) => {
                    let degree = self.formula.degree(&column);
                    parts.extend(date_parts(column, kind, degree, dates, &mut lacks_intercept));
                    continue;
                }
                Statistics::Category(counts) => Part::Category {
                    column,
                    levels: counts.finish(MAX_LEVELS),
                    full: std::mem::take(&mut lacks_intercept),
                    season: None,
                },
            });
        }
        if parts.is_empty() {
            return Err(TabularError::NoFeatures { target: self.target });
        }
        let place = |name: &str| parts.iter().position(|p: &Part| p.column() == name);
        let pair = |(a, b): &(String, String)| Some([place(a)?, place(b)?]);
        let interactions = self.formula.interactions.iter().filter_map(pair).collect();
        Ok(Design { parts, interactions, others: Vec::new() }.with_others(self.others))
    }
}

impl Statistics {
    /// Whether no row has a value.
    fn is_empty(&self) -> bool {
        match self {
            Statistics::Number(known) => known.count == 0,
            Statistics::Date(dates) => dates.is_empty(),
            Statistics::Category(counts) => counts.len() == 0,
        }
    }

    /// The number of levels of a category that has too many.
    fn too_many_levels(&self) -> Option<usize> {
        match self {
            Statistics::Category(counts) => Some(counts.len()).filter(|&n| n > MAX_LEVELS),
            Statistics::Number(_) | Statistics::Date(_) => None,
        }
    }
}

/// The days of a date, and a part a season.
fn date_parts(
    column: String,
    kind: Kind,
    degree: u32,
    dates: DateSurvey,
    lacks_intercept: &mut bool,
) -> Vec<Part> {
    let mean = dates.mean();
    let mut parts = vec![Part::Number {
        column: column.clone(),
        mean: [mean.hi, mean.lo],
        flag: dates.missing > 0,
        degree,
        range: (dates.count > 0).then_some(dates.range),
        kind,
        since: dates.since(),
        bins: None,
    }];
    parts.extend(dates.seasons().into_iter().map(|(season, levels)| Part::Category {
        column: column.clone(),
        levels,
        full: std::mem::take(lacks_intercept),
        season: Some(season),
    }));
    if let Part::Number { bins, .. } = &mut parts[0] {
        *bins = dates.sample.finish_dates();
    }
    parts
}
