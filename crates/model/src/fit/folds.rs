//! Cross-validation of a network, of trees or of a blend on a table: every fold fits pipeline and model on its training rows alone and is scored on the rows
//! that it holds out, in the target's units.

use super::auto::{AutoObserver, fit_auto};
use super::complete::complete_rows;
use super::known_rows::Wanted;
use super::network::fit_network;
use super::trees::fit_trees;
use crate::auto_settings::AutoSettings;
use crate::error::{Failed, ModelError};
use crate::model::Model;
use crate::network_settings::NetworkSettings;
use crate::tree_settings::TreeSettings;
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

/// How rows are dealt: to how many folds, and by what.
#[derive(Clone, Copy, Debug)]
pub struct FoldPlan<'a> {
    /// How many.
    pub folds: usize,
    /// By what.
    pub by: &'a FoldBy,
}

/// Fits and scores a network for every fold. Rows without a target are left out, and incomplete ones if the settings say so.
///
/// # Errors
/// A table or settings that cannot be used, a group or time that is missing; what goes wrong in a fold names it.
pub fn cross_validate_network(
    exec: Exec,
    table: &Table,
    settings: &NetworkSettings,
    plan: FoldPlan<'_>,
    observer: &mut dyn Observer,
) -> Result<CrossValidation, ModelError> {
    cross_validate(exec, table, &settings.wanted(), plan, |rows, task| {
        fit_network(exec, rows, &NetworkSettings { task: Some(task), ..settings.clone() }, observer)
    })
}

/// As [`cross_validate_network`], with trees.
///
/// # Errors
/// As [`cross_validate_network`].
pub fn cross_validate_trees(
    exec: Exec,
    table: &Table,
    settings: &TreeSettings,
    plan: FoldPlan<'_>,
    observer: &mut dyn planish_trees::Observer,
) -> Result<CrossValidation, ModelError> {
    cross_validate(exec, table, &settings.wanted(), plan, |rows, task| {
        fit_trees(exec, rows, &TreeSettings { task: Some(task), ..settings.clone() }, observer)
    })
}

/// As [`cross_validate_network`], with the best blend of each fold.
///
/// # Errors
/// As [`cross_validate_network`].
pub fn cross_validate_auto(
    exec: Exec,
    table: &Table,
    settings: &AutoSettings,
    plan: FoldPlan<'_>,
    observer: &mut dyn AutoObserver,
) -> Result<CrossValidation, ModelError> {
    cross_validate(exec, table, &settings.wanted(), plan, |rows, task| {
        fit_auto(exec, rows, &AutoSettings { task: Some(task), ..settings.clone() }, observer)
    })
}

fn cross_validate(
    exec: Exec,
    table: &Table,
    wanted: &Wanted<'_>,
    plan: FoldPlan<'_>,
    mut fit: impl FnMut(&Table, Task) -> Result<Model, ModelError>,
) -> Result<CrossValidation, ModelError> {
    let table = table.with_values(wanted.target)?;
    let (table, _) = complete_rows(table, wanted.missing, wanted.target, &wanted.no_features())?;
    // Of all rows: those of a fold could have fewer different values.
    let task = wanted.task.map_or_else(|| Task::infer(&table, wanted.target), Ok)?;
    let split = deal(&table, wanted, task, plan)?;
    let mut found = Vec::with_capacity(plan.folds);
    for fold in 0..split.len() {
        let (rows, held) = split.split(fold);
        let model = fit(&table.select(&rows), task);
        let scored = model.and_then(|model| fold_scores(exec, &table, &model, (rows.len(), &held)));
        found.push(scored.map_err(|e| ModelError::Fold { fold: fold + 1, error: Box::new(e) })?);
    }
    Ok(CrossValidation::new(found))
}

fn fold_scores(
    exec: Exec,
    table: &Table,
    model: &Model,
    (rows, held): (usize, &[u32]),
) -> Result<FoldScores, ModelError> {
    let held_rows = table.select(held);
    let scores = match model.evaluate(exec, &mut TableSource::new(&held_rows)) {
        Ok(evaluation) => evaluation.metrics,
        Err(Failed::Model(e)) => return Err(e),
    };
    let best_epoch = model.record().history.as_ref().map_or(0, |h| h.best_epoch);
    Ok(FoldScores { rows, held_rows: held.len(), best_epoch, scores })
}

fn deal(
    table: &Table,
    wanted: &Wanted<'_>,
    task: Task,
    FoldPlan { folds, by }: FoldPlan<'_>,
) -> Result<Folds, ModelError> {
    let seed = wanted.seed;
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
            let labels = Target::fit(table, wanted.target, task, &all)?.labels(table)?;
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
