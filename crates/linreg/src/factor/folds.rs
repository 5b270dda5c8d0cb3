//! The triangular factor of [1 X y] of all rows, or of each fold of a cross-validation, by one pass over the rows.
//!
//! Rows of a fold are gathered into full blocks and folded as if they were a source of their own, all folds in the scaling that the first
//! block fixes, so that their triangles can be stacked.

use crate::error::{FitError, LinregError};
use crate::factor::fold::{Fold, Folded, check};
use crate::factor::gram::{Dependent, fold_watching};
use crate::factor::rank::DEFAULT_TOLERANCE;
use crate::factor::rank::Factor;
use crate::linalg::powers::{pow2, scale_by};
use crate::linalg::triangle::Triangle;
use crate::rows::block::{BLOCK_ROWS, Block, BlockSource, read};
use crate::rows::part::Part;
use crate::rows::scaling::{Exponent, Scaling};
use planish_tensor::rng::{Purpose, Stream};
use planish_tensor::{Exec, Isa, reduce};
use serde::{Deserialize, Serialize};

/// The fewest rows for which the Gram matrix is tried: with fewer it saves too little time to give up digits.
const MANY_ROWS: u64 = 4 * BLOCK_ROWS as u64;
/// The largest condition number κ for it, of the columns at unit norm that do not depend on others: coefficients are wrong by κ²·2⁻⁵³, 1e-10.
const LARGEST_CONDITION: f64 = 1e3;
/// The least part of the response's sum of squares that must be left unexplained: it is found as a difference, and loses digits if it is small.
const UNEXPLAINED: f64 = 1e-4;

/// How rows are dealt to folds: of each `folds` rows in a row, one goes to each fold, so that one pass is enough and the folds
/// differ by at most one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KFold {
    /// The number of folds, two or more.
    pub folds: usize,
    /// The seed of the order in which the folds take them; without one row i goes to fold i mod `folds`.
    pub seed: Option<u64>,
}

impl Default for KFold {
    /// Five folds in random order.
    fn default() -> Self {
        KFold { folds: 5, seed: Some(0) }
    }
}

impl KFold {
    /// The fold of each of the first rows.
    pub(crate) fn of_rows(self, rows: usize) -> Vec<usize> {
        let (mut out, mut order) = (Vec::with_capacity(rows), Vec::new());
        for group in 0..rows.div_ceil(self.folds) {
            self.order(group as u64, &mut order);
            out.extend_from_slice(&order);
        }
        out.truncate(rows);
        out
    }

    /// The folds of rows `group·folds` to `(group + 1)·folds − 1`.
    fn order(self, group: u64, to: &mut Vec<usize>) {
        to.clear();
        to.extend(0..self.folds);
        if let Some(seed) = self.seed {
            let stream = Stream::new(seed, Purpose::Split, 0);
            for i in (1..self.folds).rev() {
                to.swap(i, stream.below(group * self.folds as u64 + i as u64, i + 1));
            }
        }
    }
}

/// The triangles of all folds, in one scaling.
pub(crate) struct FoldTriangles {
    scaling: Scaling,
    rows: u64,
    parts: Vec<FoldTriangle>,
}

/// The triangle of the rows of one fold, or of all rows.
struct FoldTriangle {
    triangle: Triangle,
    /// Rows with a weight above zero.
    used: u64,
    /// The sum of the weights, in scaled units.
    weight: f64,
}

impl FoldTriangles {
    /// The number of folds; one if there was no cross-validation.
    pub(crate) fn folds(&self) -> usize {
        self.parts.len()
    }

    /// The factor of all rows but those of a fold, and the sum of their weights.
    pub(crate) fn without(&self, isa: Isa, fold: Option<usize>) -> (Folded, f64) {
        let mut kept = self.parts.iter().enumerate().filter(|(i, _)| Some(*i) != fold).map(|(_, p)| p);
        let first = kept.next().expect("there are two folds where one is left out");
        let mut folded = Folded {
            scaling: self.scaling.clone(),
            triangle: first.triangle.clone(),
            rows: self.rows,
            used: first.used,
        };
        let mut weight = first.weight;
        for part in kept {
            folded.triangle.merge(isa, part.triangle.clone());
            folded.used += part.used;
            weight += part.weight;
        }
        (folded, weight)
    }

    /// The weighted mean of the squares of [1 X y]·v over a fold's rows, in scaled units, and the fold's weight.
    pub(crate) fn mean_square(&self, isa: Isa, fold: usize, v: &[f64]) -> (f64, f64) {
        let part = &self.parts[fold];
        (part.triangle.product_norm2(isa, v) / part.weight, part.weight)
    }
}

/// The triangles of all rows: from the Gram matrix where there are many rows and that is enough, else by reflections ([`factor_folds`]).
pub(crate) fn factor_all<S: BlockSource>(
    exec: Exec,
    intercept: bool,
    source: &mut S,
) -> Result<FoldTriangles, FitError<S::Error>> {
    let few = source.matrices().is_some_and(|m| (m.x.rows() as u64) < MANY_ROWS);
    if source.responses() == 1 && !few {
        let mut weight = 0.0;
        let look = |part: Part<'_>| part.weights().map_or(part.rows() as f64, |w| reduce::sum(exec.isa, w));
        let watch = |of_block| weight += of_block;
        let quick = fold_watching(exec, source, intercept, Dependent::Kept, look, watch);
        if let Some(folded) = quick.map_err(FitError::Source)?.filter(|f| is_enough(exec.isa, f)) {
            return Ok(in_one_scaling(vec![(folded, weight)]));
        }
    }
    factor_folds(exec.isa, intercept, source, None, |_, _| Ok(()))
}

/// Whether the triangle of a Gram matrix is good enough where no refinement follows.
fn is_enough(isa: Isa, folded: &Folded) -> bool {
    let first = usize::from(folded.scaling.intercept);
    let terms = folded.triangle.order() - first - 1;
    let y = &folded.triangle.column(first + terms)[first..];
    let (total, rest) = (reduce::dot(isa, y, y), y[terms] * y[terms]);
    if folded.rows < MANY_ROWS || rest < UNEXPLAINED * total {
        return false;
    }
    let factor = Factor::new(isa, folded, terms, DEFAULT_TOLERANCE);
    factor.inverse_norm(&factor.norms(isa)) <= LARGEST_CONDITION
}

/// One pass over the rows of a source with one response; `watch` sees every block and the number of rows before it.
pub(crate) fn factor_folds<S: BlockSource>(
    isa: Isa,
    intercept: bool,
    source: &mut S,
    folds: Option<KFold>,
    mut watch: impl FnMut(&Block, u64) -> Result<(), LinregError>,
) -> Result<FoldTriangles, FitError<S::Error>> {
    let responses = source.responses();
    if responses != 1 {
        return Err(FitError::Linreg(LinregError::OneResponse { responses }));
    }
    if let Some(KFold { folds, .. }) = folds.filter(|f| f.folds < 2) {
        let needs = "it must be two or more";
        return Err(FitError::Linreg(LinregError::Setting {
            setting: "folds",
            value: folds.to_string(),
            needs,
        }));
    }
    let like = Block::new(source.terms(), 1, source.weighted());
    let mut dealer = Dealer::new(isa, intercept, &like, folds);
    read(source, |block| {
        check(block, dealer.rows)?;
        watch(block, dealer.rows)?;
        dealer.push(block)
    })?;
    Ok(dealer.finish()?)
}

/// Deals the rows to the folds, and folds each fold's rows block by block.
struct Dealer {
    isa: Isa,
    intercept: bool,
    folds: Option<KFold>,
    parts: Vec<Dealt>,
    rows: u64,
    /// The folds of the current group of rows, in order.
    order: Vec<usize>,
}

struct Dealt {
    fold: Fold,
    /// Rows that do not fill a block yet; unused without folds.
    buffer: Block,
    weight: f64,
    used: u64,
}

impl Dealer {
    fn new(isa: Isa, intercept: bool, like: &Block, folds: Option<KFold>) -> Dealer {
        let part = |_| Dealt {
            fold: Fold::new(isa, intercept, like.x.len(), 1),
            buffer: if folds.is_some() { like.clone() } else { Block::new(0, 0, false) },
            weight: 0.0,
            used: 0,
        };
        let parts = (0..folds.map_or(1, |f| f.folds)).map(part).collect();
        Dealer { isa, intercept, folds, parts, rows: 0, order: Vec::new() }
    }

    fn push(&mut self, block: &Block) -> Result<(), LinregError> {
        if self.rows == 0 {
            let scaling = Scaling::new(self.isa, self.intercept, block);
            self.parts.iter_mut().for_each(|p| p.fold.start_in(scaling.clone()));
        }
        let Some(folds) = self.folds else {
            self.rows += block.rows as u64;
            return self.parts[0].fold(self.isa, block);
        };
        for i in 0..block.rows {
            let (group, place) = (self.rows / folds.folds as u64, (self.rows % folds.folds as u64) as usize);
            if place == 0 || self.order.is_empty() {
                folds.order(group, &mut self.order);
            }
            self.rows += 1;
            self.parts[self.order[place]].take(self.isa, block, i)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<FoldTriangles, LinregError> {
        let folds = self.parts.len();
        let rows = self.rows;
        let mut done = Vec::with_capacity(folds);
        for (i, mut part) in std::mem::take(&mut self.parts).into_iter().enumerate() {
            part.flush(self.isa)?;
            if folds > 1 && rows > 0 && part.used == 0 {
                return Err(LinregError::EmptyFold { fold: i + 1, folds });
            }
            done.push((part.fold.finish()?, part.weight));
        }
        Ok(in_one_scaling(done))
    }
}

impl Dealt {
    fn take(&mut self, isa: Isa, from: &Block, i: usize) -> Result<(), LinregError> {
        self.buffer.append(from, i, i + 1);
        if self.buffer.rows == BLOCK_ROWS { self.flush(isa) } else { Ok(()) }
    }

    /// Folds the buffered rows.
    fn flush(&mut self, isa: Isa) -> Result<(), LinregError> {
        if self.buffer.rows == 0 {
            return Ok(());
        }
        let mut buffer = std::mem::replace(&mut self.buffer, Block::new(0, 0, false));
        self.fold(isa, &buffer)?;
        buffer.rows = 0;
        self.buffer = buffer;
        Ok(())
    }

    fn fold(&mut self, isa: Isa, block: &Block) -> Result<(), LinregError> {
        let n = block.rows;
        let weights = block.weights.as_ref().map(|w| &w[..n]);
        self.weight += weights.map_or(n as f64, |w| reduce::sum(isa, w));
        self.used += weights.map_or(n, |w| w.iter().filter(|&&w| w > 0.0).count()) as u64;
        self.fold.push(block)
    }
}

/// Scales the triangles so that each column has the same exponent in all: the largest that it had in any.
fn in_one_scaling(parts: Vec<(Folded, f64)>) -> FoldTriangles {
    let rows = parts.iter().map(|(folded, _)| folded.rows).sum();
    let mut scaling = parts[0].0.scaling.clone();
    for (part, _) in &parts {
        scaling.root = scaling.root.max(part.scaling.root);
        for (exponent, other) in scaling.exponents.iter_mut().zip(&part.scaling.exponents) {
            *exponent = (*exponent).max(*other);
        }
    }
    let factor = |old: Exponent, new: Exponent| {
        if old == Exponent::default() { 1.0 } else { pow2(old.value() - new.value()) }
    };
    let first = usize::from(scaling.intercept);
    let root = scaling.root;
    let triangle = |(mut folded, weight): (Folded, f64)| {
        for j in 0..folded.triangle.order() {
            let own = j
                .checked_sub(first)
                .map_or(1.0, |c| factor(folded.scaling.exponents[c], scaling.exponents[c]));
            folded.triangle.scale_column(j, own * factor(folded.scaling.root, root));
        }
        let weight = scale_by(weight, -2 * root.value());
        FoldTriangle { triangle: folded.triangle, used: folded.used, weight }
    };
    let parts = parts.into_iter().map(triangle).collect();
    FoldTriangles { scaling, rows, parts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::source::MatrixSource;
    use planish_tensor::Matrix;

    /// Columns with offsets, one of them three times as long, and counts.
    fn data(n: usize, p: usize) -> (Matrix<f64>, Matrix<f64>) {
        let random =
            |i: usize, j: usize| Stream::new(7, Purpose::Sample, 0).uniform((i * (p + 1) + j) as u64);
        let offset = |j: usize| if j == 0 { 100.0 } else { 0.0 };
        let x = Matrix::from_fn(n, p, |i, j| random(i, j) * if j == 1 { 3.0 } else { 1.0 } + offset(j));
        let eta = |row: &[f64]| row[0] - 100.0 - row[1] + row[2..].iter().sum::<f64>() * 0.5;
        let y = Matrix::from_fn(n, 1, |i, _| (eta(x.row(i)).max(0.0) + 3.0 * random(i, p)).floor());
        (x, y)
    }

    #[test]
    fn moments_of_the_gram_matrix_are_those_of_reflections() {
        let (x, y) = data(4 * BLOCK_ROWS + 9, 5);
        let weights: Vec<f64> = (0..x.rows()).map(|i| 0.5 + (i % 4) as f64).collect();
        for weights in [None, Some(&weights[..])] {
            let source = || MatrixSource::new(x.view(), y.view(), weights).unwrap();
            let isa = Isa::best();
            let quick = factor_all(Exec::serial(isa), true, &mut source()).unwrap();
            let slow = factor_folds(isa, true, &mut source(), None, |_, _| Ok(())).unwrap();
            let ((a, of_a), (b, of_b)) = (quick.without(isa, None), slow.without(isa, None));
            assert_eq!((a.rows, a.used), (b.rows, b.used));
            let unit = a.scaling.root.scale() / b.scaling.root.scale();
            assert!((of_a / unit / unit - of_b).abs() <= 1e-14 * of_b);
            // The scalings differ by the rows that fix their shifts, so what is below the first row is compared.
            for c in 0..6 {
                let scale = a.scaling.exponents[c].scale() / b.scaling.exponents[c].scale() * unit;
                let part = |f: &Folded| f.triangle.column(1 + c)[1..].iter().map(|x| x.abs()).collect();
                let (a, b): (Vec<f64>, Vec<f64>) = (part(&a), part(&b));
                let whole = b.iter().map(|x| x * x).sum::<f64>().sqrt();
                a.iter()
                    .zip(&b)
                    .for_each(|(a, b)| assert!((a / scale - b).abs() < 1e-12 * whole, "{a} {b} {scale}"));
            }
        }
    }
}
