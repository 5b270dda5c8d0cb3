//! `planish train --one-pass`: least squares from rows that are read once, with declared columns.

use super::linear_model::{check_task, linear_settings};
use crate::args::{DeclaredColumn, TrainArgs};
use crate::print;
use clap::ArgMatches;
use planish_io::open_table_once;
use planish_model::{Model, fit_linear_once};
use planish_tabular::{ColumnSchema, MissingWords, RowSource, Schema, Task};
use planish_tensor::Exec;

pub(super) fn train(exec: Exec, a: &TrainArgs, typed: &ArgMatches) -> anyhow::Result<Model> {
    let settings = linear_settings(typed, "ols");
    check_task(a, Task::Regress);
    let column = |c: &DeclaredColumn| ColumnSchema { name: c.name.clone(), kind: c.kind };
    let missing = MissingWords { more: a.kinds.na(), ..MissingWords::default() };
    let schema = Schema { columns: a.columns.iter().map(column).collect(), missing };
    let levels = a.columns.iter().filter_map(|c| Some((c.name.clone(), c.levels.clone()?))).collect();
    let mut source = open_table_once(&a.data, &a.table.options(exec).with_columns(schema))?;
    source.warnings().iter().for_each(|w| print::note(w));
    print::ignored(&source.ignored());
    let name = source.name().to_owned();
    fit_linear_once(exec, &mut source, &settings, &levels).map_err(|e| print::of_file(e, name))
}
