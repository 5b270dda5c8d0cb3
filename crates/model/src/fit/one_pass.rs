//! From rows that can be read only once to a least-squares fit: the columns and their levels are declared, so that nothing need be learned of the rows
//! before they are folded. Memory does not depend on their number.

use super::complete::fit_complete;
use super::labelled_rows::BoundRows;
use super::linear::{assemble, named, regression};
use super::survey::Surveyor;
use crate::error::{Failed, ModelError};
use crate::linear_model::LinearFit;
use crate::linear_settings::{LinearKind, LinearSettings};
use crate::missing::Missing;
use crate::model::Model;
use planish_linreg::LeastSquaresState;
use planish_linreg::rows::{BLOCK_ROWS, Block};
use planish_tabular::{Column, Design, RowSource, Rows, Table};
use planish_tensor::{Exec, Isa};
use std::collections::BTreeMap;

/// Fits ordinary or weighted least squares in one pass over the rows that have a target. The source's schema is the declaration; `levels` has those of each
/// category. There are standard errors, but nothing that needs residuals: covariance and clusters of the settings have no meaning here.
///
/// # Errors
/// As [`fit_linear`](crate::fit_linear); a kind that is not least squares, a missing value unless such rows are left out, or a level that was not declared.
pub fn fit_linear_once<S: RowSource>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
    levels: &BTreeMap<String, Vec<String>>,
) -> Result<Model, Failed<S::Error>> {
    if settings.kind != LinearKind::LeastSquares {
        let needs = "rows that are read once are fitted by least squares alone";
        return Err(
            ModelError::Setting { setting: "kind", value: format!("{:?}", settings.kind), needs }.into()
        );
    }
    match settings.missing {
        Missing::Fill => fold_rows(exec, source, settings, levels),
        Missing::DropRows => fit_complete(source, settings, |rows| fold_rows(exec, rows, settings, levels)),
    }
}

fn fold_rows<S: RowSource>(
    exec: Exec,
    source: &mut S,
    settings: &LinearSettings,
    levels: &BTreeMap<String, Vec<String>>,
) -> Result<Model, Failed<S::Error>> {
    let (surveyor, design) = Surveyor::new(source.schema(), settings)?.declare(levels)?;
    let failed = |e| Failed::Model(named(e, &design, settings));
    let weighted = settings.weights.is_some();
    let state = LeastSquaresState::new(regression(settings), exec.isa, design.width(), 1, weighted)
        .map_err(failed)?;
    let block = Block::new(design.width(), 1, weighted);
    let mut fold = Fold { settings, levels, design: &design, surveyor, block, isa: exec.isa, state };
    source.for_each_block(Failed::Source, |table| Ok(fold.table(table)?))?;
    fold.finish().map_err(Failed::Model)
}

/// A fit in progress.
struct Fold<'s> {
    settings: &'s LinearSettings,
    levels: &'s BTreeMap<String, Vec<String>>,
    design: &'s Design,
    surveyor: Surveyor<'s>,
    block: Block,
    isa: Isa,
    state: LeastSquaresState,
}

impl Fold<'_> {
    /// Takes the rows of a table.
    fn table(&mut self, table: &Table) -> Result<(), ModelError> {
        let bound = BoundRows::new(self.design, table, self.settings)?;
        let features = self.design.profiles();
        let some = self.surveyor.labelled(table)?;
        let rows = some.as_ref().map_or(Rows::Between(0, table.rows()), |rows| Rows::These(rows));
        for row in rows.places() {
            self.surveyor.check(table, row)?;
            features.iter().try_for_each(|p| check_cell(table, p.column, self.levels.get(p.column), row))?;
        }
        self.surveyor.take(Exec::serial(self.isa), table, rows);
        let target = table.column(&self.settings.target)?;
        let mut from = 0;
        while let Column::Number(y) = target
            && from < rows.len()
        {
            let to = rows.len().min(from + BLOCK_ROWS - self.block.rows);
            bound.append(rows.part(from, to), (y.values(), y.rests()), &mut self.block);
            from = to;
            if self.block.rows == BLOCK_ROWS {
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
        let survey = self.surveyor.finish()?;
        let fit = self.state.solve().map_err(|e| named(e, self.design, self.settings))?;
        assemble(self.settings, survey, LinearFit::LeastSquares(fit.into()))
    }
}

/// Refuses a missing value, and a level that was not declared.
fn check_cell(table: &Table, name: &str, levels: Option<&Vec<String>>, row: usize) -> Result<(), ModelError> {
    let column = table.column(name)?;
    let found = match column {
        _ if column.is_missing(row) => "a missing value".to_owned(),
        Column::Number(_) => return Ok(()),
        Column::Text(c) => {
            let text = c.at(row).unwrap_or_default();
            if levels.is_some_and(|known| known.iter().any(|k| k == text)) {
                return Ok(());
            }
            format!("{text:?}, which was not declared")
        }
    };
    Err(ModelError::OnePass { column: name.to_owned(), line: table.line(row), found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_tabular::{Kind, Schema, TableSource};

    #[test]
    fn another_family_is_refused_and_not_fitted_by_least_squares() {
        let table = Table::new(Schema::new([("x", Kind::Number), ("y", Kind::Number)]));
        let kind = LinearKind::Poisson { l2: 0.0 };
        let settings = LinearSettings { kind, ..LinearSettings::new("y") };
        let fit = fit_linear_once(Exec::best(), &mut TableSource::new(&table), &settings, &BTreeMap::new());
        let refused = fit.unwrap_err().to_string();
        assert!(refused.starts_with("kind is Poisson"), "{refused}");
    }
}
