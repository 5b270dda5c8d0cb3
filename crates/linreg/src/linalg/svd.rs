//! The singular value decomposition by one-sided Jacobi rotations (Hestenes, 1958): pairs of columns are rotated until all are
//! orthogonal.
//!
//! A·V = [σ₁u₁ … σₚuₚ]. Small singular values keep their digits where columns are badly scaled, which those of bidiagonalisation do
//! not (Demmel and Veselić, "Jacobi's method is more accurate than QR", 1992).
//!
//! A matrix of few rows is brought near its decomposition first, by the eigenvectors of A·Aᵀ, which are as many as its rows. Where the singular values are
//! alike, or zero, squaring A loses nothing, and V = Aᵀ·U·Σ⁻¹ is never formed. Otherwise W = Aᵀ·U has orthogonal columns but for what was lost: whether
//! that is nothing is seen by WᵀW, and if not, W is rotated.

use crate::linalg::norm;
use nalgebra::DMatrix;
use planish_tensor::gemm::{Scratch, Start, gram, matmul};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{AlignedVec, Exec, Isa, Matrix, Number, Scalar, reduce, transpose};

/// Most sweeps over all pairs; about ten are needed.
const MAX_SWEEPS: usize = 60;
/// A singular value of at most this part of the largest is rounding.
pub(crate) const NOISE: f64 = 1e-13;
/// Where no square of a singular value that is not rounding is below this part of the largest, the eigenvalues of A·Aᵀ have its digits but for three.
const ALIKE: f64 = 1e-3;
/// The largest cosine between columns that count as orthogonal.
const ORTHOGONAL: f64 = 1e-13;

/// A decomposition, in no order.
pub(crate) struct Svd {
    /// σⱼ·uⱼ
    pub(crate) scaled_left: Vec<AlignedVec<f64>>,
    /// vⱼ; none where Aᵀ stands for them.
    pub(crate) right: Vec<AlignedVec<f64>>,
    /// σⱼ²
    pub(crate) squares: Vec<f64>,
    /// Aᵀ
    transposed: Option<Matrix<f64>>,
}

impl Svd {
    /// The decomposition of the matrix with these columns.
    pub(crate) fn new(isa: Isa, columns: &[AlignedVec<f64>]) -> Svd {
        let p = columns.len();
        let mut a = columns.to_vec();
        let mut v: Vec<_> = (0..p).map(|j| unit(p, j)).collect();
        orthogonalise(isa, &mut a, &mut v);
        let squares = a.iter().map(|c| reduce::dot(isa, c, c)).collect();
        Svd { scaled_left: a, right: v, squares, transposed: None }
    }

    /// The same of a matrix with fewer rows than columns, without what is rounding.
    pub(crate) fn of_few_rows(exec: Exec, columns: &[AlignedVec<f64>]) -> Svd {
        let (isa, p, n) = (exec.isa, columns.len(), columns[0].len());
        let mut transposed = Matrix::zeros(p, n);
        columns.iter().enumerate().for_each(|(j, c)| transposed.row_mut(j).copy_from_slice(c));
        let mut scratch = Scratch::new();
        let mut product = Matrix::zeros(n, n);
        gram(exec, transposed.view(), product.view_mut(), &mut scratch);
        let eigen = DMatrix::from_fn(n, n, |i, j| product[(i, j)]).symmetric_eigen();
        let vectors = Matrix::from_fn(n, n, |i, j| eigen.eigenvectors[(i, j)]);
        if let Some(found) = Svd::of_alike(isa, &transposed, eigen.eigenvalues.as_slice(), &vectors) {
            return Svd { transposed: Some(transposed), ..found };
        }
        let mut scaled = Matrix::zeros(p, n);
        matmul(exec, transposed.view(), vectors.view(), scaled.view_mut(), Start::Zero, &mut scratch);
        let noise = noise(n);
        let (mut w, mut u) =
            without_rounding(isa, columns_of(isa, &scaled), columns_of(isa, &vectors), noise);
        if !are_orthogonal(exec, &w) {
            orthogonalise(isa, &mut w, &mut u);
            (w, u) = without_rounding(isa, w, u, noise);
        }
        let squares: Vec<f64> = w.iter().map(|c| reduce::dot(isa, c, c)).collect();
        for ((v, u), square) in w.iter_mut().zip(&mut u).zip(&squares) {
            let sigma = square.sqrt();
            v.iter_mut().for_each(|x| *x /= sigma);
            u.iter_mut().for_each(|x| *x *= sigma);
        }
        Svd { scaled_left: u, right: w, squares, transposed: None }
    }

    /// From the eigenvalues and eigenvectors of A·Aᵀ, if the singular values are alike or rounding.
    fn of_alike(isa: Isa, transposed: &Matrix<f64>, values: &[f64], vectors: &Matrix<f64>) -> Option<Svd> {
        let largest = values.iter().fold(0.0, |m: f64, s| m.max(*s));
        let (mut scaled_left, mut squares) = (Vec::new(), Vec::new());
        let bound = noise(values.len()) * largest.sqrt();
        for (mut u, &square) in columns_of(isa, vectors).into_iter().zip(values) {
            if square >= ALIKE * largest {
                u.iter_mut().for_each(|x| *x *= square.sqrt());
                scaled_left.push(u);
                squares.push(square);
            } else {
                let left = norm(isa, &times(isa, transposed, &u));
                if left > bound || left.is_nan() {
                    return None;
                }
            }
        }
        Some(Svd { scaled_left, right: Vec::new(), squares, transposed: None })
    }

    /// Σ cⱼ·vⱼ, of so many elements.
    pub(crate) fn combine_right(&self, isa: Isa, of: &[f64], elements: usize) -> Vec<f64> {
        if let Some(transposed) = &self.transposed {
            let mut along = vec![0.0; transposed.cols()];
            for ((c, u), s) in of.iter().zip(&self.scaled_left).zip(&self.squares) {
                reduce::axpy(isa, c / s, u, &mut along);
            }
            return times(isa, transposed, &along);
        }
        let mut out = vec![0.0; elements];
        of.iter().zip(&self.right).for_each(|(&c, v)| reduce::axpy(isa, c, v, &mut out));
        out
    }
}

/// What part of the largest singular value is rounding, of a matrix of so many rows.
fn noise(rows: usize) -> f64 {
    NOISE.max(rows as f64 * f64::EPSILON)
}

/// The product of a matrix with a vector.
fn times(isa: Isa, matrix: &Matrix<f64>, x: &[f64]) -> Vec<f64> {
    (0..matrix.rows()).map(|i| reduce::dot(isa, matrix.row(i), x)).collect()
}

/// The columns of `w` and of `u` beside them but for those of `w` that are at most this part of the largest.
fn without_rounding(
    isa: Isa,
    w: Vec<AlignedVec<f64>>,
    u: Vec<AlignedVec<f64>>,
    noise: f64,
) -> (Vec<AlignedVec<f64>>, Vec<AlignedVec<f64>>) {
    let squares: Vec<f64> = w.iter().map(|c| reduce::dot(isa, c, c)).collect();
    let least = noise * noise * squares.iter().fold(0.0, |m: f64, s| m.max(*s));
    let both = w.into_iter().zip(u).zip(&squares);
    both.filter(|(_, square)| **square > least).map(|(columns, _)| columns).unzip()
}

/// Whether the columns are orthogonal but for rounding.
fn are_orthogonal(exec: Exec, w: &[AlignedVec<f64>]) -> bool {
    let (n, p) = (w.len(), w.first().map_or(0, |c| c.len()));
    let mut rows = Matrix::zeros(n, p);
    w.iter().enumerate().for_each(|(j, c)| rows.row_mut(j).copy_from_slice(c));
    let mut products = Matrix::zeros(n, n);
    matmul(exec, rows.view(), rows.view().t(), products.view_mut(), Start::Zero, &mut Scratch::new());
    let size = |j: usize| products[(j, j)].sqrt();
    (1..n).all(|j| (0..j).all(|i| products[(i, j)].abs() <= ORTHOGONAL * size(i) * size(j)))
}

/// Rotates the columns of `a`, and those of `v` with them, until those of `a` are orthogonal.
fn orthogonalise(isa: Isa, a: &mut [AlignedVec<f64>], v: &mut [AlignedVec<f64>]) {
    let p = a.len();
    let small = f64::EPSILON * (p as f64).sqrt();
    for _ in 0..MAX_SWEEPS {
        let mut rotated = false;
        for j in 1..p {
            for i in 0..j {
                let (alpha, beta) = (reduce::dot(isa, &a[i], &a[i]), reduce::dot(isa, &a[j], &a[j]));
                let gamma = reduce::dot(isa, &a[i], &a[j]);
                if gamma.abs() > small * (alpha * beta).sqrt() {
                    let (c, s) = angle(alpha, beta, gamma);
                    rotate(isa, c, s, a, i, j);
                    rotate(isa, c, s, v, i, j);
                    rotated = true;
                }
            }
        }
        if !rotated {
            break;
        }
    }
}

/// The columns of a matrix.
fn columns_of(isa: Isa, matrix: &Matrix<f64>) -> Vec<AlignedVec<f64>> {
    let rows = matrix.rows();
    let mut turned = Matrix::zeros(matrix.cols(), rows.next_multiple_of(f64::LANES));
    transpose(isa, matrix.view(), turned.view_mut());
    (0..matrix.cols()).map(|j| AlignedVec::from_slice(&turned.row(j)[..rows])).collect()
}

fn unit(p: usize, j: usize) -> AlignedVec<f64> {
    let mut e = AlignedVec::zeros(p);
    e[j] = 1.0;
    e
}

/// Cosine and sine of the rotation that makes columns with these inner products orthogonal.
fn angle(alpha: f64, beta: f64, gamma: f64) -> (f64, f64) {
    let zeta = (beta - alpha) / (2.0 * gamma);
    let size = 1.0 / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
    let t = if zeta < 0.0 { -size } else { size };
    let c = 1.0 / (1.0 + t * t).sqrt();
    (c, c * t)
}

struct Rotate<'a>(f64, f64, &'a mut [f64], &'a mut [f64]);

impl LaneKernel<f64> for Rotate<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let Rotate(cos, sin, x, y) = self;
        let (cos, sin) = (s.splat(cos), s.splat(sin));
        for i in (0..x.len()).step_by(f64::LANES) {
            let (a, b) = (s.load_at(x, i), s.load_at(y, i));
            s.store_at(x, i, s.sub(s.mul(cos, a), s.mul(sin, b)));
            s.store_at(y, i, s.fma(sin, a, s.mul(cos, b)));
        }
    }
}

/// (xᵢ, xⱼ) ← (c·xᵢ − s·xⱼ, s·xᵢ + c·xⱼ)
fn rotate(isa: Isa, c: f64, s: f64, columns: &mut [AlignedVec<f64>], i: usize, j: usize) {
    let (head, tail) = columns.split_at_mut(j);
    f64::dispatch(isa, Rotate(c, s, &mut head[i], &mut tail[0]));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that are all but copies, so that squares hide what tells them apart; one is a copy, and one of zeros.
    #[test]
    fn few_rows_that_are_nearly_dependent_keep_their_small_singular_values() {
        let (isa, n, p) = (Isa::best(), 6, 40);
        let noise = |i: usize, j: usize| ((i * 7 + j * j * 3 + j) % 13) as f64 - 6.0;
        let row = |i: usize, j: usize| match i {
            0 => noise(0, j),
            1..=3 => noise(0, j) + 1e-9 * noise(i, j),
            4 => noise(0, j),
            _ => 0.0,
        };
        let column = |j: usize| AlignedVec::from_slice(&(0..n).map(|i| row(i, j)).collect::<Vec<_>>());
        let a: Vec<_> = (0..p).map(column).collect();
        let few = Svd::of_few_rows(Exec::serial(isa), &a);
        let mut found = few.squares.clone();
        found.sort_by(|a, b| b.total_cmp(a));
        assert_eq!(found.len(), 4);
        let turned: Vec<_> =
            (0..n).map(|i| AlignedVec::from_slice(&(0..p).map(|j| row(i, j)).collect::<Vec<_>>())).collect();
        let mut want = Svd::new(isa, &turned).squares;
        want.sort_by(|a, b| b.total_cmp(a));
        // Rounding of the cells is 1e-16 of the largest singular value.
        let largest = want[0].sqrt();
        for (found, want) in found.iter().zip(&want) {
            assert!((found.sqrt() - want.sqrt()).abs() <= 1e-15 * largest, "{found} {want}");
        }
        for j in 0..4 {
            for i in 0..4 {
                let want = f64::from(u8::from(i == j));
                assert!((reduce::dot(isa, &few.right[i], &few.right[j]) - want).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn few_rows_that_are_alike_need_no_right_factor() {
        let (isa, n, p) = (Isa::best(), 7, 50);
        // The rows add up to nothing.
        let cell = |i: usize, j: usize| ((i * 7 + j * j * 3 + i * j) % 13) as f64 - 6.0;
        let mean = |j: usize| (0..n).map(|i| cell(i, j)).sum::<f64>() / n as f64;
        let column =
            |j: usize| AlignedVec::from_slice(&(0..n).map(|i| cell(i, j) - mean(j)).collect::<Vec<_>>());
        let a: Vec<_> = (0..p).map(column).collect();
        let few = Svd::of_few_rows(Exec::serial(isa), &a);
        assert!(few.right.is_empty() && few.squares.len() == n - 1);
        let v: Vec<Vec<f64>> = (0..n - 1)
            .map(|k| {
                few.combine_right(
                    isa,
                    &(0..n - 1).map(|j| f64::from(u8::from(j == k))).collect::<Vec<_>>(),
                    p,
                )
            })
            .collect();
        for i in 0..n {
            for j in 0..p {
                let product: f64 = (0..n - 1).map(|k| few.scaled_left[k][i] * v[k][j]).sum();
                assert!((product - a[j][i]).abs() < 1e-13, "{product} {}", a[j][i]);
            }
        }
    }

    #[test]
    fn the_factors_are_orthogonal_and_their_product_is_the_matrix() {
        let p = 7;
        let make = |j: usize| {
            AlignedVec::from_slice(
                &(0..p).map(|i| ((i * 5 + j * j * 3) % 11) as f64 - 4.5).collect::<Vec<_>>(),
            )
        };
        let a: Vec<_> = (0..p).map(make).collect();
        let isa = Isa::best();
        let svd = Svd::new(isa, &a);
        for j in 0..p {
            for i in 0..j {
                assert!(reduce::dot(isa, &svd.right[i], &svd.right[j]).abs() < 1e-14);
                let size = (svd.squares[i] * svd.squares[j]).sqrt();
                assert!(
                    reduce::dot(isa, &svd.scaled_left[i], &svd.scaled_left[j]).abs()
                        <= 1e-14 * size.max(1e-14)
                );
            }
            for i in 0..p {
                let product: f64 = (0..p).map(|k| svd.scaled_left[k][i] * svd.right[k][j]).sum();
                assert!((product - a[j][i]).abs() < 1e-13, "{product} {}", a[j][i]);
            }
        }
    }
}
