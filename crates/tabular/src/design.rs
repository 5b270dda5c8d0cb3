//! The pipeline of linear models: raw units, missing numbers at the mean with a flag beside them, categories in treatment
//! coding with the first sorted level dropped. All values are double-double.

use crate::error::TabularError;
use crate::levels::{Code, LevelCodes, LevelCounts, Levels};
use crate::notes::Notes;
use crate::schema::{Kind, Schema};
use crate::table::{Column, NumberColumn, Table, TextColumn};
use planish_tensor::Dd;
use planish_tensor::dd::DdVec;
use serde::{Deserialize, Serialize};

/// Levels beyond which a category is refused.
const MAX_LEVELS: usize = 1024;

/// The columns of a design.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    /// The number; with `flag` also a column that is 1 where it was missing. `mean` is [hi, lo].
    Number { column: String, mean: [f64; 2], flag: bool },
    /// One column a level but the first.
    Category { column: String, levels: Levels },
}

/// The fitted pipeline of a linear model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Design {
    parts: Vec<Part>,
}

/// What is known of each column after some blocks of rows.
#[derive(Clone, Debug)]
pub struct DesignBuilder {
    target: String,
    parts: Vec<(String, usize, Statistics)>,
}

#[derive(Clone, Debug)]
enum Statistics {
    Number { sum: Dd, count: u64, missing: u64 },
    Category(LevelCounts),
}

impl DesignBuilder {
    /// A builder for tables of this schema, without the target and the named columns.
    pub fn new(schema: &Schema, target: &str, drop: &[String]) -> DesignBuilder {
        let start = |kind| match kind {
            Kind::Number => Statistics::Number { sum: Dd::ZERO, count: 0, missing: 0 },
            Kind::Category => Statistics::Category(LevelCounts::default()),
        };
        let wanted =
            schema.columns.iter().enumerate().filter(|(_, c)| c.name != target && !drop.contains(&c.name));
        DesignBuilder {
            target: target.to_owned(),
            parts: wanted.map(|(i, c)| (c.name.clone(), i, start(c.kind))).collect(),
        }
    }

    /// Takes note of a row.
    pub fn push(&mut self, table: &Table, row: usize) {
        for (_, position, statistics) in &mut self.parts {
            match (statistics, table.column_at(*position)) {
                (Statistics::Number { sum, count, missing }, Column::Number(c)) => match c.at(row) {
                    Some(x) => {
                        *sum = *sum + x;
                        *count += 1;
                    }
                    None => *missing += 1,
                },
                (Statistics::Category(counts), Column::Text(c)) => counts.push(c.at(row)),
                _ => unreachable!("the table has the builder's schema"),
            }
        }
    }

    /// The fitted pipeline.
    ///
    /// # Errors
    /// A column without values, a category with too many levels, or no column at all.
    pub fn finish(self) -> Result<Design, TabularError> {
        let mut parts = Vec::new();
        for (column, _, statistics) in self.parts {
            parts.push(match statistics {
                Statistics::Number { count: 0, .. } => return Err(TabularError::AllMissing { column }),
                Statistics::Number { sum, count, missing } => {
                    let mean = sum / Dd::from(count as f64);
                    Part::Number { column, mean: [mean.hi, mean.lo], flag: missing > 0 }
                }
                Statistics::Category(counts) if counts.len() == 0 => {
                    return Err(TabularError::AllMissing { column });
                }
                Statistics::Category(counts) if counts.len() > MAX_LEVELS => {
                    return Err(TabularError::TooManyLevels { column, levels: counts.len() });
                }
                Statistics::Category(counts) => Part::Category { column, levels: counts.finish(MAX_LEVELS) },
            });
        }
        if parts.is_empty() {
            return Err(TabularError::NoFeatures { target: self.target });
        }
        Ok(Design { parts })
    }
}

impl Design {
    /// What is wrong with a pipeline that was read from outside.
    pub fn flaw(&self) -> Option<&'static str> {
        let flaw = |p: &Part| match p {
            Part::Number { mean, .. } => {
                mean.iter().any(|m| !m.is_finite()).then_some("the mean of a column is not finite")
            }
            Part::Category { levels, .. } => levels.flaw(),
        };
        self.parts.iter().find_map(flaw)
    }

    /// The terms' names: `age`, `age[missing]`, `city[Kiel]`.
    pub fn names(&self) -> Vec<String> {
        self.parts
            .iter()
            .flat_map(|p| match p {
                Part::Number { column, flag: false, .. } => vec![column.clone()],
                Part::Number { column, .. } => vec![column.clone(), format!("{column}[missing]")],
                Part::Category { column, levels } => {
                    levels.names()[1..].iter().map(|l| format!("{column}[{l}]")).collect()
                }
            })
            .collect()
    }

    /// The number of terms.
    pub fn width(&self) -> usize {
        self.parts.iter().map(Part::width).sum()
    }

    /// The columns that the pipeline reads, with their kinds.
    pub fn columns(&self) -> Vec<(&str, Kind)> {
        self.parts
            .iter()
            .map(|p| match p {
                Part::Number { column, .. } => (column.as_str(), Kind::Number),
                Part::Category { column, .. } => (column.as_str(), Kind::Category),
            })
            .collect()
    }

    /// The known levels of a category column, sorted; the first is the baseline.
    pub fn levels(&self, name: &str) -> Option<&Levels> {
        self.parts.iter().find_map(|p| match p {
            Part::Category { column, levels } if column == name => Some(levels),
            _ => None,
        })
    }

    /// Readies the pipeline for the rows of one table.
    ///
    /// # Errors
    /// A column that is not there, or of the wrong kind.
    pub fn bind<'a>(&'a self, table: &'a Table) -> Result<BoundDesign<'a>, TabularError> {
        let bind = |p: &'a Part| {
            Ok(match p {
                Part::Number { column, mean, flag } => BoundPart::Number {
                    column,
                    values: table.numbers(column)?,
                    mean: Dd { hi: mean[0], lo: mean[1] },
                    flag: *flag,
                },
                Part::Category { column, levels } => {
                    let text = table.text(column)?;
                    BoundPart::Category { column, codes: levels.codes(text), text, levels }
                }
            })
        };
        Ok(BoundDesign { parts: self.parts.iter().map(bind).collect::<Result<_, _>>()? })
    }
}

impl Part {
    fn width(&self) -> usize {
        match self {
            Part::Number { flag, .. } => 1 + usize::from(*flag),
            Part::Category { levels, .. } => levels.names().len() - 1,
        }
    }
}

enum BoundPart<'a> {
    Number { column: &'a str, values: &'a NumberColumn, mean: Dd, flag: bool },
    Category { column: &'a str, codes: LevelCodes, text: &'a TextColumn, levels: &'a Levels },
}

/// A design bound to the columns of one table.
pub struct BoundDesign<'a> {
    parts: Vec<BoundPart<'a>>,
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
                BoundPart::Number { column, values, mean, flag } => {
                    let x = values.at(row);
                    put(x.unwrap_or(*mean));
                    if *flag {
                        put(if x.is_none() { Dd::ONE } else { Dd::ZERO });
                    }
                    if x.is_none() {
                        Notes::count(&mut notes.imputed, column);
                    }
                }
                BoundPart::Category { column, codes, text, levels } => match codes.at(text.codes()[row]) {
                    Code::Level(l) => {
                        (1..levels.names().len()).for_each(|i| put(if i == l { Dd::ONE } else { Dd::ZERO }))
                    }
                    unknown => {
                        levels.shares()[1..].iter().for_each(|&share| put(Dd::from(share)));
                        Notes::count(
                            if unknown == Code::Missing { &mut notes.imputed } else { &mut notes.unknown },
                            column,
                        );
                    }
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_raw_numbers_flags_and_levels_but_the_first() {
        let mut t =
            Table::new(Schema::new([("x", Kind::Number), ("c", Kind::Category), ("y", Kind::Number)]));
        for (x, c) in [(Some(1.0), "b"), (Some(4.0), "a"), (None, "c")] {
            t.push_number(0, x);
            t.push_text(1, Some(c));
            t.push_number(2, Some(0.0));
            t.end_row(0);
        }
        let mut b = DesignBuilder::new(t.schema(), "y", &[]);
        (0..3).for_each(|i| b.push(&t, i));
        let design = b.finish().unwrap();
        assert_eq!(design.names(), ["x", "x[missing]", "c[b]", "c[c]"]);
        let mut terms = vec![DdVec::zeros(3); 4];
        let bound = design.bind(&t).unwrap();
        (0..3).for_each(|i| bound.write_row(i, i, &mut terms, &mut Notes::default()));
        let row = |i: usize| terms.iter().map(|c| c.hi[i]).collect::<Vec<_>>();
        assert_eq!(row(0), [1.0, 0.0, 1.0, 0.0]);
        assert_eq!(row(1), [4.0, 0.0, 0.0, 0.0]);
        assert_eq!(row(2), [2.5, 1.0, 0.0, 1.0]);
    }
}
