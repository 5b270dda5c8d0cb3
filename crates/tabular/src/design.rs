//! The pipeline of linear models: raw units, missing numbers at the mean with a flag beside them, categories in treatment
//! coding with the first sorted level dropped; powers of numbers and products of columns where they are asked for. All values are
//! double-double, and so are the products: powers formed in `f64` would cap the digits of any solver (NIST's Filip at 7.6).
//!
//! Without an intercept nothing stands for the dropped level, which would be predicted as zero. So the first category then has a
//! column for every level, as in R's `y ~ g - 1`; those after it, and all in interactions, keep treatment coding.

use crate::bins::{Bins, Sample};
use crate::error::TabularError;
use crate::formula::{Formula, products};
use crate::levels::{Code, LevelCodes, LevelCounts, Levels};
use crate::notes::Notes;
use crate::profile::{CellProfile, ColumnProfile};
use crate::schema::{Kind, Schema};
use crate::table::{Column, NumberColumn, Table, TextColumn};
use planish_tensor::Dd;
use planish_tensor::dd::DdVec;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Levels beyond which a category is refused.
const MAX_LEVELS: usize = 1024;

/// The columns of a design.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    /// The number and its powers up to `degree`; with `flag` also a column that is 1 where it was missing. `mean` is [hi, lo].
    Number {
        column: String,
        mean: [f64; 2],
        flag: bool,
        #[serde(default = "one")]
        degree: u32,
        /// The least and the greatest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<[f64; 2]>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bins: Option<Bins>,
    },
    /// One column a level but the first; with `full` one for every level.
    Category {
        column: String,
        levels: Levels,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        full: bool,
    },
}

fn one() -> u32 {
    1
}

/// The fitted pipeline of a linear model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Design {
    parts: Vec<Part>,
    /// Pairs of parts whose products follow the parts' columns.
    #[serde(default)]
    interactions: Vec<[usize; 2]>,
}

/// What is known of each column after some blocks of rows.
#[derive(Clone, Debug)]
pub struct DesignBuilder {
    target: String,
    parts: Vec<(String, usize, Statistics)>,
    formula: Formula,
    intercept: bool,
}

#[derive(Clone, Debug)]
enum Statistics {
    Number { sum: Dd, range: [f64; 2], count: u64, missing: u64, sample: Sample },
    Category(LevelCounts),
}

impl DesignBuilder {
    /// A builder for tables of this schema, without the target and the named columns.
    pub fn new(schema: &Schema, target: &str, drop: &[String]) -> DesignBuilder {
        let start = |kind| match kind {
            Kind::Number => {
                let sample = Sample::new();
                Statistics::Number {
                    sum: Dd::ZERO,
                    range: [f64::MAX, f64::MIN],
                    count: 0,
                    missing: 0,
                    sample,
                }
            }
            Kind::Category => Statistics::Category(LevelCounts::default()),
        };
        let wanted =
            schema.columns.iter().enumerate().filter(|(_, c)| c.name != target && !drop.contains(&c.name));
        DesignBuilder {
            target: target.to_owned(),
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
            part.map(|(_, _, statistics)| matches!(statistics, Statistics::Number { .. }))
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

    /// A pipeline of the declared levels before any row was seen, for rows in which no number is missing: numbers need no mean then.
    ///
    /// # Errors
    /// As [`DesignBuilder::finish`].
    pub fn declared(&self) -> Result<Design, TabularError> {
        let mut parts = self.parts.clone();
        for (_, _, statistics) in &mut parts {
            if let Statistics::Number { count, .. } = statistics {
                *count = 1;
            }
        }
        DesignBuilder { parts, ..self.clone() }.finish()
    }

    /// Takes note of a row.
    pub fn push(&mut self, table: &Table, row: usize) {
        for (_, position, statistics) in &mut self.parts {
            match (statistics, table.column_at(*position)) {
                (Statistics::Number { sum, range, count, missing, sample }, Column::Number(c)) => {
                    let cell = c.at(row);
                    sample.push(cell.map(|x| x.hi));
                    match cell {
                        Some(x) => {
                            *sum = *sum + x;
                            *range = [range[0].min(x.hi), range[1].max(x.hi)];
                            *count += 1;
                        }
                        None => *missing += 1,
                    }
                }
                (Statistics::Category(counts), Column::Text(c)) => counts.push(c.at(row)),
                (Statistics::Number { .. }, Column::Text(_))
                | (Statistics::Category(_), Column::Number(_)) => {
                    unreachable!("the table has the builder's schema")
                }
            }
        }
    }

    /// What the pipeline would note of the rows so far: missing numbers are filled in, a missing category is a level of its own.
    pub fn notes(&self) -> Notes {
        let filled = |(column, _, statistics): &(String, usize, Statistics)| match statistics {
            Statistics::Number { missing, .. } if *missing > 0 => Some((column.clone(), *missing)),
            Statistics::Number { .. } | Statistics::Category(_) => None,
        };
        Notes { imputed: self.parts.iter().filter_map(filled).collect(), ..Notes::default() }
    }

    /// The fitted pipeline.
    ///
    /// # Errors
    /// A column without values, a category with too many levels, or no column at all.
    pub fn finish(self) -> Result<Design, TabularError> {
        let mut parts = Vec::new();
        let mut lacks_intercept = !self.intercept;
        for (column, _, statistics) in self.parts {
            parts.push(match statistics {
                Statistics::Number { count: 0, .. } => return Err(TabularError::AllMissing { column }),
                Statistics::Number { sum, range, count, missing, sample } => {
                    let mean = sum / Dd::from(count as f64);
                    let degree = self.formula.degree(&column);
                    Part::Number {
                        column,
                        mean: [mean.hi, mean.lo],
                        flag: missing > 0,
                        degree,
                        range: Some(range),
                        bins: sample.finish(),
                    }
                }
                Statistics::Category(counts) if counts.len() == 0 => {
                    return Err(TabularError::AllMissing { column });
                }
                Statistics::Category(counts) if counts.len() > MAX_LEVELS => {
                    return Err(TabularError::TooManyLevels { column, levels: counts.len() });
                }
                Statistics::Category(counts) => Part::Category {
                    column,
                    levels: counts.finish(MAX_LEVELS),
                    full: std::mem::take(&mut lacks_intercept),
                },
            });
        }
        if parts.is_empty() {
            return Err(TabularError::NoFeatures { target: self.target });
        }
        let place = |name: &str| parts.iter().position(|p: &Part| p.column() == name);
        let pair = |(a, b): &(String, String)| Some([place(a)?, place(b)?]);
        let interactions = self.formula.interactions.iter().filter_map(pair).collect();
        Ok(Design { parts, interactions })
    }
}

impl Design {
    /// Checks a pipeline that was read from outside.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn validate(&self) -> Result<(), &'static str> {
        self.parts.iter().try_for_each(Part::validate)?;
        let known = self.interactions.iter().flatten().all(|&p| p < self.parts.len());
        known.then_some(()).ok_or("an interaction is of columns that are not there")
    }

    /// The terms' names: `age`, `age^2`, `age[missing]`, `city[Kiel]`, `age:city[Kiel]`.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.parts.iter().flat_map(Part::names).collect();
        for &[a, b] in &self.interactions {
            let (a, b) = (self.parts[a].factors(), self.parts[b].factors());
            names.extend(b.iter().flat_map(|b| a.iter().map(move |a| format!("{a}:{b}"))));
        }
        names
    }

    /// The number of terms.
    pub fn width(&self) -> usize {
        let products = |[a, b]: &[usize; 2]| self.parts[*a].factor_width() * self.parts[*b].factor_width();
        self.parts.iter().map(Part::width).sum::<usize>()
            + self.interactions.iter().map(products).sum::<usize>()
    }

    /// What is known of the columns that the pipeline reads.
    pub fn profiles(&self) -> Vec<ColumnProfile<'_>> {
        self.parts.iter().map(Part::profile).collect()
    }

    /// Readies the pipeline for the rows of one table.
    ///
    /// # Errors
    /// A column that is not there, or of the wrong kind.
    pub fn bind<'a>(&'a self, table: &'a Table) -> Result<BoundDesign<'a>, TabularError> {
        let bind = |p: &'a Part| {
            Ok(match p {
                Part::Number { column, mean, flag, degree, .. } => BoundPart::Number {
                    column,
                    values: table.numbers(column)?,
                    mean: Dd { hi: mean[0], lo: mean[1] },
                    flag: *flag,
                    degree: *degree,
                },
                Part::Category { column, levels, full } => {
                    let text = table.text(column)?;
                    let from = usize::from(!full);
                    BoundPart::Category { column, codes: levels.codes(text), text, levels, from }
                }
            })
        };
        let parts = self.parts.iter().map(bind).collect::<Result<_, _>>()?;
        Ok(BoundDesign { parts, interactions: self.factor_columns() })
    }

    /// The columns of the two factors of each interaction.
    fn factor_columns(&self) -> Vec<[Range<usize>; 2]> {
        let mut starts = vec![0];
        starts.extend(self.parts.iter().scan(0, |at, p| {
            *at += p.width();
            Some(*at)
        }));
        let columns = |p: usize| {
            let part = &self.parts[p];
            let start = starts[p] + usize::from(part.is_full());
            start..start + part.factor_width()
        };
        self.interactions.iter().map(|&[a, b]| [columns(a), columns(b)]).collect()
    }
}

impl Part {
    fn validate(&self) -> Result<(), &'static str> {
        match self {
            Part::Number { degree, .. } if !Formula::allows(*degree) => {
                Err("the highest power of a column is too high")
            }
            Part::Number { mean, range, .. }
                if !mean.iter().chain(range.iter().flatten()).all(|x| x.is_finite()) =>
            {
                Err("the mean or the range of a column is not finite")
            }
            Part::Number { bins, .. } => bins.as_ref().map_or(Ok(()), Bins::validate),
            Part::Category { levels, .. } => levels.validate(),
        }
    }

    fn profile(&self) -> ColumnProfile<'_> {
        let cells = match self {
            Part::Number { mean, range, bins, .. } => {
                CellProfile::Number { typical: mean[0], range: *range, bins: bins.as_ref() }
            }
            Part::Category { levels, .. } => CellProfile::Category(levels),
        };
        ColumnProfile { column: self.column(), cells }
    }

    fn column(&self) -> &str {
        match self {
            Part::Number { column, .. } | Part::Category { column, .. } => column,
        }
    }

    /// Whether it is a category with a column for every level.
    fn is_full(&self) -> bool {
        matches!(self, Part::Category { full: true, .. })
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.factors();
        match self {
            Part::Number { column, flag, degree, .. } => {
                names.extend((2..=*degree).map(|k| format!("{column}^{k}")));
                names.extend(flag.then(|| format!("{column}[missing]")));
            }
            Part::Category { column, levels, full: true } => {
                names.insert(0, format!("{column}[{}]", levels.names()[0]));
            }
            Part::Category { .. } => {}
        }
        names
    }

    fn width(&self) -> usize {
        match self {
            Part::Number { flag, degree, .. } => *degree as usize + usize::from(*flag),
            Part::Category { levels, full, .. } => levels.names().len() - usize::from(!full),
        }
    }

    /// The names of what an interaction multiplies: the number itself, or the dummies of all levels but the first, as the other column's own terms
    /// stand for that.
    fn factors(&self) -> Vec<String> {
        match self {
            Part::Number { column, .. } => vec![column.clone()],
            Part::Category { column, levels, .. } => {
                levels.names()[1..].iter().map(|l| format!("{column}[{l}]")).collect()
            }
        }
    }

    fn factor_width(&self) -> usize {
        match self {
            Part::Number { .. } => 1,
            Part::Category { levels, .. } => levels.names().len() - 1,
        }
    }
}

enum BoundPart<'a> {
    Number {
        column: &'a str,
        values: &'a NumberColumn,
        mean: Dd,
        flag: bool,
        degree: u32,
    },
    /// Levels from `from` on have columns.
    Category {
        column: &'a str,
        codes: LevelCodes,
        text: &'a TextColumn,
        levels: &'a Levels,
        from: usize,
    },
}

/// A design bound to the columns of one table.
pub struct BoundDesign<'a> {
    parts: Vec<BoundPart<'a>>,
    interactions: Vec<[Range<usize>; 2]>,
}

impl BoundDesign<'_> {
    /// Writes a row of the table to place `at` of each term's column.
    ///
    /// # Shapes
    /// One column a term, each with more than `at` places.
    pub fn write_row(&self, row: usize, at: usize, terms: &mut [DdVec], notes: &mut Notes) {
        let mut t = 0;
        let mut put = |x: Dd| {
            (terms[t].hi[at], terms[t].lo[at]) = (x.hi, x.lo);
            t += 1;
        };
        for p in &self.parts {
            match p {
                BoundPart::Number { column, values, mean, flag, degree } => {
                    let x = values.at(row);
                    let base = x.unwrap_or(*mean);
                    let mut power = base;
                    put(power);
                    for _ in 1..*degree {
                        power = power * base;
                        put(power);
                    }
                    if *flag {
                        put(if x.is_none() { Dd::ONE } else { Dd::ZERO });
                    }
                    if x.is_none() {
                        Notes::count(&mut notes.imputed, column);
                    }
                }
                BoundPart::Category { column, codes, text, levels, from } => {
                    match codes.at(text.codes()[row]) {
                        Code::Level(l) => (*from..levels.names().len())
                            .for_each(|i| put(if i == l { Dd::ONE } else { Dd::ZERO })),
                        unknown @ (Code::Unknown | Code::Missing) => {
                            levels.shares()[*from..].iter().for_each(|&share| put(Dd::from(share)));
                            Notes::count(
                                if unknown == Code::Missing {
                                    &mut notes.imputed
                                } else {
                                    &mut notes.unknown
                                },
                                column,
                            );
                        }
                    }
                }
            }
        }
        products(&self.interactions, at, t, terms);
    }
}
