//! The last pass over the rows, after the coefficients have settled: what inference needs of each row.
//!
//! With the triangular factor R of the columns √W·[1 X], a row x becomes t = R⁻ᵀx, and the rows √w·t have orthonormal columns but for the
//! rounding of R. From t follow the leverage h = w·tᵀt, the middle part of each robust covariance, Σ ω·e²·w·t·tᵀ, and the regression of e²
//! on the columns. For up to 64 columns, unless there are many rows and their condition number is below about 100, t and the Gram matrix G = TᵀWT are formed in double-double: G is the identity but for the error
//! of R, and L with LᵀL = G makes L·R the factor of the columns to all digits (one step of Cholesky-QR, Yamamoto et al., 2015, in more
//! precision). Where the error of R is larger than 1e-10, the pass is made once more with the corrected factor.
//! So it is where a row's leverage is near one: of 1 − h, and of the residual, which is smaller by as much, digits are left only if the factor and
//! the coefficients have more of them than `f64`.

use crate::error::FitError;
use crate::gather::block_sums::{BlockSums, Rows, Scratch};
use crate::gather::largest::Largest;
use crate::gather::meat::Meat;
use crate::gather::residuals::Residuals;
use crate::linalg::leverage::{FULL_LEVERAGE, least_rest};
use crate::linalg::upper::Upper;
use crate::refine::problem::{Problem, Solution};
use crate::refine::solve;
use crate::rows::block::{BlockSource, same_rows};
use crate::rows::part::for_each_block;
use planish_tensor::{Dd, Exec, Isa};
use std::collections::HashMap;

/// Columns up to which the factor is corrected in double-double.
const PRECISE: usize = 64;
/// The most rows for which it is so whatever the condition number.
const FEW_ROWS: u64 = 16_384;
/// Numbers of a Gram matrix times rows up to which a leverage near one is worth double-double with any number of columns.
const AFFORDABLE: f64 = 3e8;
/// Columns beyond which one thread makes the pass, since each needs room for three blocks.
const WIDE: usize = 512;
/// A condition number for which `f64` loses at most two digits.
const HARMLESS: f64 = 100.0;
/// An error of the factor above this asks for another pass.
const CLOSE: f64 = 1e-10;

/// What the pass leaves.
pub(crate) struct LastPass {
    /// The factor of the columns in scaled units, corrected.
    pub(crate) upper: Upper,
    pub(crate) leverages: Largest<u64>,
    /// The first row of leverage one, if there is one.
    pub(crate) full_leverage: Option<u64>,
    /// Whether some row's leverage is near one.
    pub(crate) near: bool,
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
    decimal: bool,
}

/// How rows are looked at.
#[derive(Clone, Copy)]
struct How {
    /// In double-double.
    precise: bool,
    /// What at least is left of one of a leverage that is not one.
    least_rest: f64,
}

impl How {
    fn first(problem: &Problem<'_>) -> How {
        let precise =
            problem.factor.rank() <= PRECISE && (problem.rows <= FEW_ROWS || problem.condition > HARMLESS);
        How { precise, least_rest: FULL_LEVERAGE }
    }

    /// The same for leverages near one, after a pass that found some; none if that passes what can be afforded, or was done.
    fn for_near_one(self, problem: &Problem<'_>) -> Option<How> {
        let rank = problem.factor.rank();
        let affordable = rank <= PRECISE || problem.rows as f64 * (rank * rank) as f64 <= AFFORDABLE;
        // Only after a pass in double-double the factor has all its digits.
        let least_rest = if self.precise { least_rest(rank, problem.condition) } else { FULL_LEVERAGE };
        (affordable && self.least_rest == FULL_LEVERAGE).then_some(How { precise: true, least_rest })
    }
}

/// Runs the pass, and again with a better factor, and better coefficients, where it pays.
pub(crate) fn run<S: BlockSource>(
    problem: &Problem<'_>,
    source: &mut S,
    solutions: &mut [Solution],
) -> Result<LastPass, FitError<S::Error>> {
    let mut upper = problem.factor.upper();
    let mut how = How::first(problem);
    let (mut corrections, mut polished) = (0, false);
    loop {
        let mut pass = Pass::new(problem, upper, source.weighted(), solutions.len());
        pass.read(problem, source, solutions, how)?;
        let error = pass.gram_error();
        let (done, corrected) = pass.finish();
        let near_one = how.for_near_one(problem).filter(|_| done.near && corrected);
        if near_one.is_none() && (!corrected || corrections > 0 || error <= CLOSE) {
            solutions.iter_mut().zip(&done.responses).for_each(|(s, of)| s.decimal |= of.decimal);
            return Ok(done);
        }
        if let Some(better) = near_one {
            if !polished {
                solve::polish(problem, source, solutions)?;
                polished = true;
            }
            how = better;
        }
        upper = done.upper;
        corrections += 1;
    }
}

struct Pass {
    isa: Isa,
    out: LastPass,
    /// The upper triangle of G, row by row.
    gram: Vec<Dd>,
    rows: u64,
    cluster_places: HashMap<u64, usize>,
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
        let response = || PerResponse {
            residuals: Residuals::default(),
            meat: Meat::new(rank),
            squares_along: vec![0.0; rank],
            decimal: false,
        };
        Pass {
            isa: problem.isa(),
            out: LastPass {
                upper,
                leverages: Largest::default(),
                full_leverage: None,
                near: false,
                log_weights: 0.0,
                clusters: 0,
                responses: (0..responses).map(|_| response()).collect(),
                plain_gram: weighted.then(|| vec![0.0; rank * rank]),
            },
            gram: vec![Dd::ZERO; rank * (rank + 1) / 2],
            rows: 0,
            cluster_places: HashMap::new(),
        }
    }

    /// Adds all blocks: each is looked at in any thread, and what it adds is taken in the order of the blocks.
    fn read<S: BlockSource>(
        &mut self,
        problem: &Problem<'_>,
        source: &mut S,
        solutions: &[Solution],
        How { precise, least_rest }: How,
    ) -> Result<(), FitError<S::Error>> {
        let upper = self.out.upper.clone();
        let rank = upper.order();
        let rows = Rows { problem, solutions, upper: &upper, precise, least_rest };
        let exec = if rank <= WIDE { problem.exec } else { Exec::serial(self.isa) };
        let read = for_each_block(
            exec,
            source,
            None,
            || (None, Scratch::new(rank)),
            |part, (room, scratch)| rows.sums(part.block(problem.isa(), room), scratch),
            |block| self.add(block),
        );
        Ok(same_rows(problem.rows, read.map_err(FitError::Source)?)?)
    }

    /// Adds what the next block does.
    fn add(&mut self, block: BlockSums) {
        self.gram.iter_mut().zip(&block.gram).for_each(|(sum, x)| *sum = *sum + *x);
        if let (Some(plain), Some(block)) = (&mut self.out.plain_gram, &block.plain_gram) {
            plain.iter_mut().zip(block).for_each(|(sum, x)| *sum += x);
        }
        block.logs.iter().for_each(|log| self.out.log_weights += log);
        block.leverages.iter().for_each(|&(h, place)| self.out.leverages.push(h, self.rows + place));
        self.out.near |= block.near;
        self.out.full_leverage =
            self.out.full_leverage.or(block.full_leverage.map(|place| self.rows + place));
        let mut places = Vec::new();
        for id in &block.clusters {
            let next = self.cluster_places.len();
            places.push(*self.cluster_places.entry(*id).or_insert(next));
        }
        self.out.clusters = self.cluster_places.len();
        for (out, response) in self.out.responses.iter_mut().zip(&block.responses) {
            out.residuals.add(self.isa, self.rows, &response.residuals);
            out.squares_along.iter_mut().zip(&response.squares_along).for_each(|(sum, x)| *sum += x);
            out.decimal |= response.decimal;
            out.meat.add(&response.meat, &response.far);
            out.meat.add_to_clusters(&block.s, &response.e, &places);
        }
        self.rows += block.rows as u64;
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
