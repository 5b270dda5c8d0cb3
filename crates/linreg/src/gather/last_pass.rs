//! The last pass over the rows, after the coefficients have settled: what inference needs of each row.
//!
//! With the triangular factor R of the columns √W·[1 X], a row x becomes t = R⁻ᵀx, and the rows √w·t have orthonormal columns but for the
//! rounding of R. From t follow the leverage h = w·tᵀt, the middle part of each robust covariance, Σ ω·e²·w·t·tᵀ, and the regression of e²
//! on the columns. For up to 64 columns, unless there are many rows and their condition number is below about 100, t and the Gram matrix G = TᵀWT are formed in double-double: G is the identity but for the error
//! of R, and L with LᵀL = G makes L·R the factor of the columns to all digits (one step of Cholesky-QR, Yamamoto et al., 2015, in more
//! precision). Where the error of R is larger than 1e-10, the pass is made once more with the corrected factor.

use crate::error::FitError;
use crate::gather::largest::Largest;
use crate::gather::meat::Meat;
use crate::gather::residuals::Residuals;
use crate::linalg::kernels::{residual, weigh};
use crate::linalg::leverage::FULL_LEVERAGE;
use crate::linalg::upper::Upper;
use crate::refine::problem::{Problem, Solution};
use crate::rows::block::{BLOCK_ROWS, Block, BlockSource, read, same_rows};
use planish_tensor::dd::{DdVec, axpy, dot};
use planish_tensor::{AlignedVec, Dd, math, reduce};
use std::collections::HashMap;

/// Columns up to which the factor is corrected in double-double.
const PRECISE: usize = 64;
/// The most rows for which it is so whatever the condition number.
const FEW_ROWS: u64 = 16_384;
/// A condition number for which `f64` loses at most two digits.
const HARMLESS: f64 = 100.0;
/// An error of the factor above this asks for another pass.
const CLOSE: f64 = 1e-10;

/// What the pass leaves.
pub(crate) struct LastPass {
    /// The factor of the columns in scaled units, corrected.
    pub(crate) upper: Upper,
    pub(crate) leverages: Largest<u64>,
    /// Whether some row has leverage one.
    pub(crate) full_leverage: bool,
    /// Σ log w, zero without weights.
    pub(crate) log_weights: f64,
    pub(crate) clusters: usize,
    pub(crate) responses: Vec<PerResponse>,
    /// Σ t·tᵀ without weights: of weighted rows only, else the identity.
    plain_gram: Option<Vec<f64>>,
}

/// What the pass leaves for a response.
pub(crate) struct PerResponse {
    pub(crate) residuals: Residuals,
    pub(crate) meat: Meat,
    /// Σ e²·t
    squares_along: Vec<f64>,
}

/// Runs the pass, and once more with a better factor where it pays.
pub(crate) fn run<S: BlockSource>(
    problem: &Problem<'_>,
    source: &mut S,
    solutions: &[Solution],
) -> Result<LastPass, FitError<S::Error>> {
    let mut upper = problem.factor.upper();
    let mut corrections = 0;
    loop {
        let mut pass = Pass::new(problem, upper, source.weighted(), solutions.len());
        pass.read(problem, source, solutions)?;
        let error = pass.gram_error();
        let (done, corrected) = pass.finish();
        if !corrected || corrections == 1 || error <= CLOSE {
            return Ok(done);
        }
        upper = done.upper;
        corrections += 1;
    }
}

struct Pass {
    precise: bool,
    out: LastPass,
    /// The upper triangle of G, row by row.
    gram: Vec<Dd>,
    rows: u64,
    cluster_places: HashMap<u64, usize>,
    scratch: Scratch,
}

/// Columns of a block.
struct Scratch {
    scaled: DdVec,
    t: Vec<DdVec>,
    weighted: DdVec,
    r: DdVec,
    weights: AlignedVec<f64>,
    roots: AlignedVec<f64>,
    /// √w·t
    s: Vec<AlignedVec<f64>>,
    leverage: Vec<f64>,
    e: AlignedVec<f64>,
    squares: AlignedVec<f64>,
    places: Vec<usize>,
}

impl LastPass {
    /// R² of the regression of e² on the columns, with the intercept that must be among them; `None` if all e² are equal.
    pub(crate) fn squares_r2(&self, q: usize) -> Option<f64> {
        let of = &self.responses[q];
        let rank = self.upper.order();
        let mut along: Vec<Dd> = of.squares_along.iter().map(|&x| Dd::from(x)).collect();
        if let Some(plain) = &self.plain_gram {
            Upper::cholesky(rank, |i, j| Dd::from(plain[i * rank + j]))?.solve_transposed(&mut along);
        }
        let explained = along[1..].iter().map(|z| z.hi * z.hi).sum::<f64>();
        let [sum, squares] = of.residuals.square_sums();
        let total = (squares - sum * sum / Dd::from(of.residuals.rows() as f64)).to_f64();
        let r2 = explained / total;
        (total > 0.0 && r2.is_finite()).then(|| r2.min(1.0))
    }
}

impl Pass {
    fn new(problem: &Problem<'_>, upper: Upper, weighted: bool, responses: usize) -> Pass {
        let rank = upper.order();
        let zeros = || AlignedVec::<f64>::zeros(BLOCK_ROWS);
        let scratch = Scratch {
            scaled: DdVec::zeros(BLOCK_ROWS),
            t: vec![DdVec::zeros(BLOCK_ROWS); rank],
            weighted: DdVec::zeros(BLOCK_ROWS),
            r: DdVec::zeros(BLOCK_ROWS),
            weights: zeros(),
            roots: zeros(),
            s: vec![zeros(); rank],
            leverage: vec![0.0; BLOCK_ROWS],
            e: zeros(),
            squares: zeros(),
            places: Vec::new(),
        };
        let response = || PerResponse {
            residuals: Residuals::default(),
            meat: Meat::new(problem.isa(), rank),
            squares_along: vec![0.0; rank],
        };
        Pass {
            precise: rank <= PRECISE && (problem.rows <= FEW_ROWS || problem.condition > HARMLESS),
            out: LastPass {
                upper,
                leverages: Largest::default(),
                full_leverage: false,
                log_weights: 0.0,
                clusters: 0,
                responses: (0..responses).map(|_| response()).collect(),
                plain_gram: weighted.then(|| vec![0.0; rank * rank]),
            },
            gram: vec![Dd::ZERO; rank * (rank + 1) / 2],
            rows: 0,
            cluster_places: HashMap::new(),
            scratch,
        }
    }

    fn read<S: BlockSource>(
        &mut self,
        problem: &Problem<'_>,
        source: &mut S,
        solutions: &[Solution],
    ) -> Result<(), FitError<S::Error>> {
        read(source, |block| {
            self.add(problem, block, solutions);
            Ok(())
        })?;
        Ok(same_rows(problem.rows, self.rows)?)
    }

    fn add(&mut self, problem: &Problem<'_>, block: &Block, solutions: &[Solution]) {
        self.take_weights(problem, block);
        self.transform(problem, block);
        self.add_gram(problem, block.rows);
        self.measure_rows(problem, block);
        self.scratch.places.clear();
        if let Some(clusters) = &block.clusters {
            for id in &clusters[..block.rows] {
                let next = self.cluster_places.len();
                self.scratch.places.push(*self.cluster_places.entry(*id).or_insert(next));
            }
        }
        self.out.clusters = self.cluster_places.len();
        for (q, solution) in solutions.iter().enumerate() {
            self.add_response(problem, block, q, solution);
        }
        self.rows += block.rows as u64;
    }

    fn take_weights(&mut self, problem: &Problem<'_>, block: &Block) {
        let n = block.rows;
        let Scratch { weights, roots, .. } = &mut self.scratch;
        let Some(given) = &block.weights else {
            weights[..n].fill(1.0);
            roots[..n].fill(1.0);
            return;
        };
        let scale = problem.scaling.root.scale();
        for i in 0..n {
            weights[i] = given[i] * scale * scale;
            roots[i] = weights[i].sqrt();
            if given[i] > 0.0 {
                self.out.log_weights += math::log_one(given[i]);
            }
        }
    }

    /// T ← X·R⁻¹, a column at a time.
    fn transform(&mut self, problem: &Problem<'_>, block: &Block) {
        let (isa, n, first) = (problem.isa(), block.rows, problem.factor.first);
        let Scratch { scaled, t, .. } = &mut self.scratch;
        for j in 0..t.len() {
            if j < first {
                scaled.hi[..n].fill(1.0);
                scaled.lo[..n].fill(0.0);
            } else {
                let c = problem.scaling.column(block, problem.factor.kept[j - first]);
                residual(isa, c, &[], Dd::ZERO, &[], scaled);
            }
            let r = self.out.upper.column(j);
            let inverse = Dd::ONE / r[j];
            let (done, rest) = t.split_at_mut(j);
            let to = &mut rest[0];
            to.hi[..n].fill(0.0);
            if self.precise {
                to.lo[..n].fill(0.0);
                axpy(isa, inverse, scaled.first(n), to);
                done.iter().zip(r).for_each(|(t, &r)| axpy(isa, -(r * inverse), t.first(n), to));
            } else {
                reduce::axpy(isa, inverse.hi, &scaled.hi[..n], &mut to.hi[..n]);
                for (t, r) in done.iter().zip(r) {
                    reduce::axpy(isa, -(*r * inverse).hi, &t.hi[..n], &mut to.hi[..n]);
                }
            }
        }
    }

    /// G ← G + TᵀWT, and √w·t.
    fn add_gram(&mut self, problem: &Problem<'_>, n: usize) {
        let isa = problem.isa();
        let Scratch { t, weighted, weights, roots, s, .. } = &mut self.scratch;
        for (s, t) in s.iter_mut().zip(t.iter()) {
            (0..n).for_each(|i| s[i] = roots[i] * (t.hi[i] + t.lo[i]));
        }
        let mut at = 0;
        for a in 0..t.len() {
            if self.precise {
                weigh(isa, t[a].first(n), &weights[..n], weighted);
            }
            for b in a..t.len() {
                let sum = if self.precise {
                    dot(isa, weighted.first(n), t[b].first(n))
                } else {
                    Dd::from(reduce::dot(isa, &s[a][..n], &s[b][..n]))
                };
                self.gram[at] = self.gram[at] + sum;
                at += 1;
            }
        }
        let Some(plain) = &mut self.out.plain_gram else { return };
        let used = &mut weighted.hi;
        for a in 0..t.len() {
            (0..n).for_each(|i| used[i] = if weights[i] > 0.0 { t[a].hi[i] } else { 0.0 });
            for b in a..t.len() {
                plain[a * t.len() + b] += reduce::dot(isa, &used[..n], &t[b].hi[..n]);
            }
        }
    }

    /// Leverages.
    fn measure_rows(&mut self, problem: &Problem<'_>, block: &Block) {
        let n = block.rows;
        let Scratch { s, leverage, weights, .. } = &mut self.scratch;
        leverage[..n].fill(0.0);
        for s in s.iter() {
            (0..n).for_each(|i| leverage[i] += s[i] * s[i]);
        }
        debug_assert_eq!(s.len(), problem.factor.rank());
        for i in (0..n).filter(|&i| weights[i] > 0.0) {
            leverage[i] = leverage[i].min(1.0);
            self.out.full_leverage |= 1.0 - leverage[i] <= FULL_LEVERAGE;
            self.out.leverages.push(leverage[i], self.rows + i as u64);
        }
    }

    fn add_response(&mut self, problem: &Problem<'_>, block: &Block, q: usize, solution: &Solution) {
        let (isa, n, first) = (problem.isa(), block.rows, problem.factor.first);
        let Scratch { t, r, weights, roots, s, leverage, e, squares, places, .. } = &mut self.scratch;
        let x = problem.columns(block);
        let intercept = if first == 1 { solution.beta[0] } else { Dd::ZERO };
        residual(
            isa,
            problem.scaling.column(block, block.x.len() + q),
            &x,
            intercept,
            &solution.beta[first..],
            r,
        );
        let out = &mut self.out.responses[q];
        for i in 0..n {
            e[i] = roots[i] * (r.hi[i] + r.lo[i]);
            squares[i] = e[i] * e[i];
            if weights[i] > 0.0 {
                out.residuals.push(self.rows + i as u64, e[i], leverage[i]);
            }
        }
        for (sum, t) in out.squares_along.iter_mut().zip(t.iter()) {
            *sum += reduce::dot(isa, &squares[..n], &t.hi[..n]);
        }
        out.meat.add(s, &e[..n], &leverage[..n], places);
    }

    /// The largest element of G − I.
    fn gram_error(&self) -> f64 {
        let rank = self.out.upper.order();
        let (mut at, mut worst) = (0, 0.0_f64);
        for a in 0..rank {
            for b in a..rank {
                let one = if a == b { Dd::ONE } else { Dd::ZERO };
                worst = worst.max((self.gram[at] - one).to_f64().abs());
                at += 1;
            }
        }
        worst
    }

    /// Corrects the factor; whether it could be.
    fn finish(mut self) -> (LastPass, bool) {
        let rank = self.out.upper.order();
        // Row i of the packed triangle begins after rows of rank, rank − 1, … elements.
        let at = |i: usize, j: usize| self.gram[i * rank - (i * i - i) / 2 + j - i];
        let correction = Upper::cholesky(rank, at);
        let corrected = correction.is_some();
        if let Some(l) = correction {
            self.out.upper = l.times(&self.out.upper);
        }
        (self.out, corrected)
    }
}
