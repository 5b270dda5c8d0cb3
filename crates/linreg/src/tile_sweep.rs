//! The pass of `sweep` for well-conditioned data: residuals and cross products in compensated arithmetic, without shifts.
//!
//! Sums keep their leading part and, added up beside it, the rounding errors of every product and addition (Ogita, Rump and Oishi, "Accurate
//! sum and dot product", 2005: Dot2). The result is that of about twice the precision, rounded, for a third of the operations of
//! double-double sums. Rows are taken a tile at a time that fits the first cache: a tile is transposed if it comes as rows, its residuals are
//! formed, and its columns multiplied with them, so that the data are read from memory once.
//!
//! Columns are scaled, but not shifted: what the shifts add up to goes to the intercept. What that may cost is the ratio of a column's
//! offset to its spread: see [`is_enough`].

use crate::block::BLOCK_ROWS;
use crate::frame::scale_dd;
use crate::part::Part;
use crate::refine::{Problem, Solution};
use crate::sweep::Sums;
use crate::tile_kernel::{Columns, Tile};
use planish_tensor::dd::DdSlice;
use planish_tensor::{AlignedVec, Dd, Isa, MatMut, MatRef, Scalar, transpose};

/// Offset over spread times κ² for which errors stay below about 2⁻⁶⁰ of the coefficients.
const REACH: f64 = 1.1e12; // 2⁴⁰
/// Numbers of a transposed tile: 24 KiB.
const TILE: usize = 3072;
/// Fewest and most rows of a tile.
const ROWS: (usize, usize) = (32, 256);

/// Whether compensated sums without shifts are as good as double-double sums in the frame.
///
/// A residual is in error by about p·2⁻¹⁰⁶ of the largest |x·b|, that is of the column's spread times its offset ratio; an inner product
/// likewise; and coefficients are in error by κ² times that.
pub(crate) fn is_enough(problem: &Problem<'_>) -> bool {
    let frame = problem.frame;
    let factor = problem.factor;
    if factor.kept.len() + factor.rhs.len() != frame.shift.len() {
        return false;
    }
    let mut ratio = 1.0_f64;
    for (j, &term) in factor.kept.iter().enumerate() {
        let offset = frame.shift[term].abs() * frame.gauge[term].scale();
        ratio = ratio.max(offset * problem.root_rows() / problem.norm(factor.first + j));
    }
    ratio * problem.condition * problem.condition <= REACH
}

/// What a pass needs to know.
pub(crate) struct Compensated<'a> {
    problem: &'a Problem<'a>,
    terms: usize,
    /// The powers of two of the columns of [X Y].
    scales: Vec<f64>,
    /// Of each response, the intercept and the coefficients; none if it is settled.
    coefs: Vec<Option<(Dd, Vec<Dd>)>>,
    first: bool,
}

/// The sums of one block for one response.
pub(crate) struct BlockSums {
    /// Xᵀ·w·r, then Σ w·r, Σ w·r², and on the first pass Σ w, Σ w·y, Σ w·y², y about its shift.
    sums: Vec<Dd>,
}

/// Buffers of a thread.
pub(crate) struct Workspace {
    tile: AlignedVec<f64>,
    y: AlignedVec<f64>,
    r: [AlignedVec<f64>; 4],
}

impl<'a> Compensated<'a> {
    pub(crate) fn new(problem: &'a Problem<'a>, solutions: &[Solution], first: bool) -> Compensated<'a> {
        let (frame, factor) = (problem.frame, problem.factor);
        let terms = factor.kept.len();
        let offset = |c: usize| Dd::from(frame.shift[c] * frame.gauge[c].scale());
        let of = |q: usize, beta: &[Dd]| {
            let coef = beta[factor.first..].to_vec();
            let mut intercept = Dd::ZERO;
            if factor.first == 1 {
                intercept = beta[0] + offset(terms + q);
                for (j, b) in coef.iter().enumerate() {
                    intercept = intercept - *b * offset(j);
                }
            }
            (intercept, coef)
        };
        let coefs = solutions.iter().enumerate().map(|(q, s)| s.active.then(|| of(q, &s.beta))).collect();
        let scales = frame.gauge.iter().map(|g| g.scale()).collect();
        Compensated { problem, terms, scales, coefs, first }
    }

    pub(crate) fn workspace(&self) -> Workspace {
        let rows = self.tile_rows();
        let zeros = || AlignedVec::zeros(rows);
        Workspace {
            tile: AlignedVec::zeros(rows * self.terms),
            y: AlignedVec::zeros(rows * self.coefs.len()),
            r: [zeros(), zeros(), zeros(), zeros()],
        }
    }

    fn tile_rows(&self) -> usize {
        let fit = TILE / self.terms.max(1);
        (fit - fit % f64::LANES).clamp(ROWS.0, ROWS.1)
    }

    /// The sums of a block.
    pub(crate) fn block(&self, part: Part<'_>, work: &mut Workspace) -> Vec<Option<BlockSums>> {
        debug_assert!(part.rows() <= BLOCK_ROWS);
        let isa = self.problem.isa();
        let slots = self.terms + 5;
        let mut lanes: Vec<_> =
            self.coefs.iter().map(|c| c.as_ref().map(|_| vec![[[0.0; 8]; 2]; slots])).collect();
        let columns = columns_of(part);
        let size = self.tile_rows();
        for start in (0..part.rows()).step_by(size) {
            let end = (start + size).min(part.rows());
            let Workspace { tile, y, r } = work;
            let x = load(isa, part.x(), columns[0].as_ref(), (start, end), tile, size);
            let ys = load(isa, part.y(), columns[1].as_ref(), (start, end), y, size);
            for (q, lanes) in lanes.iter_mut().enumerate() {
                let (Some(lanes), Some((intercept, coef))) = (lanes, &self.coefs[q]) else { continue };
                let (scales, unit) = (&self.scales[..self.terms], self.scales[self.terms + q]);
                let shift = self.problem.frame.shift[self.terms + q];
                Tile {
                    x,
                    y: ys.column(q),
                    scales,
                    unit,
                    weights: part.weights().map(|w| &w[start..end]),
                    intercept: *intercept,
                    coef,
                    shift: self.first.then_some(shift),
                    r: &mut *r,
                    lanes,
                }
                .run(isa);
            }
        }
        lanes.into_iter().map(|l| l.map(|l| self.gather(&l, part))).collect()
    }

    fn gather(&self, lanes: &[[[f64; 8]; 2]], part: Part<'_>) -> BlockSums {
        let one = |[hi, lo]: &[[f64; 8]; 2]| (0..8).fold(Dd::ZERO, |t, i| t + Dd::new(hi[i], lo[i]));
        let mut sums: Vec<Dd> = lanes.iter().map(one).collect();
        if part.weights().is_none() {
            sums[self.terms + 2] = Dd::from(part.rows() as f64);
        }
        BlockSums { sums }
    }

    /// Adds a block's sums to a total.
    pub(crate) fn add(total: &mut [Option<BlockSums>], block: Vec<Option<BlockSums>>) {
        for (total, block) in total.iter_mut().zip(block) {
            match (total, block) {
                (Some(total), Some(block)) => {
                    total.sums.iter_mut().zip(&block.sums).for_each(|(t, b)| *t = *t + *b);
                }
                (total @ None, block) => *total = block,
                _ => {}
            }
        }
    }

    /// Brings the sums over all rows into the frame.
    pub(crate) fn framed(&self, total: Vec<Option<BlockSums>>) -> Vec<Option<Sums>> {
        let (frame, first) = (self.problem.frame, self.problem.factor.first);
        let root = -2 * frame.root.exponent();
        let one = |of: BlockSums| {
            let sums: Vec<Dd> = of.sums.iter().map(|&sum| scale_dd(sum, root)).collect();
            let (products, rest) = sums.split_at(self.terms);
            let about = |(j, &sum): (usize, &Dd)| sum - Dd::from(frame.shift[j] * self.scales[j]) * rest[0];
            let s = rest[..first].iter().copied().chain(products.iter().enumerate().map(about)).collect();
            Sums { s, rss: rest[1], weight: rest[2], moments: [rest[3], rest[4]] }
        };
        total.into_iter().map(|t| t.map(one)).collect()
    }
}

/// The columns of some matrix with their rests, where those are not all zero.
type Slices<'a> = Vec<(&'a [f64], Option<&'a [f64]>)>;

/// The columns of X and of Y; `None` where they do not lie in one piece.
fn columns_of(part: Part<'_>) -> [Option<Slices<'_>>; 2] {
    match part {
        Part::Matrices(m) => [m.x, m.y].map(|of| {
            let t = of.t();
            t.has_contiguous_rows().then(|| (0..t.rows()).map(|j| (t.row(j), None)).collect())
        }),
        Part::Block(b) => [&b.x, &b.y].map(|of| Some(of.iter().map(|c| slices(c.first(b.rows))).collect())),
    }
}

fn slices(c: DdSlice<'_>) -> (&[f64], Option<&[f64]>) {
    let any = c.lo.chunks(64).any(|part| part.iter().fold(false, |any, &x| any | (x != 0.0)));
    (c.hi, any.then_some(c.lo))
}

/// Rows of a matrix as columns, transposed into the tile where the columns do not lie in one piece.
fn load<'t>(
    isa: Isa,
    rows: Option<MatRef<'_, f64>>,
    columns: Option<&'t Slices<'t>>,
    (start, end): (usize, usize),
    tile: &'t mut [f64],
    size: usize,
) -> Columns<'t> {
    let n = end - start;
    if let Some(of) = columns {
        return Columns::Slices { of, start, n };
    }
    let rows = rows.expect("a block has columns").rows_between(start, end);
    transpose(isa, rows, MatMut::new(tile, rows.cols(), size));
    Columns::Tile { data: tile, stride: size, n }
}
