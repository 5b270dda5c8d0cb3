//! Cross-validation of a network on a table: every fold fits pipeline and network on its training rows alone and is scored on the rows
//! that it holds out, in the target's units.

use super::complete::complete_rows;
use super::network::fit_network;
use crate::error::{Failed, ModelError};
use crate::network_settings::NetworkSettings;
use planish_tabular::{Column, Label, Table, TableSource, Target, Task};
use planish_tensor::Exec;
use planish_train::split::Folds;
use planish_train::{CrossValidation, FoldScores, Observer};
use std::collections::BTreeMap;

/// How rows are dealt to folds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FoldBy {
    /// At random; classes in equal shares.
    Chance,
    /// The rows of a group, equal cells of this column, stay together.
    Group(String),
    /// Forward in time: this column's numbers, or its texts in their order.
    Time(String),
}

/// Fits and scores a network for every fold. Rows without a target are left out, and incomplete ones if the settings say so.
///
/// # Errors
/// A table or settings that cannot be used, a group or time that is missing; what goes wrong in a fold names it.
pub fn cross_validate_network(
    exec: Exec,
    table: &Table,
    settings: &NetworkSettings,
    folds: usize,
    by: &FoldBy,
    observer: &mut dyn Observer,
) -> Result<CrossValidation, ModelError> {
    let table = table.with_values(&settings.target)?;
    let (table, _) = complete_rows(table, settings.missing, &settings.target, &settings.no_features())?;
    // Of all rows: those of a fold could have fewer different values.
    let task = settings.task.map_or_else(|| Task::infer(&table, &settings.target), Ok)?;
    let split = deal(&table, settings, (folds, task), by)?;
    let settings = &NetworkSettings { task: Some(task), ..settings.clone() };
    let mut found = Vec::with_capacity(folds);
    for fold in 0..split.len() {
        let (rows, held) = split.split(fold);
        let scored = fold_scores(exec, &table, settings, (&rows, &held), observer);
        found.push(scored.map_err(|e| ModelError::Fold { fold: fold + 1, error: Box::new(e) })?);
    }
    Ok(CrossValidation::new(found))
}

fn fold_scores(
    exec: Exec,
    table: &Table,
    settings: &NetworkSettings,
    (rows, held): (&[u32], &[u32]),
    observer: &mut dyn Observer,
) -> Result<FoldScores, ModelError> {
    let model = fit_network(exec, &table.select(rows), settings, observer)?;
    let held_rows = table.select(held);
    let scores = match model.evaluate(exec, &mut TableSource::new(&held_rows)) {
        Ok(evaluation) => evaluation.metrics,
        Err(Failed::Model(e)) => return Err(e),
    };
    let best_epoch = model.record().history.as_ref().map_or(0, |h| h.best_epoch);
    Ok(FoldScores { rows: rows.len(), held_rows: held.len(), best_epoch, scores })
}

fn deal(
    table: &Table,
    settings: &NetworkSettings,
    (folds, task): (usize, Task),
    by: &FoldBy,
) -> Result<Folds, ModelError> {
    let seed = settings.seed;
    Ok(match by {
        FoldBy::Group(name) => Folds::grouped(&codes(table, name)?, folds, seed)?,
        FoldBy::Time(name) => match table.column(name)? {
            Column::Number(n) => {
                no_cell_missing(table, name)?;
                Folds::by_time(n.values(), folds)?
            }
            Column::Text(_) => {
                Folds::by_time(&codes(table, name)?.into_iter().map(f64::from).collect::<Vec<_>>(), folds)?
            }
        },
        FoldBy::Chance => {
            if task == Task::Regress {
                return Ok(Folds::plain(table.rows(), folds, seed)?);
            }
            let all: Vec<u32> = (0..table.rows() as u32).collect();
            let labels = Target::fit(table, &settings.target, task, &all)?.labels(table)?;
            let class = |label| if let Some(Label::Class(c)) = label { c } else { 0 };
            Folds::stratified(&labels.into_iter().map(class).collect::<Vec<_>>(), folds, seed)?
        }
    })
}

/// The place of each row's cell among the column's different cells in order.
fn codes(table: &Table, name: &str) -> Result<Vec<u32>, ModelError> {
    no_cell_missing(table, name)?;
    let keys: Vec<String> = match table.column(name)? {
        Column::Number(n) => n.values().iter().map(f64::to_string).collect(),
        Column::Text(t) => (0..table.rows()).map(|r| t.at(r).unwrap_or_default().to_owned()).collect(),
    };
    let mut order: BTreeMap<&str, u32> = keys.iter().map(|k| (k.as_str(), 0)).collect();
    order.values_mut().zip(0..).for_each(|(place, i)| *place = i);
    Ok(keys.iter().map(|k| order[k.as_str()]).collect())
}

fn no_cell_missing(table: &Table, name: &str) -> Result<(), ModelError> {
    let column = table.column(name)?;
    match (0..table.rows()).find(|&row| column.is_missing(row)) {
        Some(row) => Err(ModelError::FoldCell { column: name.to_owned(), line: table.line(row) }),
        None => Ok(()),
    }
}
