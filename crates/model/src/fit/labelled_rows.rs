//! The rows of a table as blocks of a design with a response: a number, or the place of a class.

use crate::error::{Failed, ModelError};
use crate::linear_settings::LinearSettings;
use planish_linreg::BlockSource;
use planish_linreg::rows::Block;
use planish_tabular::{BoundDesign, Column, Design, Label, Notes, NumberColumn, RowSource, Table, Target};
use planish_tensor::Dd;
use std::collections::HashMap;

/// The columns of one table that a block is made of.
pub(crate) struct BoundRows<'a> {
    design: BoundDesign<'a>,
    weights: Option<&'a NumberColumn>,
}

impl<'a> BoundRows<'a> {
    pub(crate) fn new(
        design: &'a Design,
        table: &'a Table,
        settings: &LinearSettings,
    ) -> Result<Self, ModelError> {
        let weights = settings.weights.as_ref().map(|w| table.numbers(w)).transpose()?;
        Ok(BoundRows { design: design.bind(table)?, weights })
    }

    /// Appends a row of the table with its response to the block, clusters aside.
    pub(crate) fn append(&self, row: usize, y: Dd, block: &mut Block) {
        let at = block.rows;
        self.design.write_row(row, at, &mut block.x, &mut Notes::default());
        (block.y[0].hi[at], block.y[0].lo[at]) = (y.hi, y.lo);
        if let (Some(to), Some(from)) = (&mut block.weights, self.weights) {
            to[at] = from.at(row).map_or(0.0, |w| w.to_f64());
        }
        block.rows += 1;
    }
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
            let bound = BoundRows::new(self.design, &self.table, self.settings)?;
            let groups = self.settings.cluster.as_ref().map(|c| self.table.column(c)).transpose()?;
            while self.next < self.labels.len() && block.rows < capacity {
                let row = self.next;
                self.next += 1;
                let y = match self.labels[row] {
                    Some(Label::Number(y)) => y,
                    Some(Label::Class(class)) => Dd::from(f64::from(class)),
                    None => continue,
                };
                if let (Some(to), Some(from)) = (&mut block.clusters, groups) {
                    to[block.rows] = cluster(&mut self.clusters, from, row);
                }
                bound.append(row, y, block);
            }
        }
        Ok(())
    }
}
