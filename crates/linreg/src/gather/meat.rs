//! The middle part of robust covariances: Σ ω·e²·t·tᵀ over the rows, and over clusters Σ (Σ e·t)(Σ e·t)ᵀ.
//!
//! With ω = 1 it is White's HC0, with 1/(1 − h) HC2 and with 1/(1 − h)² HC3 (MacKinnon and White, 1985), h being the leverage of the row;
//! HC1 is HC0·n/(n − k). The clusters' sum times G/(G − 1)·(n − 1)/(n − k) is CR1, as in statsmodels and Stata. Rows t have orthonormal
//! columns, so these matrices are well scaled whatever the data; the covariance of the coefficients is R⁻¹·M·R⁻ᵀ.

use crate::linalg::leverage::FULL_LEVERAGE;
use planish_tensor::{AlignedVec, Isa, reduce};

/// The sums, in scaled units: lower triangles, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Meat {
    isa: Isa,
    /// Of HC0, HC2 and HC3.
    hc: [Vec<f64>; 3],
    /// Σ e·t of each cluster.
    clusters: Vec<Vec<f64>>,
    factor: Vec<f64>,
    scaled: Vec<AlignedVec<f64>>,
}

impl Meat {
    pub(crate) fn new(isa: Isa, rank: usize) -> Meat {
        let triangle = vec![0.0; rank * (rank + 1) / 2];
        Meat {
            isa,
            hc: [triangle.clone(), triangle.clone(), triangle],
            clusters: Vec::new(),
            factor: Vec::new(),
            scaled: vec![AlignedVec::zeros(0); rank],
        }
    }

    /// Adds rows: `s` has the columns of T, e and h are theirs; `places` are their clusters, if there are any.
    pub(crate) fn add(&mut self, s: &[AlignedVec<f64>], e: &[f64], h: &[f64], places: &[usize]) {
        let n = e.len();
        for kind in 0..3 {
            self.factor.clear();
            self.factor.extend(e.iter().zip(h).map(|(e, h)| match (kind, 1.0 - h) {
                (0, _) => *e,
                (_, rest) if rest <= FULL_LEVERAGE => 0.0,
                (1, rest) => e / rest.sqrt(),
                (_, rest) => e / rest,
            }));
            for (to, s) in self.scaled.iter_mut().zip(s) {
                if to.len() < n {
                    *to = AlignedVec::zeros(s.len());
                }
                (0..n).for_each(|i| to[i] = self.factor[i] * s[i]);
            }
            let mut sums = self.hc[kind].iter_mut();
            for (a, x) in self.scaled.iter().enumerate() {
                for (y, sum) in self.scaled[..=a].iter().zip(&mut sums) {
                    *sum += reduce::dot(self.isa, &x[..n], &y[..n]);
                }
            }
        }
        for (i, &g) in places.iter().enumerate() {
            if g >= self.clusters.len() {
                self.clusters.resize(g + 1, vec![0.0; s.len()]);
            }
            self.clusters[g].iter_mut().zip(s).for_each(|(sum, s)| *sum += s[i] * e[i]);
        }
    }

    /// The sums of HC0, HC2 or HC3 (0, 1, 2).
    pub(crate) fn hc(&self, kind: usize) -> &[f64] {
        &self.hc[kind]
    }

    /// The sum over clusters.
    pub(crate) fn clustered(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.hc[0].len()];
        for sum in &self.clusters {
            let mut at = 0;
            for a in 0..sum.len() {
                for b in 0..=a {
                    out[at] += sum[a] * sum[b];
                    at += 1;
                }
            }
        }
        out
    }
}

/// xᵀ·M·x for a lower triangle of M.
pub(crate) fn quadratic(m: &[f64], x: &[f64]) -> f64 {
    let (mut at, mut sum) = (0, 0.0);
    for a in 0..x.len() {
        let mut row = 0.0;
        for b in 0..a {
            row += m[at] * x[b];
            at += 1;
        }
        sum += x[a] * (2.0 * row + m[at] * x[a]);
        at += 1;
    }
    sum
}
