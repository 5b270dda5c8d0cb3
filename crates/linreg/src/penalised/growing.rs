//! The triangular factor R of G + λ₂, RᵀR, for a set of columns that come and go; G are the inner products of the columns.
//!
//! A column is added by one substitution, and left out by rotations that make what remains triangular again (Golub and Van Loan, "Matrix Computations",
//! 2013, section 6.5). Of a column that is nearly a combination of those before it the inner products do not say what is left: that is then asked for.

use crate::linalg::substitution;
use planish_tensor::{Isa, reduce};

/// If less than this is left of a square, the inner products do not tell how much.
const UNCLEAR: f64 = 1e-8;
/// If no more than this is left of a square, nothing is.
const NOTHING: f64 = 1e-26;

/// The factor, column by column.
pub(super) struct Growing {
    isa: Isa,
    penalty: f64,
    /// Column k of R has k + 1 elements.
    columns: Vec<Vec<f64>>,
    /// The same of G.
    products: Vec<Vec<f64>>,
}

impl Growing {
    /// Of no columns, with λ₂ = 0.
    pub(super) fn new(isa: Isa) -> Growing {
        Growing { isa, penalty: 0.0, columns: Vec::new(), products: Vec::new() }
    }

    /// Sets λ₂.
    pub(super) fn set_penalty(&mut self, penalty: f64) {
        if penalty == self.penalty {
            return;
        }
        self.penalty = penalty;
        self.columns.clear();
        for mut product in std::mem::take(&mut self.products) {
            let square = product.pop().unwrap_or(0.0);
            self.force(product, square);
        }
    }

    /// Adds a column by its inner products with those before it and its square; `left` gives the square of what a combination of them leaves of it.
    /// The error is that combination, if nothing is left.
    pub(super) fn push(
        &mut self,
        products: Vec<f64>,
        square: f64,
        left: impl Fn(&[f64]) -> f64,
    ) -> Result<(), Vec<f64>> {
        let (column, mut pivot) = self.column(&products, square);
        if pivot <= UNCLEAR * square {
            let mut combination = column.clone();
            substitution::solve(self.isa, &self.columns, &mut combination);
            let size = reduce::dot(self.isa, &combination, &combination);
            pivot = left(&combination) + self.penalty * (1.0 + size);
            if pivot <= NOTHING * square || pivot.is_nan() {
                return Err(combination);
            }
        }
        self.add(column, pivot, products, square);
        Ok(())
    }

    /// Adds a column of which something is left.
    pub(super) fn force(&mut self, products: Vec<f64>, square: f64) {
        let (column, pivot) = self.column(&products, square);
        self.add(column, pivot.max(f64::EPSILON * square), products, square);
    }

    /// The column of R but for its last element, and the square of that.
    fn column(&self, products: &[f64], square: f64) -> (Vec<f64>, f64) {
        let mut column = products.to_vec();
        substitution::solve_transposed(self.isa, &self.columns, &mut column);
        let pivot = square + self.penalty - reduce::dot(self.isa, &column, &column);
        (column, pivot)
    }

    fn add(&mut self, mut column: Vec<f64>, pivot: f64, mut products: Vec<f64>, square: f64) {
        column.push(pivot.sqrt());
        products.push(square);
        self.columns.push(column);
        self.products.push(products);
    }

    /// Leaves out the column at this place.
    pub(super) fn remove(&mut self, place: usize) {
        self.columns.remove(place);
        self.products.remove(place);
        for products in &mut self.products[place..] {
            products.remove(place);
        }
        for k in place..self.columns.len() {
            // Column k has an element below its diagonal.
            let (x, y) = (self.columns[k][k], self.columns[k][k + 1]);
            let length = (x * x + y * y).sqrt();
            let (cos, sin) = if length > 0.0 { (x / length, y / length) } else { (1.0, 0.0) };
            for column in &mut self.columns[k..] {
                let (x, y) = (column[k], column[k + 1]);
                column[k] = cos * x + sin * y;
                column[k + 1] = cos * y - sin * x;
            }
            self.columns[k].truncate(k + 1);
        }
    }

    /// x ← (G + λ₂)⁻¹x
    pub(super) fn solve(&self, x: &mut [f64]) {
        substitution::solve_transposed(self.isa, &self.columns, x);
        substitution::solve(self.isa, &self.columns, x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_the_set_is_solved_for() {
        // The inner products of the columns (1, 0, 0, 1), (0, 2, 0, 1), (1, 1, 3, 0), (0, 1, 1, 4).
        let gram = [[2.0, 1.0, 1.0, 4.0], [1.0, 5.0, 2.0, 6.0], [1.0, 2.0, 11.0, 4.0], [4.0, 6.0, 4.0, 18.0]];
        for gone in 0..4 {
            let mut factor = Growing::new(Isa::best());
            factor.set_penalty(0.5);
            for j in 0..4 {
                factor.push(gram[j][..j].to_vec(), gram[j][j], |_| 1.0).unwrap();
            }
            factor.remove(gone);
            factor.set_penalty(0.25);
            let kept: Vec<usize> = (0..4).filter(|&j| j != gone).collect();
            let mut x = vec![1.0, -2.0, 3.0];
            factor.solve(&mut x);
            for (a, &i) in kept.iter().enumerate() {
                let sum: f64 = kept.iter().zip(&x).map(|(&j, x)| gram[i][j] * x).sum::<f64>() + 0.25 * x[a];
                assert!((sum - [1.0, -2.0, 3.0][a]).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn a_column_of_which_nothing_is_left_is_not_added() {
        let mut factor = Growing::new(Isa::best());
        factor.push(vec![], 4.0, |_| 4.0).unwrap();
        let left = |c: &[f64]| (3.0 - 2.0 * c[0]) * (3.0 - 2.0 * c[0]);
        let combination = factor.push(vec![6.0], 9.0, left).unwrap_err();
        assert_eq!(combination, [1.5]);
        assert!(factor.push(vec![6.0], 9.0, |_| 1e-12).is_ok());
    }
}
