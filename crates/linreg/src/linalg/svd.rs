//! The singular value decomposition by one-sided Jacobi rotations (Hestenes, 1958): pairs of columns are rotated until all are
//! orthogonal.
//!
//! A·V = [σ₁u₁ … σₚuₚ]. Small singular values keep their digits where columns are badly scaled, which those of bidiagonalisation do
//! not (Demmel and Veselić, "Jacobi's method is more accurate than QR", 1992).

use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{AlignedVec, Isa, Number, Scalar, reduce};

/// Most sweeps over all pairs; about ten are needed.
const MAX_SWEEPS: usize = 60;

/// A decomposition, in no order.
pub(crate) struct Svd {
    /// σⱼ·uⱼ
    pub(crate) scaled_left: Vec<AlignedVec<f64>>,
    /// vⱼ
    pub(crate) right: Vec<AlignedVec<f64>>,
    /// σⱼ²
    pub(crate) squares: Vec<f64>,
}

impl Svd {
    /// The decomposition of the matrix with these columns.
    pub(crate) fn new(isa: Isa, columns: &[AlignedVec<f64>]) -> Svd {
        let p = columns.len();
        let mut a = columns.to_vec();
        let mut v: Vec<_> = (0..p).map(|j| unit(p, j)).collect();
        let small = f64::EPSILON * (p as f64).sqrt();
        for _ in 0..MAX_SWEEPS {
            let mut rotated = false;
            for j in 1..p {
                for i in 0..j {
                    let (alpha, beta) = (reduce::dot(isa, &a[i], &a[i]), reduce::dot(isa, &a[j], &a[j]));
                    let gamma = reduce::dot(isa, &a[i], &a[j]);
                    if gamma.abs() > small * (alpha * beta).sqrt() {
                        let (c, s) = angle(alpha, beta, gamma);
                        rotate(isa, c, s, &mut a, i, j);
                        rotate(isa, c, s, &mut v, i, j);
                        rotated = true;
                    }
                }
            }
            if !rotated {
                break;
            }
        }
        let squares = a.iter().map(|c| reduce::dot(isa, c, c)).collect();
        Svd { scaled_left: a, right: v, squares }
    }
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
