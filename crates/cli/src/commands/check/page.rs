//! A check as a page: what to worry about first, then the columns, their levels, and the second table.

use super::cells::{distinct, histogram, middle_and_ends, number};
use super::lines::{lead, notes};
use crate::print::count;
use planish_report::{Block, Report, Section, Table};
use planish_tabular::survey::{ColumnReport, ComparisonReport, TableReport, percent};

/// Columns that are listed.
const COLUMNS: usize = 5000;

pub(super) fn page(report: &TableReport) -> Report {
    let worries = match report.worries.is_empty() {
        true => vec![Block::Text("Nothing was found.".to_owned())],
        false => report.worries.iter().map(|w| Block::Text(w.line.clone())).collect(),
    };
    let mut blocks = vec![columns(report)];
    blocks.extend(notes(report).into_iter().map(Block::Text));
    let levels = levels(report);
    if !levels.rows.is_empty() {
        blocks.push(Block::Closed("Levels".to_owned(), vec![Block::Table(levels)]));
    }
    let mut sections = vec![
        Section { title: "What to worry about".to_owned(), blocks: worries },
        Section { title: "Columns".to_owned(), blocks },
    ];
    sections.extend(report.against.as_ref().map(compared));
    Report {
        title: report.table.clone(),
        lead: lead(report),
        sections,
        foot: format!(
            "Made by planish {} on this machine's own files: no script, no request to any host.",
            env!("CARGO_PKG_VERSION")
        ),
    }
}

fn head<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

fn columns(report: &TableReport) -> Block {
    let mut table = Table {
        caption: format!("The columns of {} rows.", count(report.rows)),
        head: head([
            "column",
            "kind",
            "missing",
            "different",
            "least",
            "median",
            "largest",
            "sd",
            "histogram",
        ]),
        rows: report.columns.iter().take(COLUMNS).map(|c| column(c, report)).collect(),
    };
    if report.target.is_some() {
        table.head.push("alone".to_owned());
        for (row, column) in table.rows.iter_mut().zip(&report.columns) {
            row.push(
                column.alone.map_or_else(String::new, |a| format!("{} {:.3}", a.measure.name(), a.value)),
            );
        }
    }
    if report.columns.len() > COLUMNS {
        table.rows.push(vec![format!("… and {} more", count((report.columns.len() - COLUMNS) as u64))]);
    }
    Block::Table(table)
}

fn column(column: &ColumnReport, report: &TableReport) -> Vec<String> {
    let kind = match &column.left_out {
        Some(why) => format!("left out, {why}"),
        None => format!("{}, {}", column.kind, column.why),
    };
    let missing = percent(column.missing as f64 / report.rows.max(1) as f64);
    let mut row = vec![column.name.clone(), kind, missing, distinct(column.distinct)];
    match &column.numbers {
        Some(numbers) => {
            row.extend(middle_and_ends(column, numbers, report));
            let sd = numbers.sd.filter(|_| column.kind != "date");
            row.push(sd.map_or_else(String::new, number));
            row.push(histogram(&numbers.histogram));
        }
        None => row.resize(9, String::new()),
    }
    row
}

/// The most frequent levels of each category.
fn levels(report: &TableReport) -> Table {
    let of = |c: &ColumnReport| {
        let level = |l: &planish_tabular::survey::LevelReport| {
            vec![c.name.clone(), l.level.clone(), count(l.rows), percent(l.share)]
        };
        c.levels.iter().map(level).collect::<Vec<_>>()
    };
    Table {
        caption:
            "The most frequent levels of each category, with their share of the cells that have a value."
                .to_owned(),
        head: head(["column", "level", "rows", "share"]),
        rows: report.columns.iter().take(COLUMNS).flat_map(of).collect(),
    }
}

fn compared(against: &ComparisonReport) -> Section {
    let row = |c: &planish_tabular::survey::ColumnComparison| {
        let drift = c.drift.map_or_else(String::new, |index| format!("{index:.3}"));
        let unseen = if c.unseen_levels > 0 { count(c.unseen_levels) } else { String::new() };
        let rows = if c.unseen_rows > 0 { count(c.unseen_rows) } else { String::new() };
        vec![c.name.clone(), drift, unseen, rows, c.unseen.join(", ")]
    };
    let table = Table {
        caption: "Drift is the population stability index: below 0.1 little has changed, from 0.25 on much."
            .to_owned(),
        head: head(["column", "drift", "new levels", "rows with one", "the most frequent"]),
        rows: against.columns.iter().take(COLUMNS).map(row).collect(),
    };
    let both = against.in_both;
    let fact = |name: &str, value: String| [name.to_owned(), value];
    let facts = vec![
        fact("rows", count(against.rows)),
        fact("rows that the first table has too", format!("{} of {}", count(both.rows), count(both.of))),
    ];
    Section {
        title: format!("Against {}", against.table),
        blocks: vec![Block::Facts(facts), Block::Table(table)],
    }
}
