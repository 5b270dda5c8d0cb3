//! The rows of a table as blocks of a design with a response: a number, or the place of a class.

use crate::error::{Failed, ModelError};
use crate::linear::{LinearSettings, check_columns, check_row};
use crate::linear_model::{LinearKind, number_target};
use planish_linreg::{Block, BlockSource};
use planish_tabular::{
    Column, Design, DesignBuilder, Label, LabelSet, Notes, RowSource, Table, TabularError, Target, Task,
};
use planish_tensor::Dd;

/// What the first pass learns.
pub(crate) struct Survey {
    pub(crate) design: Design,
    pub(crate) target: Target,
    pub(crate) rows: u64,
    pub(crate) without_target: u64,
}

/// Reads all rows once: fits the pipeline and the target on those that have one.
pub(crate) fn survey<S: RowSource>(
    source: &mut S,
    settings: &LinearSettings,
    kind: &LinearKind,
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
    let mut design = design.with_formula(&settings.formula)?;
    let mut responses = Responses::new(kind);
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
    let (rows, without_target) = (responses.rows, responses.missing);
    let target = responses.finish(column)?;
    Ok(Survey { design: design.finish()?, target, rows, without_target })
}

/// What is known of the target after some rows.
struct Responses {
    classes: Option<LabelSet>,
    counts: bool,
    first: Option<Dd>,
    constant: bool,
    sum: Dd,
    squares: Dd,
    rows: u64,
    missing: u64,
}

impl Responses {
    fn new(kind: &LinearKind) -> Responses {
        Responses {
            classes: (kind.task() == Task::Classify).then(LabelSet::default),
            counts: matches!(kind, LinearKind::Poisson { .. }),
            first: None,
            constant: true,
            sum: Dd::ZERO,
            squares: Dd::ZERO,
            rows: 0,
            missing: 0,
        }
    }

    /// Takes a row's target; whether there is one.
    fn push(&mut self, table: &Table, position: usize, name: &str, row: usize) -> Result<bool, ModelError> {
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

    fn finish(self, column: &str) -> Result<Target, TabularError> {
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

/// The rows of a source that have a target, as blocks.
pub(crate) struct LabelledRows<'a, S: RowSource> {
    source: &'a mut S,
    design: &'a Design,
    target: &'a Target,
    /// The column of the rows' weights.
    weights: Option<&'a str>,
    table: Table,
    /// The labels of the table's rows.
    labels: Vec<Option<Label>>,
    /// The next row of the table.
    next: usize,
}

impl<'a, S: RowSource> LabelledRows<'a, S> {
    pub(crate) fn new(
        source: &'a mut S,
        design: &'a Design,
        target: &'a Target,
        weights: Option<&'a str>,
    ) -> Self {
        let table = Table::new(source.schema().clone());
        LabelledRows { source, design, target, weights, table, labels: Vec::new(), next: 0 }
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
        self.weights.is_some()
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
            let weights = self.weights.map(|w| self.table.numbers(w)).transpose()?;
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
                block.rows += 1;
            }
        }
        Ok(())
    }
}
