//! A check as text: the table in a line, a line a column, and below them what to worry about. No line of the table is wider than 120 letters.

use super::cells::{cut, distinct, histogram, middle_and_ends};
use crate::print::count;
use planish_tabular::survey::{Alone, ColumnComparison, ColumnReport, Measure, TableReport, percent};
use planish_tabular::{Task, listed, shown};
use std::collections::HashMap;

/// Letters of a name and of a kind with its reason.
const NAME: usize = 20;
const KIND: usize = 22;
/// Letters for the levels of a category.
const LEVELS: usize = 46;
/// What a column must gain to be called better than nothing.
const SLIGHT: f64 = 0.01;
/// Columns that are named as those that predict the target best.
const BEST: usize = 3;
/// Letters of a line.
const WIDTH: usize = 120;

pub(super) fn text(report: &TableReport) -> String {
    let mut out = head(report);
    out += &table(report);
    out += &below(report);
    match report.worries.is_empty() {
        true => out += "\nnothing to worry about was found\n",
        false => out += "\nwhat to worry about:\n",
    }
    report.worries.iter().for_each(|w| out += &format!("- {}\n", w.line));
    out
}

/// `rows of a table` in a line, the target and the second table in one each.
pub(super) fn lead(report: &TableReport) -> Vec<String> {
    let columns = report.columns.len() as u64;
    let size = |rows: u64| format!("{} {}", count(rows), if rows == 1 { "row" } else { "rows" });
    let width = format!("{} {}", count(columns), if columns == 1 { "column" } else { "columns" });
    let mut lead = vec![format!("{}: {}, {width}", report.table, size(report.rows))];
    if let Some(target) = &report.target {
        let what = match target.task {
            Task::Regress => "a number".to_owned(),
            Task::Classify => {
                let class = |c: &planish_tabular::survey::LevelReport| {
                    format!("{} {}", shown(&c.level), percent(c.share))
                };
                listed(&format!("{}: ", classes(target.classes.len())), target.classes.iter().map(class))
            }
        };
        lead.push(format!("target {}: {what}", shown(&target.column)));
    }
    if let Some(against) = &report.against {
        lead.push(format!("against {}: {}", against.table, size(against.rows)));
    }
    lead
}

fn classes(n: usize) -> String {
    format!("{} {}", count(n as u64), if n == 1 { "class" } else { "classes" })
}

fn head(report: &TableReport) -> String {
    lead(report).iter().map(|line| format!("{line}\n")).collect()
}

/// What stands below the table: which column is the best alone, and of which rows the medians are.
pub(super) fn notes(report: &TableReport) -> Vec<String> {
    let mut notes = Vec::new();
    let usual = report.target.as_ref().and_then(|t| t.classes.first()).map_or(0.0, |class| class.share);
    let better = |alone: &Alone| match alone.measure {
        Measure::Accuracy => alone.value > usual + SLIGHT,
        Measure::R2 => alone.value > SLIGHT,
        Measure::Auc => alone.value > 0.5 + SLIGHT,
    };
    let mut best: Vec<(f64, &ColumnReport)> =
        report.columns.iter().filter_map(|c| Some((c.alone.filter(better)?.value, c))).collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    if let (Some(target), false) = (&report.target, best.is_empty()) {
        let item = |(value, column): &(f64, &ColumnReport)| {
            let measure = column.alone.map_or("", |alone| alone.measure.name());
            format!("{} ({measure} {value:.3})", shown(&column.name))
        };
        let guess = match target.task {
            Task::Classify => format!("; the most frequent class is right in {}", percent(usual)),
            Task::Regress => String::new(),
        };
        let mut line = format!("best alone for {}: {}", shown(&target.column), item(&best[0]));
        for next in best[1..].iter().take(BEST - 1).map(item) {
            if line.chars().count() + next.chars().count() + guess.len() + 2 > WIDTH {
                break;
            }
            line += &format!(", {next}");
        }
        notes.push(line + &guess);
    }
    if report.sampled_every > 1 {
        let every = report.sampled_every;
        notes.push(format!("medians (~), histograms and what a column predicts are of every {every}th row"));
    }
    notes
}

fn below(report: &TableReport) -> String {
    let notes: String = notes(report).iter().map(|note| format!("{note}\n")).collect();
    if notes.is_empty() { notes } else { format!("\n{notes}") }
}

/// The lines of the columns under their head.
fn table(report: &TableReport) -> String {
    let against = report.against.as_ref();
    let compared: HashMap<&str, &ColumnComparison> =
        against.iter().flat_map(|a| &a.columns).map(|c| (c.name.as_str(), c)).collect();
    let head = ["column", "kind", "missing", "different", "least", "median", "largest", ""];
    let mut rows = vec![(head.map(str::to_owned), String::new())];
    let mut drifts = vec!["drift".to_owned()];
    for column in &report.columns {
        rows.push(cells(column, report));
        let drift = compared.get(column.name.as_str()).and_then(|c| c.drift);
        drifts.push(drift.map_or_else(String::new, |index| format!("{index:.2}")));
    }
    let width = |c: usize| rows.iter().map(|(cells, _)| cells[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let wide = widths[4..].iter().sum::<usize>() + 6;
    let wide = rows.iter().map(|(_, levels)| levels.chars().count()).max().unwrap_or(0).max(wide);
    let mut out = String::from("\n");
    for ((cells, levels), drift) in rows.iter().zip(&drifts) {
        let left = |c: usize| format!("{:<w$}", cells[c], w = widths[c]);
        let right = |c: usize| format!("{:>w$}", cells[c], w = widths[c]);
        let mut line = format!("  {}  {}  {}  {}  ", left(0), left(1), right(2), right(3));
        let rest = if levels.is_empty() {
            format!("{}  {}  {}  {}", right(4), right(5), right(6), left(7))
        } else {
            levels.clone()
        };
        line += &rest;
        if against.is_some() {
            line += &format!("{}  {drift:>5}", " ".repeat(wide.saturating_sub(rest.chars().count())));
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

/// The cells of a column's line, and its levels in place of the last four.
fn cells(column: &ColumnReport, report: &TableReport) -> ([String; 8], String) {
    let missing = column.missing as f64 / report.rows.max(1) as f64;
    let kind = match &column.left_out {
        Some(why) => format!("left out, {why}"),
        None => format!("{}, {}", column.kind, column.why),
    };
    let mut cells = [
        cut(&shown(&column.name), NAME),
        cut(&kind, KIND),
        percent(missing),
        distinct(column.distinct),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    ];
    if let Some(numbers) = &column.numbers {
        let [least, median, largest] = middle_and_ends(column, numbers, report);
        let found = [least, median, largest, histogram(&numbers.histogram)];
        cells.iter_mut().skip(4).zip(found).for_each(|(cell, text)| *cell = text);
    }
    (cells, levels(column))
}

/// The most frequent levels with their shares, as far as there is room.
fn levels(column: &ColumnReport) -> String {
    let mut out = String::new();
    for level in &column.levels {
        let item = format!("{} {}", cut(&shown(&level.level), NAME), percent(level.share));
        let comma = if out.is_empty() { "" } else { ", " };
        if out.chars().count() + comma.len() + item.chars().count() > LEVELS {
            break;
        }
        out += comma;
        out += &item;
    }
    out
}
