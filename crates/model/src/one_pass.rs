//! From rows that can be read only once to a least-squares fit: the columns and their levels are declared, so that nothing need be learned of the rows
//! before they are folded. Memory does not depend on their number.

use crate::error::{Failed, ModelError};
use crate::labelled_rows::{Response, Responses, Survey, check_columns, check_row};
use crate::linear::{assemble, named, regression};
use crate::linear_model::LinearFit;
use crate::linear_settings::LinearSettings;
use crate::model::Model;
use planish_linreg::{BLOCK_ROWS, Block, LeastSquaresState};
use planish_tabular::{Column, Design, DesignBuilder, Notes, RowSource, Table};
use planish_tensor::Exec;
use std::collections::BTreeMap;

/// Fits ordinary or weighted least squares in one pass over the rows that have a target. The source's schema is the declaration; `levels` has those of each
/// category. There are standard errors, but nothing that needs residuals: covariance and clusters of the settings have no meaning here.
///
/// # Errors
/// As [`fit_linear`](crate::fit_linear); and a missing value or a level that was not declared.
pub fn fit_linear_once<S: RowSource>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
    levels: &BTreeMap<String, Vec<String>>,
) -> Result<Model, Failed<S::Error>> {
    let schema = source.schema().clone();
    settings.drop.iter().try_for_each(|name| schema.position(name).map(drop))?;
    let position = schema.position(&settings.target)?;
    check_columns(&schema, settings)?;
    let builder = DesignBuilder::new(&schema, &settings.target, &settings.no_features());
    let mut builder = builder.with_formula(&settings.formula)?.with_intercept(settings.intercept);
    for (column, levels) in levels {
        builder = builder.with_levels(column, levels);
    }
    let design = builder.declared()?;
    let failed = |e| Failed::Model(named(e, &design, settings));
    let weighted = settings.weights.is_some();
    let state = LeastSquaresState::new(regression(settings), exec.isa, design.width(), 1, weighted)
        .map_err(failed)?;
    let mut fold = Fold {
        settings,
        levels,
        design: &design,
        position,
        responses: Responses::new(Response::Number),
        builder,
        block: Block::new(design.width(), 1, weighted),
        state,
    };
    let mut table = Table::new(schema);
    loop {
        source.next(&mut table).map_err(Failed::Source)?;
        if table.rows() == 0 {
            break;
        }
        fold.table(&table)?;
    }
    fold.finish().map_err(Failed::Model)
}

/// A fit in progress.
struct Fold<'s> {
    settings: &'s LinearSettings,
    levels: &'s BTreeMap<String, Vec<String>>,
    design: &'s Design,
    /// Of the target among the columns.
    position: usize,
    responses: Responses,
    builder: DesignBuilder,
    block: Block,
    state: LeastSquaresState,
}

impl Fold<'_> {
    /// Takes the rows of a table.
    fn table(&mut self, table: &Table) -> Result<(), ModelError> {
        let bound = self.design.bind(table)?;
        let features = self.design.columns();
        let target = &self.settings.target;
        let weights = self.settings.weights.as_ref().map(|w| table.numbers(w)).transpose()?;
        for row in 0..table.rows() {
            if !self.responses.push(table, self.position, target, row)? {
                continue;
            }
            check_row(table, row, self.settings)?;
            features.iter().try_for_each(|(name, _)| check_cell(table, name, self.levels.get(*name), row))?;
            self.builder.push(table, row);
            let block = &mut self.block;
            bound.write_row(row, block.rows, &mut block.x, &mut Notes::default());
            let y = table.numbers(target)?.at(row).unwrap_or_default();
            (block.y[0].hi[block.rows], block.y[0].lo[block.rows]) = (y.hi, y.lo);
            if let (Some(to), Some(from)) = (&mut block.weights, weights) {
                to[block.rows] = from.at(row).map_or(0.0, |w| w.to_f64());
            }
            block.rows += 1;
            if block.rows == BLOCK_ROWS {
                self.update()?;
            }
        }
        Ok(())
    }

    /// Folds the block, and begins the next.
    fn update(&mut self) -> Result<(), ModelError> {
        self.state.update(&self.block).map_err(|e| named(e, self.design, self.settings))?;
        self.block.rows = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<Model, ModelError> {
        self.update()?;
        let Responses { rows, sum, missing, .. } = self.responses;
        let target = self.responses.finish(&self.settings.target)?;
        let fit = self.state.solve().map_err(|e| named(e, self.design, self.settings))?;
        let (notes, design) = (self.builder.notes(), self.builder.finish()?);
        let survey = Survey { design, target, sum, rows, without_target: missing, notes };
        assemble(self.settings, survey, LinearFit::LeastSquares(fit))
    }
}

/// Refuses a missing value, and a level that was not declared.
fn check_cell(table: &Table, name: &str, levels: Option<&Vec<String>>, row: usize) -> Result<(), ModelError> {
    let column = table.column(name)?;
    let known = match column {
        Column::Text(c) => c.at(row).is_none_or(|text| levels.is_some_and(|l| l.iter().any(|k| k == text))),
        Column::Number(_) => true,
    };
    let found = match column {
        _ if column.is_missing(row) => "a missing value".to_owned(),
        Column::Text(c) if !known => format!("{:?}, which was not declared", c.at(row).unwrap_or_default()),
        _ => return Ok(()),
    };
    Err(ModelError::OnePass { column: name.to_owned(), line: table.line(row), found })
}
