//! One pass over the rows: the penalised log-likelihood, its gradient and its Hessian at given coefficients.

use super::basis::Basis;
use super::config::Glm;
use super::family::{Slopes, add};
use crate::block::{BLOCK_ROWS, Block, BlockSource, read, same_rows};
use crate::error::FitError;
use crate::kernels::{Column, cross, residual};
use planish_tensor::dd::{DdVec, dot};
use planish_tensor::gemm::{Scratch, Start, matmul};
use planish_tensor::{Dd, Exec, MatMut, Matrix};

/// The coefficients of each predictor in the frame, and what a pass finds there.
#[derive(Clone)]
pub(super) struct Evaluation {
    pub(super) beta: Vec<Vec<f64>>,
    /// −Σ w·l without the penalty.
    pub(super) loss: f64,
    /// The loss and the penalty.
    pub(super) value: f64,
    /// The slope of −value, a predictor after the other.
    pub(super) gradient: Vec<Vec<f64>>,
    /// The curvature of the loss in the basis, row-major, without the penalty.
    pub(super) information: Vec<f64>,
}

/// The columns of a block that are kept, as seen in the frame.
pub(super) fn columns<'b>(basis: &Basis, block: &'b Block) -> Vec<Column<'b>> {
    basis.kept.iter().map(|&term| basis.frame.column(block, term)).collect()
}

/// η of a block's rows for coefficients in the frame, summed in double-double.
pub(super) struct Predictors {
    zeros: DdVec,
    out: DdVec,
}

impl Predictors {
    pub(super) fn new() -> Predictors {
        Predictors { zeros: DdVec::zeros(BLOCK_ROWS), out: DdVec::zeros(BLOCK_ROWS) }
    }

    pub(super) fn of(&mut self, basis: &Basis, x: &[Column<'_>], n: usize, beta: &[f64], to: &mut Vec<f64>) {
        // The residual of zeros for −β.
        let zeros = Column { values: self.zeros.first(n), shift: 0.0, scale: 1.0 };
        let minus: Vec<Dd> = beta.iter().map(|&b| Dd::from(-b)).collect();
        let intercept = if basis.first == 1 { minus[0] } else { Dd::ZERO };
        residual(basis.isa, zeros, x, intercept, &minus[basis.first..], &mut self.out);
        to.clear();
        to.extend(self.out.hi[..n].iter().zip(&self.out.lo[..n]).map(|(h, l)| h + l));
    }
}

/// One pass at these coefficients; `rows` is what the source must have.
pub(super) fn evaluate<S: BlockSource>(
    model: &Glm,
    basis: &Basis,
    source: &mut S,
    rows: u64,
    beta: Vec<Vec<f64>>,
) -> Result<Evaluation, FitError<S::Error>> {
    let mut pass = Pass::new(model, basis, beta);
    let mut now = 0;
    read(source, |block| {
        now += block.rows as u64;
        pass.add(block);
        Ok(())
    })?;
    same_rows(rows, now)?;
    Ok(pass.finish())
}

struct Pass<'a> {
    model: &'a Glm,
    basis: &'a Basis,
    beta: Vec<Vec<f64>>,
    loss: Dd,
    gradient: Vec<Vec<Dd>>,
    information: Matrix<f64>,
    predictors: Predictors,
    eta: Vec<Vec<f64>>,
    slopes: Slopes,
    work: Work,
}

/// Blocks of rows: as they are, in the basis, and weighted.
struct Work {
    rows: Matrix<f64>,
    z: Matrix<f64>,
    weighted: Matrix<f64>,
    weights: Vec<f64>,
    ones: DdVec,
    slope: DdVec,
    scratch: Scratch<f64>,
}

impl<'a> Pass<'a> {
    fn new(model: &'a Glm, basis: &'a Basis, beta: Vec<Vec<f64>>) -> Pass<'a> {
        let (m, heads) = (basis.len(), beta.len());
        let mut ones = DdVec::zeros(BLOCK_ROWS);
        ones.hi.fill(1.0);
        let matrix = || Matrix::zeros(BLOCK_ROWS, m);
        Pass {
            model,
            basis,
            loss: Dd::ZERO,
            gradient: vec![vec![Dd::ZERO; m]; heads],
            information: Matrix::zeros(heads * m, heads * m),
            predictors: Predictors::new(),
            eta: vec![Vec::new(); heads],
            slopes: Slopes::new(basis.isa, model.family),
            work: Work {
                rows: matrix(),
                z: matrix(),
                weighted: matrix(),
                weights: Vec::new(),
                ones,
                slope: DdVec::zeros(BLOCK_ROWS),
                scratch: Scratch::new(),
            },
            beta,
        }
    }

    fn add(&mut self, block: &Block) {
        let n = block.rows;
        let x = columns(self.basis, block);
        for (beta, eta) in self.beta.iter().zip(&mut self.eta) {
            self.predictors.of(self.basis, &x, n, beta, eta);
        }
        let weights = block.weights.as_ref().map(|w| &w[..n]);
        add(&mut self.loss, self.slopes.take(&self.eta, &block.y[0].hi[..n], weights));
        for a in 0..self.beta.len() {
            self.add_gradient(a, &x, n);
        }
        self.work.load(self.basis, &x, n);
        for a in 0..self.beta.len() {
            for b in 0..=a {
                self.add_information(a, b, n);
            }
        }
    }

    fn add_gradient(&mut self, a: usize, x: &[Column<'_>], n: usize) {
        let (isa, first) = (self.basis.isa, self.basis.first);
        self.work.slope.hi[..n].copy_from_slice(&self.slopes.slope[a]);
        let slope = self.work.slope.first(n);
        let gradient = &mut self.gradient[a];
        if first == 1 {
            gradient[0] = gradient[0] + dot(isa, self.work.ones.first(n), slope);
        }
        for (g, x) in gradient[first..].iter_mut().zip(x) {
            *g = *g + cross(isa, *x, slope);
        }
    }

    /// Adds Zᵀ·diag(curvature)·Z to the block of predictors a and b.
    fn add_information(&mut self, a: usize, b: usize, n: usize) {
        let (m, heads) = (self.basis.len(), self.beta.len());
        let Work { z, weighted, weights, scratch, .. } = &mut self.work;
        self.slopes.curvature(a, b, weights);
        for (i, &w) in weights.iter().enumerate() {
            weighted.row_mut(i).iter_mut().zip(z.row(i)).for_each(|(to, z)| *to = w * z);
        }
        let to = &mut self.information.as_mut_slice()[a * m * heads * m + b * m..];
        let block = MatMut::with_stride(to, m, m, heads * m);
        let exec = Exec::serial(self.basis.isa);
        matmul(exec, z.rows_view(0, n).t(), weighted.rows_view(0, n), block, Start::Add, scratch);
    }

    fn finish(self) -> Evaluation {
        let (m, heads) = (self.basis.len(), self.beta.len());
        let size = heads * m;
        let mut information = self.information.as_slice().to_vec();
        for i in 0..size {
            // Blocks below the diagonal were formed; those above mirror them.
            (i + 1..size).for_each(|j| information[i * size + j] = information[j * size + i]);
        }
        let loss = self.loss.to_f64();
        let (slope, penalty) = self.basis.penalty_slope(self.model.family, &self.beta);
        let gradient = self.gradient.iter().zip(&slope);
        let gradient = gradient
            .map(|(g, s)| g.iter().zip(s).map(|(g, s)| (*g - Dd::from(*s)).to_f64()).collect())
            .collect();
        Evaluation { beta: self.beta, loss, value: loss + penalty, gradient, information }
    }
}

impl Work {
    /// The rows in the basis.
    fn load(&mut self, basis: &Basis, x: &[Column<'_>], n: usize) {
        for i in 0..n {
            let row = self.rows.row_mut(i);
            if basis.first == 1 {
                row[0] = 1.0;
            }
            for (to, c) in row[basis.first..].iter_mut().zip(x) {
                *to = (c.values.hi[i] - c.shift + c.values.lo[i]) * c.scale;
            }
        }
        let (cols, exec) = (self.z.cols(), Exec::serial(basis.isa));
        let z = MatMut::new(&mut self.z.as_mut_slice()[..n * cols], n, cols);
        matmul(exec, self.rows.rows_view(0, n), basis.inverse.view(), z, Start::Zero, &mut self.scratch);
    }
}
