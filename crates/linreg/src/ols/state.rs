//! The mergeable state of least squares: rows come in any pieces, once, on one machine or several.
//!
//! It is the fold of a fit (`fold`) with the products of the columns in double-double beside it (`products`). Rows are cut into blocks of
//! [`BLOCK_ROWS`] and merged in a tree of the blocks' numbers alone, so the result has the same bits whatever the pieces in which they come.

use crate::error::LinregError;
use crate::error::same;
use crate::factor::alias;
use crate::factor::dependence;
use crate::factor::factorization::Factorization;
use crate::factor::fold::Fold;
use crate::factor::rank::Factor;
use crate::fitted::regression::FittedLinearRegression;
use crate::ols::regression::LinearRegression;
use crate::refine::problem::{Problem, Solution};
use crate::refine::solve::solve_by;
use crate::rows::block::{BLOCK_ROWS, Block};
use planish_tensor::Isa;

/// What least squares needs of the rows that were seen: some (m² + m)·log₂(n/4096) numbers for m columns of [1 X Y] and n rows, and one block.
///
/// # Numerics
/// Any cut of one sequence of rows into updates gives the same bits. So do states merged where one was begun by [`LeastSquaresState::after`] for the
/// rows that follow the other's, which must be whole blocks. Other merges change at most the last digit.
///
/// Coefficients are refined with the products of the columns in double-double: they have all digits of `f64` for a condition number up to about 10⁶. Beyond that
/// a fit that reads the rows again, [`Fit::fit`](crate::Fit::fit), has more. The fit has standard errors, but no [`Inference`](crate::ols::Inference): that needs the
/// residuals.
///
/// ```
/// use planish_linreg::{LeastSquaresState, LinearRegression};
/// use planish_linreg::rows::Block;
/// use planish_tensor::Isa;
///
/// let rows = |from: u32, to: u32| {
///     let mut block = Block::new(1, 1, false);
///     block.rows = (to - from) as usize;
///     for (i, t) in (from..to).enumerate() {
///         block.x[0].hi[i] = f64::from(t);
///         block.y[0].hi[i] = 3.0 - 0.5 * f64::from(t);
///     }
///     block
/// };
/// let new = || LeastSquaresState::new(LinearRegression::default(), Isa::best(), 1, 1, false);
/// let mut here = new()?;
/// here.update(&rows(0, 10))?;
/// let mut there = new()?;
/// there.update(&rows(10, 1000))?;
/// here.merge(there)?;
/// let fitted = here.solve()?;
/// assert_eq!(fitted.rows, 1000);
/// assert_eq!(fitted.responses[0].intercept.to_f64(), 3.0);
/// assert_eq!(fitted.responses[0].coef[0].to_f64(), -0.5);
/// # Ok::<(), planish_linreg::LinregError>(())
/// ```
#[derive(Clone, Debug)]
pub struct LeastSquaresState {
    regression: LinearRegression,
    isa: Isa,
    fold: Fold,
    /// Rows that do not fill a block yet.
    pending: Block,
}

impl LeastSquaresState {
    /// A state of no rows. Of the settings, `inference` and `cholesky` have no meaning here.
    ///
    /// # Errors
    /// Neither terms nor an intercept, or no response.
    pub fn new(
        regression: LinearRegression,
        isa: Isa,
        terms: usize,
        responses: usize,
        weighted: bool,
    ) -> Result<Self, LinregError> {
        regression.check_columns(terms, responses)?;
        let fold = Fold::new(isa, regression.fit_intercept, terms, responses).with_products();
        Ok(LeastSquaresState { regression, isa, fold, pending: Block::new(terms, responses, weighted) })
    }

    /// A state for the rows that follow `blocks` full blocks of the sequence that this state began, for another thread or machine. None before this
    /// state has seen a full block, which fixes the units in which all are folded.
    pub fn after(&self, blocks: u64) -> Option<Self> {
        let fold = self.fold.starting_at(blocks)?;
        let mut pending = self.pending.clone();
        pending.rows = 0;
        Some(LeastSquaresState { fold, pending, ..self.clone() })
    }

    /// The rows seen.
    pub fn rows(&self) -> u64 {
        self.fold.rows() + self.pending.rows as u64
    }

    /// Takes the rows of a block, which may have any number of them.
    ///
    /// # Errors
    /// Numbers that cannot be computed with, or a block of other columns; the state may then have taken some of the block's first rows.
    pub fn update(&mut self, block: &Block) -> Result<(), LinregError> {
        self.same_columns(block)?;
        let mut from = 0;
        while from < block.rows {
            let to = block.rows.min(from + BLOCK_ROWS - self.pending.rows);
            self.pending.append(block, from, to);
            from = to;
            if self.pending.rows == BLOCK_ROWS {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Takes what another state has seen.
    ///
    /// # Errors
    /// A state of other columns, or numbers among its last rows that cannot be computed with.
    pub fn merge(&mut self, mut other: LeastSquaresState) -> Result<(), LinregError> {
        self.same_columns(&other.pending)?;
        let intercept = |s: &LeastSquaresState| usize::from(s.regression.fit_intercept);
        same("intercepts", intercept(self), intercept(&other))?;
        if self.pending.rows > 0 && other.fold.rows() > 0 {
            other.flush()?;
        }
        self.fold.merge(other.fold);
        self.update(&other.pending)
    }

    /// The fit of all rows seen.
    ///
    /// # Errors
    /// Rows that cannot be fitted: see [`LinregError`].
    pub fn solve(&self) -> Result<FittedLinearRegression, LinregError> {
        let mut all = self.clone();
        all.flush()?;
        let (folded, products) = all.fold.finish_with_products()?;
        let products = products.expect("the fold forms products");
        let (isa, terms) = (self.isa, self.pending.x.len());
        self.regression.check_rows(folded.used, terms)?;
        let factor = Factor::new(isa, &folded, terms, self.regression.tolerance);
        let (factor, anew) = dependence::settle_once(isa, &folded, factor, &products);
        let factorization = if anew { Factorization::Products } else { Factorization::Householder };
        let aliases = alias::combinations(isa, &folded.scaling, &factor);
        let problem = Problem::new(isa.into(), &folded.scaling, &factor, folded.rows, factorization);
        let solutions = solve_by(&problem, self.regression.max_refinements, |solutions, _| {
            let y = |q: usize| factor.first + terms + q;
            let sums = |(q, s): (usize, &Solution)| s.active.then(|| products.sums(&factor, y(q), &s.beta));
            Ok::<_, LinregError>(solutions.iter().enumerate().map(sums).collect())
        })?;
        self.regression.assemble(&problem, &folded, aliases, &solutions, factorization)
    }

    /// Folds the rows that wait.
    fn flush(&mut self) -> Result<(), LinregError> {
        if self.pending.rows > 0 {
            let rows = std::mem::take(&mut self.pending.rows);
            let block = Block { rows, ..std::mem::replace(&mut self.pending, Block::new(0, 0, false)) };
            let pushed = self.fold.push(&block);
            self.pending = Block { rows: 0, ..block };
            pushed?;
        }
        Ok(())
    }

    fn same_columns(&self, block: &Block) -> Result<(), LinregError> {
        same("terms", self.pending.x.len(), block.x.len())?;
        same("responses", self.pending.y.len(), block.y.len())?;
        let weights = |b: &Block| usize::from(b.weights.is_some());
        same("columns of weights", weights(&self.pending), weights(block))
    }
}
