//! The cells of a block of rows, whatever they come from: kept columns of a table, then predictions.

#[cfg(feature = "columnar")]
use super::layout::LIMITS;
use planish_model::{Intervals, Predictions};
use planish_tabular::{Column, Kind, Table, TabularError, calendar};

/// A cell.
pub(super) enum Cell<'a> {
    /// No value.
    Missing,
    /// A number.
    Number(f64),
    /// Text.
    Text(&'a str),
    /// Text that was made here.
    Made(String),
}

/// What was predicted for the rows of a table.
#[derive(Clone, Copy)]
pub enum PredictionBlock<'a> {
    /// Classes with probabilities, or numbers.
    Predictions(&'a Predictions),
    /// Numbers with intervals.
    Intervals(&'a Intervals),
}

/// A column of the input that is kept, and its kind.
pub(super) type KeptColumn<'a> = (&'a Column, Kind);

/// The column of this name.
pub(super) fn kept_column<'a>(table: &'a Table, name: &str) -> Result<KeptColumn<'a>, TabularError> {
    let position = table.schema().position(name)?;
    Ok((table.column_at(position), table.schema().columns[position].kind))
}

/// The rows of a block.
pub(super) struct Rows<'a> {
    pub(super) kept: Vec<KeptColumn<'a>>,
    pub(super) classes: &'a [String],
    pub(super) own: PredictionBlock<'a>,
}

impl Rows<'_> {
    pub(super) fn len(&self) -> usize {
        match self.own {
            PredictionBlock::Predictions(p) => p.rows(),
            PredictionBlock::Intervals(all) => all.prediction.len(),
        }
    }

    /// Whether each column holds numbers; the others hold texts.
    #[cfg(feature = "columnar")]
    pub(super) fn are_numbers(&self) -> Vec<bool> {
        let kept = self
            .kept
            .iter()
            .map(|&(column, kind)| matches!(column, Column::Number(_)) && !matches!(kind, Kind::Date(_)));
        let own = match self.own {
            PredictionBlock::Predictions(Predictions::Numbers(_)) => vec![true],
            PredictionBlock::Predictions(Predictions::Probabilities(_)) => {
                let mut own = vec![true; 1 + self.classes.len()];
                own[0] = false;
                own
            }
            PredictionBlock::Intervals(_) => vec![true; 1 + LIMITS.len()],
        };
        kept.chain(own).collect()
    }

    /// Hands the cells of a row to `take`, in the order of the columns.
    pub(super) fn each_cell(&self, row: usize, mut take: impl FnMut(Cell<'_>)) {
        self.kept.iter().for_each(|column| take(kept_cell(*column, row)));
        match self.own {
            PredictionBlock::Predictions(Predictions::Numbers(y)) => take(Cell::Number(y[row])),
            PredictionBlock::Predictions(all @ Predictions::Probabilities(p)) => {
                take(Cell::Text(&self.classes[all.class(row).unwrap_or_default()]));
                p.row(row).iter().for_each(|&x| take(Cell::Number(x)));
            }
            PredictionBlock::Intervals(all) => {
                let (mean, obs) = (all.mean_ci[row], all.obs_ci[row]);
                let numbers = [all.prediction[row], mean[0], mean[1], obs[0], obs[1]];
                numbers.into_iter().for_each(|x| take(Cell::Number(x)));
            }
        }
    }
}

/// A cell of a kept column; of dates, as ISO 8601 writes them.
pub(super) fn kept_cell((column, kind): KeptColumn<'_>, row: usize) -> Cell<'_> {
    match (column, kind) {
        (Column::Text(c), _) => c.at(row).map_or(Cell::Missing, Cell::Text),
        (Column::Number(c), Kind::Date(_)) => {
            c.at(row).map_or(Cell::Missing, |x| Cell::Made(calendar::text(x.hi)))
        }
        (Column::Number(c), Kind::Number | Kind::Formatted(_) | Kind::Category) => {
            c.at(row).map_or(Cell::Missing, |x| Cell::Number(x.hi))
        }
    }
}
