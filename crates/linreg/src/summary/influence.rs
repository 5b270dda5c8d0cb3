//! How far rows lie from the others, and how much one moves the fit: leverages, studentized residuals and Cook's distances of rows that
//! are given again.
//!
//! The leverage is h = w·xᵀ(XᵀWX)⁻¹x, from the factor that is stored for intervals; e is a residual times the root of its row's weight, s the
//! residual standard deviation and k the number of parameters. A row that was fitted has the internally studentized residual
//! e/(s·√(1 − h)), whose standard deviation is one, and Cook's distance e²·h/((1 − h)²·k·s²). A row that was not fitted did not draw the fit
//! towards itself: its error is larger than s, and e/(s·√(1 + h)) has the standard deviation one; there is no Cook's distance.
//!
//! Source: Cook, Weisberg, "Residuals and influence in regression", 1982; statsmodels' `OLSInfluence` has the same conventions.

use crate::error::LinregError;
use crate::error::same;
use crate::fitted::regression::FittedLinearRegression;
use crate::fitted::stored::RowFactor;
use crate::linalg::leverage::{Leverage, NEAR, cook_times_variance, least_rest};
use crate::linalg::powers::{pow2, scale_dd};
use crate::linalg::upper::Upper;
use planish_tensor::Dd;
use planish_tensor::dd::DdSlice;

impl RowFactor {
    /// R with all its digits; none where they are not kept.
    fn precise(&self) -> Option<Upper> {
        let rank = self.first() + self.kept.len();
        let element = |at: usize| Dd { hi: self.r[at], lo: self.rests[at] };
        let column = |j: usize| (0..=j).map(|i| element(j * (j + 1) / 2 + i)).collect();
        (!self.rests.is_empty()).then(|| Upper::new((0..rank).map(column).collect()))
    }

    /// The leverage of row i in double-double.
    fn leverage(&self, upper: &Upper, x: &[DdSlice<'_>], i: usize, weight: f64) -> Dd {
        let mut t = vec![Dd::ONE; self.first()];
        for (k, &term) in self.kept.iter().enumerate() {
            let v = Dd { hi: x[term].hi[i], lo: x[term].lo[i] } - Dd::from(self.shift[k]);
            t.push(scale_dd(v, -self.exponent[k]));
        }
        upper.solve_transposed(&mut t);
        let unit = pow2(-self.root);
        t.iter().fold(Dd::ZERO, |sum, t| sum + *t * *t) * Dd::from(weight * unit * unit)
    }
}

impl FittedLinearRegression {
    /// The leverage of each row, given as columns of terms and weights (none: one each).
    ///
    /// # Errors
    /// A model fitted without inference, or another number of columns than terms.
    ///
    /// # Panics
    /// If there are weights and not one a row.
    pub fn leverages(
        &self,
        x: &[DdSlice<'_>],
        weights: Option<&[f64]>,
    ) -> Result<Vec<Leverage>, LinregError> {
        let without = LinregError::NoInterval { why: "the model was fitted without inference" };
        let inference = self.inference.as_ref().ok_or(without)?;
        same("columns of x", self.terms(), x.len())?;
        let rows = x.first().map_or(weights.map_or(0, <[f64]>::len), |c| c.hi.len());
        assert!(weights.is_none_or(|w| w.len() == rows), "one weight a row");
        let factor = &inference.row_factor;
        let precise = factor.precise();
        let least = least_rest(self.rank(), self.condition);
        let mut t = Vec::new();
        let leverage = |i: usize| {
            factor.transformed(x, i, &mut t);
            let weight = weights.map_or(1.0, |w| w[i]);
            let h = weight * t.iter().map(|t| t * t).sum::<f64>();
            let Some(upper) = precise.as_ref().filter(|_| (1.0 - h).abs() <= NEAR) else {
                return Leverage::new(h);
            };
            let h = factor.leverage(upper, x, i, weight);
            Leverage { value: h.to_f64(), rest: (Dd::ONE - h).to_f64() }.unless_full(least)
        };
        Ok((0..rows).map(leverage).collect())
    }

    /// The studentized residual of a row, `fitted` or new, with e its residual times the root of its weight; `None` where it is undefined:
    /// no residual variance, or a leverage of one.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn studentized(&self, response: usize, e: f64, leverage: Leverage, fitted: bool) -> Option<f64> {
        let sd = self.residual_sd(response).filter(|sd| *sd > 0.0)?;
        let rest = if fitted { leverage.rest } else { 1.0 + leverage.value };
        let r = e / (sd * rest.sqrt());
        (rest > 0.0 && r.is_finite()).then_some(r)
    }

    /// Cook's distance of a fitted row, with e its residual times the root of its weight; `None` where it is undefined.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn cook(&self, response: usize, e: f64, leverage: Leverage) -> Option<f64> {
        let sd = self.residual_sd(response)?;
        let distance = cook_times_variance(e / sd, leverage)? / self.rank() as f64;
        distance.is_finite().then_some(distance)
    }
}
