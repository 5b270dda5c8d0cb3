//! Which columns of a table are no features although nobody left them out: they number the rows, are empty, constant, a copy, or tell rows apart.

use crate::args::TrainArgs;
use crate::print;
use planish_io::TableRows;
use planish_tabular::{LeftOut, RowSource, listed, shown};

/// The columns that are left out, which one note says. Those that the command line names are not among them: the target, `used`, and what is
/// left out already.
pub(super) fn left_out(
    source: &TableRows,
    a: &TrainArgs,
    used: &[&String],
    dropped: &[String],
) -> Vec<String> {
    let is_named =
        |column: &String| *column == a.target || used.contains(&column) || dropped.contains(column);
    let left_out: Vec<&LeftOut> = source.left_out().iter().filter(|l| !is_named(&l.column)).collect();
    if !left_out.is_empty() {
        let column = |l: &&LeftOut| format!("{} ({})", shown(&l.column), l.reason);
        let many = if left_out.len() == 1 { "column" } else { "columns" };
        print::note(&listed(&format!("left out {many} "), left_out.iter().map(column)));
    }
    left_out.into_iter().map(|l| l.column.clone()).collect()
}
