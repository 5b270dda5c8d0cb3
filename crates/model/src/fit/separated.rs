//! Which rows a model of classes or counts cannot be fitted to, as some columns tell them apart: by a level where that is the reason, else by their lines.
//! One more pass over the rows, once the fit has failed.

use super::causes::leave_out;
use crate::error::{Failed, ModelError};
use crate::linear_settings::LinearSettings;
use planish_tabular::{Column, Design, Label, RowSource, Table, Target, shown};
use std::collections::BTreeMap;

/// Letters of what is said of the rows.
const LETTERS: usize = 64;

/// The rows that are told.
pub(super) struct Told {
    pub(super) rows: u64,
    /// All rows that count.
    pub(super) of: u64,
    /// The first, from 0, among those with a target.
    pub(super) first: Vec<u64>,
}

/// The error, or that of reading the rows once more.
pub(super) fn separated<S: RowSource>(
    source: &mut S,
    design: &Design,
    target: &Target,
    settings: &LinearSettings,
    columns: Vec<String>,
    told: &Told,
) -> Failed<S::Error> {
    let mut seen = Seen::new(&columns, target, settings);
    let mut pass = || {
        source.rewind().map_err(Failed::Source)?;
        source.for_each_block(Failed::Source, |table| Ok(seen.take(table, &told.first)?))
    };
    if let Err(failed) = pass() {
        return failed;
    }
    let told = seen.by_level().unwrap_or_else(|| seen.by_lines(told));
    let error = |advice: String| ModelError::Separation {
        target: settings.target.clone(),
        columns: columns.clone(),
        told: told.clone(),
        advice,
    };
    let penalty = "use a penalty (--alpha 1)";
    let letters = error(format!(", or {penalty}")).to_string().chars().count();
    Failed::Model(error(match leave_out(design, settings, &columns, letters) {
        Some(out) => format!("{out}, or {penalty}"),
        None => penalty.to_owned(),
    }))
}

/// What was seen of the rows.
struct Seen<'a> {
    columns: &'a [String],
    target: &'a Target,
    weights: Option<&'a str>,
    /// Rows of each class by column and level; of counts those of zero and the others.
    levels: BTreeMap<(usize, String), Vec<u64>>,
    /// Rows with a target.
    rows: u64,
    /// The lines of the first rows that are told.
    lines: Vec<u64>,
}

impl<'a> Seen<'a> {
    fn new(columns: &'a [String], target: &'a Target, settings: &'a LinearSettings) -> Seen<'a> {
        let weights = settings.weights.as_deref();
        Seen { columns, target, weights, levels: BTreeMap::new(), rows: 0, lines: Vec::new() }
    }

    fn take(&mut self, table: &Table, first: &[u64]) -> Result<(), ModelError> {
        let labels = self.target.labels(table)?;
        let weights = self.weights.map(|name| table.numbers(name)).transpose()?;
        for (row, label) in labels.into_iter().enumerate() {
            let Some(label) = label else { continue };
            if first.contains(&self.rows) {
                self.lines.push(table.line(row));
            }
            self.rows += 1;
            if weights.and_then(|w| w.at(row)).is_some_and(|w| w.hi == 0.0) {
                continue;
            }
            let class = match label {
                Label::Class(class) => class as usize,
                Label::Number(y) => usize::from(y.hi != 0.0),
            };
            for (i, name) in self.columns.iter().enumerate() {
                let Column::Text(text) = table.column(name)? else { continue };
                let level = text.at(row).unwrap_or("(missing)").to_owned();
                let classes = self.target.classes().len().max(2);
                self.levels.entry((i, level)).or_insert_with(|| vec![0; classes])[class] += 1;
            }
        }
        Ok(())
    }

    /// `all 22 rows with city = Kiel are yes`: levels whose rows lack a class, as many as there is room for.
    fn by_level(&self) -> Option<String> {
        let mut all = self.levels.iter().filter_map(|((column, level), counts)| {
            let rows: u64 = counts.iter().sum();
            let place = format!("{} = {}", shown(&self.columns[*column]), shown(level));
            let of = if rows == 1 { "the only row with".to_owned() } else { format!("all {rows} rows with") };
            let are = if rows == 1 { "is" } else { "are" };
            match (self.target.classes(), counts.iter().position(|n| *n == 0)?) {
                ([], 1) => Some(format!("{of} {place} {} 0", if rows == 1 { "has" } else { "have" })),
                ([], _) => None,
                (classes, absent) => Some(match counts.iter().position(|n| *n == rows) {
                    Some(only) => format!("{of} {place} {are} {}", shown(&classes[only])),
                    None => format!("none of the {rows} rows with {place} is {}", shown(&classes[absent])),
                }),
            }
        });
        let mut out = all.next()?;
        let rest: Vec<String> = all.collect();
        let fits = |out: &str, next: &str| out.chars().count() + next.chars().count() + 18 <= LETTERS;
        let taken = rest.iter().take_while(|next| {
            let room = fits(&out, next);
            if room {
                out += &format!(", {next}");
            }
            room
        });
        let taken = taken.count();
        if let Some((end, _)) = out.char_indices().nth(LETTERS) {
            out.truncate(end);
            out.push('…');
        }
        if taken < rest.len() {
            out += &format!(", and {} levels more", rest.len() - taken);
        }
        Some(out)
    }

    /// `22 of 60 rows, the first in lines 3, 7 and 9`.
    fn by_lines(&self, told: &Told) -> String {
        let which = if told.rows == told.of { "all".to_owned() } else { format!("{} of", told.rows) };
        let lines: Vec<String> = self.lines.iter().take(3).filter(|l| **l > 0).map(u64::to_string).collect();
        let lines = match told.rows == told.of || lines.is_empty() {
            true => String::new(),
            false if lines.len() == 1 => format!(", the first in line {}", lines[0]),
            false => format!(", the first in lines {}", lines.join(", ")),
        };
        format!("{which} {} rows{lines}", told.of)
    }
}
