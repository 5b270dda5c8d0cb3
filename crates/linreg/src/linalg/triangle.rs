//! Triangular factors by Householder reflections, of a block of rows and of one triangle stacked on another.
//!
//! Columns are contiguous, so a reflection takes one inner product and one update for each column, on the lanes of `tensor`; their
//! order is fixed, and so are the bits.

use planish_tensor::{AlignedVec, Isa, reduce};

/// An upper triangular matrix of order m, column by column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Triangle {
    order: usize,
    data: Vec<f64>,
}

impl Triangle {
    /// The number of rows and of columns.
    pub(crate) fn order(&self) -> usize {
        self.order
    }

    /// Column j, zeros below the diagonal included.
    pub(crate) fn column(&self, j: usize) -> &[f64] {
        &self.data[j * self.order..(j + 1) * self.order]
    }

    /// The triangle of these rows.
    pub(crate) fn from_rows(order: usize, rows: &[f64]) -> Triangle {
        let mut data = vec![0.0; order * order];
        for i in 0..order {
            (i..order).for_each(|j| data[j * order + i] = rows[i * order + j]);
        }
        Triangle { order, data }
    }

    fn two_columns(&mut self, k: usize, j: usize) -> (&[f64], &mut [f64]) {
        let (head, tail) = self.data.split_at_mut(j * self.order);
        (&head[k * self.order..(k + 1) * self.order], &mut tail[..self.order])
    }

    /// The factor R of the first n rows of these columns, which are overwritten.
    pub(crate) fn factor(isa: Isa, columns: &mut [AlignedVec<f64>], n: usize) -> Triangle {
        let order = columns.len();
        let mut data = vec![0.0; order * order];
        for k in 0..order {
            if k < n {
                eliminate(isa, columns, k, n);
            }
            let top = n.min(k + 1);
            data[k * order..][..top].copy_from_slice(&columns[k][..top]);
        }
        Triangle { order, data }
    }

    /// self ← R of self stacked on `other`. Column k of the stack has k + 2 elements to reflect, so this takes
    /// about 2m³/3 multiplications and additions.
    pub(crate) fn merge(&mut self, isa: Isa, mut other: Triangle) {
        let m = self.order;
        for k in 0..m {
            let top = k * m + k;
            let below = &other.column(k)[..=k];
            let Some(h) = Reflector::new(self.data[top], reduce::dot(isa, below, below)) else { continue };
            self.data[top] = h.beta;
            for j in k + 1..m {
                let (v, c) = other.two_columns(k, j);
                let (v, c) = (&v[..=k], &mut c[..=k]);
                let head = &mut self.data[j * m + k];
                let t = (h.head * *head + reduce::dot(isa, v, c)) / h.denominator;
                *head -= t * h.head;
                reduce::axpy(isa, -t, v, c);
            }
        }
    }

    /// The squared norm of the product with the vector v.
    pub(crate) fn product_norm2(&self, isa: Isa, v: &[f64]) -> f64 {
        let mut product = vec![0.0; self.order];
        for (j, &x) in v.iter().enumerate() {
            reduce::axpy(isa, x, &self.column(j)[..=j], &mut product[..=j]);
        }
        reduce::dot(isa, &product, &product)
    }

    /// Adds the first column times this to column j.
    pub(crate) fn add_first_column(&mut self, j: usize, by: f64) {
        self.data[j * self.order] += self.data[0] * by;
    }

    /// Multiplies column j by a power of two.
    pub(crate) fn scale_column(&mut self, j: usize, factor: f64) {
        self.data[j * self.order..][..self.order].iter_mut().for_each(|x| *x *= factor);
    }
}

/// The reflection I − v·vᵀ/denominator that sends (alpha, tail) to (beta, 0), with v = (head, tail).
struct Reflector {
    head: f64,
    beta: f64,
    denominator: f64,
}

impl Reflector {
    /// None if the tail, given by its sum of squares, is zero already.
    fn new(alpha: f64, tail: f64) -> Option<Reflector> {
        if tail == 0.0 {
            return None;
        }
        let norm = (alpha * alpha + tail).sqrt();
        let beta = if alpha < 0.0 { norm } else { -norm };
        Some(Reflector { head: alpha - beta, beta, denominator: norm * (norm + alpha.abs()) })
    }
}

/// Reflects rows k..n of the columns after k, so that column k becomes zero below its diagonal.
pub(crate) fn eliminate(isa: Isa, columns: &mut [AlignedVec<f64>], k: usize, n: usize) {
    let (head, rest) = columns.split_at_mut(k + 1);
    let v = &mut head[k][k..n];
    let Some(h) = Reflector::new(v[0], reduce::dot(isa, &v[1..], &v[1..])) else { return };
    v[0] = h.head;
    for c in rest {
        let c = &mut c[k..n];
        let t = reduce::dot(isa, v, c) / h.denominator;
        reduce::axpy(isa, -t, v, c);
    }
    v[0] = h.beta;
}
