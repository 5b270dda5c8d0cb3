//! A pass over the rows for well-conditioned data: residuals and cross products in compensated arithmetic, without shifts.
//!
//! Sums keep their leading part and, added up beside it, the rounding errors of every product and addition (Ogita, Rump and Oishi, "Accurate
//! sum and dot product", 2005: Dot2). The result is that of about twice the precision, rounded, for a third of the operations of
//! double-double sums. Rows are taken a tile at a time that fits the first cache: a tile is transposed if it comes as rows, its residuals are
//! formed, and its columns multiplied with them, so that the data are read from memory once.
//!
//! Columns are taken as they are: the coefficients and the sums are scaled by powers of two instead, and the intercept holds what the shifts
//! add up to. That costs digits where a column's offset is large beside its spread: see [`is_enough`]. The sums are anchored (see `anchored`) by bounds that the
//! factor gives: a sum Σ w·x·r over any rows is at most ‖√w·x‖·‖√w·r‖ (Cauchy and Schwarz). Of ‖√w·r‖ the factor has an estimate; if
//! a pass finds more than was allowed for, its sums are not used.

use crate::linalg::powers::{exponent_of, pow2, scale_by, scale_dd};
use crate::refine::anchored::{Columns, Tile};
use crate::refine::problem::{Problem, Solution, Sums};
use crate::rows::block::BLOCK_ROWS;
use crate::rows::part::Part;
use planish_tensor::dd::DdSlice;
use planish_tensor::{AlignedVec, Dd, Isa, MatMut, MatRef, Number, transpose};

/// What [`is_enough`] allows: errors stay below about 2⁻⁶⁰ of the coefficients.
const REACH: f64 = pow2(46);
/// The powers of two between which products with columns as they are stay in range, with all their parts.
const SMALL: i32 = -850;
const LARGE: i32 = 980;
/// By what part of ‖y‖ residuals may exceed the factor's estimate, as its coefficients have errors.
const SLACK: f64 = pow2(-16);
/// Numbers of a transposed tile: 24 KiB.
const TILE: usize = 3072;
/// Fewest and most rows of a tile.
const ROWS: (usize, usize) = (32, 256);

/// Whether anchored sums without shifts are as good as double-double sums in scaled units.
///
/// With n rows, p terms and ρ the largest ratio of a column's offset to its spread, a residual is in error by at most about 16p·2⁻¹⁰⁶·(1 + ρ/√n) of the
/// columns' norms, and an inner product by n·2⁻¹⁰⁶·(1 + ρ) of the norms' product; coefficients are in error by κ² times that.
pub(crate) fn is_enough(problem: &Problem<'_>) -> bool {
    let scaling = problem.scaling;
    let factor = problem.factor;
    if factor.kept.len() + factor.rhs.len() != scaling.shift.len() {
        return false;
    }
    let response = factor.rhs_norms.iter().fold(0.0, |m: f64, (whole, _)| m.max(*whole));
    let mut ratio = 0.0_f64;
    for (j, &term) in factor.kept.iter().enumerate() {
        let offset = scaling.shift[term].abs() * scaling.exponents[term].scale();
        let norm = problem.norm(factor.first + j);
        ratio = ratio.max(offset * problem.root_rows() / norm);
        let product = exponent_of((norm + offset * problem.root_rows()) * response);
        let (weights, unit) = (2 * scaling.root.value(), scaling.exponent(term));
        if unit < SMALL || unit + weights < SMALL || product.max(0) + unit + weights.max(0) > LARGE {
            return false;
        }
    }
    let n = problem.rows as f64;
    let terms = 16.0 * factor.kept.len() as f64 * (n.sqrt() + ratio);
    problem.condition * problem.condition * (1.0 + ratio) * (n + terms) <= REACH
}

/// What a pass needs to know.
pub(crate) struct Compensated<'a> {
    problem: &'a Problem<'a>,
    terms: usize,
    /// The powers of two of the columns of [X Y].
    scales: Vec<f64>,
    /// Of each response; none if it is settled.
    equations: Vec<Option<Equation>>,
    first: bool,
}

/// What is needed of a response to form its residuals.
struct Equation {
    intercept: Dd,
    /// For columns as they are.
    coef: Vec<Dd>,
    /// The bound of ‖√w·r‖ in scaled units.
    allowed: f64,
    /// The anchor of residuals; none with weights, which hide how large a column's numbers are.
    anchor: Option<f64>,
    /// The anchors of Xᵀ·w·r.
    anchors: Vec<f64>,
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
    pub(crate) fn new(
        problem: &'a Problem<'a>,
        solutions: &[Solution],
        first: bool,
        weighted: bool,
    ) -> Compensated<'a> {
        let scaling = problem.scaling;
        let of = |(q, s): (usize, &Solution)| s.active.then(|| Equation::new(problem, q, &s.beta, weighted));
        let equations = solutions.iter().enumerate().map(of).collect();
        let scales = scaling.exponents.iter().map(|g| g.scale()).collect();
        Compensated { problem, terms: problem.factor.kept.len(), scales, equations, first }
    }

    pub(crate) fn workspace(&self) -> Workspace {
        let rows = self.tile_rows();
        let zeros = || AlignedVec::zeros(rows);
        Workspace {
            tile: AlignedVec::zeros(rows * self.terms),
            y: AlignedVec::zeros(rows * self.equations.len()),
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
        let mut lanes: Vec<_> = self.equations.iter().map(|e| e.as_ref().map(Equation::lanes)).collect();
        let columns = columns_of(part);
        let size = self.tile_rows();
        for start in (0..part.rows()).step_by(size) {
            let end = (start + size).min(part.rows());
            let Workspace { tile, y, r } = work;
            let x = load(isa, part.x(), columns[0].as_ref(), (start, end), tile, size);
            let ys = load(isa, part.y(), columns[1].as_ref(), (start, end), y, size);
            for (q, lanes) in lanes.iter_mut().enumerate() {
                let (Some(lanes), Some(equation)) = (lanes, &self.equations[q]) else { continue };
                let shift = self.problem.scaling.shift[self.terms + q];
                Tile {
                    x,
                    y: ys.column(q),
                    unit: self.scales[self.terms + q],
                    weights: part.weights().map(|w| &w[start..end]),
                    intercept: equation.intercept,
                    coef: &equation.coef,
                    anchor: equation.anchor,
                    shift: self.first.then_some(shift),
                    r: &mut *r,
                    lanes,
                }
                .run(isa);
            }
        }
        let gather = |(lanes, e): (Option<_>, &Option<Equation>)| Some(e.as_ref()?.gather(lanes?, part));
        lanes.into_iter().zip(&self.equations).map(gather).collect()
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

    /// Brings the sums over all rows into scaled units; none if some residuals were larger than their anchors allow.
    pub(crate) fn scaled(&self, total: Vec<Option<BlockSums>>) -> Option<Vec<Option<Sums>>> {
        let (scaling, first) = (self.problem.scaling, self.problem.factor.first);
        let root = -2 * scaling.root.value();
        let one = |(of, equation): (BlockSums, &Equation)| {
            let sums: Vec<Dd> = of.sums.iter().map(|&sum| scale_dd(sum, root)).collect();
            let (products, rest) = sums.split_at(self.terms);
            let about = |(j, &sum): (usize, &Dd)| {
                scale_dd(sum - Dd::from(scaling.shift[j]) * rest[0], -scaling.exponent(j))
            };
            let s = rest[..first].iter().copied().chain(products.iter().enumerate().map(about)).collect();
            let sums = Sums { s, rss: rest[1], weight: rest[2], moments: [rest[3], rest[4]] };
            (sums.rss.hi <= equation.allowed * equation.allowed).then_some(sums)
        };
        let pair = |(total, equation): (Option<BlockSums>, &'_ Option<Equation>)| match total
            .zip(equation.as_ref())
        {
            Some(of) => one(of).map(Some),
            None => Some(None),
        };
        total.into_iter().zip(&self.equations).map(pair).collect()
    }
}

impl Equation {
    fn new(problem: &Problem<'_>, q: usize, beta: &[Dd], weighted: bool) -> Equation {
        let (scaling, factor) = (problem.scaling, problem.factor);
        let terms = factor.kept.len();
        let offset = |c: usize| Dd::from(scaling.shift[c] * scaling.exponents[c].scale());
        let coef = &beta[factor.first..];
        let mut intercept = Dd::ZERO;
        if factor.first == 1 {
            intercept = beta[0] + offset(terms + q);
            for (j, b) in coef.iter().enumerate() {
                intercept = intercept - *b * offset(j);
            }
        }
        let (whole, rest) = factor.rhs_norms[q];
        let allowed = 2.0 * rest + SLACK * whole;
        // In scaled units no number of a column about its shift exceeds its norm.
        let mut largest = whole + offset(terms + q).hi.abs() + intercept.hi.abs();
        let mut anchors = Vec::with_capacity(terms);
        for (j, b) in coef.iter().enumerate() {
            let (norm, offset) = (problem.norm(factor.first + j), offset(j).hi.abs());
            largest += (norm + offset) * b.hi.abs();
            let product = (norm + offset * problem.root_rows()) * allowed;
            anchors.push(anchor(scale_by(product, 2 * scaling.root.value() + scaling.exponent(j))));
        }
        Equation {
            intercept,
            coef: coef.iter().enumerate().map(|(j, &b)| scale_dd(b, -scaling.exponent(j))).collect(),
            allowed,
            anchor: (!weighted).then(|| anchor(largest)),
            anchors,
        }
    }

    /// The numbers that the sums of a block start from, one for each lane: anchors, and five zeros.
    fn lanes(&self) -> Vec<[[f64; 8]; 2]> {
        let start = self.anchors.iter().copied().chain([0.0; 5]);
        start.map(|anchor| [[anchor; 8], [0.0; 8]]).collect()
    }

    /// The sums of a block: the lanes added, the anchors subtracted.
    fn gather(&self, lanes: Vec<[[f64; 8]; 2]>, part: Part<'_>) -> BlockSums {
        let anchors = self.anchors.iter().copied().chain([0.0; 5]);
        let one = |([hi, lo], anchor): (&[[f64; 8]; 2], f64)| {
            (0..8).fold(Dd::ZERO, |t, i| t + Dd::new(hi[i] - anchor, lo[i]))
        };
        let mut sums: Vec<Dd> = lanes.iter().zip(anchors).map(one).collect();
        if part.weights().is_none() {
            sums[self.anchors.len() + 2] = Dd::from(part.rows() as f64);
        }
        BlockSums { sums }
    }
}

/// A power of two, more than four times and at most sixteen times this.
fn anchor(largest: f64) -> f64 {
    pow2(exponent_of(largest) + 3)
}

/// The columns of some matrix with their low parts, where those are not all zero.
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
