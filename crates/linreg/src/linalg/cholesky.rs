//! The Cholesky factorisation A = L·Lᵀ of a small positive definite matrix, row by row.
//!
//! Each element is one inner product on the lanes of `tensor`, so the bits are the same for every instruction set.

use planish_tensor::{Isa, reduce};

/// The factor L, row-major; what stands above its diagonal is not used.
pub(crate) struct Cholesky {
    isa: Isa,
    n: usize,
    l: Vec<f64>,
    least_pivot: f64,
}

impl Cholesky {
    /// The factor of a symmetric matrix of order n, row-major; none if a pivot is not above n·2⁻⁵³ of its diagonal element.
    pub(crate) fn new(isa: Isa, n: usize, mut a: Vec<f64>) -> Option<Cholesky> {
        let least = n as f64 * f64::EPSILON;
        let mut least_pivot = 1.0_f64;
        for i in 0..n {
            let (above, row) = a.split_at_mut(i * n);
            let row = &mut row[..n];
            let whole = row[i];
            for j in 0..i {
                let other = &above[j * n..][..n];
                row[j] = (row[j] - reduce::dot(isa, &row[..j], &other[..j])) / other[j];
            }
            let pivot = whole - reduce::dot(isa, &row[..i], &row[..i]);
            if !(pivot > least * whole && pivot.is_finite()) {
                return None;
            }
            row[i] = pivot.sqrt();
            least_pivot = least_pivot.min(pivot / whole);
        }
        Some(Cholesky { isa, n, l: a, least_pivot })
    }

    /// The least pivot as a part of its diagonal element: about how far the matrix, scaled to a diagonal of ones, is from being singular.
    pub(crate) fn least_pivot(&self) -> f64 {
        self.least_pivot
    }

    /// x ← A⁻¹x
    pub(crate) fn solve(&self, x: &mut [f64]) {
        self.solve_lower(x);
        for i in (0..self.n).rev() {
            let row = &self.l[i * self.n..][..=i];
            x[i] /= row[i];
            let v = x[i];
            reduce::axpy(self.isa, -v, &row[..i], &mut x[..i]);
        }
    }

    /// x ← L⁻¹x
    pub(crate) fn solve_lower(&self, x: &mut [f64]) {
        for i in 0..self.n {
            let row = &self.l[i * self.n..][..=i];
            x[i] = (x[i] - reduce::dot(self.isa, &row[..i], &x[..i])) / row[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solution_times_the_matrix_is_the_right_hand_side() {
        let a = vec![4.0, 2.0, 1.0, 2.0, 5.0, 3.0, 1.0, 3.0, 6.0];
        let factor = Cholesky::new(Isa::best(), 3, a.clone()).unwrap();
        let mut x = [1.0, -2.0, 3.0];
        factor.solve(&mut x);
        for (i, want) in [1.0, -2.0, 3.0].into_iter().enumerate() {
            let found: f64 = (0..3).map(|j| a[3 * i + j] * x[j]).sum();
            assert!((found - want).abs() < 1e-14, "{found} {want}");
        }
        assert!(Cholesky::new(Isa::best(), 2, vec![1.0, 1.0, 1.0, 1.0]).is_none());
    }
}
