//! A pass over the rows: residuals and their products with the columns, in double-double.

use crate::error::FitError;
use crate::linalg::kernels::{Column, cross, residual, weigh};
use crate::refine::compensated::Compensated;
use crate::refine::problem::{Problem, Solution, Sums};
use crate::rows::block::{BLOCK_ROWS, Block, BlockSource, same_rows};
use crate::rows::part::for_each_block;
use planish_tensor::dd::{DdSlice, DdVec, dot};
use planish_tensor::{Dd, Isa};

/// One pass over the rows: the sums of each active response. If `compensated`, in compensated arithmetic where its bounds hold.
pub(crate) fn sweep<S: BlockSource>(
    problem: &Problem<'_>,
    source: &mut S,
    compensated: bool,
    solutions: &[Solution],
    first: bool,
) -> Result<Vec<Option<Sums>>, FitError<S::Error>> {
    if compensated && let Some(sums) = compensated_sweep(problem, source, solutions, first)? {
        return Ok(sums);
    }
    let pass = Pass { problem, solutions, first };
    let mut total = pass.zeros();
    let rows = for_each_block(
        problem.exec,
        source,
        None,
        || (None, Scratch::new()),
        |part, (room, scratch)| pass.block(part.block(problem.isa(), room), scratch),
        |block| add_sums(&mut total, block),
    );
    same_rows(problem.rows, rows.map_err(FitError::Source)?)?;
    Ok(total)
}

/// The pass in compensated arithmetic; none if its bounds did not hold.
fn compensated_sweep<S: BlockSource>(
    problem: &Problem<'_>,
    source: &mut S,
    solutions: &[Solution],
    first: bool,
) -> Result<Option<Vec<Option<Sums>>>, FitError<S::Error>> {
    let pass = Compensated::new(problem, solutions, first, source.weighted());
    let mut total: Vec<_> = solutions.iter().map(|_| None).collect();
    let rows = for_each_block(
        problem.exec,
        source,
        None,
        || pass.workspace(),
        |part, work| pass.block(part, work),
        |block| Compensated::add(&mut total, block),
    );
    same_rows(problem.rows, rows.map_err(FitError::Source)?)?;
    Ok(pass.scaled(total))
}

/// Adds a block's sums to the total.
fn add_sums(total: &mut [Option<Sums>], block: Vec<Option<Sums>>) {
    for (total, block) in total.iter_mut().flatten().zip(block.into_iter().flatten()) {
        total.s.iter_mut().zip(&block.s).for_each(|(t, &b)| *t = *t + b);
        total.rss = total.rss + block.rss;
        total.weight = total.weight + block.weight;
        total.moments.iter_mut().zip(block.moments).for_each(|(t, b)| *t = *t + b);
    }
}

/// The pass in double-double.
struct Pass<'a> {
    problem: &'a Problem<'a>,
    solutions: &'a [Solution],
    first: bool,
}

impl Pass<'_> {
    fn zeros(&self) -> Vec<Option<Sums>> {
        let zeros = || Sums {
            s: vec![Dd::ZERO; self.problem.factor.rank()],
            rss: Dd::ZERO,
            moments: [Dd::ZERO; 2],
            weight: Dd::ZERO,
        };
        self.solutions.iter().map(|s| s.active.then(zeros)).collect()
    }

    /// The sums of a block.
    fn block(&self, block: &Block, scratch: &mut Scratch) -> Vec<Option<Sums>> {
        let mut sums = self.zeros();
        let x = self.problem.columns(block);
        scratch.take_weights(self.problem, block);
        for (q, sums) in sums.iter_mut().enumerate() {
            if let Some(sums) = sums {
                self.add_response(block, &x, scratch, q, sums);
            }
        }
        sums
    }

    /// Adds a block's part to the sums of response q.
    fn add_response(
        &self,
        block: &Block,
        x: &[Column<'_>],
        scratch: &mut Scratch,
        q: usize,
        sums: &mut Sums,
    ) {
        let (isa, n, beta) = (self.problem.isa(), block.rows, &self.solutions[q].beta);
        let y = self.problem.scaling.column(block, block.x.len() + q);
        let offset = self.problem.factor.first;
        if self.first {
            residual(isa, y, &[], Dd::ZERO, &[], &mut scratch.r);
            scratch.weigh(isa, n);
            let (ones, r, wr) = scratch.columns(n);
            sums.weight = sums.weight + dot(isa, ones, scratch.weights(n));
            sums.moments[0] = sums.moments[0] + dot(isa, ones, wr);
            sums.moments[1] = sums.moments[1] + dot(isa, r, wr);
        }
        let intercept = if offset == 1 { beta[0] } else { Dd::ZERO };
        residual(isa, y, x, intercept, &beta[offset..], &mut scratch.r);
        scratch.weigh(isa, n);
        let (ones, r, wr) = scratch.columns(n);
        sums.rss = sums.rss + dot(isa, r, wr);
        if offset == 1 {
            sums.s[0] = sums.s[0] + dot(isa, ones, wr);
        }
        for (s, x) in sums.s[offset..].iter_mut().zip(x) {
            *s = *s + cross(isa, *x, wr);
        }
    }
}

/// Columns that a pass works in.
struct Scratch {
    ones: DdVec,
    r: DdVec,
    /// The weights, and w·r; none without weights.
    weighted: Option<[DdVec; 2]>,
}

impl Scratch {
    fn new() -> Scratch {
        let zeros = || DdVec::zeros(BLOCK_ROWS);
        let mut ones = zeros();
        ones.hi.fill(1.0);
        Scratch { ones, r: zeros(), weighted: None }
    }

    /// Takes the block's weights, scaled.
    fn take_weights(&mut self, problem: &Problem<'_>, block: &Block) {
        if let Some(weights) = &block.weights {
            let zeros = || DdVec::zeros(BLOCK_ROWS);
            let [w, _] = self.weighted.get_or_insert_with(|| [zeros(), zeros()]);
            let n = block.rows;
            let root = problem.scaling.root.scale();
            w.hi[..n].iter_mut().zip(&weights[..n]).for_each(|(to, from)| *to = from * root * root);
        }
    }

    fn weights(&self, n: usize) -> DdSlice<'_> {
        self.weighted.as_ref().map_or(self.ones.first(n), |[w, _]| w.first(n))
    }

    /// Forms w·r.
    fn weigh(&mut self, isa: Isa, n: usize) {
        if let Some([w, wr]) = &mut self.weighted {
            weigh(isa, self.r.first(n), &w.hi[..n], wr);
        }
    }

    /// Ones, r and w·r.
    fn columns(&self, n: usize) -> (DdSlice<'_>, DdSlice<'_>, DdSlice<'_>) {
        let r = self.r.first(n);
        (self.ones.first(n), r, self.weighted.as_ref().map_or(r, |[_, wr]| wr.first(n)))
    }
}
