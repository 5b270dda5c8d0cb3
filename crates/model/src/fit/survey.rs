//! What a linear model learns of its rows before they are fitted: the pipeline, the target and what was unusual. One pass over rows that can be read
//! again, or beside the fit of rows that are read once.

use crate::error::{Failed, ModelError};
use crate::linear_settings::{LinearSettings, Response};
use crate::record::RowsDigest;
use crate::row_checks::{check_count, weight, written};
use planish_tabular::{
    Column, Design, DesignBuilder, Digest, Kind, LabelSet, Notes, RowSource, Rows, Schema, Table,
    TabularError, Target,
};
use planish_tensor::{Dd, Exec};
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
    /// What tells these rows from others, of a target that is a number.
    pub(crate) digest: Option<RowsDigest>,
    /// What was unusual in the rows with a target.
    pub(crate) notes: Notes,
    /// How target and weights are written.
    pub(crate) written: BTreeMap<String, Kind>,
    /// Texts that stand for a missing value, beside the usual ones.
    pub(crate) na: Vec<String>,
}

/// A survey in progress.
pub(crate) struct Surveyor<'s> {
    settings: &'s LinearSettings,
    /// Of the target among the columns.
    position: usize,
    responses: Responses,
    weights: Digest,
    design: DesignBuilder,
    written: BTreeMap<String, Kind>,
    na: Vec<String>,
}

/// Surveys all rows of a source: the next are read while those before them are looked at, if there are threads.
pub(crate) fn survey<S: RowSource<Error: Send> + Send>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
) -> Result<Survey, Failed<S::Error>> {
    let mut surveyor = Surveyor::new(source.schema(), settings)?;
    source.rewind().map_err(Failed::Source)?;
    let mut table = Table::new(source.schema().clone());
    let mut following = table.clone();
    source.next(&mut table).map_err(Failed::Source)?;
    while table.rows() > 0 {
        let (taken, read) = exec.join(|| surveyor.push_rows(exec, &table), || source.next(&mut following));
        taken?;
        read.map_err(Failed::Source)?;
        std::mem::swap(&mut table, &mut following);
    }
    Ok(surveyor.finish()?)
}

impl<'s> Surveyor<'s> {
    /// For rows of this schema.
    pub(crate) fn new(schema: &Schema, settings: &'s LinearSettings) -> Result<Self, ModelError> {
        let target = &settings.target;
        settings.drop.iter().try_for_each(|name| schema.position(name).map(drop))?;
        let position = schema.target(target)?;
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
        let written = written(schema, target, settings.weights.as_deref())?;
        let responses = Responses::new(settings.kind.response(), settings.intercept);
        let na = schema.missing.more.clone();
        Ok(Surveyor { settings, position, responses, weights: Digest::default(), design, written, na })
    }

    /// With these levels of categories, and the pipeline that follows from them before any row was seen.
    pub(crate) fn declare(
        mut self,
        levels: &BTreeMap<String, Vec<String>>,
    ) -> Result<(Self, Design), ModelError> {
        for (column, levels) in levels {
            self.design = self.design.with_levels(column, levels);
        }
        self.design = self.design.unseen();
        let design = self.design.declared()?;
        Ok((self, design))
    }

    /// Takes the rows of a table that have a target, without which they do not count.
    pub(crate) fn push_rows(&mut self, exec: Exec, table: &Table) -> Result<(), ModelError> {
        let some = self.labelled(table)?;
        let rows = some.as_ref().map_or(Rows::Between(0, table.rows()), |rows| Rows::These(rows));
        if self.responses.counts || self.settings.weights.is_some() || self.settings.cluster.is_some() {
            rows.places().try_for_each(|row| self.check(table, row))?;
        }
        self.take(exec, table, rows);
        Ok(())
    }

    /// The rows of a table that have a target; none if all have one.
    pub(crate) fn labelled(&self, table: &Table) -> Result<Option<Vec<u32>>, ModelError> {
        match (&self.responses.classes, table.column_at(self.position)) {
            (Some(_), column) | (None, column @ Column::Number(_)) => Ok(column.with_values()),
            (None, Column::Text(_)) => match table.numbers(&self.settings.target) {
                // The error names the first text that is no number, once its block is reached.
                Err(TabularError::WrongKind { found, .. }) if found.is_empty() => Ok(Some(Vec::new())),
                other => other.map(|_| None).map_err(ModelError::from),
            },
        }
    }

    /// Refuses a row with a target whose target, weight or cluster cannot be used.
    pub(crate) fn check(&self, table: &Table, row: usize) -> Result<(), ModelError> {
        let settings = self.settings;
        if self.responses.counts {
            let y = table.numbers(&settings.target)?.at(row).unwrap_or_default();
            check_count(table, row, &settings.target, y)?;
        }
        if let Some(column) = &settings.weights {
            weight(table, row, column)?;
        }
        if let Some(column) = &settings.cluster
            && table.column(column)?.is_missing(row)
        {
            return Err(ModelError::NoCluster { column: column.clone(), line: table.line(row) });
        }
        Ok(())
    }

    /// Takes these rows, which are those with a target, and have been checked.
    pub(crate) fn take(&mut self, exec: Exec, table: &Table, rows: Rows<'_>) {
        self.responses.missing += (table.rows() - rows.len()) as u64;
        let target = table.column_at(self.position);
        let column = self.settings.weights.as_deref().and_then(|name| table.numbers(name).ok());
        let Surveyor { responses, weights, design, .. } = self;
        let take_responses = || {
            responses.push_rows(target, rows);
            column.into_iter().for_each(|column| weights.push_rows(column, rows));
        };
        exec.join(|| design.push_rows(table, rows), take_responses);
    }

    pub(crate) fn finish(self) -> Result<Survey, ModelError> {
        let (rows, sum, without_target) = (self.responses.rows, self.responses.sum, self.responses.missing);
        if let (None, Some(classes)) = (self.settings.task, &self.responses.classes) {
            classes.check(&self.settings.target)?;
        }
        let digest = self.responses.digest().map(|targets| RowsDigest {
            targets,
            weights: (!self.weights.is_all_one()).then(|| self.weights.finish()),
        });
        let target = self.responses.finish(&self.settings.target)?;
        let notes = self.design.notes();
        let (design, written, na) = (self.design.finish()?, self.written, self.na);
        Ok(Survey { design, target, sum, rows, without_target, digest, notes, written, na })
    }
}

/// What is known of the target after some rows.
struct Responses {
    classes: Option<LabelSet>,
    counts: bool,
    /// Whether a constant is nothing to learn: an intercept would be all of the model.
    intercept: bool,
    first: Option<Dd>,
    constant: bool,
    sum: Dd,
    squares: Dd,
    digest: Digest,
    rows: u64,
    missing: u64,
}

impl Responses {
    fn new(response: Response, intercept: bool) -> Responses {
        Responses {
            classes: (response == Response::Class).then(LabelSet::default),
            counts: response == Response::Count,
            intercept,
            first: None,
            constant: true,
            sum: Dd::ZERO,
            squares: Dd::ZERO,
            digest: Digest::default(),
            rows: 0,
            missing: 0,
        }
    }

    /// Takes the targets of rows that have one.
    fn push_rows(&mut self, column: &Column, rows: Rows<'_>) {
        self.rows += rows.len() as u64;
        match (&mut self.classes, column) {
            (Some(classes), column) => classes.push_rows(column, rows),
            (None, Column::Number(c)) => {
                self.digest.push_rows(c, rows);
                rows.places().filter_map(|row| c.at(row)).for_each(|y| self.number(y))
            }
            (None, Column::Text(_)) => {}
        }
    }

    fn number(&mut self, y: Dd) {
        self.constant &= *self.first.get_or_insert(y) == y;
        self.sum = self.sum + y;
        self.squares = self.squares + y * y;
    }

    /// The digest of targets that are numbers.
    fn digest(&self) -> Option<String> {
        self.classes.is_none().then(|| self.digest.finish())
    }

    fn finish(self, column: &str) -> Result<Target, TabularError> {
        if let Some(classes) = self.classes {
            return classes.finish(column.to_owned());
        }
        match self.first {
            None => Err(TabularError::NoRows { column: column.to_owned() }),
            Some(y) if self.constant && (self.intercept || y == Dd::ZERO) => {
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
