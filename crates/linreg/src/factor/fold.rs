//! The fold over blocks: the triangular factor R of [1 X Y], and if wanted the products of the columns, block by block.
//!
//! Each block of 4096 rows becomes a small triangle by Householder reflections; two triangles become one by the
//! QR factorisation of the one stacked on the other, in the tree of a binary counter.

use crate::error::LinregError;
use crate::factor::products::{Multiplier, Products};
use crate::linalg::counter::Counter;
use crate::linalg::triangle::Triangle;
use crate::rows::block::{BLOCK_ROWS, Block};
use crate::rows::scaling::{LARGEST, Scaling};
use planish_tensor::dd::two_sum;
use planish_tensor::{AlignedVec, Dd, Isa};

/// The state of a fold over blocks.
#[derive(Clone, Debug)]
pub(crate) struct Fold {
    isa: Isa,
    intercept: bool,
    scaling: Option<Scaling>,
    partial: Counter<Partial>,
    /// Where products are wanted, a workspace for them.
    multiplier: Option<Multiplier>,
    columns: Vec<AlignedVec<f64>>,
    /// Rows read.
    rows: u64,
    /// Rows with a weight above zero.
    used: u64,
}

/// The triangle of some blocks, and their products.
#[derive(Clone, Debug)]
struct Partial {
    triangle: Triangle,
    products: Option<Products>,
}

/// What the fold leaves: the factor R of [1 X Y] in scaled units, and the row counts.
pub(crate) struct Folded {
    pub(crate) scaling: Scaling,
    pub(crate) triangle: Triangle,
    pub(crate) rows: u64,
    pub(crate) used: u64,
}

impl Fold {
    pub(crate) fn new(isa: Isa, intercept: bool, terms: usize, responses: usize) -> Fold {
        let order = usize::from(intercept) + terms + responses;
        let columns = (0..order).map(|_| AlignedVec::zeros(BLOCK_ROWS)).collect();
        let partial = Counter::new();
        Fold { isa, intercept, scaling: None, partial, multiplier: None, columns, rows: 0, used: 0 }
    }

    /// The same with the products of the columns.
    pub(crate) fn with_products(mut self) -> Fold {
        self.multiplier = Some(Multiplier::new());
        self
    }

    /// A fold of no rows yet, in this fold's scaling, whose first block will be number `start`; none while the scaling is not known.
    pub(crate) fn starting_at(&self, start: u64) -> Option<Fold> {
        let scaling = Some(self.scaling.clone()?);
        let partial = Counter::starting_at(start);
        Some(Fold { scaling, partial, rows: 0, used: 0, ..self.clone() })
    }

    /// Fixes the scaling before the first block.
    pub(crate) fn start_in(&mut self, scaling: Scaling) {
        self.scaling = Some(scaling);
    }

    /// The rows that were folded.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Folds a block of at least one row.
    pub(crate) fn push(&mut self, block: &Block) -> Result<(), LinregError> {
        check(block, self.rows)?;
        let mut scaling =
            self.scaling.take().unwrap_or_else(|| Scaling::new(self.isa, self.intercept, block));
        self.load(&mut scaling, block);
        let triangle = Triangle::factor(self.isa, &mut self.columns, block.rows);
        let products = self.multiplier.as_mut().map(|m| m.products(self.isa, &scaling, block));
        self.scaling = Some(scaling);
        self.partial.push(Partial { triangle, products }, merge(self.isa));
        let used = block.weights.as_ref().map_or(block.rows, |w| positive(&w[..block.rows]));
        self.rows += block.rows as u64;
        self.used += used as u64;
        Ok(())
    }

    /// Adds the blocks of another fold of the same columns. If they follow this fold's blocks and have its scaling, the bits are those of one fold
    /// of all; otherwise they count as one more block.
    pub(crate) fn merge(&mut self, mut other: Fold) {
        let Some(mut theirs) = other.scaling.take() else { return };
        let mut ours = self.scaling.take().unwrap_or_else(|| theirs.clone());
        let first = usize::from(self.intercept);
        let moved = ours.shift != theirs.shift;
        let root = ours.root.meet(&mut theirs.root);
        for j in 0..self.columns.len() {
            self.rescale(j, root.0);
            other.rescale(j, root.1);
        }
        for c in 0..ours.exponents.len() {
            let (a, b) = ours.exponents[c].meet(&mut theirs.exponents[c]);
            self.rescale(first + c, a);
            other.rescale(first + c, b);
        }
        (self.rows, self.used) = (self.rows + other.rows, self.used + other.used);
        if !moved && self.partial.end() == other.partial.start() {
            self.partial.append(other.partial, merge(self.isa));
        } else if let Some(mut part) = other.partial.finish(merge(self.isa)) {
            part.shift_to(&theirs, &ours);
            self.partial.push(part, merge(self.isa));
        }
        self.scaling = Some(ours);
    }

    /// Merges what the counter holds.
    pub(crate) fn finish(self) -> Result<Folded, LinregError> {
        Ok(self.finish_with_products()?.0)
    }

    /// The same, and the products if they were wanted.
    pub(crate) fn finish_with_products(self) -> Result<(Folded, Option<Products>), LinregError> {
        let scaling = self.scaling.ok_or(LinregError::NoRows)?;
        let part = self.partial.finish(merge(self.isa)).ok_or(LinregError::NoRows)?;
        if self.used == 0 {
            return Err(LinregError::ZeroWeights { rows: self.rows });
        }
        let Partial { triangle, products } = part;
        Ok((Folded { scaling, triangle, rows: self.rows, used: self.used }, products))
    }

    /// Writes the rows of √W·[1 X Y] in scaled units into the columns; where the scaling must grow, so do the partial triangles.
    fn load(&mut self, scaling: &mut Scaling, block: &Block) {
        let n = block.rows;
        let first = usize::from(self.intercept);
        let root = block.weights.as_ref().map(|w| root_weights(&w[..n]));
        let factor = root.as_ref().map_or(1.0, |root| scaling.root.admit(largest(root)));
        for j in 0..self.columns.len() {
            self.rescale(j, factor);
        }
        for c in 0..block.x.len() + block.y.len() {
            let v = block.column(c).first(n);
            let shift = scaling.shift[c];
            for (i, out) in self.columns[first + c][..n].iter_mut().enumerate() {
                let (d, e) = two_sum(v.hi[i], -shift);
                *out = d + (e + v.lo[i]);
            }
            let factor = scaling.exponents[c].admit(largest(&self.columns[first + c][..n]));
            self.rescale(first + c, factor);
            let scale = scaling.exponents[c].scale();
            self.columns[first + c][..n].iter_mut().for_each(|x| *x *= scale);
        }
        if self.intercept {
            self.columns[0][..n].fill(1.0);
        }
        if let Some(root) = root {
            let scale = scaling.root.scale();
            for column in &mut self.columns {
                column[..n].iter_mut().zip(&root).for_each(|(x, g)| *x *= g * scale);
            }
        }
    }

    fn rescale(&mut self, j: usize, factor: f64) {
        if factor != 1.0 {
            self.partial.parts_mut().for_each(|p| p.scale_column(j, factor));
        }
    }
}

impl Partial {
    fn scale_column(&mut self, j: usize, factor: f64) {
        self.triangle.scale_column(j, factor);
        self.products.iter_mut().for_each(|p| p.scale_column(j, factor));
    }

    /// Changes the shifts of the columns; the powers of two of both scalings are the same.
    fn shift_to(&mut self, from: &Scaling, to: &Scaling) {
        for c in 0..to.shift.len() {
            let (d, e) = two_sum(from.shift[c], -to.shift[c]);
            let by = Dd::new(d, e) * Dd::from(to.exponents[c].scale());
            if by != Dd::ZERO {
                // Only with an intercept are there shifts.
                self.triangle.add_first_column(1 + c, by.to_f64());
                self.products.iter_mut().for_each(|p| p.add_first_column(1 + c, by));
            }
        }
    }
}

/// Refuses values that cannot be computed with; `before` rows came before the block.
pub(crate) fn check(block: &Block, before: u64) -> Result<(), LinregError> {
    assert!(block.rows <= BLOCK_ROWS, "{} rows in a block", block.rows);
    let bad = |x: f64| x.is_nan() || x.abs() >= LARGEST;
    for c in 0..block.x.len() + block.y.len() {
        let v = block.column(c).first(block.rows);
        if let Some(i) = (0..block.rows).find(|&i| bad(v.hi[i]) || bad(v.lo[i])) {
            let row = before + i as u64;
            return Err(match c.checked_sub(block.x.len()) {
                None => LinregError::BadTerm { row, term: c },
                Some(response) => LinregError::BadResponse { row, response },
            });
        }
    }
    let mut weights = block.weights.iter().flat_map(|w| &w[..block.rows]);
    match weights.position(|&w| bad(w) || w < 0.0) {
        Some(i) => Err(LinregError::BadWeight { row: before + i as u64 }),
        None => Ok(()),
    }
}

/// R of an earlier triangle stacked on a later one, and the sum of the products.
fn merge(isa: Isa) -> impl Fn(Partial, Partial) -> Partial {
    move |mut earlier, later| {
        earlier.triangle.merge(isa, later.triangle);
        if let (Some(sum), Some(products)) = (&mut earlier.products, later.products) {
            sum.add(&products);
        }
        earlier
    }
}

fn root_weights(w: &[f64]) -> Vec<f64> {
    w.iter().map(|w| w.sqrt()).collect()
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |m, v| if v.abs() > m { v.abs() } else { m })
}

fn positive(w: &[f64]) -> usize {
    w.iter().filter(|&&w| w > 0.0).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use planish_tensor::reduce;

    fn block(start: usize, n: usize) -> Block {
        let mut block = Block::new(2, 1, false);
        block.rows = n;
        for i in 0..n {
            let t = (start + i) as f64;
            block.x[0].hi[i] = 100.0 + t * 0.1;
            block.x[1].hi[i] = (t * t) % 97.0;
            block.y[0].hi[i] = (t * 31.0) % 13.0;
        }
        block
    }

    fn folded(isa: Isa, sizes: &[usize]) -> Folded {
        let mut fold = Fold::new(isa, true, 2, 1);
        let mut start = 0;
        for &n in sizes {
            fold.push(&block(start, n)).unwrap();
            start += n;
        }
        fold.finish().unwrap()
    }

    #[test]
    fn the_product_of_the_triangle_with_itself_is_the_gram_matrix() {
        let f = folded(Isa::best(), &[BLOCK_ROWS, BLOCK_ROWS, BLOCK_ROWS, 3]);
        let (mut gram, scale) = (0.0, f.scaling.exponents[1].scale());
        for i in 0..f.rows {
            let t = i as f64;
            let v = ((t * t) % 97.0 - f.scaling.shift[1]) * scale;
            gram += v * v;
        }
        let c = f.triangle.column(2);
        let found = reduce::dot(Isa::best(), c, c);
        assert!((found - gram).abs() < 1e-12 * gram, "{found} is not {gram}");
        assert!((f.triangle.column(0)[0].abs() - (f.rows as f64).sqrt()).abs() < 1e-11);
        assert!((1..4).all(|j| f.triangle.column(0)[j] == 0.0));
    }

    #[test]
    fn halves_merged_at_a_block_boundary_have_the_bits_of_the_whole() {
        let isa = Isa::best();
        let whole = folded(isa, &[BLOCK_ROWS; 4]);
        let mut early = Fold::new(isa, true, 2, 1);
        early.push(&block(0, BLOCK_ROWS)).unwrap();
        let mut late = early.starting_at(2).unwrap();
        early.push(&block(BLOCK_ROWS, BLOCK_ROWS)).unwrap();
        late.push(&block(2 * BLOCK_ROWS, BLOCK_ROWS)).unwrap();
        late.push(&block(3 * BLOCK_ROWS, BLOCK_ROWS)).unwrap();
        early.merge(late);
        assert_eq!(early.finish().unwrap().triangle, whole.triangle);
    }

    #[test]
    fn fewer_rows_than_columns_make_a_trapezoid() {
        let f = folded(Isa::best(), &[2]);
        assert_eq!((f.rows, f.used), (2, 2));
        assert_eq!(f.triangle.column(3)[2..], [0.0, 0.0]);
    }
}
