//! The basis of the Hessian: Z = [1 X]·R⁻¹, with R the triangular factor of the kept columns.
//!
//! The columns of Z are orthonormal, so a Hessian ZᵀWZ has a condition number of at most that of the weights W, whatever that of X. With a
//! penalty no column is dropped: R is then the factor of the columns stacked on the roots of the penalty.

use super::family::Family;
use crate::error::FitError;
use crate::factor::alias::{Alias, combinations};
use crate::factor::dependence;
use crate::factor::fold::Folded;
use crate::factor::rank::Factor;
use crate::linalg::powers::pow2;
use crate::linalg::triangle::eliminate;
use crate::linalg::{norm, substitution};
use crate::rows::block::BlockSource;
use crate::rows::scaling::Scaling;
use planish_tensor::{AlignedVec, Dd, Isa, Matrix, reduce};

/// The basis, and what belongs to the columns of [1 X] that are kept.
pub(super) struct Basis {
    pub(super) isa: Isa,
    pub(super) scaling: Scaling,
    /// The number of columns before the terms: one with an intercept, else zero.
    pub(super) first: usize,
    /// The terms of the columns after the intercept.
    pub(super) kept: Vec<usize>,
    /// The terms dropped.
    pub(super) aliased: Vec<usize>,
    /// The combinations that they equal.
    pub(super) aliases: Vec<Alias>,
    /// R⁻¹, upper triangular.
    pub(super) inverse: Matrix<f64>,
    /// The norms of the columns in scaled units.
    pub(super) norms: Vec<f64>,
    /// λ·4^−exponent of each column: the penalty on a coefficient in scaled units.
    pub(super) penalty: Vec<f64>,
}

impl Basis {
    /// Rows are read where terms seem to depend on others, to make sure that they do.
    pub(super) fn new<S: BlockSource>(
        isa: Isa,
        source: &mut S,
        folded: &Folded,
        l2: f64,
        tolerance: f64,
    ) -> Result<Basis, FitError<S::Error>> {
        let (scaling, terms) = (folded.scaling.clone(), source.terms());
        let first = usize::from(scaling.intercept);
        if l2 > 0.0 {
            return Ok(Basis::penalised(isa, folded, terms, l2));
        }
        let factor = Factor::new(isa, folded, terms, tolerance);
        let (factor, _) = dependence::settle(isa, source, folded, factor)?;
        let m = factor.rank();
        let inverse = upper(m, |j| factor.inverse_column(isa, j));
        let (norms, penalty) = (factor.norms(isa), vec![0.0; m]);
        let aliases = combinations(isa, &scaling, &factor);
        let Factor { kept, aliased, .. } = factor;
        Ok(Basis { isa, scaling, first, kept, aliased, aliases, inverse, norms, penalty })
    }

    fn penalised(isa: Isa, folded: &Folded, terms: usize, l2: f64) -> Basis {
        let scaling = folded.scaling.clone();
        let first = usize::from(scaling.intercept);
        let m = first + terms;
        let unit = |c: usize| if c < first { 0.0 } else { pow2(-scaling.exponent(c - first)) };
        let penalty: Vec<f64> = (0..m).map(|c| l2 * unit(c) * unit(c)).collect();
        let mut stacked: Vec<_> = (0..m)
            .map(|c| {
                let mut column = AlignedVec::zeros(2 * m);
                column[..m].copy_from_slice(&folded.triangle.column(c)[..m]);
                column[m + c] = penalty[c].sqrt();
                column
            })
            .collect();
        (0..m).for_each(|k| eliminate(isa, &mut stacked, k, 2 * m));
        let inverse = upper(m, |j| substitution::inverse_column(isa, &stacked, j));
        let norms = (0..m).map(|c| norm(isa, folded.triangle.column(c))).collect();
        Basis {
            isa,
            scaling,
            first,
            kept: (0..terms).collect(),
            aliased: Vec::new(),
            aliases: Vec::new(),
            inverse,
            norms,
            penalty,
        }
    }

    /// The number of columns.
    pub(super) fn len(&self) -> usize {
        self.inverse.rows()
    }

    /// The square of a bound of the columns' condition number, each of norm one.
    pub(super) fn square_condition(&self) -> f64 {
        let square = |j: usize| {
            let row = self.inverse.row(j);
            self.norms[j] * self.norms[j] * reduce::dot(self.isa, row, row)
        };
        (0..self.len()).map(square).sum()
    }

    /// R⁻¹x
    pub(super) fn to_columns(&self, x: &[f64]) -> Vec<f64> {
        (0..self.len()).map(|i| reduce::dot(self.isa, self.inverse.row(i), x)).collect()
    }

    /// R⁻ᵀx
    pub(super) fn to_basis(&self, x: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.len()];
        for (i, &v) in x.iter().enumerate() {
            reduce::axpy(self.isa, v, self.inverse.row(i), &mut out);
        }
        out
    }

    /// Adds the penalty's curvature, seen in the basis, to the Hessian of all predictors.
    pub(super) fn add_penalty(&self, family: Family, hessian: &mut [f64]) {
        if self.penalty.iter().all(|p| *p == 0.0) {
            return;
        }
        let (m, heads) = (self.len(), family.predictors());
        let mut block = vec![0.0; m * m];
        for (c, &penalty) in self.penalty.iter().enumerate() {
            let row = self.inverse.row(c);
            for i in 0..m {
                reduce::axpy(self.isa, penalty * row[i], row, &mut block[i * m..][..m]);
            }
        }
        for a in 0..heads {
            for b in 0..heads {
                let share = share(family, a, b);
                for i in 0..m {
                    let to = &mut hessian[(a * m + i) * heads * m + b * m..][..m];
                    reduce::axpy(self.isa, share, &block[i * m..][..m], to);
                }
            }
        }
    }

    /// The penalty's slope λ·S·β of all predictors in scaled units, and its value.
    pub(super) fn penalty_slope(&self, family: Family, beta: &[Vec<Dd>]) -> (Vec<Vec<f64>>, f64) {
        let beta: Vec<Vec<f64>> = beta.iter().map(|b| b.iter().map(|b| b.to_f64()).collect()).collect();
        self.penalty_slope_of(family, &beta)
    }

    /// The same of coefficients in `f64`.
    pub(super) fn penalty_slope_of(&self, family: Family, beta: &[Vec<f64>]) -> (Vec<Vec<f64>>, f64) {
        let heads = beta.len();
        let mut value = 0.0;
        let slope: Vec<Vec<f64>> = (0..heads)
            .map(|a| {
                let shared = |c: usize| (0..heads).map(|b| share(family, a, b) * beta[b][c]).sum::<f64>();
                (0..self.len()).map(|c| self.penalty[c] * shared(c)).collect()
            })
            .collect();
        for (s, b) in slope.iter().zip(beta) {
            value += 0.5 * reduce::dot(self.isa, s, b);
        }
        (slope, value)
    }
}

/// The penalty's quadratic form over the predictors. For classes the vector of class k is bₖ less the mean of all, class 0's b₀ = 0
/// included; their squares add up to Σ bₖ² − (Σ bₖ)²/K.
fn share(family: Family, a: usize, b: usize) -> f64 {
    let own = f64::from(u8::from(a == b));
    match family {
        Family::Multinomial { classes } => own - 1.0 / classes as f64,
        Family::Logistic | Family::Poisson => own,
    }
}

/// The upper triangular matrix with these columns.
fn upper(m: usize, column: impl Fn(usize) -> Vec<f64>) -> Matrix<f64> {
    let mut out = Matrix::zeros(m, m);
    for j in 0..m {
        column(j).into_iter().enumerate().for_each(|(i, x)| out[(i, j)] = x);
    }
    out
}
