//! From rows to a least-squares fit. Rows are read in passes: one to fit the pipeline, one for the triangular factor, and
//! one a refinement; the table is never held whole.

use crate::error::{Failed, ModelError};
use crate::model::{LinearPredictor, Model, Predictor};
use crate::record::{Record, Settings};
use planish_linreg::{Block, BlockSource, FitError, LinearRegression};
use planish_tabular::{Design, DesignBuilder, Kind, Notes, RowSource, Table, TabularError, Target};
use planish_tensor::{Dd, Exec};
use serde::{Deserialize, Serialize};

/// Settings of a linear model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LinearSettings {
    /// The target column, which must hold numbers.
    pub target: String,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Whether the model has an intercept.
    pub intercept: bool,
}

impl LinearSettings {
    /// With an intercept, on all other columns.
    pub fn new(target: &str) -> LinearSettings {
        LinearSettings { target: target.to_owned(), drop: Vec::new(), intercept: true }
    }
}

/// Fits ordinary least squares on all rows of the source that have a target.
///
/// # Errors
/// Rows that cannot be read, a table that cannot be used, or fewer rows than parameters.
pub fn fit_linear<S: RowSource>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
) -> Result<Model, Failed<S::Error>> {
    let survey = survey(source, settings)?;
    let design = survey.design.finish()?;
    let regression = LinearRegression { fit_intercept: settings.intercept, ..LinearRegression::default() };
    let table = Table::new(source.schema().clone());
    let mut rows = DesignRows { source, design: &design, target: &settings.target, table, next: 0 };
    let fit = regression.fit(exec.isa, &mut rows).map_err(|e| match e {
        FitError::Source(failed) => failed,
        FitError::Linreg(e) => Failed::Model(e.into()),
    })?;
    let response = &fit.responses[0];
    let n = fit.rows as f64;
    let target = Target::Number {
        column: settings.target.clone(),
        mean: survey.sum.to_f64() / n,
        sd: (response.tss.max(0.0) / n).sqrt(),
    };
    let record = Record {
        settings: Settings::Linear(settings.clone()),
        rows: fit.rows,
        rows_without_target: survey.without_target,
        rare_categories: Default::default(),
        validation: Default::default(),
        history: None,
    };
    Ok(Model::new(target, Predictor::Linear(LinearPredictor { design, fit }), record)?)
}

/// What the first pass learns.
struct Survey {
    design: DesignBuilder,
    sum: Dd,
    without_target: u64,
}

fn survey<S: RowSource>(source: &mut S, settings: &LinearSettings) -> Result<Survey, Failed<S::Error>> {
    let schema = source.schema().clone();
    settings.drop.iter().try_for_each(|name| schema.position(name).map(drop))?;
    let target = schema.position(&settings.target)?;
    if settings.drop.contains(&settings.target) {
        return Err(ModelError::DroppedTarget { target: settings.target.clone() }.into());
    }
    let mut out = Survey {
        design: DesignBuilder::new(&schema, &settings.target, &settings.drop),
        sum: Dd::ZERO,
        without_target: 0,
    };
    let mut table = Table::new(schema);
    let (mut first, mut constant) = (None, true);
    source.rewind().map_err(Failed::Source)?;
    loop {
        source.next(&mut table).map_err(Failed::Source)?;
        if table.rows() == 0 {
            break;
        }
        if table.schema().columns[target].kind == Kind::Category {
            // The error names the first text that is no number, once its block is reached.
            match table.numbers(&settings.target) {
                Err(TabularError::WrongKind { found, .. }) if found.is_empty() => continue,
                other => other?,
            };
            continue;
        }
        let y = table.numbers(&settings.target)?;
        for row in 0..table.rows() {
            match y.at(row) {
                Some(v) => {
                    constant &= *first.get_or_insert(v) == v;
                    out.sum = out.sum + v;
                    out.design.push(&table, row);
                }
                None => out.without_target += 1,
            }
        }
    }
    match first {
        None => Err(TabularError::NoRows { column: settings.target.clone() }.into()),
        Some(v) if constant => Err(TabularError::ConstantTarget {
            column: settings.target.clone(),
            value: v.to_f64().to_string(),
        }
        .into()),
        Some(_) => Ok(out),
    }
}

/// The rows of a source as blocks of the design.
struct DesignRows<'a, S: RowSource> {
    source: &'a mut S,
    design: &'a Design,
    target: &'a str,
    table: Table,
    /// The next row of `table`.
    next: usize,
}

impl<S: RowSource> BlockSource for DesignRows<'_, S> {
    type Error = Failed<S::Error>;

    fn terms(&self) -> usize {
        self.design.width()
    }

    fn responses(&self) -> usize {
        1
    }

    fn rewind(&mut self) -> Result<(), Self::Error> {
        self.table.clear();
        self.next = 0;
        self.source.rewind().map_err(Failed::Source)
    }

    fn next(&mut self, block: &mut Block) -> Result<(), Self::Error> {
        block.rows = 0;
        let capacity = block.y[0].hi.len();
        while block.rows < capacity {
            if self.next == self.table.rows() {
                self.source.next(&mut self.table).map_err(Failed::Source)?;
                self.next = 0;
                if self.table.rows() == 0 {
                    break;
                }
            }
            let bound = self.design.bind(&self.table)?;
            let y = self.table.numbers(self.target)?;
            while self.next < self.table.rows() && block.rows < capacity {
                if let Some(v) = y.at(self.next) {
                    bound.write_row(self.next, block.rows, &mut block.x, &mut Notes::default());
                    (block.y[0].hi[block.rows], block.y[0].lo[block.rows]) = (v.hi, v.lo);
                    block.rows += 1;
                }
                self.next += 1;
            }
        }
        Ok(())
    }
}
