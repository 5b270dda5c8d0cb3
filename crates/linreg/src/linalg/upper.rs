//! Upper triangular matrices in double-double: Cholesky factors, products and inverses of the few columns of a model.
//!
//! The passes work in `f64`; what follows from the triangular factor once the rows are gone, variances above all, is computed with these,
//! so that a condition number κ costs κ·10⁻³² instead of κ·10⁻¹⁶. Textbook loops (Higham, "Accuracy and Stability of Numerical Algorithms",
//! 2002, algorithms 8.1 and 10.2): the order is the number of terms, so speed does not matter.

use planish_tensor::Dd;

/// An upper triangular matrix; column j has j + 1 elements.
#[derive(Clone, Debug)]
pub(crate) struct Upper {
    columns: Vec<Vec<Dd>>,
}

impl Upper {
    /// The matrix with these columns, column j of j + 1 elements.
    pub(crate) fn new(columns: Vec<Vec<Dd>>) -> Upper {
        Upper { columns }
    }

    /// U with UᵀU = the symmetric matrix whose element (i, j), i ≤ j, `gram` gives. `None` if it is not positive definite.
    pub(crate) fn cholesky(order: usize, gram: impl Fn(usize, usize) -> Dd) -> Option<Upper> {
        let mut columns: Vec<Vec<Dd>> = Vec::with_capacity(order);
        for j in 0..order {
            let mut column = Vec::with_capacity(j + 1);
            for i in 0..j {
                let rest = gram(i, j) - inner(&columns[i][..i], &column);
                column.push(rest / columns[i][i]);
            }
            let rest = gram(j, j) - inner(&column, &column);
            if rest.hi.is_nan() || rest.hi <= 0.0 {
                return None;
            }
            column.push(square_root(rest));
            columns.push(column);
        }
        Some(Upper { columns })
    }

    pub(crate) fn order(&self) -> usize {
        self.columns.len()
    }

    /// Column j down to the diagonal.
    pub(crate) fn column(&self, j: usize) -> &[Dd] {
        &self.columns[j]
    }

    /// The product of this matrix with another.
    pub(crate) fn times(&self, other: &Upper) -> Upper {
        let element = |i: usize, c: &[Dd]| (i..c.len()).fold(Dd::ZERO, |s, k| s + self.columns[k][i] * c[k]);
        let column = |c: &Vec<Dd>| (0..c.len()).map(|i| element(i, c)).collect();
        Upper { columns: other.columns.iter().map(column).collect() }
    }

    /// The inverse. The diagonal must have no zero.
    pub(crate) fn inverse(&self) -> Upper {
        let column = |j: usize| {
            let mut z = vec![Dd::ZERO; j + 1];
            z[j] = Dd::ONE;
            self.solve(&mut z);
            z
        };
        Upper { columns: (0..self.order()).map(column).collect() }
    }

    /// z ← U⁻¹z, for a z that is zero beyond its length.
    pub(crate) fn solve(&self, z: &mut [Dd]) {
        for j in (0..z.len()).rev() {
            z[j] = z[j] / self.columns[j][j];
            for i in 0..j {
                z[i] = z[i] - self.columns[j][i] * z[j];
            }
        }
    }

    /// z ← U⁻ᵀz
    pub(crate) fn solve_transposed(&self, z: &mut [Dd]) {
        for j in 0..z.len() {
            z[j] = (z[j] - inner(&self.columns[j][..j], &z[..j])) / self.columns[j][j];
        }
    }

    /// The product with a vector.
    pub(crate) fn apply(&self, x: &[Dd]) -> Vec<Dd> {
        let row = |i: usize| (i..x.len()).fold(Dd::ZERO, |s, j| s + self.columns[j][i] * x[j]);
        (0..x.len()).map(row).collect()
    }
}

/// Σ xᵢ·yᵢ over the elements of the shorter.
pub(crate) fn inner(x: &[Dd], y: &[Dd]) -> Dd {
    x.iter().zip(y).fold(Dd::ZERO, |s, (a, b)| s + *a * *b)
}

/// √x of a number that is not negative: Newton's correction of the `f64` root.
pub(crate) fn square_root(x: Dd) -> Dd {
    let root = Dd::from(x.hi.sqrt());
    if root.hi == 0.0 { Dd::ZERO } else { root + (x - root * root) / Dd::from(2.0 * root.hi) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gram(i: usize, j: usize) -> Dd {
        // Hilbert's matrix, the condition number of order 8 being 1.5e10.
        Dd::ONE / Dd::from((i + j + 1) as f64)
    }

    #[test]
    fn an_ill_conditioned_factor_has_an_inverse_of_many_digits() {
        let u = Upper::cholesky(8, gram).unwrap();
        let b = u.inverse();
        // Elements of the inverse of Hilbert's matrix are whole numbers: (1, 1) is 64, (8, 8) is 176679360.
        let variance = |i: usize| (i..8).fold(Dd::ZERO, |s, k| s + b.column(k)[i] * b.column(k)[i]).to_f64();
        assert!((variance(0) - 64.0).abs() < 1e-18 * 64.0 + 1e-12, "{}", variance(0));
        assert!((variance(7) - 176679360.0).abs() < 1e-12 * 176679360.0, "{}", variance(7));
        let one = u.times(&b);
        assert!(
            (one.column(7)[0]).to_f64().abs() < 1e-20 && (one.column(7)[7] - Dd::ONE).to_f64().abs() < 1e-28
        );
        let mut z: Vec<Dd> = (0..8).map(|i| Dd::from(i as f64)).collect();
        let x = u.apply(&z);
        let mut back = x.clone();
        u.solve(&mut back);
        z.iter().zip(&back).for_each(|(a, b)| assert!((*a - *b).to_f64().abs() < 1e-20));
        u.solve_transposed(&mut z);
        assert!(
            z[0].to_f64() == 0.0
                && (square_root(Dd::from(2.0)) * square_root(Dd::from(2.0)) - Dd::from(2.0)).to_f64().abs()
                    < 1e-31
        );
        assert!(Upper::cholesky(2, |_, _| Dd::ONE).is_none());
    }
}
