//! Rank: which terms depend on earlier ones, and the triangular factor of those that are kept.
//!
//! Terms are taken in order, as in LINPACK's `dqrdc2` with R's limited pivoting, but after the intercept is
//! eliminated, so that offsets do not count: a term whose norm, once the kept terms are eliminated from it, is at most
//! `tolerance` times its norm about the mean is *aliased* and dropped. Of columns that depend on each other the
//! earlier are kept. Beside an intercept a constant is aliased too: a term whose norm about the mean is nothing but the
//! rounding of its values.

use crate::factor::fold::Folded;
use crate::factor::products::Products;
use crate::linalg::powers::pow2;
use crate::linalg::triangle::eliminate;
use crate::linalg::upper::{Upper, inner};
use crate::linalg::{norm, substitution};
use nalgebra::DMatrix;
use planish_tensor::{AlignedVec, Dd, Isa};

/// The default of [`LinearRegression::tolerance`](crate::LinearRegression::tolerance): larger than what rounding leaves, smaller than what data have.
///
/// Below it: exact dummies of all levels leave up to 1.2e-14 of their norm after elimination (10⁶ rows), other exact
/// combinations of up to 119 terms 3e-15, and a copy formed in `f64` from a column whose offset is k times its spread
/// at most about k·1e-16. Above it: the smallest ratio in NIST's linear sets is 6.1e-8 (x¹⁰ of Filip). At 1e-11 the condition
/// number is at most some 10¹¹, so each refinement still gains four digits or more.
pub const DEFAULT_TOLERANCE: f64 = 1e-11;

/// The least part of its squared norm that products in double-double can tell from nothing.
const LEAST_PRODUCT: f64 = pow2(-92);

/// The factor of [1 X] without the aliased terms, and the reflected responses.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    /// The number of columns before the terms: one with an intercept, else zero.
    pub(crate) first: usize,
    /// The terms of the columns after the intercept, in order.
    pub(crate) kept: Vec<usize>,
    /// The terms dropped, in order.
    pub(crate) aliased: Vec<usize>,
    /// What elimination left of each of them.
    pub(crate) eliminated: Vec<Eliminated>,
    /// The columns of R; column j has j + 1 elements.
    columns: Vec<Vec<f64>>,
    /// Qᵀy of each response.
    pub(crate) rhs: Vec<Vec<f64>>,
    /// The norm of each response in scaled units, and what of it the columns do not explain.
    pub(crate) rhs_norms: Vec<(f64, f64)>,
    inverse_squares: Vec<f64>,
}

/// What the elimination left of an aliased column: its part along the kept columns before it, and whether it is a constant.
#[derive(Clone, Debug)]
pub(crate) struct Eliminated {
    pub(crate) along: Vec<f64>,
    pub(crate) constant: bool,
    /// Whether the combination that it is told with holds but for the rounding of the data.
    pub(crate) exact: bool,
}

impl Factor {
    /// Drops aliased terms from the folded triangle of [1 X Y].
    pub(crate) fn new(isa: Isa, folded: &Folded, terms: usize, tolerance: f64) -> Factor {
        let first = usize::from(folded.scaling.intercept);
        let order = folded.triangle.order();
        let mut work: Vec<_> =
            (0..order).map(|j| AlignedVec::from_slice(folded.triangle.column(j))).collect();
        let (mut kept, mut aliased, mut eliminated) = (Vec::new(), Vec::new(), Vec::new());
        for term in 0..terms {
            let at = first + kept.len();
            let whole = folded.triangle.column(first + term);
            let spread = norm(isa, &whole[first..]);
            let constant = spread <= noise(isa, folded, term, tolerance);
            if constant || norm(isa, &work[at][at..]) <= tolerance * spread {
                eliminated.push(Eliminated { along: work.remove(at)[..at].to_vec(), constant, exact: false });
                aliased.push(term);
            } else {
                eliminate(isa, &mut work, at, order);
                kept.push(term);
            }
        }
        let rank = first + kept.len();
        let rhs = work[rank..].iter().map(|c| c[..rank].to_vec()).collect();
        let norms = |c: &AlignedVec<f64>| (norm(isa, c), norm(isa, &c[rank..]));
        let rhs_norms = work[rank..].iter().map(norms).collect();
        let columns: Vec<Vec<f64>> = (0..rank).map(|j| work[j][..=j].to_vec()).collect();
        let inverse_squares = substitution::inverse_squares(isa, &columns, rank);
        Factor { first, kept, aliased, eliminated, columns, rhs, rhs_norms, inverse_squares }
    }

    /// The factor with these terms, from the products of all columns in double-double; none where a column keeps less than their rounding.
    pub(crate) fn with(
        &self,
        isa: Isa,
        folded: &Folded,
        products: &Products,
        kept: Vec<usize>,
    ) -> Option<Factor> {
        let (first, terms) = (self.first, folded.scaling.shift.len() - self.rhs.len());
        let places: Vec<usize> = (0..first).chain(kept.iter().map(|t| first + t)).collect();
        let rank = places.len();
        let upper = Upper::cholesky(rank, |i, j| products.at(places[i], places[j]))?;
        let left = |j: usize| upper.column(j)[j] * upper.column(j)[j];
        if (0..rank).any(|j| left(j).hi <= LEAST_PRODUCT * products.at(places[j], places[j]).hi) {
            return None;
        }
        let along = |n: usize, c: usize| {
            let mut z: Vec<Dd> = places[..n].iter().map(|&i| products.at(i, c)).collect();
            upper.solve_transposed(&mut z);
            z
        };
        let plain = |z: &[Dd]| z.iter().map(|x| x.to_f64()).collect::<Vec<f64>>();
        let is_kept = |t: &usize| kept.binary_search(t).is_ok();
        let before = self.aliased.iter().zip(&self.eliminated).filter(|(t, _)| !is_kept(t));
        let (aliased, eliminated) = before
            .map(|(&t, d)| {
                let n = first + kept.partition_point(|k| *k < t);
                (t, Eliminated { along: plain(&along(n, first + t)), ..d.clone() })
            })
            .unzip();
        let response = |q: usize| (first + terms + q, along(rank, first + terms + q));
        let responses: Vec<_> = (0..self.rhs.len()).map(response).collect();
        let norms = |(c, z): &(usize, Vec<Dd>)| {
            let whole = products.at(*c, *c);
            (whole.hi.max(0.0).sqrt(), (whole - inner(z, z)).hi.max(0.0).sqrt())
        };
        let columns: Vec<Vec<f64>> = (0..rank).map(|j| plain(upper.column(j))).collect();
        Some(Factor {
            first,
            aliased,
            eliminated,
            rhs: responses.iter().map(|(_, z)| plain(z)).collect(),
            rhs_norms: responses.iter().map(norms).collect(),
            inverse_squares: substitution::inverse_squares(isa, &columns, rank),
            columns,
            kept,
        })
    }

    /// What the kept terms before an aliased one leave of its squared norm, by the products of the columns; none where these cannot say.
    pub(crate) fn unexplained(&self, products: &Products, term: usize) -> Option<f64> {
        let before = self.kept.iter().take_while(|k| **k < term).map(|t| self.first + t);
        let places: Vec<usize> = (0..self.first).chain(before).collect();
        let upper = Upper::cholesky(places.len(), |i, j| products.at(places[i], places[j]))?;
        let c = self.first + term;
        let mut z: Vec<Dd> = places.iter().map(|&i| products.at(i, c)).collect();
        upper.solve_transposed(&mut z);
        Some((products.at(c, c) - inner(&z, &z)).to_f64())
    }

    /// The number of columns.
    pub(crate) fn rank(&self) -> usize {
        self.columns.len()
    }

    /// R in double-double.
    pub(crate) fn upper(&self) -> Upper {
        Upper::new(self.columns.iter().map(|c| c.iter().map(|&x| Dd::from(x)).collect()).collect())
    }

    /// The norms of the columns of [1 X] in scaled units.
    pub(crate) fn norms(&self, isa: Isa) -> Vec<f64> {
        self.columns.iter().map(|c| norm(isa, c)).collect()
    }

    /// The Frobenius norm of D·R⁻¹, with D the norms of the columns: between the inverse of the smallest singular value
    /// of the columns at unit norm, and √rank times that.
    pub(crate) fn inverse_norm(&self, norms: &[f64]) -> f64 {
        norms.iter().zip(&self.inverse_squares).map(|(n, s)| n * n * s).sum::<f64>().sqrt()
    }

    /// The squared norms of the rows of R⁻¹: what the variances of the coefficients in scaled units are to that of the residuals.
    pub(crate) fn inverse_squares(&self) -> &[f64] {
        &self.inverse_squares
    }

    /// z ← R⁻¹z
    pub(crate) fn solve(&self, isa: Isa, z: &mut [f64]) {
        self.solve_top(isa, z, self.rank());
    }

    /// z ← R⁻¹z for a z that is zero from element n on.
    pub(crate) fn solve_top(&self, isa: Isa, z: &mut [f64], n: usize) {
        substitution::solve(isa, &self.columns, &mut z[..n]);
    }

    /// z ← R⁻ᵀz
    pub(crate) fn solve_transposed(&self, isa: Isa, z: &mut [f64]) {
        substitution::solve_transposed(isa, &self.columns, z);
    }

    /// Column j of R⁻¹ down to the diagonal.
    pub(crate) fn inverse_column(&self, isa: Isa, j: usize) -> Vec<f64> {
        substitution::inverse_column(isa, &self.columns, j)
    }

    /// The condition number of the kept terms, about their means and with unit norms: the quotient of the largest and the
    /// smallest singular value. One without terms.
    pub(crate) fn condition(&self, isa: Isa) -> f64 {
        let terms = &self.columns[self.first..];
        if terms.is_empty() {
            return 1.0;
        }
        let n = terms.len();
        let mut r = DMatrix::zeros(n, n);
        for (j, c) in terms.iter().enumerate() {
            let length = norm(isa, &c[self.first..]);
            for (i, x) in c[self.first..].iter().enumerate() {
                r[(i, j)] = x / length;
            }
        }
        let sigma = r.singular_values();
        sigma.max() / sigma.min()
    }
}

/// The norm about the mean below which a term beside an intercept is a constant: what remains of a constant column is
/// rounding, of the reflections and of the values themselves.
pub(crate) fn noise(isa: Isa, folded: &Folded, term: usize, tolerance: f64) -> f64 {
    if !folded.scaling.intercept {
        return 0.0;
    }
    let offset = folded.scaling.shift[term].abs() * folded.scaling.exponents[term].scale();
    let rounding = f64::EPSILON * offset * folded.triangle.column(0)[0].abs();
    rounding.max(tolerance * norm(isa, folded.triangle.column(1 + term)))
}
