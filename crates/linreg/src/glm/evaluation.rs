//! The penalised log-likelihood, its gradient and its Hessian at given coefficients, from one or two passes over the rows.
//!
//! On the way to the maximum sums in `f64` are enough ([`tile_pass`]); at the maximum η and the gradient are summed in double-double, since the
//! precision of the gradient limits that of the coefficients. With several predictors, or ill-conditioned columns, all passes are of the latter kind, and the
//! Hessian is formed from rows in the basis.

use super::basis::Basis;
use super::config::Glm;
use super::family::{Slopes, add};
use super::tile_pass;
use crate::error::FitError;
use crate::linalg::kernels::{Column, cross, residual};
use crate::rows::block::{BLOCK_ROWS, Block, BlockSource, read, same_rows};
use crate::rows::part::for_each_block;
use planish_tensor::dd::{DdVec, dot};
use planish_tensor::gemm::{Scratch, Start, matmul};
use planish_tensor::{Dd, Exec, MatMut, Matrix};

/// How the curvature is factored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// As a matrix, in the basis.
    Basis,
    /// By reflections of the weighted rows.
    Rows,
}

/// The coefficients of each predictor in scaled units, and the likelihood there.
pub(super) struct Evaluation {
    pub(super) beta: Vec<Vec<Dd>>,
    /// −Σ w·l without the penalty.
    pub(super) loss: f64,
    /// The loss and the penalty.
    pub(super) value: f64,
    /// The slope of −value, a predictor after the other.
    pub(super) gradient: Vec<Vec<Dd>>,
    /// The curvature of the loss in the basis, row-major, without the penalty; empty where it is not wanted.
    pub(super) information: Vec<f64>,
    /// How the loss and the gradient were summed.
    pub(super) effort: Effort,
}

impl Evaluation {
    pub(super) fn is_finite(&self) -> bool {
        self.value.is_finite() && self.gradient.iter().flatten().all(|g| g.is_finite())
    }
}

/// The columns of a block that are kept, shifted and scaled.
pub(super) fn columns<'b>(basis: &Basis, block: &'b Block) -> Vec<Column<'b>> {
    basis.kept.iter().map(|&term| basis.scaling.column(block, term)).collect()
}

/// η of a block's rows for coefficients in scaled units, summed in double-double.
pub(super) struct Predictors {
    zeros: DdVec,
    out: DdVec,
}

impl Predictors {
    pub(super) fn new() -> Predictors {
        Predictors { zeros: DdVec::zeros(BLOCK_ROWS), out: DdVec::zeros(BLOCK_ROWS) }
    }

    pub(super) fn of(&mut self, basis: &Basis, x: &[Column<'_>], n: usize, beta: &[Dd], to: &mut Vec<f64>) {
        // The residual of zeros for −β.
        let zeros = Column { values: self.zeros.first(n), shift: 0.0, scale: 1.0 };
        let minus: Vec<Dd> = beta.iter().map(|&b| -b).collect();
        let intercept = if basis.first == 1 { minus[0] } else { Dd::ZERO };
        residual(basis.isa, zeros, x, intercept, &minus[basis.first..], &mut self.out);
        to.clear();
        to.extend(self.out.hi[..n].iter().zip(&self.out.lo[..n]).map(|(h, l)| h + l));
    }
}

/// How the loss and its gradient were summed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// In `f64`, enough for a step.
    Quick,
    /// In double-double.
    Exact,
}

/// What each evaluation needs.
pub(super) struct Likelihood<'a> {
    exec: Exec,
    pub(super) model: &'a Glm,
    pub(super) basis: &'a Basis,
    /// Rows that the source must have.
    pub(super) rows: u64,
    /// Whether passes on the way may be quick.
    by_tiles: bool,
}

impl<'a> Likelihood<'a> {
    pub(super) fn new(exec: Exec, model: &'a Glm, basis: &'a Basis, rows: u64) -> Likelihood<'a> {
        let by_tiles = tile_pass::is_enough(basis, model.family);
        Likelihood { exec, model, basis, rows, by_tiles }
    }

    /// The likelihood at these coefficients, with what a step by this route needs.
    pub(super) fn evaluate<S: BlockSource>(
        &self,
        source: &mut S,
        beta: Vec<Vec<Dd>>,
        route: Route,
    ) -> Result<Evaluation, FitError<S::Error>> {
        let (family, basis) = (self.model.family, self.basis);
        if route == Route::Rows {
            let sums = self.exact(source, &beta)?;
            return Ok(self.finish(beta, sums, Vec::new(), Effort::Exact));
        }
        if !self.by_tiles {
            let (sums, information) = self.all_exact(source, &beta)?;
            return Ok(self.finish(beta, sums, information, Effort::Exact));
        }
        let rounded: Vec<f64> = beta[0].iter().map(|b| b.to_f64()).collect();
        let found = tile_pass::run(self.exec, family, basis, source, self.rows, &rounded)?;
        let sums = Sums { loss: found.loss, gradient: vec![found.gradient] };
        Ok(self.finish(beta, sums, found.information, Effort::Quick))
    }

    /// Sums the loss and its gradient in double-double, where they are not yet.
    pub(super) fn sharpen<S: BlockSource>(
        &self,
        source: &mut S,
        at: &mut Evaluation,
    ) -> Result<(), FitError<S::Error>> {
        if at.effort == Effort::Quick {
            let sums = self.exact(source, &at.beta)?;
            let (beta, information) = (std::mem::take(&mut at.beta), std::mem::take(&mut at.information));
            *at = self.finish(beta, sums, information, Effort::Exact);
        }
        Ok(())
    }

    /// The loss and its gradient in double-double.
    fn exact<S: BlockSource>(&self, source: &mut S, beta: &[Vec<Dd>]) -> Result<Sums, FitError<S::Error>> {
        let mut total = self.nothing();
        let read = for_each_block(
            self.exec,
            source,
            None,
            || (None, Gradients::new(self)),
            |part, (room, gradients)| {
                let mut sums = self.nothing();
                gradients.add(self.basis, beta, part.block(self.basis.isa, room), &mut sums);
                sums
            },
            |block| total.add(&block),
        );
        same_rows(self.rows, read.map_err(FitError::Source)?)?;
        Ok(total)
    }

    /// The same and the curvature, with rows in the basis: for any number of predictors and any condition number.
    fn all_exact<S: BlockSource>(
        &self,
        source: &mut S,
        beta: &[Vec<Dd>],
    ) -> Result<(Sums, Vec<f64>), FitError<S::Error>> {
        let size = self.basis.len() * beta.len();
        let mut total = self.nothing();
        let mut gradients = Gradients::new(self);
        let mut work = Work::new(self.basis);
        let mut information = Matrix::zeros(size, size);
        let mut now = 0;
        read(source, |block| {
            now += block.rows as u64;
            gradients.add(self.basis, beta, block, &mut total);
            work.load(self.exec, self.basis, &columns(self.basis, block), block.rows);
            for a in 0..beta.len() {
                (0..=a)
                    .for_each(|b| work.add_information(self.exec, &gradients.slopes, a, b, &mut information));
            }
            Ok(())
        })?;
        same_rows(self.rows, now)?;
        // Blocks below the diagonal were formed; those above mirror them.
        let of = |i: usize, j: usize| information[(i.max(j), i.min(j))];
        Ok((total, (0..size * size).map(|at| of(at / size, at % size)).collect()))
    }

    fn nothing(&self) -> Sums {
        let heads = self.model.family.predictors();
        Sums { loss: Dd::ZERO, gradient: vec![vec![Dd::ZERO; self.basis.len()]; heads] }
    }

    /// Adds the penalty.
    fn finish(&self, beta: Vec<Vec<Dd>>, sums: Sums, information: Vec<f64>, effort: Effort) -> Evaluation {
        let loss = sums.loss.to_f64();
        let (slope, penalty) = self.basis.penalty_slope(self.model.family, &beta);
        let less = |(g, s): (&Dd, &f64)| *g - Dd::from(*s);
        let gradient = sums.gradient.iter().zip(&slope);
        let gradient = gradient.map(|(g, s)| g.iter().zip(s).map(less).collect()).collect();
        Evaluation { beta, loss, value: loss + penalty, gradient, information, effort }
    }
}

/// What a pass adds up: −Σ w·l, and its slope with the other sign, by predictor.
struct Sums {
    loss: Dd,
    gradient: Vec<Vec<Dd>>,
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.loss = self.loss + other.loss;
        for (to, from) in self.gradient.iter_mut().zip(&other.gradient) {
            to.iter_mut().zip(from).for_each(|(t, f)| *t = *t + *f);
        }
    }
}

/// Buffers of a block's η and slopes.
struct Gradients {
    predictors: Predictors,
    eta: Vec<Vec<f64>>,
    slopes: Slopes,
    ones: DdVec,
    slope: DdVec,
}

impl Gradients {
    fn new(of: &Likelihood<'_>) -> Gradients {
        let mut ones = DdVec::zeros(BLOCK_ROWS);
        ones.hi.fill(1.0);
        Gradients {
            predictors: Predictors::new(),
            eta: vec![Vec::new(); of.model.family.predictors()],
            slopes: Slopes::new(of.basis.isa, of.model.family),
            ones,
            slope: DdVec::zeros(BLOCK_ROWS),
        }
    }

    fn add(&mut self, basis: &Basis, beta: &[Vec<Dd>], block: &Block, to: &mut Sums) {
        let (n, isa, first) = (block.rows, basis.isa, basis.first);
        let x = columns(basis, block);
        for (beta, eta) in beta.iter().zip(&mut self.eta) {
            self.predictors.of(basis, &x, n, beta, eta);
        }
        let weights = block.weights.as_ref().map(|w| &w[..n]);
        add(&mut to.loss, self.slopes.take(&self.eta, &block.y[0].hi[..n], weights));
        for (slope, gradient) in self.slopes.slope.iter().zip(&mut to.gradient) {
            self.slope.hi[..n].copy_from_slice(slope);
            let slope = self.slope.first(n);
            if first == 1 {
                gradient[0] = gradient[0] + dot(isa, self.ones.first(n), slope);
            }
            for (g, x) in gradient[first..].iter_mut().zip(&x) {
                *g = *g + cross(isa, *x, slope);
            }
        }
    }
}

/// The most columns that are formed in double-double, and the square of the condition number from which on they are: with products in `f64` a column of
/// the basis has the rounding of `f64` times that number, and so have standard errors.
const MAX_PRECISE: usize = 64;
const PRECISE_FROM: f64 = 1e8;

/// Blocks of rows: as they are, in the basis, and weighted.
struct Work {
    /// R⁻¹ column by column, where the rows are brought into the basis in double-double.
    precise: Vec<Vec<Dd>>,
    predictors: Predictors,
    column: Vec<f64>,
    rows: Matrix<f64>,
    z: Matrix<f64>,
    weighted: Matrix<f64>,
    weights: Vec<f64>,
    scratch: Scratch<f64>,
}

impl Work {
    fn new(basis: &Basis) -> Work {
        let m = basis.len();
        let matrix = || Matrix::zeros(BLOCK_ROWS, m);
        let is_precise = m <= MAX_PRECISE && basis.square_condition() > PRECISE_FROM;
        let column = |j: usize| (0..m).map(|i| Dd::from(basis.inverse[(i, j)])).collect();
        Work {
            precise: if is_precise { (0..m).map(column).collect() } else { Vec::new() },
            predictors: Predictors::new(),
            column: Vec::new(),
            rows: matrix(),
            z: matrix(),
            weighted: matrix(),
            weights: Vec::new(),
            scratch: Scratch::new(),
        }
    }

    /// Adds Zᵀ·diag(curvature)·Z of the rows last loaded to the block of predictors a and b.
    fn add_information(&mut self, exec: Exec, slopes: &Slopes, a: usize, b: usize, to: &mut Matrix<f64>) {
        let (m, size) = (self.z.cols(), to.cols());
        let Work { z, weighted, weights, scratch, .. } = self;
        slopes.curvature(a, b, weights);
        for (i, &w) in weights.iter().enumerate() {
            weighted.row_mut(i).iter_mut().zip(z.row(i)).for_each(|(to, z)| *to = w * z);
        }
        let n = weights.len();
        let block = MatMut::with_stride(&mut to.as_mut_slice()[a * m * size + b * m..], m, m, size);
        matmul(exec, z.rows_view(0, n).t(), weighted.rows_view(0, n), block, Start::Add, scratch);
    }

    /// The rows in the basis.
    fn load(&mut self, exec: Exec, basis: &Basis, x: &[Column<'_>], n: usize) {
        for (j, inverse) in self.precise.iter().enumerate() {
            self.predictors.of(basis, x, n, inverse, &mut self.column);
            self.column.iter().enumerate().for_each(|(i, &z)| self.z[(i, j)] = z);
        }
        if !self.precise.is_empty() {
            return;
        }
        for i in 0..n {
            let row = self.rows.row_mut(i);
            if basis.first == 1 {
                row[0] = 1.0;
            }
            for (to, c) in row[basis.first..].iter_mut().zip(x) {
                *to = (c.values.hi[i] - c.shift + c.values.lo[i]) * c.scale;
            }
        }
        let cols = self.z.cols();
        let z = MatMut::new(&mut self.z.as_mut_slice()[..n * cols], n, cols);
        matmul(exec, self.rows.rows_view(0, n), basis.inverse.view(), z, Start::Zero, &mut self.scratch);
    }
}
