//! The rows of a table as blocks of a design with a response: a number, or the place of a class.

use crate::error::{Failed, ModelError};
use crate::linear_settings::LinearSettings;
use planish_linreg::{Block, BlockSource};
use planish_tabular::{
    Column, Design, DesignBuilder, Label, LabelSet, Notes, RowSource, Schema, Table, TabularError, Target,
};
use planish_tensor::Dd;
use std::collections::HashMap;

/// What the target must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Response {
    Number,
    /// A number that is not negative.
    Count,
    Class,
}

/// What the first pass learns.
pub(crate) struct Survey {
    pub(crate) design: Design,
    pub(crate) target: Target,
    /// The sum of a target that is a number.
    pub(crate) sum: Dd,
    /// Rows with a target.
    pub(crate) rows: u64,
    pub(crate) without_target: u64,
    /// What was unusual in the rows with a target.
    pub(crate) notes: Notes,
}

/// Reads all rows once: fits the pipeline and the target on those that have one.
pub(crate) fn survey<S: RowSource>(
    source: &mut S,
    settings: &LinearSettings,
    response: Response,
) -> Result<Survey, Failed<S::Error>> {
    let schema = source.schema().clone();
    let column = &settings.target;
    settings.drop.iter().try_for_each(|name| schema.position(name).map(drop))?;
    let position = schema.position(column)?;
    if settings.drop.contains(column) {
        return Err(ModelError::DroppedTarget { target: column.clone() }.into());
    }
    check_columns(&schema, settings)?;
    let design = DesignBuilder::new(&schema, column, &settings.no_features());
    let mut design = design.with_formula(&settings.formula)?.with_intercept(settings.intercept);
    let mut responses = Responses::new(response);
    let mut table = Table::new(schema);
    source.rewind().map_err(Failed::Source)?;
    loop {
        source.next(&mut table).map_err(Failed::Source)?;
        if table.rows() == 0 {
            break;
        }
        for row in 0..table.rows() {
            if responses.push(&table, position, column, row)? {
                check_row(&table, row, settings)?;
                design.push(&table, row);
            }
        }
    }
    let (rows, sum, without_target) = (responses.rows, responses.sum, responses.missing);
    let target = responses.finish(column)?;
    let notes = design.notes();
    Ok(Survey { design: design.finish()?, target, sum, rows, without_target, notes })
}

/// What is known of the target after some rows.
pub(crate) struct Responses {
    classes: Option<LabelSet>,
    counts: bool,
    first: Option<Dd>,
    constant: bool,
    pub(crate) sum: Dd,
    squares: Dd,
    pub(crate) rows: u64,
    pub(crate) missing: u64,
}

impl Responses {
    pub(crate) fn new(response: Response) -> Responses {
        Responses {
            classes: (response == Response::Class).then(LabelSet::default),
            counts: response == Response::Count,
            first: None,
            constant: true,
            sum: Dd::ZERO,
            squares: Dd::ZERO,
            rows: 0,
            missing: 0,
        }
    }

    /// Takes a row's target; whether there is one.
    pub(crate) fn push(
        &mut self,
        table: &Table,
        position: usize,
        name: &str,
        row: usize,
    ) -> Result<bool, ModelError> {
        let present = match (&mut self.classes, table.column_at(position)) {
            (Some(classes), column) => classes.push(column, row),
            (None, Column::Number(c)) => match c.at(row) {
                Some(y) => {
                    self.number(y, table, name, row)?;
                    true
                }
                None => false,
            },
            (None, Column::Text(_)) => match table.numbers(name) {
                // The error names the first text that is no number, once its block is reached.
                Err(TabularError::WrongKind { found, .. }) if found.is_empty() => false,
                other => return other.map(|_| false).map_err(ModelError::from),
            },
        };
        *(if present { &mut self.rows } else { &mut self.missing }) += 1;
        Ok(present)
    }

    fn number(&mut self, y: Dd, table: &Table, name: &str, row: usize) -> Result<(), ModelError> {
        if self.counts && y.hi < 0.0 {
            let (column, line) = (name.to_owned(), table.line(row));
            return Err(ModelError::NegativeTarget { column, line, found: y.to_f64() });
        }
        self.constant &= *self.first.get_or_insert(y) == y;
        self.sum = self.sum + y;
        self.squares = self.squares + y * y;
        Ok(())
    }

    pub(crate) fn finish(self, column: &str) -> Result<Target, TabularError> {
        if let Some(classes) = self.classes {
            return classes.finish(column.to_owned());
        }
        match self.first {
            None => Err(TabularError::NoRows { column: column.to_owned() }),
            Some(y) if self.constant => {
                Err(TabularError::ConstantTarget { column: column.to_owned(), value: y.to_f64().to_string() })
            }
            Some(_) => Ok(number_target(column, self.rows, self.sum, self.squares)),
        }
    }
}

/// The target's mean and standard deviation from sums over its rows.
fn number_target(column: &str, rows: u64, sum: Dd, squares: Dd) -> Target {
    let n = Dd::from(rows as f64);
    let mean = sum / n;
    let variance = (squares / n - mean * mean).to_f64().max(0.0);
    let finite = |x: f64| if x.is_finite() { x } else { f64::MAX };
    Target::Number { column: column.to_owned(), mean: finite(mean.to_f64()), sd: finite(variance.sqrt()) }
}

/// Whether the columns of weights and clusters are there, and are not the target.
pub(crate) fn check_columns(schema: &Schema, settings: &LinearSettings) -> Result<(), ModelError> {
    for name in settings.weights.iter().chain(&settings.cluster) {
        schema.position(name)?;
        if *name == settings.target {
            return Err(ModelError::DroppedTarget { target: name.clone() });
        }
    }
    Ok(())
}

/// Whether a row's weight and cluster can be used.
pub(crate) fn check_row(table: &Table, row: usize, settings: &LinearSettings) -> Result<(), ModelError> {
    if let Some(column) = &settings.weights {
        weight(table, row, column)?;
    }
    match &settings.cluster {
        Some(column) if table.column(column)?.is_missing(row) => {
            Err(ModelError::NoCluster { column: column.clone(), line: table.line(row) })
        }
        _ => Ok(()),
    }
}

/// A row's weight, which must be there and not be negative.
pub(crate) fn weight(table: &Table, row: usize, column: &str) -> Result<f64, ModelError> {
    let weight = table.numbers(column)?.at(row);
    weight.filter(|w| w.hi >= 0.0).map(|w| w.to_f64()).ok_or_else(|| ModelError::SampleWeight {
        column: column.to_owned(),
        line: table.line(row),
        found: weight.map_or("nothing".to_owned(), |w| w.to_f64().to_string()),
    })
}

/// What tells a row's cluster from others: a number for its text, or the number's bits.
fn cluster(known: &mut HashMap<String, u64>, column: &Column, row: usize) -> u64 {
    match column {
        Column::Number(c) => c.at(row).map_or(0, |x| x.hi.to_bits() ^ x.lo.to_bits().rotate_left(1)),
        Column::Text(c) => {
            let text = c.at(row).unwrap_or_default();
            if let Some(id) = known.get(text) {
                return *id;
            }
            let next = known.len() as u64;
            known.insert(text.to_owned(), next);
            next
        }
    }
}

/// The rows of a source that have a target, as blocks.
pub(crate) struct LabelledRows<'a, S: RowSource> {
    source: &'a mut S,
    design: &'a Design,
    target: &'a Target,
    settings: &'a LinearSettings,
    table: Table,
    /// The labels of the table's rows.
    labels: Vec<Option<Label>>,
    /// The next row of the table.
    next: usize,
    /// A number for each text of the cluster column.
    clusters: HashMap<String, u64>,
}

impl<'a, S: RowSource> LabelledRows<'a, S> {
    pub(crate) fn new(
        source: &'a mut S,
        design: &'a Design,
        target: &'a Target,
        settings: &'a LinearSettings,
    ) -> Self {
        let table = Table::new(source.schema().clone());
        let clusters = HashMap::new();
        LabelledRows { source, design, target, settings, table, labels: Vec::new(), next: 0, clusters }
    }
}

impl<S: RowSource> BlockSource for LabelledRows<'_, S> {
    type Error = Failed<S::Error>;

    fn terms(&self) -> usize {
        self.design.width()
    }

    fn responses(&self) -> usize {
        1
    }

    fn weighted(&self) -> bool {
        self.settings.weights.is_some()
    }

    fn rewind(&mut self) -> Result<(), Self::Error> {
        self.table.clear();
        self.labels.clear();
        self.next = 0;
        self.source.rewind().map_err(Failed::Source)
    }

    fn next(&mut self, block: &mut Block) -> Result<(), Self::Error> {
        block.rows = 0;
        let capacity = block.y[0].hi.len();
        block.clusters = self.settings.cluster.as_ref().map(|_| vec![0; capacity]);
        while block.rows < capacity {
            if self.next == self.labels.len() {
                self.source.next(&mut self.table).map_err(Failed::Source)?;
                self.labels = self.target.labels(&self.table)?;
                self.next = 0;
                if self.labels.is_empty() {
                    break;
                }
            }
            let bound = self.design.bind(&self.table)?;
            let weights = self.settings.weights.as_ref().map(|w| self.table.numbers(w)).transpose()?;
            let groups = self.settings.cluster.as_ref().map(|c| self.table.column(c)).transpose()?;
            while self.next < self.labels.len() && block.rows < capacity {
                let row = self.next;
                self.next += 1;
                let y = match self.labels[row] {
                    Some(Label::Number(y)) => y,
                    Some(Label::Class(class)) => Dd::from(f64::from(class)),
                    None => continue,
                };
                bound.write_row(row, block.rows, &mut block.x, &mut Notes::default());
                (block.y[0].hi[block.rows], block.y[0].lo[block.rows]) = (y.hi, y.lo);
                if let (Some(to), Some(from)) = (&mut block.weights, weights) {
                    to[block.rows] = from.at(row).map_or(0.0, |w| w.to_f64());
                }
                if let (Some(to), Some(from)) = (&mut block.clusters, groups) {
                    to[block.rows] = cluster(&mut self.clusters, from, row);
                }
                block.rows += 1;
            }
        }
        Ok(())
    }
}
