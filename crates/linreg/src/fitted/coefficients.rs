//! The coefficients of one linear predictor η = b₀ + x·b, in the units of the data, and its evaluation.
//!
//! Coefficients that come from an iteration are `f64`; the intercept is a double-double number, because where columns lie
//! far from zero it is a difference of numbers much larger than itself.

use crate::error::LinregError;
use crate::error::same;
use crate::fitted::coefficient::Coefficient;
use crate::fitted::dd_serde;
use crate::linalg::kernels;
use crate::linalg::kernels::columns_of;
use planish_tensor::dd::DdSlice;
use planish_tensor::{Dd, Isa, MatRef};
use serde::{Deserialize, Serialize};

/// An intercept, and a coefficient a term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficients {
    /// The intercept; zero if the model has none.
    #[serde(with = "dd_serde::one")]
    pub intercept: Dd,
    /// A coefficient for each term.
    pub coef: Vec<f64>,
}

impl Coefficients {
    /// outᵢ ← intercept + Σⱼ xⱼᵢ·coefⱼ, evaluated in double-double and rounded once.
    ///
    /// # Shapes
    /// `x` has one column a term, each as long as `out`.
    ///
    /// # Panics
    /// If the shapes disagree.
    pub fn predict_into(&self, isa: Isa, x: &[DdSlice<'_>], out: &mut [f64]) {
        let coef: Vec<Dd> = self.coef.iter().map(|&c| Dd::from(c)).collect();
        kernels::predict(isa, x, self.intercept, &coef, out);
    }

    /// The linear predictor of each row of X `[n, p]`.
    ///
    /// # Errors
    /// If X has not one column a term.
    pub fn predict_matrix(&self, isa: Isa, x: MatRef<'_, f64>) -> Result<Vec<f64>, LinregError> {
        same("columns of x", self.coef.len(), x.cols())?;
        let columns = columns_of(x);
        let views: Vec<_> = columns.iter().map(|c| c.first(x.rows())).collect();
        let mut out = vec![0.0; x.rows()];
        self.predict_into(isa, &views, &mut out);
        Ok(out)
    }

    /// A line a coefficient, the intercept first, if there is one.
    pub fn table(&self, has_intercept: bool) -> Vec<Coefficient> {
        let intercept = has_intercept.then(|| Coefficient::estimate(None, self.intercept.to_f64()));
        let terms = self.coef.iter().enumerate().map(|(term, &b)| Coefficient::estimate(Some(term), b));
        intercept.into_iter().chain(terms).collect()
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        self.intercept.is_finite() && self.coef.iter().all(|c| c.is_finite())
    }
}
