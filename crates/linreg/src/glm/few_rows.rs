//! Fits with a penalty and no more rows than terms, by as many terms as there are rows.
//!
//! The gradient Xᵀs − λb is zero at the maximum, so b is a combination of the rows. With X about the means of its columns as U·Σ·Vᵀ that is b = V·γ, and
//! ‖b‖ = ‖γ‖: the same fit to the terms U·Σ under the same penalty.

use super::config::Glm;
use super::fitted::FittedGlm;
use crate::error::{FitError, LinregError};
use crate::factor::gathered::{Gathered, gather};
use crate::fitted::coefficients::Coefficients;
use crate::linalg::powers::{pow2, scale_dd};
use crate::linalg::svd::Svd;
use crate::rows::block::BlockSource;
use crate::rows::source::MatrixSource;
use planish_tensor::{AlignedVec, Dd, Exec, Isa, Matrix, reduce};

/// The fit, if there is a penalty and there are few rows; none of other data.
pub(super) fn fit<S: BlockSource>(
    model: &Glm,
    exec: Exec,
    source: &mut S,
) -> Result<Option<FittedGlm>, FitError<S::Error>> {
    if model.l2 == 0.0 {
        return Ok(None);
    }
    let mut y = Vec::new();
    let gathered = gather(exec.isa, source, model.fit_intercept, |block, _| {
        y.extend_from_slice(&block.y[0].hi[..block.rows]);
        Ok(())
    })?;
    let Some(gathered) = gathered else { return Ok(None) };
    let problem = FewRows::new(exec, &gathered);
    if problem.svd.squares.is_empty() {
        return Ok(None);
    }
    problem.fit(model, exec, &y, gathered.weights.as_deref()).map(Some).map_err(FitError::Linreg)
}

struct FewRows {
    /// Of the columns about their means, times a power of two.
    svd: Svd,
    /// Its exponent.
    shared: i32,
    /// The means of the columns.
    means: Vec<Dd>,
}

impl FewRows {
    fn new(exec: Exec, rows: &Gathered) -> FewRows {
        let (isa, scaling, terms) = (exec.isa, &rows.scaling, rows.columns.len() - 1);
        let shared = (0..terms).map(|c| scaling.exponent(c)).max().unwrap_or(0);
        let (mut columns, mut means) = (Vec::with_capacity(terms), Vec::with_capacity(terms));
        for (c, x) in rows.columns[..terms].iter().enumerate() {
            let mean = if scaling.intercept { reduce::sum(isa, x) / rows.rows as f64 } else { 0.0 };
            let unit = pow2(scaling.exponent(c) - shared);
            let mut column = AlignedVec::from_slice(x);
            column.iter_mut().for_each(|x| *x = (*x - mean) * unit);
            columns.push(column);
            means.push(Dd::from(scaling.shift[c]) + scale_dd(Dd::from(mean), scaling.exponent(c)));
        }
        FewRows { svd: Svd::of_few_rows(exec, &columns), shared, means }
    }

    fn fit(
        &self,
        model: &Glm,
        exec: Exec,
        y: &[f64],
        weights: Option<&[f64]>,
    ) -> Result<FittedGlm, LinregError> {
        let (left, unit) = (&self.svd.scaled_left, pow2(self.shared));
        let x = Matrix::from_fn(y.len(), left.len(), |i, j| left[j][i] * unit);
        let y = Matrix::from_slice(y.len(), 1, y);
        let fitted = model.fit_terms(exec, &mut MatrixSource::new(x.view(), y.view(), weights)?)?;
        let coefficients: Vec<_> = fitted.coefficients.iter().map(|c| self.of_terms(exec.isa, c)).collect();
        if !coefficients.iter().all(Coefficients::is_finite) {
            return Err(LinregError::Overflow { response: 0 });
        }
        Ok(FittedGlm { coefficients, ..fitted })
    }

    /// Coefficients of the terms from those of U·Σ.
    fn of_terms(&self, isa: Isa, of: &Coefficients) -> Coefficients {
        let coef = self.svd.combine_right(isa, &of.coef, self.means.len());
        let at_means = coef.iter().zip(&self.means).fold(Dd::ZERO, |sum, (b, m)| sum + Dd::from(*b) * *m);
        Coefficients { intercept: of.intercept - at_means, coef }
    }
}
