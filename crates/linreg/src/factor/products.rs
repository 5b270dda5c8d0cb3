//! The products of the columns of √W·[1 X Y] in scaled units, in double-double: what the refinement of one pass over the rows needs.
//!
//! A triangle in `f64` alone gives the digits of `f64`, divided by the condition number κ. With the products G in double-double the right-hand side
//! of the corrected semi-normal equations, XᵀW(y − Xβ) = g − G·β, is known to some 2⁻¹⁰⁰ of its parts without reading the rows again, so that coefficients
//! are right to about κ²·2⁻¹⁰⁰: for κ up to 10⁶ all digits of `f64`, beyond that what the triangle gives or better.

use crate::linalg::kernels::{cross, residual, weigh};
use crate::rows::block::{BLOCK_ROWS, Block};
use crate::rows::scaling::Scaling;
use planish_tensor::dd::{DdVec, dot};
use planish_tensor::{Dd, Isa};

/// A symmetric matrix, of which element (i, j) with i ≤ j is at j(j + 1)/2 + i.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Products(Vec<Dd>);

fn place(i: usize, j: usize) -> usize {
    let (i, j) = (i.min(j), i.max(j));
    j * (j + 1) / 2 + i
}

impl Products {
    /// Element (i, j).
    pub(crate) fn at(&self, i: usize, j: usize) -> Dd {
        self.0[place(i, j)]
    }

    /// Adds those of other rows.
    pub(crate) fn add(&mut self, other: &Products) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, &b)| *a = *a + b);
    }

    fn order(&self) -> usize {
        (0..).find(|&m| m * (m + 1) / 2 == self.0.len()).expect("a triangle")
    }

    /// Multiplies column j by a power of two.
    pub(crate) fn scale_column(&mut self, j: usize, factor: f64) {
        for i in 0..self.order() {
            let twice = if i == j { factor * factor } else { factor };
            let x = &mut self.0[place(i, j)];
            *x = Dd { hi: x.hi * twice, lo: x.lo * twice };
        }
    }

    /// Adds the first column times this to column j.
    pub(crate) fn add_first_column(&mut self, j: usize, by: Dd) {
        self.0[place(j, j)] = self.at(j, j) + by * (self.at(0, j) + self.at(0, j) + by * self.at(0, 0));
        for i in (0..self.order()).filter(|&i| i != j) {
            self.0[place(i, j)] = self.at(i, j) + by * self.at(0, i);
        }
    }
}

/// Forms products of blocks.
#[derive(Clone, Debug)]
pub(crate) struct Multiplier {
    weights: Vec<f64>,
    ones: DdVec,
    column: DdVec,
    weighted: DdVec,
}

impl Multiplier {
    pub(crate) fn new() -> Multiplier {
        let zeros = || DdVec::zeros(BLOCK_ROWS);
        let mut ones = zeros();
        ones.hi.fill(1.0);
        Multiplier { weights: Vec::new(), ones, column: zeros(), weighted: zeros() }
    }

    /// The products of a block's columns.
    pub(crate) fn products(&mut self, isa: Isa, scaling: &Scaling, block: &Block) -> Products {
        let n = block.rows;
        let Multiplier { weights, ones, column, weighted } = self;
        weights.clear();
        if let Some(w) = &block.weights {
            let root = scaling.root.scale();
            weights.extend(w[..n].iter().map(|w| w * root * root));
        }
        let mut out = Vec::new();
        let data = block.x.len() + block.y.len();
        if scaling.intercept {
            weigh_all(isa, n, ones, weights, weighted);
            out.push(dot(isa, ones.first(n), weighted.first(n)));
        }
        for c in 0..data {
            residual(isa, scaling.column(block, c), &[], Dd::ZERO, &[], column);
            weigh_all(isa, n, column, weights, weighted);
            if scaling.intercept {
                out.push(dot(isa, ones.first(n), weighted.first(n)));
            }
            out.extend((0..=c).map(|j| cross(isa, scaling.column(block, j), weighted.first(n))));
        }
        Products(out)
    }
}

/// to ← w·x for the first n rows, or x where there are no weights.
fn weigh_all(isa: Isa, n: usize, x: &DdVec, weights: &[f64], to: &mut DdVec) {
    if weights.is_empty() {
        to.hi[..n].copy_from_slice(&x.hi[..n]);
        to.lo[..n].copy_from_slice(&x.lo[..n]);
    } else {
        weigh(isa, x.first(n), weights, to);
    }
}
