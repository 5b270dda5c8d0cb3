//! The pipeline of linear models: raw units, missing numbers at the mean with a flag beside them, categories in treatment
//! coding with the first sorted level dropped; powers of numbers and products of columns where they are asked for. All values are
//! double-double, and so are the products: powers formed in `f64` would cap the digits of any solver (NIST's Filip at 7.6).
//!
//! A date is the days since the first one, a number like others, and where the rows cover enough time also a level a month and a weekday.
//!
//! Without an intercept nothing stands for the dropped level, which would be predicted as zero. So the first category then has a
//! column for every level, as in R's `y ~ g - 1`; those after it, and all in interactions, keep treatment coding.

use crate::bins::Bins;
use crate::bound_design::{BoundDesign, BoundPart};
use crate::calendar::DAY;
use crate::dated::{Season, days_since};
use crate::error::TabularError;
use crate::formula::Formula;
use crate::levels::Levels;
use crate::profile::{CellProfile, ColumnProfile};
use crate::schema::Kind;
use crate::table::{Table, TextColumn};
use crate::term::{self, Factor, Term};
use planish_tensor::Dd;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

/// The columns of a design.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
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
        /// How the numbers are written. Of a date, `mean` is in days, `range` and `bins` are in seconds since 1970.
        #[serde(default, skip_serializing_if = "Kind::is_plain")]
        kind: Kind,
        /// Where the days of a date begin, in seconds since 1970.
        #[serde(default, skip_serializing_if = "is_zero")]
        since: f64,
    },
    /// One column a level but the first; with `full` one for every level.
    Category {
        column: String,
        levels: Levels,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        full: bool,
        /// Of a date, what its levels are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        season: Option<Season>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

/// What rounding can make of the means of the same numbers in blocks of other sizes, as a part of the largest of them.
const MEANS: f64 = 1e-12;

fn one() -> u32 {
    1
}

/// The fitted pipeline of a linear model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Design {
    pub(crate) parts: Vec<Part>,
    /// Pairs of parts whose products follow the parts' columns.
    #[serde(default)]
    pub(crate) interactions: Vec<[usize; 2]>,
    /// Columns of the table that are no features, and whose names a term would otherwise have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) others: Vec<String>,
}

/// How a category is coded beside its terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reference<'d> {
    /// The column.
    pub column: &'d str,
    /// The level that has no term: the others are set against it.
    pub level: &'d str,
    /// Whether it is the only one, so that the column has no term.
    pub alone: bool,
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

    /// What the terms are made of.
    pub fn terms(&self) -> Vec<Term> {
        let mut terms: Vec<Term> = self.parts.iter().flat_map(Part::terms).map(Term::from).collect();
        for &[a, b] in &self.interactions {
            let (a, b) = (self.parts[a].factors(), self.parts[b].factors());
            terms.extend(b.iter().flat_map(|b| a.iter().map(move |a| Term::product(a, b))));
        }
        terms
    }

    /// The terms' names: `age`, `age^2`, `age[missing]`, `city[Kiel]`, `age:city[Kiel]`; `(age)^2` where a column is called `age^2`.
    pub fn names(&self) -> Vec<String> {
        let others = self.others.iter().map(String::as_str);
        term::names(&self.terms(), self.parts.iter().map(Part::column).chain(others))
    }

    /// The level of each category that has no term. A category with a term a level is not among them.
    pub fn references(&self) -> Vec<Reference<'_>> {
        self.parts.iter().filter_map(Part::reference).collect()
    }

    /// A column that both pipelines read and that had other values in the training rows of the one than of the other, as far as the pipelines tell: by
    /// the least, the greatest and the mean of numbers, by the levels of a category and their shares. None if there is no such column.
    pub fn differing_column<'d>(&'d self, other: &Design) -> Option<&'d str> {
        let differs = |part: &&Part| other.parts.iter().any(|twin| part.differs(twin));
        self.parts.iter().find(differs).map(Part::column)
    }

    /// With those of these columns, which are no features, that a term would otherwise be called like.
    pub(crate) fn with_others(mut self, mut columns: Vec<String>) -> Design {
        let names: HashSet<String> = self.names().into_iter().collect();
        columns.retain(|column| names.contains(column));
        self.others = columns;
        self
    }

    /// The number of terms.
    pub fn width(&self) -> usize {
        let products = |[a, b]: &[usize; 2]| self.parts[*a].factor_width() * self.parts[*b].factor_width();
        self.parts.iter().map(Part::width).sum::<usize>()
            + self.interactions.iter().map(products).sum::<usize>()
    }

    /// What is known of the columns that the pipeline reads.
    pub fn profiles(&self) -> Vec<ColumnProfile<'_>> {
        self.parts.iter().filter(|p| !p.is_season()).map(Part::profile).collect()
    }

    /// Readies the pipeline for the rows of one table.
    ///
    /// # Errors
    /// A column that is not there, or of the wrong kind.
    pub fn bind<'a>(&'a self, table: &'a Table) -> Result<BoundDesign<'a>, TabularError> {
        let bind = |p: &'a Part| {
            Ok(match p {
                Part::Number { column, mean, flag, degree, kind, since, .. } => BoundPart::Number {
                    column,
                    values: match kind {
                        Kind::Date(_) => Cow::Owned(days_since(*since, table.numbers(column)?)),
                        Kind::Number | Kind::Formatted(_) | Kind::Category => {
                            Cow::Borrowed(table.numbers(column)?)
                        }
                    },
                    mean: Dd { hi: mean[0], lo: mean[1] },
                    flag: *flag,
                    degree: *degree,
                },
                Part::Category { column, levels, full, season: None } => {
                    let text = Cow::Borrowed(table.text(column)?);
                    let (codes, from) = (levels.codes(&text), usize::from(!full));
                    BoundPart::Category { column, codes, text, levels, from, filled: true }
                }
                Part::Category { column, levels, full, season: Some(season) } => {
                    let text: Cow<'_, TextColumn> = Cow::Owned(season.of_dates(table.numbers(column)?));
                    let (codes, from) = (levels.codes_in_order(&text), usize::from(!full));
                    BoundPart::Category { column, codes, text, levels, from, filled: false }
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
            Part::Number { kind: Kind::Category, .. } => Err("a column of numbers is of another kind"),
            Part::Number { since, .. } if !since.is_finite() => {
                Err("the first date of a column is not finite")
            }
            Part::Category { levels, season: Some(season), .. } => season.validate(levels),
            Part::Number { bins, .. } => bins.as_ref().map_or(Ok(()), Bins::validate),
            Part::Category { levels, .. } => levels.validate(),
        }
    }

    fn profile(&self) -> ColumnProfile<'_> {
        let cells = match self {
            Part::Number { mean, range, bins, kind, since, .. } => {
                let typical = match kind {
                    Kind::Date(_) => since + mean[0] * DAY,
                    Kind::Number | Kind::Formatted(_) | Kind::Category => mean[0],
                };
                CellProfile::Number { kind: *kind, typical, range: *range, bins: bins.as_ref() }
            }
            Part::Category { levels, .. } => CellProfile::Category(levels),
        };
        ColumnProfile { column: self.column(), cells }
    }

    pub(crate) fn column(&self) -> &str {
        match self {
            Part::Number { column, .. } | Part::Category { column, .. } => column,
        }
    }

    /// Whether it stands beside the days of a date.
    fn is_season(&self) -> bool {
        matches!(self, Part::Category { season: Some(_), .. })
    }

    /// Whether it is a category with a column for every level.
    fn is_full(&self) -> bool {
        matches!(self, Part::Category { full: true, .. })
    }

    fn terms(&self) -> Vec<Factor> {
        let mut terms = self.factors();
        match self {
            Part::Number { column, flag, degree, .. } => {
                terms.extend((2..=*degree).map(|degree| Factor::Power { column: column.clone(), degree }));
                terms.extend(flag.then(|| Factor::Missing { column: column.clone() }));
            }
            Part::Category { column, levels, full: true, .. } => {
                terms.insert(0, Factor::Level { column: column.clone(), level: levels.names()[0].clone() });
            }
            Part::Category { .. } => {}
        }
        terms
    }

    fn width(&self) -> usize {
        match self {
            Part::Number { flag, degree, .. } => *degree as usize + usize::from(*flag),
            Part::Category { levels, full, .. } => levels.names().len() - usize::from(!full),
        }
    }

    /// Whether both are of one column that had other values.
    fn differs(&self, other: &Part) -> bool {
        match (self, other) {
            (
                Part::Number { column, mean, range: Some(range), since, .. },
                Part::Number { column: twin, mean: mean2, range: Some(range2), since: since2, .. },
            ) if column == twin => {
                let rounding = MEANS * range.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
                range != range2 || (since == since2 && (mean[0] - mean2[0]).abs() > rounding)
            }
            (
                Part::Category { column, levels, season, .. },
                Part::Category { column: twin, levels: levels2, season: season2, .. },
            ) if (column, season) == (twin, season2) => !levels.had_same_rows(levels2),
            (Part::Number { .. } | Part::Category { .. }, _) => false,
        }
    }

    fn reference(&self) -> Option<Reference<'_>> {
        match self {
            Part::Category { column, levels, full: false, .. } => {
                let names = levels.names();
                Some(Reference { column, level: &names[0], alone: names.len() == 1 })
            }
            Part::Category { full: true, .. } | Part::Number { .. } => None,
        }
    }

    /// What an interaction multiplies: the number itself, or the dummies of all levels but the first, as the other column's own terms
    /// stand for that.
    fn factors(&self) -> Vec<Factor> {
        match self {
            Part::Number { column, .. } => vec![Factor::Power { column: column.clone(), degree: 1 }],
            Part::Category { column, levels, .. } => {
                let factor = |level: &String| Factor::Level { column: column.clone(), level: level.clone() };
                levels.names()[1..].iter().map(factor).collect()
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
