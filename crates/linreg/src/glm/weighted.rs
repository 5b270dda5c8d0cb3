//! The curvature by reflections of the weighted rows, for data in which the weights of the rows differ by many powers of ten.
//!
//! Once a far row is fitted its weight is all but zero, and what is left are rows that seem to lie in one point to columns scaled for all of
//! them. So the columns are taken about their means by the present weights, in double-double, and the rows √c·[1 x − mean] reduced to a triangle R with RᵀR = H.
//! A step has an error of some 2⁻⁵³ times the condition number of these rows, not of its square.

use super::basis::Basis;
use super::evaluation::{Likelihood, Predictors, columns};
use super::family::{Family, Slopes};
use super::separation::scaled_value;
use super::stack::{RowFactor, Stack};
use crate::error::FitError;
use crate::linalg::kernels::Column;
use crate::rows::block::{BlockSource, read, same_rows};
use planish_tensor::Dd;

/// What a column's spread by the weights must be of its offset and size in scaled units: double-double numbers have ten digits left then.
const SPREAD: f64 = 1e-22;

/// The factor of the curvature, penalty included, of the columns about their weighted means.
pub(super) struct Weighted {
    pub(super) factor: RowFactor,
    /// The means, in scaled units.
    pub(super) mean: Vec<Dd>,
    /// Whether some direction has no curvature.
    pub(super) is_singular: bool,
}

/// The factor at these coefficients, from two passes over the rows.
pub(super) fn factor<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    beta: &[Vec<Dd>],
) -> Result<Weighted, FitError<S::Error>> {
    let basis = of.basis;
    let (m, first) = (basis.len(), basis.first);
    let mut mean = vec![Dd::ZERO; basis.kept.len()];
    if first == 1 {
        let mut total = Dd::ZERO;
        for_each_row(of, source, beta, |x, row, roots| {
            let c = Dd::from(roots.iter().flatten().map(|r| r[row] * r[row]).sum::<f64>());
            total = total + c;
            mean.iter_mut().zip(x).for_each(|(sum, x)| *sum = *sum + c * scaled_value(x, row));
        })?;
        let is_known = total.hi > 0.0;
        mean.iter_mut().for_each(|sum| *sum = if is_known { *sum / total } else { Dd::ZERO });
    }
    let mut stack = Stack::new(basis.isa, m * beta.len());
    let mut about = vec![1.0; m];
    for_each_row(of, source, beta, |x, row, roots| {
        for ((to, x), mean) in about[first..].iter_mut().zip(x).zip(&mean) {
            *to = (scaled_value(x, row) - *mean).to_f64();
        }
        for root in roots {
            stack.push(root.iter().flat_map(|r| about.iter().map(|x| r[row] * x)));
        }
    })?;
    push_penalty(of.model.family, basis, beta.len(), &mut stack);
    let mut factor = stack.finish();
    let blurred = (0..m * beta.len()).any(|j| is_blurred(basis, &factor, j));
    let is_singular = factor.mend() || blurred;
    Ok(Weighted { factor, mean, is_singular })
}

/// Whether a column's values about its mean are lost in the rounding of the values themselves.
fn is_blurred(basis: &Basis, factor: &RowFactor, j: usize) -> bool {
    let Some(kept) = (j % basis.len()).checked_sub(basis.first).filter(|_| basis.first == 1) else {
        return false;
    };
    let term = basis.kept[kept];
    let offset = basis.scaling.shift[term].abs() * basis.scaling.exponents[term].scale();
    let weight = factor.norm(j - kept - 1);
    factor.norm(j) < SPREAD * (1.0 + offset) * weight
}

/// A pass over the rows with the roots of their curvature: an array for each square that it is a sum of, and predictor.
fn for_each_row<S: BlockSource>(
    of: &Likelihood<'_>,
    source: &mut S,
    beta: &[Vec<Dd>],
    mut take: impl FnMut(&[Column<'_>], usize, &[Vec<Vec<f64>>]),
) -> Result<(), FitError<S::Error>> {
    let (family, basis) = (of.model.family, of.basis);
    let mut predictors = Predictors::new();
    let mut eta = vec![Vec::new(); beta.len()];
    let mut slopes = Slopes::new(basis.isa, family);
    let mut now = 0;
    read(source, |block| {
        now += block.rows as u64;
        let x = columns(basis, block);
        for (beta, eta) in beta.iter().zip(&mut eta) {
            predictors.of(basis, &x, block.rows, beta, eta);
        }
        let weights = block.weights.as_ref().map(|w| &w[..block.rows]);
        slopes.take(&eta, &block.y[0].hi[..block.rows], weights);
        let roots = slopes.roots(&eta);
        (0..block.rows).for_each(|row| take(&x, row, &roots));
        Ok(())
    })?;
    same_rows(of.rows, now)?;
    Ok(())
}

/// The penalty as rows: for classes one for each class's vector less the mean of all.
fn push_penalty(family: Family, basis: &Basis, heads: usize, stack: &mut Stack) {
    let m = basis.len();
    for (c, penalty) in basis.penalty.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        let root = penalty.sqrt();
        let mut push = |share: &dyn Fn(usize) -> f64| {
            stack.push((0..heads * m).map(|j| if j % m == c { root * share(j / m) } else { 0.0 }));
        };
        match family {
            Family::Multinomial { classes } => (0..classes).for_each(|k| {
                push(&|a| f64::from(u8::from(a + 1 == k)) - 1.0 / classes as f64);
            }),
            Family::Logistic | Family::Poisson => push(&|_| 1.0),
        }
    }
}
