//! What a linear model learns of its rows before they are fitted: the pipeline, the target and what was unusual. One pass over rows that can be read
//! again, or beside the fit of rows that are read once.

use crate::error::{Failed, ModelError};
use crate::linear_settings::{LinearSettings, Response};
use crate::row_checks::{check_count, weight};
use planish_tabular::{
    Column, Design, DesignBuilder, LabelSet, Notes, RowSource, Schema, Table, TabularError, Target,
};
use planish_tensor::Dd;
use std::collections::BTreeMap;

/// What was learned of the rows.
pub(crate) struct Survey {
    pub(crate) design: Design,
    pub(crate) target: Target,
    /// The sum of a target that is a number.
    pub(crate) sum: Dd,
    /// Rows with a target.
    pub(crate) rows: u64,
    pub(crate) without_target: u64,
    /// What was unusual in the rows with a target.
    pub(crate) notes: Notes,
}

/// A survey in progress.
pub(crate) struct Surveyor<'s> {
    settings: &'s LinearSettings,
    /// Of the target among the columns.
    position: usize,
    responses: Responses,
    design: DesignBuilder,
}

/// Surveys all rows of a source.
pub(crate) fn survey<S: RowSource>(
    source: &mut S,
    settings: &LinearSettings,
) -> Result<Survey, Failed<S::Error>> {
    let mut surveyor = Surveyor::new(source.schema(), settings)?;
    source.rewind().map_err(Failed::Source)?;
    source.for_each_block(Failed::Source, |table| {
        (0..table.rows()).try_for_each(|row| surveyor.push(table, row).map(drop)).map_err(Failed::Model)
    })?;
    Ok(surveyor.finish()?)
}

impl<'s> Surveyor<'s> {
    /// For rows of this schema.
    pub(crate) fn new(schema: &Schema, settings: &'s LinearSettings) -> Result<Self, ModelError> {
        let target = &settings.target;
        settings.drop.iter().try_for_each(|name| schema.position(name).map(drop))?;
        let position = schema.position(target)?;
        if settings.drop.contains(target) {
            return Err(ModelError::DroppedTarget { target: target.clone() });
        }
        for name in settings.weights.iter().chain(&settings.cluster) {
            schema.position(name)?;
            if name == target {
                return Err(ModelError::DroppedTarget { target: target.clone() });
            }
        }
        let design = DesignBuilder::new(schema, target, &settings.no_features());
        let design = design.with_formula(&settings.formula)?.with_intercept(settings.intercept);
        Ok(Surveyor { settings, position, responses: Responses::new(settings.kind.response()), design })
    }

    /// With these levels of categories, and the pipeline that follows from them before any row was seen.
    pub(crate) fn declare(
        mut self,
        levels: &BTreeMap<String, Vec<String>>,
    ) -> Result<(Self, Design), ModelError> {
        for (column, levels) in levels {
            self.design = self.design.with_levels(column, levels);
        }
        let design = self.design.declared()?;
        Ok((self, design))
    }

    /// Takes a row; whether it has a target, without which it does not count.
    pub(crate) fn push(&mut self, table: &Table, row: usize) -> Result<bool, ModelError> {
        let settings = self.settings;
        if !self.responses.push(table, self.position, &settings.target, row)? {
            return Ok(false);
        }
        if let Some(column) = &settings.weights {
            weight(table, row, column)?;
        }
        if let Some(column) = &settings.cluster
            && table.column(column)?.is_missing(row)
        {
            return Err(ModelError::NoCluster { column: column.clone(), line: table.line(row) });
        }
        self.design.push(table, row);
        Ok(true)
    }

    pub(crate) fn finish(self) -> Result<Survey, ModelError> {
        let (rows, sum, without_target) = (self.responses.rows, self.responses.sum, self.responses.missing);
        let target = self.responses.finish(&self.settings.target)?;
        let notes = self.design.notes();
        Ok(Survey { design: self.design.finish()?, target, sum, rows, without_target, notes })
    }
}

/// What is known of the target after some rows.
struct Responses {
    classes: Option<LabelSet>,
    counts: bool,
    first: Option<Dd>,
    constant: bool,
    sum: Dd,
    squares: Dd,
    rows: u64,
    missing: u64,
}

impl Responses {
    fn new(response: Response) -> Responses {
        Responses {
            classes: (response == Response::Class).then(LabelSet::default),
            counts: response == Response::Count,
            first: None,
            constant: true,
            sum: Dd::ZERO,
            squares: Dd::ZERO,
            rows: 0,
            missing: 0,
        }
    }

    /// Takes a row's target; whether there is one.
    fn push(&mut self, table: &Table, position: usize, name: &str, row: usize) -> Result<bool, ModelError> {
        let present = match (&mut self.classes, table.column_at(position)) {
            (Some(classes), column) => classes.push(column, row),
            (None, Column::Number(c)) => match c.at(row) {
                Some(y) => {
                    self.number(y, table, name, row)?;
                    true
                }
                None => false,
            },
            (None, Column::Text(_)) => match table.numbers(name) {
                // The error names the first text that is no number, once its block is reached.
                Err(TabularError::WrongKind { found, .. }) if found.is_empty() => false,
                other => return other.map(|_| false).map_err(ModelError::from),
            },
        };
        *(if present { &mut self.rows } else { &mut self.missing }) += 1;
        Ok(present)
    }

    fn number(&mut self, y: Dd, table: &Table, name: &str, row: usize) -> Result<(), ModelError> {
        if self.counts {
            check_count(table, row, name, y)?;
        }
        self.constant &= *self.first.get_or_insert(y) == y;
        self.sum = self.sum + y;
        self.squares = self.squares + y * y;
        Ok(())
    }

    fn finish(self, column: &str) -> Result<Target, TabularError> {
        if let Some(classes) = self.classes {
            return classes.finish(column.to_owned());
        }
        match self.first {
            None => Err(TabularError::NoRows { column: column.to_owned() }),
            Some(y) if self.constant => {
                Err(TabularError::ConstantTarget { column: column.to_owned(), value: y.to_f64().to_string() })
            }
            Some(_) => Ok(number_target(column, self.rows, self.sum, self.squares)),
        }
    }
}

/// The target's mean and standard deviation from sums over its rows.
fn number_target(column: &str, rows: u64, sum: Dd, squares: Dd) -> Target {
    let n = Dd::from(rows as f64);
    let mean = sum / n;
    let variance = (squares / n - mean * mean).to_f64().max(0.0);
    let finite = |x: f64| if x.is_finite() { x } else { f64::MAX };
    Target::Number { column: column.to_owned(), mean: finite(mean.to_f64()), sd: finite(variance.sqrt()) }
}
