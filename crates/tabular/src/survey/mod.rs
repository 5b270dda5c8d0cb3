//! A look at a table before anything is trained on it: what its columns hold, and what to worry about.
//!
//! [`Survey::read`] reads all rows once. Blocks are gathered in small groups; a group's columns are looked at in parallel (`column`, with `numbers`, `texts` and
//! `distinct`), its rows are hashed in parallel (`duplicates`), and meanwhile the next group is read. Counts, ranges, means and copies are of all rows;
//! what needs cells side by side is of a bounded part at even steps (`sample`): medians, histograms, and how well a column predicts the
//! target (`alone`). [`Survey::report`] makes the `record` of it, with `comparison` to a second table and the `worries`. Nothing depends on threads or on chance.

mod alone;
mod column;
mod comparison;
mod distinct;
mod duplicates;
pub(crate) mod hashing;
mod numbers;
mod record;
mod sample;
mod texts;
mod worries;
mod worry;

pub use distinct::Distinct;
pub use duplicates::SameRows;
pub use record::{
    Alone, ColumnComparison, ColumnReport, ComparisonReport, LevelReport, Measure, NumberReport, OtherKind,
    TableReport, TargetReport,
};
pub use worries::percent;
pub use worry::{Finding, Worry, WorryKind};

use crate::error::TabularError;
use crate::listed::shown;
use crate::schema::{ColumnSchema, Kind, Schema};
use crate::source::{BLOCK_ROWS, LeftOut, Reason, RowSource};
use crate::table::Table;
use crate::task::Task;
use alone::{Cells, Labels, alone};
use column::{Tally, number_text};
use comparison::{Side, alike, compare};
use duplicates::RowHashes;
use rayon::prelude::*;
use sample::{Picked, Steps};
use std::collections::{HashMap, HashSet};
use worries::{Facts, worries};

/// Cells of a group of blocks, and its blocks at most.
const GROUP_CELLS: usize = 1 << 20;
const GROUP_BLOCKS: usize = 16;

/// What was gathered of a table's rows.
#[derive(Clone, Debug)]
pub struct Survey {
    name: String,
    schema: Schema,
    rows: u64,
    steps: Steps,
    tallies: Vec<Tally>,
    left_out: Vec<LeftOut>,
    /// The columns by which rows are compared, and the hashes of these.
    compared: Vec<usize>,
    hashes: RowHashes,
    /// The same of the columns that another table has too, if those are others.
    shared: Option<(Vec<usize>, RowHashes)>,
}

/// The columns that two tables have, that are of one kind and do not tell rows apart, by their positions in each.
#[derive(Clone, Debug)]
pub struct SharedColumns([Vec<usize>; 2]);

impl SharedColumns {
    /// Those of the tables of two sources.
    pub fn new<A: RowSource, B: RowSource>(first: &A, second: &B) -> SharedColumns {
        let (first_columns, second_columns) = (&first.schema().columns, &second.schema().columns);
        let places: HashMap<&str, usize> =
            second_columns.iter().enumerate().map(|(i, c)| (c.name.as_str(), i)).collect();
        let pair = |i: usize| {
            let j = *places.get(first_columns[i].name.as_str())?;
            alike(first_columns[i].kind, second_columns[j].kind).then_some((i, j))
        };
        let (a, b) = not_telling_apart(first.schema(), first.left_out()).into_iter().filter_map(pair).unzip();
        SharedColumns([a, b])
    }

    /// Their positions in the first table.
    pub fn in_first(&self) -> &[usize] {
        &self.0[0]
    }

    /// Their positions in the second table.
    pub fn in_second(&self) -> &[usize] {
        &self.0[1]
    }
}

impl Survey {
    /// Reads the rows of a source that stands at its first; `shared` are the columns by which rows are looked for in another table.
    ///
    /// # Errors
    /// Rows that cannot be read.
    pub fn read<S>(source: &mut S, shared: Option<&[usize]>) -> Result<Survey, S::Error>
    where
        S: RowSource + Send,
        S::Error: Send,
    {
        let schema = source.schema().clone();
        let width = schema.columns.len();
        let bound = distinct::bound(width);
        let left_out = source.left_out().to_vec();
        let compared = not_telling_apart(&schema, &left_out);
        let mut survey = Survey {
            name: source.name().to_owned(),
            rows: 0,
            steps: Steps::new(width),
            tallies: schema.columns.iter().map(|c| Tally::new(c.kind, bound)).collect(),
            hashes: RowHashes::default(),
            shared: shared.filter(|s| **s != compared[..]).map(|s| (s.to_vec(), RowHashes::default())),
            left_out,
            compared,
            schema,
        };
        let [mut group, mut next] = [Group::new(&survey.schema), Group::new(&survey.schema)];
        group.fill(source)?;
        while group.filled > 0 {
            let (read, ()) = rayon::join(|| next.fill(source), || survey.take(group.blocks()));
            read?;
            std::mem::swap(&mut group, &mut next);
        }
        survey.hashes.sort();
        survey.shared.iter_mut().for_each(|(_, hashes)| hashes.sort());
        Ok(survey)
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    fn take(&mut self, blocks: &[Table]) {
        let picked: Vec<Picked> = blocks.iter().map(|block| self.steps.pick(block.rows())).collect();
        let tally = |(i, tally): (usize, &mut Tally)| {
            blocks.iter().zip(&picked).for_each(|(block, &picked)| tally.take(block.column_at(i), picked));
        };
        let shared = self.shared.as_ref().map(|(columns, _)| &columns[..]);
        let hash = |block: &Table| {
            (
                duplicates::of_block(block, &self.compared),
                shared.map(|columns| duplicates::of_block(block, columns)),
            )
        };
        let tallies = &mut self.tallies;
        let (hashes, ()) = rayon::join(
            || blocks.par_iter().map(hash).collect::<Vec<_>>(),
            || tallies.par_iter_mut().enumerate().for_each(tally),
        );
        for (of_all, of_shared) in hashes {
            self.rows += of_all.len() as u64;
            self.hashes.extend(of_all);
            self.shared.iter_mut().zip(of_shared).for_each(|((_, hashes), more)| hashes.extend(more));
        }
    }

    /// The hashes by which rows are looked for in another table.
    fn shared_hashes(&self) -> &RowHashes {
        self.shared.as_ref().map_or(&self.hashes, |(_, hashes)| hashes)
    }

    /// The report, with this column as the target and beside this table.
    ///
    /// # Errors
    /// A target that is unknown or of dates.
    pub fn report(
        &self,
        target: Option<&str>,
        against: Option<&Survey>,
    ) -> Result<TableReport, TabularError> {
        let target = target.map(|name| self.schema.target(name)).transpose()?;
        let mut columns: Vec<ColumnReport> =
            self.tallies.par_iter().zip(&self.schema.columns).map(|(t, c)| t.report(c)).collect();
        let reasons: HashMap<&str, &Reason> =
            self.left_out.iter().map(|l| (l.column.as_str(), &l.reason)).collect();
        for (i, column) in columns.iter_mut().enumerate().filter(|(i, _)| Some(*i) != target) {
            column.left_out =
                reasons.get(self.schema.columns[i].name.as_str()).map(|reason| in_words(reason));
        }
        let target = target.map(|place| self.target(place));
        if let Some((place, _, labels)) = &target {
            let of =
                |(i, tally): (usize, &Tally)| if i == *place { None } else { alone(tally.kept(), labels) };
            let alone: Vec<Option<Alone>> = self.tallies.par_iter().enumerate().map(of).collect();
            columns.iter_mut().zip(alone).for_each(|(column, alone)| column.alone = alone);
        }
        let mut report = TableReport {
            table: self.name.clone(),
            rows: self.rows,
            sampled_every: self.steps.every(),
            copies: self.hashes.copies(),
            target: target.map(|(_, report, _)| report),
            columns,
            against: against.map(|other| self.compared(other)),
            worries: Vec::new(),
        };
        let facts = |(tally, column): (&Tally, &ColumnSchema)| Facts {
            is_identifier: tally.is_identifier(),
            most_frequent: tally.most_frequent(column.kind),
        };
        let facts: Vec<Facts> = self.tallies.par_iter().zip(&self.schema.columns).map(facts).collect();
        report.worries = worries(&report, &facts);
        Ok(report)
    }

    /// The target: its place, its report, and the labels of the rows that are kept.
    fn target(&self, place: usize) -> (usize, TargetReport, Labels) {
        let column = &self.schema.columns[place];
        // As `Task::infer` has it, of all rows.
        let task = match &self.tallies[place] {
            Tally::Numbers(t) if t.distinct.count() != Distinct::exactly(2) => Task::Regress,
            Tally::Numbers(_) | Tally::Texts(_) => Task::Classify,
        };
        let (labels, classes) = match (task, &self.tallies[place]) {
            (Task::Regress, Tally::Numbers(t)) => (Labels::numbers(&t.kept), Vec::new()),
            (Task::Classify, Tally::Numbers(t)) => {
                (Labels::classes(Cells::Numbers(&t.kept)), classes_of_numbers(&t.kept, column.kind))
            }
            (_, Tally::Texts(t)) => {
                let share = |rows: u64| rows as f64 / t.present.max(1) as f64;
                let class = |l: &texts::Level| LevelReport {
                    level: l.name.clone(),
                    rows: l.rows,
                    share: share(l.rows),
                };
                (Labels::classes(Cells::Texts(&t.kept)), t.ranked().into_iter().map(class).collect())
            }
        };
        (place, TargetReport { column: column.name.clone(), task, classes }, labels)
    }

    fn compared(&self, other: &Survey) -> ComparisonReport {
        let in_both = other.shared_hashes().found_in(self.shared_hashes());
        let [first, second] =
            [self, other].map(|s| Side { schema: &s.schema, tallies: &s.tallies, left_out: &s.left_out });
        compare(&other.name, other.rows, &first, &second, in_both)
    }
}

/// Why a column is left out, in a word or two.
fn in_words(reason: &Reason) -> String {
    match reason {
        Reason::Index => "index".to_owned(),
        Reason::Empty => "empty".to_owned(),
        Reason::Constant => "constant".to_owned(),
        Reason::Copy(other) => format!("copy of {}", shown(other)),
        Reason::Identifier => "identifier".to_owned(),
        Reason::FreeText => "free text".to_owned(),
    }
}

/// The columns but those that tell rows apart; all if there are no others.
fn not_telling_apart(schema: &Schema, left_out: &[LeftOut]) -> Vec<usize> {
    let tells = |l: &&LeftOut| match l.reason {
        Reason::Index | Reason::Identifier => true,
        Reason::Empty | Reason::Constant | Reason::Copy(_) | Reason::FreeText => false,
    };
    let telling: HashSet<&str> = left_out.iter().filter(tells).map(|l| l.column.as_str()).collect();
    let all = 0..schema.columns.len();
    let others = all.clone().filter(|&i| !telling.contains(schema.columns[i].name.as_str()));
    let others: Vec<usize> = others.collect();
    if others.is_empty() { all.collect() } else { others }
}

/// The classes of a target of numbers, in the rows that are kept, the most frequent first.
fn classes_of_numbers(values: &[f64], kind: Kind) -> Vec<LevelReport> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).map(|x| x + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let share = |rows: usize| rows as f64 / sorted.len() as f64;
    let class = |run: &[f64]| LevelReport {
        level: number_text(run[0], kind),
        rows: run.len() as u64,
        share: share(run.len()),
    };
    let mut classes: Vec<LevelReport> = sorted.chunk_by(|a, b| a == b).map(class).collect();
    classes.sort_by_key(|class| std::cmp::Reverse(class.rows));
    classes
}

/// Some blocks of rows.
struct Group {
    blocks: Vec<Table>,
    filled: usize,
}

impl Group {
    fn new(schema: &Schema) -> Group {
        let blocks = GROUP_CELLS / (BLOCK_ROWS * schema.columns.len().max(1));
        Group { blocks: vec![Table::new(schema.clone()); blocks.clamp(1, GROUP_BLOCKS)], filled: 0 }
    }

    fn fill<S: RowSource>(&mut self, source: &mut S) -> Result<(), S::Error> {
        self.filled = 0;
        for block in &mut self.blocks {
            source.next(block)?;
            if block.rows() == 0 {
                break;
            }
            self.filled += 1;
        }
        Ok(())
    }

    fn blocks(&self) -> &[Table] {
        &self.blocks[..self.filled]
    }
}
