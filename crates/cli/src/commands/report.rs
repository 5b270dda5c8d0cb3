//! `planish report`: a page about a model, and about its errors on a table whose target is known.
//!
//! `planish_model` finds the numbers, `planish_report` draws them; here they are put together, a part of the page a file: `card` (what the
//! model is), `numbers` and `classes` (errors, by the task), `coefficients` (linear models), `trees` (boosted trees).

mod blocks;
mod card;
mod classes;
mod coefficients;
mod numbers;
mod trees;

use super::evaluate::Output;
use crate::args::{ReportArgs, exec, refuse_json_beside};
use crate::print;
use planish_io::{OutputKind, Outputs, load_model, open_table, write_text};
use planish_model::{Diagnostics, Findings, Model};
use planish_report::Report;
use planish_tabular::RowSource;
use serde::Serialize;
use std::path::Path;

pub(crate) fn run(a: &ReportArgs) -> anyhow::Result<()> {
    let exec = exec(a.threads)?;
    let path = a.output.clone().unwrap_or_else(|| a.model.with_extension("html"));
    refuse_json_beside(&path, a.json);
    let reads = [Some(a.model.as_path()), a.data.as_deref().map(Path::new)];
    let page_kind = OutputKind::Text { name: "a report of planish", is_one: &planish_report::is_report };
    Outputs::of_reading(reads.into_iter().flatten())?.overwrite(a.overwrite).write(&path, &page_kind)?;
    let model = load_model(&a.model)?;
    let found = match &a.data {
        None => None,
        Some(data) => {
            let mut source =
                open_table(data, &a.table.options(exec).with_columns(model.diagnosed_columns()))?;
            source.warnings().iter().for_each(|w| print::note(w));
            print::ignored(&source.ignored());
            let name = source.name().to_owned();
            let found =
                exec.install(|| model.diagnose(exec, &mut source)).map_err(|e| print::of_file(e, name))?;
            print::notes(&found.evaluation.notes);
            Some(found)
        }
    };
    let names = Names { model: file_name(&a.model), data: a.data.as_deref().map(data_name) };
    write_text(&path, &page(&model, &names, found.as_ref()).html())?;
    if a.json {
        return print::print_json(&Said::new(&path, &model, found.as_ref()));
    }
    let scores = found.map(|f| {
        format!("{} rows: {}\n", print::count(f.evaluation.rows), print::scores(&f.evaluation.metrics))
    });
    print::print_beside(&path, &(scores.unwrap_or_default() + &print::wrote_line(&path)))
}

/// What the page calls its subjects: names without folders.
struct Names {
    model: String,
    data: Option<String>,
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn data_name(data: &str) -> String {
    if data == "-" { "standard input".to_owned() } else { file_name(Path::new(data)) }
}

fn page(model: &Model, names: &Names, found: Option<&Diagnostics>) -> Report {
    let mut sections = vec![card::model(model)];
    if let Some(found) = found {
        sections.push(card::scores(found));
        sections.extend(match &found.findings {
            Findings::Numbers(n) => numbers::sections(model, n),
            Findings::Classes(c) => classes::sections(model, &found.evaluation, c),
        });
    }
    sections.extend(coefficients::sections(model, found.map(|f| &f.effects[..])));
    sections.extend(trees::sections(model, found.and_then(|f| f.trees.as_ref())));
    sections.extend(card::training(model));
    let about = match &names.data {
        Some(data) => format!("Scored on {data}"),
        None => "What the model file holds; with a table the report has scores and pictures of errors too"
            .to_owned(),
    };
    Report {
        title: names.model.clone(),
        lead: vec![print::model(model), print::target(model.target()), about],
        sections,
        foot: format!(
            "Made by planish {} on this machine's own files: no script, no request to any host.",
            env!("CARGO_PKG_VERSION")
        ),
    }
}

/// The report as JSON.
#[derive(Serialize)]
struct Said<'a> {
    report: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    evaluation: Option<Output<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    findings: Option<&'a Findings>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    effects: &'a [planish_model::Effects],
    #[serde(skip_serializing_if = "Option::is_none")]
    trees: Option<&'a planish_model::TreeDiagnostics>,
}

impl<'a> Said<'a> {
    fn new(path: &Path, model: &'a Model, found: Option<&'a Diagnostics>) -> Said<'a> {
        Said {
            report: path.display().to_string(),
            evaluation: found.map(|f| Output::new(&f.evaluation, model.target().classes())),
            findings: found.map(|f| &f.findings),
            effects: found.map_or(&[], |f| &f.effects),
            trees: found.and_then(|f| f.trees.as_ref()),
        }
    }
}
