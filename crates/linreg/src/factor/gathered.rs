//! All rows of a source at once, where they are fewer than its terms.
//!
//! A triangular factor of p terms takes p² numbers and p³ operations, whatever the rows. Where there are no more rows than terms, the rows
//! themselves are the smaller thing: they are kept, shifted and scaled, and what is asked of them is computed on their side.

use crate::error::{FitError, LinregError};
use crate::factor::fold::check;
use crate::rows::block::{BLOCK_ROWS, Block, BlockSource};
use crate::rows::part::copy;
use crate::rows::scaling::Scaling;
use planish_tensor::dd::{DdVec, two_sum};
use planish_tensor::{AlignedVec, Isa};

/// The fewest terms for which rows are kept: below, triangles take no time.
const MANY_TERMS: usize = 128;

/// The rows of [X y], in scaled units.
pub(crate) struct Gathered {
    pub(crate) scaling: Scaling,
    /// The columns of [X y], without the roots of the weights.
    pub(crate) columns: Vec<Vec<f64>>,
    /// The weights as they came.
    pub(crate) weights: Option<Vec<f64>>,
    pub(crate) rows: usize,
}

impl Gathered {
    /// The weight of a row in scaled units.
    pub(crate) fn weight(&self, row: usize) -> f64 {
        let root = self.scaling.root.scale();
        self.weights.as_ref().map_or(1.0, |w| w[row]) * root * root
    }
}

/// The rows of a source with one response and no more rows than terms; none of any other. `watch` sees every block and the number of rows before it.
pub(crate) fn gather<S: BlockSource>(
    isa: Isa,
    source: &mut S,
    intercept: bool,
    mut watch: impl FnMut(&Block, u64) -> Result<(), LinregError>,
) -> Result<Option<Gathered>, FitError<S::Error>> {
    let (terms, weighted) = (source.terms(), source.weighted());
    if terms < MANY_TERMS || source.responses() != 1 {
        return Ok(None);
    }
    let mut gathering =
        Gathering { isa, intercept, scaling: None, rows: 0, columns: Vec::new(), weights: None };
    if let Some(all) = source.matrices() {
        let rows = all.x.rows();
        if rows > terms {
            return Ok(None);
        }
        let mut block = small_block(rows.min(BLOCK_ROWS), terms, weighted);
        for start in (0..rows).step_by(BLOCK_ROWS) {
            copy(isa, all.between(start, (start + BLOCK_ROWS).min(rows)), &mut block);
            watch(&block, gathering.rows as u64)?;
            gathering.push(&block)?;
        }
        return Ok(gathering.finish());
    }
    source.rewind().map_err(FitError::Source)?;
    let mut block = Block::new(terms, 1, weighted);
    loop {
        block.rows = 0;
        source.next(&mut block).map_err(FitError::Source)?;
        if gathering.rows + block.rows > terms {
            return Ok(None);
        }
        if block.rows == 0 {
            return Ok(gathering.finish());
        }
        watch(&block, gathering.rows as u64)?;
        gathering.push(&block)?;
    }
}

/// A block with room for these rows alone.
fn small_block(rows: usize, terms: usize, weighted: bool) -> Block {
    Block {
        rows: 0,
        x: (0..terms).map(|_| DdVec::zeros(rows)).collect(),
        y: vec![DdVec::zeros(rows)],
        weights: weighted.then(|| AlignedVec::zeros(rows)),
        clusters: None,
    }
}

struct Gathering {
    isa: Isa,
    intercept: bool,
    scaling: Option<Scaling>,
    rows: usize,
    columns: Vec<Vec<f64>>,
    weights: Option<Vec<f64>>,
}

impl Gathering {
    fn push(&mut self, block: &Block) -> Result<(), LinregError> {
        check(block, self.rows as u64)?;
        let (isa, intercept, n) = (self.isa, self.intercept, block.rows);
        let scaling = self.scaling.get_or_insert_with(|| Scaling::new(isa, intercept, block));
        let order = block.x.len() + 1;
        self.columns.resize_with(order, Vec::new);
        for (c, column) in self.columns.iter_mut().enumerate() {
            let (v, shift) = (block.column(c).first(n), scaling.shift[c]);
            column.extend(v.hi.iter().zip(v.lo).map(|(&hi, &lo)| {
                let (d, e) = two_sum(hi, -shift);
                d + (e + lo)
            }));
        }
        if let Some(w) = &block.weights {
            self.weights.get_or_insert_default().extend_from_slice(&w[..n]);
        }
        self.rows += n;
        Ok(())
    }

    /// None where no row has a weight: what is wrong is said by whoever reads the rows next.
    fn finish(self) -> Option<Gathered> {
        let Gathering { scaling, rows, mut columns, weights, .. } = self;
        let mut scaling = scaling?;
        let largest = |x: &[f64]| x.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let heaviest = weights.as_ref().map_or(1.0, |w| largest(w));
        if heaviest == 0.0 {
            return None;
        }
        if weights.is_some() {
            scaling.root.admit(heaviest.sqrt());
        }
        let scale = |(c, column): (usize, &mut Vec<f64>)| {
            scaling.exponents[c].admit(largest(column));
            let scale = scaling.exponents[c].scale();
            column.iter_mut().for_each(|x| *x *= scale);
        };
        columns.iter_mut().enumerate().for_each(scale);
        Some(Gathered { scaling, columns, weights, rows })
    }
}
