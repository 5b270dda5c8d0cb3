//! `planish check`: what the columns of a table hold and what to worry about, before anything is trained on it; with a second table, how that one
//! differs.
//!
//! `planish_tabular::survey` finds it, in one pass over the rows; here it is said: `lines` as text, `page` as HTML, and the record as JSON.

mod cells;
mod lines;
mod page;

use crate::args::{CheckArgs, exec, refuse_json_beside, usage};
use crate::print;
use anyhow::Context;
use clap::error::ErrorKind;
use planish_io::{IoError, OutputKind, Outputs, TableOptions, TableRows, WishedKind, open_table, write_text};
use planish_tabular::survey::{SharedColumns, Survey, TableReport};
use planish_tabular::{Kind, RowSource, Schema};
use planish_tensor::Exec;
use serde::Serialize;
use std::path::Path;

pub(crate) fn run(a: &CheckArgs) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    if let Some(path) = &a.output {
        refuse_json_beside(path, a.json);
    }
    if a.data == "-" && a.against.as_deref() == Some("-") {
        usage(ErrorKind::ArgumentConflict, "DATA and --against cannot both be standard input");
    }
    let reads = [Some(&a.data), a.against.as_ref()];
    let mut outputs = Outputs::of_reading(reads.into_iter().flatten().map(Path::new))?.overwrite(a.overwrite);
    let kind = OutputKind::Text { name: "a report of planish", is_one: &planish_report::is_report };
    a.output.as_deref().map_or(Ok(()), |path| outputs.write(path, &kind))?;
    let report = exec.install(|| survey(a, exec))?;
    if let Some(path) = &a.output {
        write_text(path, &page::page(&report).html())?;
    }
    if a.json {
        let page = a.output.as_ref().map(|path| path.display().to_string());
        return print::print_json(&Output { page, report: &report });
    }
    let wrote = a.output.as_deref().map_or_else(String::new, print::wrote_line);
    let text = lines::text(&report) + &wrote;
    a.output.as_deref().map_or_else(|| print::print(&text), |path| print::print_beside(path, &text))
}

/// Opens the tables before it reads one, since their rows are compared by the columns that both have.
fn survey(a: &CheckArgs, exec: Exec) -> anyhow::Result<TableReport> {
    let options = a.kinds.add_to(TableOptions { without_rests: true, ..a.table.options(exec) });
    let mut first = open_table(&a.data, &options)?;
    if let Some(target) = &a.target {
        first.schema().target(target).with_context(|| first.name().to_owned())?;
    }
    let mut second =
        a.against.as_deref().map(|path| open_second(path, &options, first.schema())).transpose()?;
    [Some(&first), second.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(|source| source.warnings())
        .for_each(|w| print::note(w));
    let shared = second.as_ref().map(|second| SharedColumns::new(&first, second));
    let name = first.name().to_owned();
    let first = Survey::read(&mut first, shared.as_ref().map(SharedColumns::in_first))?;
    let second = match (&mut second, &shared) {
        (Some(second), Some(shared)) => Some(Survey::read(second, Some(shared.in_second()))?),
        _ => None,
    };
    first.report(a.target.as_deref(), second.as_ref()).context(name)
}

/// Opens the second table; categories of the first that look like numbers in it are read as categories.
fn open_second(path: &str, options: &TableOptions, first: &Schema) -> Result<TableRows, IoError> {
    let second = open_table(path, options)?;
    let is_number =
        |name: &str| second.schema().columns.iter().any(|c| c.name == name && c.kind == Kind::Number);
    let codes = first.columns.iter().filter(|c| c.kind == Kind::Category && is_number(&c.name));
    let codes: Vec<_> = codes.map(|c| (c.name.clone(), WishedKind::Category)).collect();
    if codes.is_empty() || path == "-" {
        return Ok(second);
    }
    open_table(path, &TableOptions { kinds: [codes, options.kinds.clone()].concat(), ..options.clone() })
}

/// The report as JSON.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    #[serde(flatten)]
    report: &'a TableReport,
}
