//! The triangular factor of rows that come one at a time, by reflections, and what is solved with it.
//!
//! Rows are gathered in blocks; the triangles of blocks are merged as a binary counter, so the bits depend on the rows alone. Reflections do
//! not square the condition number of the rows as a Gram matrix would, and the scale of the columns does not matter to them.

use crate::linalg::counter::Counter;
use crate::linalg::triangle::Triangle;
use crate::linalg::{norm, substitution};
use crate::rows::block::BLOCK_ROWS;
use planish_tensor::{AlignedVec, Isa, reduce};

/// What a pivot must keep of its column's norm; less is rounding.
const PIVOT: f64 = 1e-14;

/// Rows that are being reduced to a triangle.
pub(super) struct Stack {
    isa: Isa,
    columns: Vec<AlignedVec<f64>>,
    /// Rows in the columns.
    used: usize,
    triangles: Counter<Triangle>,
}

impl Stack {
    /// A stack of no rows, which will have this many elements.
    pub(super) fn new(isa: Isa, order: usize) -> Stack {
        let columns = (0..order).map(|_| AlignedVec::zeros(BLOCK_ROWS)).collect();
        Stack { isa, columns, used: 0, triangles: Counter::new() }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: impl Iterator<Item = f64>) {
        let at = self.used;
        self.columns.iter_mut().zip(row).for_each(|(column, x)| column[at] = x);
        self.used += 1;
        if self.used == BLOCK_ROWS {
            self.reduce();
        }
    }

    fn reduce(&mut self) {
        let triangle = Triangle::factor(self.isa, &mut self.columns, self.used);
        let isa = self.isa;
        self.triangles.push(triangle, |a, b| merged(isa, a, b));
        self.used = 0;
    }

    /// The factor of all rows.
    pub(super) fn finish(mut self) -> RowFactor {
        if self.used > 0 {
            self.reduce();
        }
        let (isa, order) = (self.isa, self.columns.len());
        let triangle = self.triangles.finish(|a, b| merged(isa, a, b));
        let column = |t: &Triangle, j: usize| t.column(j)[..=j].to_vec();
        let columns = (0..order).map(|j| triangle.as_ref().map_or(vec![0.0; j + 1], |t| column(t, j)));
        RowFactor { isa, columns: columns.collect() }
    }
}

fn merged(isa: Isa, mut a: Triangle, b: Triangle) -> Triangle {
    a.merge(isa, b);
    a
}

/// The upper triangular R of some rows A, with RᵀR = AᵀA.
pub(super) struct RowFactor {
    isa: Isa,
    /// Column j has j + 1 elements.
    columns: Vec<Vec<f64>>,
}

/// The solution of equations, and a bound of the error of each element.
pub(super) struct Solution {
    pub(super) x: Vec<f64>,
    pub(super) error: Vec<f64>,
}

impl RowFactor {
    /// Replaces pivots of which nothing but rounding is left, so that there is a solution; returns whether there were any.
    pub(super) fn mend(&mut self) -> bool {
        let mut mended = false;
        for (k, column) in self.columns.iter_mut().enumerate() {
            let length = norm(self.isa, column);
            if !(column[k].abs() > PIVOT * length && length.is_normal()) {
                column[k] = if length.is_normal() { PIVOT * length } else { 1.0 };
                mended = true;
            }
        }
        mended
    }

    /// The norm of column j.
    pub(super) fn norm(&self, j: usize) -> f64 {
        norm(self.isa, &self.columns[j])
    }

    /// x ← R⁻ᵀx
    pub(super) fn solve_transposed(&self, x: &mut [f64]) {
        substitution::solve_transposed(self.isa, &self.columns, x);
    }

    /// x ← R⁻¹x for the first elements of R, as many as x has.
    pub(super) fn solve_top(&self, x: &mut [f64]) {
        substitution::solve(self.isa, &self.columns, x);
    }

    /// The x for which the first n columns give the last one, which follows them; none where the columns are not independent. The bound of the
    /// errors comes from what is left over, and is widened by rounding.
    pub(super) fn solve(&self, n: usize) -> Option<Solution> {
        let last = &self.columns[n];
        let mut x = last[..n].to_vec();
        self.solve_top(&mut x);
        let size: f64 = (0..n).map(|j| norm(self.isa, &self.columns[j]) * x[j].abs()).sum();
        let left = last[n].abs() + PIVOT * (size + norm(self.isa, last));
        let squares = substitution::inverse_squares(self.isa, &self.columns, n);
        let error: Vec<f64> = squares.iter().map(|s| s.sqrt() * left).collect();
        (reduce::all_finite(&x) && reduce::all_finite(&error)).then_some(Solution { x, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_of_many_rows_are_solved_within_the_bound() {
        let mut stack = Stack::new(Isa::best(), 3);
        for i in 0..9000 {
            let x = f64::from(i % 97) - 40.0;
            stack.push([1.0, x, 3.0 - 0.5 * x].into_iter());
        }
        let solution = stack.finish().solve(2).unwrap();
        for ((x, error), want) in solution.x.iter().zip(&solution.error).zip([3.0, -0.5]) {
            assert!((x - want).abs() <= *error && *error < 1e-9, "{x} {error}");
        }
        let mut singular = Stack::new(Isa::best(), 2);
        (0..5).for_each(|i| singular.push([f64::from(i), 2.0 * f64::from(i)].into_iter()));
        assert!(singular.finish().mend());
        assert!(Stack::new(Isa::best(), 2).finish().mend());
    }
}
