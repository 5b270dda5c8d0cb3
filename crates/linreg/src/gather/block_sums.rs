//! What the last pass finds in a block of rows, apart from all other blocks, so that any thread can look at any block.

use crate::gather::largest::Largest;
use crate::gather::meat::{FarRow, MeatScratch};
use crate::gather::residuals::BlockResiduals;
use crate::linalg::dots::{triangle, with_each};
use crate::linalg::kernels::{residual, weigh};
use crate::linalg::leverage::{Leverage, NEAR};
use crate::linalg::upper::Upper;
use crate::refine::problem::{Problem, Solution};
use crate::rows::block::{BLOCK_ROWS, Block};
use crate::rows::digits::is_double;
use planish_tensor::dd::{DdVec, axpy, dot};
use planish_tensor::{AlignedVec, Dd, math, reduce};

/// How rows are looked at.
pub(crate) struct Rows<'a> {
    pub(crate) problem: &'a Problem<'a>,
    pub(crate) solutions: &'a [Solution],
    /// R of the columns √W·[1 X].
    pub(crate) upper: &'a Upper,
    /// Whether T and its Gram matrix are formed in double-double.
    pub(crate) precise: bool,
    /// What at least is left of one of a row's leverage, if the row does not alone determine a coefficient.
    pub(crate) least_rest: f64,
}

/// What a block adds. Places are those in the block, of rows of positive weight.
pub(crate) struct BlockSums {
    pub(crate) rows: usize,
    /// TᵀWT, the upper triangle row by row.
    pub(crate) gram: Vec<Dd>,
    /// TᵀT of the rows of positive weight, row by row; none without weights.
    pub(crate) plain_gram: Option<Vec<f64>>,
    /// log w, where it is positive.
    pub(crate) logs: Vec<f64>,
    pub(crate) leverages: Largest<u64>,
    /// The first row of leverage one, if there is one.
    pub(crate) full_leverage: Option<u64>,
    /// Whether some row's leverage is near one.
    pub(crate) near: bool,
    /// The cluster of each row; none without clusters.
    pub(crate) clusters: Vec<u64>,
    /// √w·t of each row, for clusters.
    pub(crate) s: Vec<AlignedVec<f64>>,
    pub(crate) responses: Vec<ResponseSums>,
}

/// What a block adds for a response.
pub(crate) struct ResponseSums {
    pub(crate) residuals: BlockResiduals,
    pub(crate) meat: [Vec<f64>; 3],
    /// Rows of a leverage near one, which HC2 and HC3 lack.
    pub(crate) far: Vec<FarRow>,
    /// Σ e²·t
    pub(crate) squares_along: Vec<f64>,
    /// Whether the response has a decimal that is no double, looked at where that matters.
    pub(crate) decimal: bool,
    /// e of each row, for clusters.
    pub(crate) e: Vec<f64>,
}

/// Columns of a block; a thread has its own.
pub(crate) struct Scratch {
    scaled: DdVec,
    t: Vec<DdVec>,
    weighted: DdVec,
    r: DdVec,
    weights: AlignedVec<f64>,
    roots: AlignedVec<f64>,
    /// √w·t
    s: Vec<AlignedVec<f64>>,
    leverage: Vec<f64>,
    /// 1 − h
    rest: Vec<f64>,
    e: AlignedVec<f64>,
    squares: AlignedVec<f64>,
    meat: MeatScratch,
}

impl Scratch {
    pub(crate) fn new(rank: usize) -> Scratch {
        let zeros = || AlignedVec::<f64>::zeros(BLOCK_ROWS);
        Scratch {
            scaled: DdVec::zeros(BLOCK_ROWS),
            t: vec![DdVec::zeros(BLOCK_ROWS); rank],
            weighted: DdVec::zeros(BLOCK_ROWS),
            r: DdVec::zeros(BLOCK_ROWS),
            weights: zeros(),
            roots: zeros(),
            s: vec![zeros(); rank],
            leverage: vec![0.0; BLOCK_ROWS],
            rest: vec![1.0; BLOCK_ROWS],
            e: zeros(),
            squares: zeros(),
            meat: MeatScratch::new(rank),
        }
    }
}

impl Rows<'_> {
    /// The sums of a block.
    pub(crate) fn sums(&self, block: &Block, scratch: &mut Scratch) -> BlockSums {
        let n = block.rows;
        let logs = self.take_weights(block, scratch);
        self.transform(block, scratch);
        let gram = self.gram(n, scratch);
        let plain_gram = block.weights.is_some().then(|| self.plain_gram(n, scratch));
        let places: Vec<u64> = (0..n as u64).filter(|&i| scratch.weights[i as usize] > 0.0).collect();
        let near = self.leverages(n, &places, scratch);
        let (mut leverages, mut full_leverage) = (Largest::default(), None);
        for &place in &places {
            leverages.push(scratch.leverage[place as usize], place);
            if scratch.rest[place as usize] == 0.0 {
                full_leverage.get_or_insert(place);
            }
        }
        let clusters = block.clusters.as_ref().map_or(Vec::new(), |ids| ids[..n].to_vec());
        let responses =
            (0..self.solutions.len()).map(|q| self.response(block, q, &places, scratch)).collect();
        let s = if clusters.is_empty() { Vec::new() } else { scratch.s.clone() };
        BlockSums { rows: n, gram, plain_gram, logs, leverages, full_leverage, near, clusters, s, responses }
    }

    /// The leverages of the rows, and what is left of one; whether some are near one.
    fn leverages(&self, n: usize, places: &[u64], scratch: &mut Scratch) -> bool {
        let Scratch { t, s, leverage, rest, weights, .. } = scratch;
        leverage[..n].fill(0.0);
        for s in s.iter() {
            leverage[..n].iter_mut().zip(&s[..n]).for_each(|(h, s)| *h += s * s);
        }
        rest[..n].fill(1.0);
        let mut near = false;
        for i in places.iter().map(|&place| place as usize) {
            let mut h = Leverage { value: leverage[i].min(1.0), rest: 1.0 - leverage[i].min(1.0) };
            if h.rest <= NEAR {
                near = true;
                if self.precise {
                    let squares = t.iter().map(|t| Dd { hi: t.hi[i], lo: t.lo[i] });
                    let sum = squares.fold(Dd::ZERO, |sum, t| sum + t * t);
                    h.rest = (Dd::ONE - sum * Dd::from(weights[i])).to_f64().max(0.0);
                }
                h = h.unless_full(self.least_rest);
            }
            (leverage[i], rest[i]) = (h.value, h.rest);
        }
        near
    }

    /// Takes the weights and their roots, in scaled units; returns the logarithms of those that are positive.
    fn take_weights(&self, block: &Block, scratch: &mut Scratch) -> Vec<f64> {
        let n = block.rows;
        let Scratch { weights, roots, .. } = scratch;
        let Some(given) = &block.weights else {
            weights[..n].fill(1.0);
            roots[..n].fill(1.0);
            return Vec::new();
        };
        let scale = self.problem.scaling.root.scale();
        for i in 0..n {
            weights[i] = given[i] * scale * scale;
            roots[i] = weights[i].sqrt();
        }
        given[..n].iter().filter(|w| **w > 0.0).map(|w| math::log_one(*w)).collect()
    }

    /// T ← X·R⁻¹, a column at a time, and √w·t.
    fn transform(&self, block: &Block, scratch: &mut Scratch) {
        let (problem, n) = (self.problem, block.rows);
        let (isa, first) = (problem.isa(), problem.factor.first);
        let Scratch { scaled, t, roots, s, .. } = scratch;
        for j in 0..t.len() {
            if j < first {
                scaled.hi[..n].fill(1.0);
                scaled.lo[..n].fill(0.0);
            } else {
                let c = problem.scaling.column(block, problem.factor.kept[j - first]);
                residual(isa, c, &[], Dd::ZERO, &[], scaled);
            }
            let r = self.upper.column(j);
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
        for (s, t) in s.iter_mut().zip(t.iter()) {
            let both = t.hi[..n].iter().zip(&t.lo[..n]).zip(&roots[..n]);
            s[..n].iter_mut().zip(both).for_each(|(s, ((hi, lo), root))| *s = root * (hi + lo));
        }
    }

    /// TᵀWT
    fn gram(&self, n: usize, scratch: &mut Scratch) -> Vec<Dd> {
        let isa = self.problem.isa();
        let Scratch { t, weighted, weights, s, .. } = scratch;
        let rank = t.len();
        if !self.precise {
            let lower = triangle(isa, &first(n, &*s));
            let upper = (0..rank).flat_map(|a| (a..rank).map(move |b| (a, b)));
            return upper.map(|(a, b)| Dd::from(lower[b * (b + 1) / 2 + a])).collect();
        }
        let mut gram = Vec::with_capacity(rank * (rank + 1) / 2);
        for a in 0..rank {
            weigh(isa, t[a].first(n), &weights[..n], weighted);
            gram.extend(t[a..].iter().map(|b| dot(isa, weighted.first(n), b.first(n))));
        }
        gram
    }

    /// TᵀT of the rows of positive weight, on and above the diagonal.
    fn plain_gram(&self, n: usize, scratch: &mut Scratch) -> Vec<f64> {
        let Scratch { t, weighted, weights, .. } = scratch;
        let (rank, used) = (t.len(), &mut weighted.hi);
        let mut gram = vec![0.0; rank * rank];
        for a in 0..rank {
            (0..n).for_each(|i| used[i] = if weights[i] > 0.0 { t[a].hi[i] } else { 0.0 });
            let row = with_each(self.problem.isa(), &used[..n], &first(n, t[a..].iter().map(|t| &t.hi)));
            gram[a * rank + a..(a + 1) * rank].copy_from_slice(&row);
        }
        gram
    }

    /// Whether the residuals of response q would be rounding if its numbers were doubles.
    fn looks_perfect(&self, q: usize) -> bool {
        let rank = self.problem.factor.rank();
        self.solutions[q].is_perfect(self.problem.rows.saturating_sub(rank as u64), rank)
    }

    fn response(&self, block: &Block, q: usize, places: &[u64], scratch: &mut Scratch) -> ResponseSums {
        let (problem, n, beta) = (self.problem, block.rows, &self.solutions[q].beta);
        let (isa, from) = (problem.isa(), problem.factor.first);
        let Scratch { t, r, roots, s, leverage, rest, e, squares, meat, .. } = scratch;
        let y = problem.scaling.column(block, block.x.len() + q);
        let intercept = if from == 1 { beta[0] } else { Dd::ZERO };
        residual(isa, y, &problem.columns(block), intercept, &beta[from..], r);
        for i in 0..n {
            e[i] = roots[i] * (r.hi[i] + r.lo[i]);
            squares[i] = e[i] * e[i];
        }
        let squares_along = with_each(isa, &squares[..n], &first(n, t.iter().map(|t| &t.hi)));
        let leverage = |i: usize| Leverage { value: leverage[i], rest: rest[i] };
        let leverages: Vec<_> = places.iter().map(|&place| leverage(place as usize)).collect();
        let far = |i: usize| FarRow {
            t: t.iter().map(|t| Dd { hi: t.hi[i], lo: t.lo[i] } * Dd::from(roots[i])).collect(),
            e: e[i],
            rest: rest[i],
        };
        let near = (0..n).filter(|&i| rest[i] > 0.0 && rest[i] <= NEAR);
        let of = |column: &[f64]| places.iter().map(|&place| column[place as usize]).collect::<Vec<f64>>();
        ResponseSums {
            residuals: BlockResiduals::new(isa, places, of(e), &leverages),
            far: near.map(far).collect(),
            meat: meat.sums(isa, s, &e[..n], &rest[..n]),
            squares_along,
            decimal: self.looks_perfect(q) && has_decimals(block, q),
            e: if block.clusters.is_some() { e[..n].to_vec() } else { Vec::new() },
        }
    }
}

/// Whether some number of response q is a decimal that is no double.
fn has_decimals(block: &Block, q: usize) -> bool {
    let y = block.y[q].first(block.rows);
    y.hi.iter().zip(y.lo).any(|(&hi, &lo)| !is_double(Dd { hi, lo }))
}

/// The first n rows of each column.
fn first<'a>(n: usize, columns: impl IntoIterator<Item = &'a AlignedVec<f64>>) -> Vec<&'a [f64]> {
    columns.into_iter().map(|c| &c[..n]).collect()
}
