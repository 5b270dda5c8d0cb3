//! The middle part of robust covariances: Σ ω·e²·t·tᵀ over the rows, and over clusters Σ (Σ e·t)(Σ e·t)ᵀ.
//!
//! With ω = 1 it is White's HC0, with 1/(1 − h) HC2 and with 1/(1 − h)² HC3 (MacKinnon and White, 1985), h being the leverage of the row those near one are kept apart, for in a variance they cancel (one of leverage one counts for nothing);
//! HC1 is HC0·n/(n − k). The clusters' sum times G/(G − 1)·(n − 1)/(n − k) is CR1, as in statsmodels and Stata. Rows t have orthonormal
//! columns, so these matrices are well scaled whatever the data; the covariance of the coefficients is R⁻¹·M·R⁻ᵀ.

use crate::linalg::dots::{TILE, Triangle};
use crate::linalg::leverage::NEAR;
use crate::linalg::upper::inner;
use planish_tensor::{AlignedVec, Dd, Isa};

/// A row whose leverage is near one.
#[derive(Clone, Debug)]
pub(crate) struct FarRow {
    /// √w·t
    pub(crate) t: Vec<Dd>,
    pub(crate) e: f64,
    /// 1 − h, above zero.
    pub(crate) rest: f64,
}

impl FarRow {
    /// The root of what t·tᵀ is multiplied by for HC0, HC2 or HC3.
    fn factor(&self, kind: usize) -> f64 {
        match kind {
            0 => 0.0, // It is among the others.
            1 => self.e / self.rest.sqrt(),
            _ => self.e / self.rest,
        }
    }
}

/// The sums, in scaled units: lower triangles, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Meat {
    /// Of HC0, HC2 and HC3.
    hc: [Vec<f64>; 3],
    /// Rows that these lack of HC2 and HC3.
    far: Vec<FarRow>,
    /// Σ e·t of each cluster.
    clusters: Vec<Vec<f64>>,
}

/// Columns in which the sums of some rows are formed.
#[derive(Clone, Debug)]
pub(crate) struct MeatScratch {
    factor: Vec<f64>,
    scaled: Vec<AlignedVec<f64>>,
}

impl MeatScratch {
    pub(crate) fn new(rank: usize) -> MeatScratch {
        MeatScratch { factor: Vec::new(), scaled: vec![AlignedVec::zeros(TILE); rank] }
    }

    /// The sums of HC0, HC2 and HC3, of the latter two without rows of a leverage near one, over a block's rows: `s` has the columns of T, e and 1 − h are theirs.
    pub(crate) fn sums(&mut self, isa: Isa, s: &[AlignedVec<f64>], e: &[f64], rest: &[f64]) -> [Vec<f64>; 3] {
        let mut sums = [0, 1, 2].map(|_| Triangle::new(s.len()));
        for start in (0..e.len()).step_by(TILE) {
            let end = (start + TILE).min(e.len());
            for (kind, sums) in sums.iter_mut().enumerate() {
                self.factor.clear();
                self.factor.extend(e[start..end].iter().zip(&rest[start..end]).map(|(e, &rest)| {
                    match (kind, rest) {
                        (0, _) => *e,
                        (_, rest) if rest <= NEAR => 0.0,
                        (1, rest) => e / rest.sqrt(),
                        (_, rest) => e / rest,
                    }
                }));
                for (to, s) in self.scaled.iter_mut().zip(s) {
                    let products = self.factor.iter().zip(&s[start..end]).map(|(f, s)| f * s);
                    to.iter_mut().zip(products).for_each(|(to, x)| *to = x);
                }
                sums.add(isa, &self.scaled.iter().map(|x| &x[..end - start]).collect::<Vec<_>>());
            }
        }
        sums.map(|sums| sums.finish(isa))
    }
}

impl Meat {
    pub(crate) fn new(rank: usize) -> Meat {
        let triangle = vec![0.0; rank * (rank + 1) / 2];
        Meat { hc: [triangle.clone(), triangle.clone(), triangle], far: Vec::new(), clusters: Vec::new() }
    }

    /// Adds the sums of a block, and its rows that they lack.
    pub(crate) fn add(&mut self, block: &[Vec<f64>; 3], far: &[FarRow]) {
        self.far.extend_from_slice(far);
        for (sums, block) in self.hc.iter_mut().zip(block) {
            sums.iter_mut().zip(block).for_each(|(sum, x)| *sum += x);
        }
    }

    /// Adds rows to the sums of their clusters: `s` has the columns of T, e is theirs.
    pub(crate) fn add_to_clusters(&mut self, s: &[AlignedVec<f64>], e: &[f64], places: &[usize]) {
        for (i, &g) in places.iter().enumerate() {
            if g >= self.clusters.len() {
                self.clusters.resize(g + 1, vec![0.0; s.len()]);
            }
            self.clusters[g].iter_mut().zip(s).for_each(|(sum, s)| *sum += s[i] * e[i]);
        }
    }

    /// The sums of HC0, HC2 or HC3 (0, 1, 2).
    pub(crate) fn hc(&self, kind: usize) -> Vec<f64> {
        let mut sums = self.hc[kind].clone();
        for row in &self.far {
            let x: Vec<f64> = row.t.iter().map(|t| t.to_f64() * row.factor(kind)).collect();
            let pairs = (0..x.len()).flat_map(|a| (0..=a).map(move |b| (a, b)));
            sums.iter_mut().zip(pairs).for_each(|(sum, (a, b))| *sum += x[a] * x[b]);
        }
        sums
    }

    /// xᵀ·M·x of the same sums, for x that is also given in double-double.
    pub(crate) fn hc_quadratic(&self, kind: usize, x: &[f64], precise: &[Dd]) -> f64 {
        let far = self.far.iter().map(|row| {
            let part = inner(&row.t, precise).to_f64() * row.factor(kind);
            part * part
        });
        quadratic(&self.hc[kind], x) + far.sum::<f64>()
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
