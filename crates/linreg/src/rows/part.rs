//! The rows of one block wherever they lie, and passes over all blocks with threads.
//!
//! Blocks are independent of each other: a pass computes a result for each, many at a time, and takes the results in the order of
//! the blocks. So the sums do not depend on the number of threads. While some blocks are computed with, the next are read.

use crate::rows::block::{BLOCK_ROWS, Block, BlockSource, Matrices};
use planish_tensor::{Exec, Isa, MatMut, MatRef, transpose};
use rayon::prelude::*;

/// Blocks in memory that a thread gets at a time.
const BLOCKS_A_THREAD: usize = 8;
/// Most blocks that are copied out of a source at a time.
const COPIED: usize = 16;
/// Most columns with which the next blocks are read meanwhile, which doubles the memory that blocks take.
const AHEAD: usize = 256;

/// The rows of a block, in place.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    Matrices(Matrices<'a>),
    Block(&'a Block),
}

impl<'a> Part<'a> {
    pub(crate) fn rows(&self) -> usize {
        match self {
            Part::Matrices(m) => m.x.rows(),
            Part::Block(b) => b.rows,
        }
    }

    pub(crate) fn weights(&self) -> Option<&'a [f64]> {
        match *self {
            Part::Matrices(m) => m.weights,
            Part::Block(b) => b.weights.as_ref().map(|w| &w[..b.rows]),
        }
    }

    /// X, where it is a matrix.
    pub(crate) fn x(&self) -> Option<MatRef<'a, f64>> {
        match *self {
            Part::Matrices(m) => Some(m.x),
            Part::Block(_) => None,
        }
    }

    /// Y, where it is a matrix.
    pub(crate) fn y(&self) -> Option<MatRef<'a, f64>> {
        match *self {
            Part::Matrices(m) => Some(m.y),
            Part::Block(_) => None,
        }
    }

    /// The first response of rows `start..end`, rounded to `f64`.
    pub(crate) fn response(&self, start: usize, end: usize, out: &mut Vec<f64>) {
        out.clear();
        match *self {
            Part::Matrices(m) => out.extend((start..end).map(|i| m.y.at(i, 0))),
            Part::Block(b) => out.extend_from_slice(&b.y[0].hi[start..end]),
        }
    }

    /// The rows as a block, copied into `room` if they are not one already.
    pub(crate) fn block<'b>(&self, isa: Isa, room: &'b mut Option<Block>) -> &'b Block
    where
        'a: 'b,
    {
        match *self {
            Part::Block(b) => b,
            Part::Matrices(m) => {
                let of = || Block::new(m.x.cols(), m.y.cols(), m.weights.is_some());
                let block = room.get_or_insert_with(of);
                copy(isa, m, block);
                block
            }
        }
    }
}

/// Copies at most [`BLOCK_ROWS`] rows into a block without clusters.
pub(crate) fn copy(isa: Isa, from: Matrices<'_>, block: &mut Block) {
    block.rows = from.x.rows();
    let Block { rows, x, y, weights, .. } = block;
    for (from, to) in [(from.x, x), (from.y, y)] {
        if from.has_contiguous_rows() {
            copy_rows(isa, from, to);
        } else {
            for (j, column) in to.iter_mut().enumerate() {
                column.hi[..*rows].copy_from_slice(from.t().row(j));
            }
        }
        to.iter_mut().for_each(|column| column.lo[..*rows].fill(0.0));
    }
    if let (Some(to), Some(from)) = (weights.as_mut(), from.weights) {
        to[..*rows].copy_from_slice(from);
    }
}

/// Copies contiguous rows into columns, some rows at a time.
fn copy_rows(isa: Isa, from: MatRef<'_, f64>, to: &mut [planish_tensor::dd::DdVec]) {
    const ROWS: usize = 64;
    let p = from.cols();
    let mut tile = vec![0.0; p * ROWS];
    for start in (0..from.rows()).step_by(ROWS) {
        let end = (start + ROWS).min(from.rows());
        transpose(isa, from.rows_between(start, end), MatMut::new(&mut tile, p, ROWS));
        for (j, column) in to.iter_mut().enumerate() {
            column.hi[start..end].copy_from_slice(&tile[j * ROWS..][..end - start]);
        }
    }
}

/// Computes a result for every block of the source and hands it to `take` in the order of the blocks. Returns the number of rows.
///
/// Each thread has a workspace, made by `workspace`. `begun` is the first block, if it was read already, from the beginning of the source.
pub(crate) fn for_each_block<S: BlockSource, W: Send, R: Send>(
    exec: Exec,
    source: &mut S,
    begun: Option<Block>,
    workspace: impl Fn() -> W + Sync,
    job: impl Fn(Part<'_>, &mut W) -> R + Sync,
    mut take: impl FnMut(R),
) -> Result<u64, S::Error> {
    if begun.is_none() {
        source.rewind()?;
    }
    if let Some(all) = source.matrices() {
        let n = all.x.rows();
        let part = |b: usize| Part::Matrices(all.between(b * BLOCK_ROWS, ((b + 1) * BLOCK_ROWS).min(n)));
        let group = if exec.threads > 1 { exec.threads * BLOCKS_A_THREAD } else { 1 };
        let blocks = n.div_ceil(BLOCK_ROWS);
        let mut spaces: Vec<W> = Vec::new();
        for start in (0..blocks).step_by(group) {
            let parts: Vec<_> = (start..(start + group).min(blocks)).map(part).collect();
            run(exec, &parts, &mut spaces, &workspace, &job, &mut take);
        }
        return Ok(n as u64);
    }
    let group = exec.threads.clamp(1, COPIED);
    let new = || Block::new(source.terms(), source.responses(), source.weighted());
    let mut now: Vec<Block> = begun.into_iter().collect();
    let begun = now.len();
    now.resize_with(group, new);
    let ahead = exec.threads > 1 && source.terms() + source.responses() <= AHEAD;
    let mut following: Vec<Block> = Vec::new();
    following.resize_with(if ahead { group } else { 0 }, new);
    let (mut rows, mut spaces) = (0, Vec::new());
    let mut filled = begun + fill(source, &mut now[begun..])?;
    loop {
        rows += now[..filled].iter().map(|b| b.rows as u64).sum::<u64>();
        let parts: Vec<_> = now[..filled].iter().map(Part::Block).collect();
        if filled < group {
            run(exec, &parts, &mut spaces, &workspace, &job, &mut take);
            return Ok(rows);
        }
        if !ahead {
            run(exec, &parts, &mut spaces, &workspace, &job, &mut take);
            filled = fill(source, &mut now)?;
            continue;
        }
        let mut read = Ok(0);
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| read = fill(source, &mut following));
            run(exec, &parts, &mut spaces, &workspace, &job, &mut take);
        });
        filled = read?;
        std::mem::swap(&mut now, &mut following);
    }
}

/// Fills blocks with the next rows; how many have any.
fn fill<S: BlockSource>(source: &mut S, blocks: &mut [Block]) -> Result<usize, S::Error> {
    for (filled, block) in blocks.iter_mut().enumerate() {
        block.rows = 0;
        source.next(block)?;
        if block.rows == 0 {
            return Ok(filled);
        }
    }
    Ok(blocks.len())
}

/// Computes a result for every part. Thread t takes parts t, t + n, t + 2n, … of n threads, and has a workspace of its own.
fn run<W: Send, R: Send>(
    exec: Exec,
    parts: &[Part<'_>],
    spaces: &mut Vec<W>,
    workspace: &(impl Fn() -> W + Sync),
    job: &(impl Fn(Part<'_>, &mut W) -> R + Sync),
    take: &mut impl FnMut(R),
) {
    let threads = exec.threads.clamp(1, parts.len().max(1));
    while spaces.len() < threads {
        spaces.push(workspace());
    }
    if threads == 1 {
        return parts.iter().for_each(|&part| take(job(part, &mut spaces[0])));
    }
    let each = |(thread, space): (usize, &mut W)| -> Vec<R> {
        parts[thread..].iter().step_by(threads).map(|&part| job(part, space)).collect()
    };
    let done: Vec<Vec<R>> = spaces[..threads].par_iter_mut().enumerate().map(each).collect();
    let mut done: Vec<_> = done.into_iter().map(Vec::into_iter).collect();
    for i in 0..parts.len() {
        take(done[i % threads].next().expect("a result for each part"));
    }
}
