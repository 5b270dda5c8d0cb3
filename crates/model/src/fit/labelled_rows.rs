//! The rows of a table as blocks of a design with a response: a number, or the place of a class.

use crate::error::{Failed, ModelError};
use crate::linear_settings::LinearSettings;
use planish_linreg::BlockSource;
use planish_linreg::rows::{Block, Watch};
use planish_tabular::{
    BoundDesign, Column, Design, Label, Notes, NumberColumn, RowSource, Rows, Table, Target,
};
use std::collections::HashMap;
use std::sync::Arc;

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

    /// Appends these rows of the table with their responses, numbers with their rests, to the block, clusters aside.
    pub(crate) fn append(&self, rows: Rows<'_>, (y, rests): (&[f64], Option<&[f64]>), block: &mut Block) {
        let places = block.rows..block.rows + rows.len();
        self.design.write_rows(rows, block.rows, &mut block.x, &mut Notes::default());
        let response = &mut block.y[0];
        rows.copy(y, &mut response.hi[places.clone()]);
        match rests {
            Some(rests) => rows.copy(rests, &mut response.lo[places.clone()]),
            None => response.lo[places.clone()].fill(0.0),
        }
        if let (Some(to), Some(from)) = (&mut block.weights, self.weights) {
            let weights = rows.places().map(|row| from.at(row).map_or(0.0, |w| w.to_f64()));
            to[places.clone()].iter_mut().zip(weights).for_each(|(to, w)| *to = w);
        }
        block.rows = places.end;
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
    /// The rows of the table that have a target; none if all have one.
    labelled: Option<Vec<u32>>,
    /// The class of each row of the table; none where the target is a number.
    classes: Option<Vec<f64>>,
    /// The next of the labelled rows.
    next: usize,
    /// A number for each text of the cluster column.
    clusters: HashMap<String, u64>,
    /// Who is told how far the fit is, and the rows that were read.
    watch: Option<Arc<dyn Watch>>,
    read: usize,
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
        let (labelled, classes) = (None, None);
        let (watch, read) = (None, 0);
        LabelledRows {
            source,
            design,
            target,
            settings,
            table,
            labelled,
            classes,
            next: 0,
            clusters,
            watch,
            read,
        }
    }

    /// The same with someone who is told how far the fit is.
    pub(crate) fn watched(self, watch: Option<Arc<dyn Watch>>) -> Self {
        LabelledRows { watch, ..self }
    }

    /// The labelled rows of the table from the next on.
    fn rest(&self) -> usize {
        self.labelled.as_ref().map_or(self.table.rows(), Vec::len) - self.next
    }

    /// Reads the next rows of the source; whether there are any.
    fn read(&mut self) -> Result<bool, Failed<S::Error>> {
        self.source.next(&mut self.table).map_err(Failed::Source)?;
        self.next = 0;
        (self.labelled, self.classes) = match self.target {
            Target::Number { column, .. } => {
                self.table.numbers(column)?;
                (self.table.column(column)?.with_values(), None)
            }
            Target::Classes { column, .. } => {
                let class = |label: Option<Label>| match label {
                    Some(Label::Class(class)) => f64::from(class),
                    Some(Label::Number(_)) | None => 0.0,
                };
                let classes = self.target.labels(&self.table)?.into_iter().map(class).collect();
                (self.table.column(column)?.with_values(), Some(classes))
            }
        };
        Ok(self.table.rows() > 0)
    }

    /// Appends the next `n` labelled rows of the table to the block.
    fn append(&mut self, n: usize, block: &mut Block) -> Result<(), ModelError> {
        let (from, to) = (self.next, self.next + n);
        let rows =
            self.labelled.as_ref().map_or(Rows::Between(from, to), |rows| Rows::These(&rows[from..to]));
        let y = match &self.classes {
            Some(classes) => (&classes[..], None),
            None => {
                let numbers = self.table.numbers(self.target.column())?;
                (numbers.values(), numbers.rests())
            }
        };
        if let (Some(to), Some(column)) = (&mut block.clusters, &self.settings.cluster) {
            let column = self.table.column(column)?;
            let clusters = rows.places().map(|row| cluster(&mut self.clusters, column, row));
            to[block.rows..].iter_mut().zip(clusters).for_each(|(to, id)| *to = id);
        }
        BoundRows::new(self.design, &self.table, self.settings)?.append(rows, y, block);
        self.next = to;
        Ok(())
    }
}

impl<S: RowSource<Error: Send> + Send> BlockSource for LabelledRows<'_, S> {
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

    fn watch(&self) -> Option<Arc<dyn Watch>> {
        self.watch.clone()
    }

    fn rewind(&mut self) -> Result<(), Self::Error> {
        self.table.clear();
        (self.labelled, self.classes, self.next) = (None, None, 0);
        self.source.rewind().map_err(Failed::Source)
    }

    fn next(&mut self, block: &mut Block) -> Result<(), Self::Error> {
        block.rows = 0;
        let capacity = block.y[0].hi.len();
        block.clusters = self.settings.cluster.as_ref().map(|_| vec![0; capacity]);
        while block.rows < capacity {
            if self.rest() == 0 && !self.read()? {
                break;
            }
            self.append(self.rest().min(capacity - block.rows), block)?;
        }
        self.read += block.rows;
        if let Some(watch) = &self.watch {
            watch.step("rows read", self.read, None);
        }
        Ok(())
    }
}
