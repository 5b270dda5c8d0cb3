//! Intervals for the mean and for a new observation at new rows.
//!
//! With t = R⁻ᵀx the variance of the fitted mean is tᵀMt, for the classical covariance s²·tᵀt; a new observation of weight one adds s². The
//! intervals are ŷ ± t₁₋ₐ/₂·√ of these (Student's t with the residual degrees of freedom, with clusters their number less one). The row is
//! shifted and scaled in double-double before R is divided out, so that large offsets cost nothing.

use crate::error::LinregError;
use crate::error::same;
use crate::fitted::regression::FittedLinearRegression;
use crate::fitted::stored::{Covariance, Inference, RowFactor};
use crate::gather::meat::quadratic;
use crate::linalg::powers::{pow2, scale_by};
use crate::summary::distributions::t_factor;
use planish_tensor::Dd;
use planish_tensor::dd::DdSlice;

/// Half widths of the intervals at new rows.
#[derive(Clone, Debug, PartialEq)]
pub struct HalfWidths {
    /// Of the confidence interval of the mean.
    pub mean: Vec<f64>,
    /// Of the prediction interval of a new observation.
    pub observation: Vec<f64>,
}

impl RowFactor {
    /// t = R⁻ᵀx of row i, in units in which the variances of coefficients are those of the data.
    pub(crate) fn transformed(&self, x: &[DdSlice<'_>], i: usize, t: &mut Vec<f64>) {
        let first = self.first();
        t.clear();
        t.extend(std::iter::repeat_n(1.0, first));
        for (k, &term) in self.kept.iter().enumerate() {
            let v = Dd { hi: x[term].hi[i], lo: x[term].lo[i] } - Dd::from(self.shift[k]);
            t.push(scale_by(v.to_f64(), -self.exponent[k]));
        }
        let mut at = 0;
        for j in 0..t.len() {
            let column = &self.r[at..=at + j];
            let inner: f64 = column[..j].iter().zip(t.iter()).map(|(r, t)| r * t).sum();
            t[j] = (t[j] - inner) / column[j];
            at += j + 1;
        }
        let unit = pow2(-self.root);
        t.iter_mut().for_each(|t| *t *= unit);
    }
}

impl FittedLinearRegression {
    /// Half widths of the intervals of this level, such as 0.95, for rows given as columns of terms.
    ///
    /// # Errors
    /// A model fitted without inference, an interval that is undefined, or another number of columns than terms.
    pub fn half_widths(
        &self,
        x: &[DdSlice<'_>],
        response: usize,
        level: f64,
    ) -> Result<HalfWidths, LinregError> {
        let undefined = |why| LinregError::NoInterval { why };
        let inference =
            self.inference.as_ref().ok_or_else(|| undefined("the model was fitted without inference"))?;
        same("columns of x", self.terms(), x.len())?;
        let freedom = self.freedom(inference);
        if freedom <= 0.0 || self.rows as f64 <= self.rank() as f64 {
            return Err(undefined("there are no more rows (or clusters) than parameters"));
        }
        let of = &inference.responses[response];
        let robust = inference.covariance != Covariance::Classical;
        if robust && of.meat.is_empty() {
            return Err(undefined(
                "its covariance is undefined: a row has leverage one, or there are too few clusters",
            ));
        }
        let sd = self.responses[response].residual_sd;
        let sd = scale_by(sd, -of.exponent);
        let (variance, factor) = (sd * sd, scale_by(t_factor(level, freedom), of.exponent));
        let n = x.first().map_or(0, |c| c.hi.len());
        let mut out = HalfWidths { mean: Vec::with_capacity(n), observation: Vec::with_capacity(n) };
        let mut t = Vec::new();
        for i in 0..n {
            inference.row_factor.transformed(x, i, &mut t);
            let mean = if robust {
                quadratic(&of.meat, &t).max(0.0)
            } else {
                variance * t.iter().map(|t| t * t).sum::<f64>()
            };
            out.mean.push(factor * mean.sqrt());
            out.observation.push(factor * (mean + variance).sqrt());
        }
        Ok(out)
    }

    /// The degrees of freedom of tests of coefficients: n − k, with clusters their number less one.
    pub(crate) fn freedom(&self, inference: &Inference) -> f64 {
        match inference.covariance {
            Covariance::Cluster => inference.clusters as f64 - 1.0,
            Covariance::Classical | Covariance::Hc0 | Covariance::Hc1 | Covariance::Hc2 | Covariance::Hc3 => {
                self.rows as f64 - self.rank() as f64
            }
        }
    }
}
