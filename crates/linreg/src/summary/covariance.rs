//! The covariance matrix of the coefficients.
//!
//! With R the factor of the columns and M the middle part in the orthonormal columns (s² times the identity for the classical covariance) it
//! is R⁻¹·M·R⁻ᵀ, brought from scaled units into the units of the data.

use crate::fitted::regression::FittedLinearRegression;
use crate::fitted::stored::{Covariance, RowFactor, finite};
use crate::linalg::powers::{pow2, scale_by, scale_dd};
use crate::linalg::upper::Upper;
use planish_tensor::{Dd, Matrix};

impl RowFactor {
    /// Rows of R⁻¹ in the units of the data, the kept terms after the intercept.
    fn coefficient_rows(&self, first: usize) -> Vec<Vec<f64>> {
        let rank = first + self.kept.len();
        let column = |j: usize| self.r[j * (j + 1) / 2..][..=j].iter().map(|&x| Dd::from(x)).collect();
        let inverse = Upper::new((0..rank).map(column).collect()).inverse();
        let exponent = |i: usize| if i < first { 0 } else { self.exponent[i - first] };
        let at =
            |i: usize, j: usize| if j < i { Dd::ZERO } else { scale_dd(inverse.column(j)[i], -exponent(i)) };
        let mut rows: Vec<Vec<Dd>> = (0..rank).map(|i| (0..rank).map(|j| at(i, j)).collect()).collect();
        if first == 1 {
            for j in 0..rank {
                let moved = self.shift.iter().enumerate();
                rows[0][j] = moved.fold(rows[0][j], |s, (k, &shift)| s - Dd::from(shift) * rows[1 + k][j]);
            }
        }
        let unit = pow2(-self.root);
        rows.iter().map(|row| row.iter().map(|x| x.to_f64() * unit).collect()).collect()
    }
}

impl FittedLinearRegression {
    /// The covariance of the coefficients that was asked for, `[k, k]`, the intercept first; zero for dropped terms. `None` without
    /// inference, for coefficients of least norm, or if it is undefined.
    ///
    /// # Panics
    /// If there is no such response.
    pub fn covariance_matrix(&self, response: usize) -> Option<Matrix<f64>> {
        let inference = self.inference.as_ref().filter(|_| !self.min_norm)?;
        let meat = &inference.responses[response].meat;
        let classical = inference.covariance == Covariance::Classical;
        if self.rows <= self.rank() as u64 || (!classical && meat.is_empty()) {
            return None;
        }
        let first = usize::from(self.fit_intercept);
        let exponent = inference.responses[response].exponent;
        let sd = scale_by(self.responses[response].residual_sd, -exponent);
        let middle = |i: usize, j: usize| match (classical, i == j) {
            (true, true) => sd * sd,
            (true, false) => 0.0,
            _ => meat[i.max(j) * (i.max(j) + 1) / 2 + i.min(j)],
        };
        let place = |i: usize| if i < first { i } else { first + inference.row_factor.kept[i - first] };
        let units = |a: usize| inference.exponent(place(a));
        let mut rows = inference.row_factor.coefficient_rows(first);
        for (a, row) in rows.iter_mut().enumerate() {
            row.iter_mut().for_each(|x| *x = scale_by(*x, -units(a)));
        }
        let mut out = Matrix::zeros(first + self.terms(), first + self.terms());
        for (a, x) in rows.iter().enumerate() {
            let half: Vec<f64> =
                (0..x.len()).map(|j| (0..x.len()).map(|i| x[i] * middle(i, j)).sum()).collect();
            for (b, y) in rows.iter().enumerate() {
                let product = half.iter().zip(y).map(|(h, y)| h * y).sum();
                let unit = units(a) + units(b) + 2 * exponent;
                out[(place(a), place(b))] = finite(scale_by(product, unit));
            }
        }
        Some(out)
    }
}
