//! The rows in memory, for products with many vectors.
//!
//! A term that is mostly zero, as the indicator of a level is, is held as its other values; what its shift takes away is made up for by the intercept. All
//! other terms are held shifted and scaled.

use super::basis::Basis;
use super::evaluation::columns;
use crate::error::FitError;
use crate::linalg::kernels::Column;
use crate::rows::block::{Block, BlockSource, read};
use planish_tensor::{Isa, reduce};

/// The most memory that rows may take.
const MAX_BYTES: usize = 2 << 30;
/// A term with more of its values other than zero than one in so many is dense.
const SPARSE: usize = 4;
/// Rows of a chunk: sums over chunks are added in order.
pub(super) const CHUNK: usize = 1024;

/// The rows of [1 X], in scaled units, and their responses and weights.
pub(super) struct Stored {
    isa: Isa,
    first: usize,
    /// Columns of [1 X].
    columns: usize,
    pub(super) y: Vec<f64>,
    pub(super) weights: Option<Vec<f64>>,
    /// The dense columns, and their values row by row.
    dense: Vec<usize>,
    values: Vec<f64>,
    /// Of each row where its other values begin, and each one with its column.
    starts: Vec<usize>,
    others: Vec<(u32, f64)>,
    /// What the shift of each column that is not dense takes away, in scaled units.
    offsets: Vec<f64>,
}

impl Stored {
    /// Reads the rows twice; none if they take too much memory.
    pub(super) fn new<S: BlockSource>(
        basis: &Basis,
        source: &mut S,
        rows: u64,
    ) -> Result<Option<Stored>, FitError<S::Error>> {
        let mut filled = vec![0_usize; basis.kept.len()];
        read(source, |block| {
            for (filled, x) in filled.iter_mut().zip(columns(basis, block)) {
                *filled += (0..block.rows).filter(|&i| x.values.hi[i] != 0.0).count();
            }
            Ok(())
        })?;
        let is_dense: Vec<bool> = filled.iter().map(|f| *f > rows as usize / SPARSE).collect();
        let dense = is_dense.iter().filter(|d| **d).count() * rows as usize;
        let sparse: usize = filled.iter().zip(&is_dense).filter(|(_, d)| !**d).map(|(f, _)| f).sum();
        if dense * size_of::<f64>() + sparse * size_of::<(u32, f64)>() > MAX_BYTES {
            return Ok(None);
        }
        let mut stored = Stored::empty(basis, &is_dense, source.weighted());
        stored.values.reserve(dense);
        stored.others.reserve(sparse);
        read(source, |block| {
            stored.push(&columns(basis, block), &is_dense, block);
            Ok(())
        })?;
        Ok(Some(stored))
    }

    fn empty(basis: &Basis, is_dense: &[bool], weighted: bool) -> Stored {
        let (first, columns) = (basis.first, basis.len());
        let offset = |(&term, dense): (&usize, &bool)| match dense {
            true => 0.0,
            false => basis.scaling.shift[term] * basis.scaling.exponents[term].scale(),
        };
        let own = basis.kept.iter().zip(is_dense).map(offset);
        Stored {
            isa: basis.isa,
            first,
            columns,
            y: Vec::new(),
            weights: weighted.then(Vec::new),
            dense: (0..is_dense.len()).filter(|&k| is_dense[k]).map(|k| first + k).collect(),
            values: Vec::new(),
            starts: vec![0],
            others: Vec::new(),
            offsets: std::iter::repeat_n(0.0, first).chain(own).collect(),
        }
    }

    fn push(&mut self, x: &[Column<'_>], is_dense: &[bool], block: &Block) {
        for i in 0..block.rows {
            for (k, (x, dense)) in x.iter().zip(is_dense).enumerate() {
                let (hi, lo) = (x.values.hi[i], x.values.lo[i]);
                if *dense {
                    self.values.push((hi - x.shift + lo) * x.scale);
                } else if hi != 0.0 {
                    self.others.push(((self.first + k) as u32, (hi + lo) * x.scale));
                }
            }
            self.starts.push(self.others.len());
        }
        self.y.extend_from_slice(&block.y[0].hi[..block.rows]);
        if let (Some(to), Some(from)) = (&mut self.weights, &block.weights) {
            to.extend_from_slice(&from[..block.rows]);
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.y.len()
    }

    /// The rows of a chunk.
    pub(super) fn chunk(&self, chunk: usize) -> std::ops::Range<usize> {
        chunk * CHUNK..((chunk + 1) * CHUNK).min(self.rows())
    }

    /// [1 X]·b of these rows for the coefficients of each predictor.
    pub(super) fn times(&self, rows: std::ops::Range<usize>, beta: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let d = self.dense.len();
        let of = |beta: &Vec<f64>| {
            let dense: Vec<f64> = self.dense.iter().map(|&j| beta[j]).collect();
            let constant = if self.first == 1 { beta[0] } else { 0.0 };
            let constant = constant - reduce::dot(self.isa, &self.offsets, beta);
            let eta = |i: usize| {
                let others = &self.others[self.starts[i]..self.starts[i + 1]];
                let sum = others.iter().fold(constant, |sum, (j, x)| sum + x * beta[*j as usize]);
                sum + reduce::dot(self.isa, &self.values[i * d..][..d], &dense)
            };
            rows.clone().map(eta).collect()
        };
        beta.iter().map(of).collect()
    }

    /// [1 X]ᵀ·t for the numbers of these rows by predictor.
    pub(super) fn transposed(&self, rows: std::ops::Range<usize>, t: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let d = self.dense.len();
        let of = |t: &Vec<f64>| {
            let (mut out, mut dense, mut total) = (vec![0.0; self.columns], vec![0.0; d], 0.0);
            for (i, &t) in rows.clone().zip(t) {
                total += t;
                for (j, x) in &self.others[self.starts[i]..self.starts[i + 1]] {
                    out[*j as usize] += x * t;
                }
                reduce::axpy(self.isa, t, &self.values[i * d..][..d], &mut dense);
            }
            reduce::axpy(self.isa, -total, &self.offsets, &mut out);
            self.dense.iter().zip(&dense).for_each(|(&j, x)| out[j] = *x);
            if self.first == 1 {
                out[0] = total;
            }
            out
        };
        t.iter().map(of).collect()
    }
}
