//! Substitution: equations with an upper triangular matrix R, given by its columns; what they hold below the diagonal is not read.

use planish_tensor::{Isa, reduce};
use std::ops::Deref;

/// z ← R⁻¹z for the first elements of R, as many as z has.
pub(crate) fn solve<C: Deref<Target = [f64]>>(isa: Isa, columns: &[C], z: &mut [f64]) {
    for j in (0..z.len()).rev() {
        let column = &columns[j];
        z[j] /= column[j];
        let x = z[j];
        reduce::axpy(isa, -x, &column[..j], &mut z[..j]);
    }
}

/// z ← R⁻ᵀz
pub(crate) fn solve_transposed<C: Deref<Target = [f64]>>(isa: Isa, columns: &[C], z: &mut [f64]) {
    for j in 0..z.len() {
        let column = &columns[j];
        z[j] = (z[j] - reduce::dot(isa, &column[..j], &z[..j])) / column[j];
    }
}

/// Column j of R⁻¹ down to the diagonal.
pub(crate) fn inverse_column<C: Deref<Target = [f64]>>(isa: Isa, columns: &[C], j: usize) -> Vec<f64> {
    let mut z = vec![0.0; j + 1];
    z[j] = 1.0;
    solve(isa, columns, &mut z);
    z
}

/// The squared norms of the rows of R⁻¹, with R of n columns.
pub(crate) fn inverse_squares<C: Deref<Target = [f64]>>(isa: Isa, columns: &[C], n: usize) -> Vec<f64> {
    let mut squares = vec![0.0; n];
    for j in 0..n {
        let column = inverse_column(isa, columns, j);
        squares.iter_mut().zip(&column).for_each(|(sum, z)| *sum += z * z);
    }
    squares
}
