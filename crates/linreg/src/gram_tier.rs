//! The fast tier: the triangular factor by Cholesky's method from the Gram matrix of [1 X Y] in the frame.
//!
//! Each block of 4096 rows is brought into the frame some rows at a time, while they are in the cache, and multiplied with itself. The
//! products of blocks are added as a binary counter, in a tree that is a function of their number alone. This costs one multiplication for
//! each pair of columns and row, half of what reflections cost, but squares the condition number κ of the unit-norm columns. So it is trusted
//! only where that does no harm:
//!
//! - Let G be the exact Gram matrix of the columns at unit norm and E the error of the computed RᵀR. One step of refinement
//!   multiplies the error of the coefficients by at most ‖(RᵀR)⁻¹E‖ ≤ about κ²·‖E‖, and ‖E‖ ≤ (4096 + 2m + log₂(n/4096))·m·u in the worst
//!   case, √ of that typically, for m columns and u = 2⁻⁵³. With κ ≤ 10⁵ that is κ²·u = 1.1e-6 times a number that is
//!   some hundreds in practice: three digits a step or more.
//! - No pivot may fall to 1e-5 of its column's norm: decisions about rank are left to the reflections.
//! - No sum may leave the range of numbers: the reflections then tell what is wrong with the data, or grow the frame.

use crate::block::{Block, BlockSource};
use crate::counter::Counter;
use crate::fold::Folded;
use crate::frame::Frame;
use crate::part::{Part, copy, for_each_block};
use crate::triangle::Triangle;
use planish_tensor::gemm::{Scratch, gram_add};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{AlignedVec, Exec, Isa, MatMut, MatRef, Scalar, reduce};

/// The largest condition number of the unit-norm columns (its upper bound `Factor::inverse_norm`) for this tier.
pub(crate) const LARGEST_CONDITION: f64 = 1e5;
/// The part of its squared norm that a column must keep when the columns before it are eliminated.
const PIVOT: f64 = 1e-10;
/// Squared norms in the frame for which nothing overflows, and what underflows does not count.
const RANGE: (f64, f64) = (1e-250, 1e250);
/// Numbers that are asked for ahead: 2 KiB.
const AHEAD: usize = 256;
/// Rows that fix the frame.
const SAMPLE: usize = 256;
/// Rows that are brought into the frame at a time.
const TILE: usize = 128;

/// The factor of [1 X Y], or `None` if the tier cannot be trusted with these data, or they are wrong.
pub(crate) fn fold<S: BlockSource>(
    exec: Exec,
    source: &mut S,
    intercept: bool,
    tolerance: f64,
) -> Result<Option<Folded>, S::Error> {
    let terms = source.terms();
    source.rewind()?;
    let mut first = Block::new(terms, source.responses(), source.weighted());
    let begun = match source.matrices() {
        Some(all) => {
            copy(exec.isa, all.between(0, all.x.rows().min(SAMPLE)), &mut first);
            None
        }
        None => {
            source.next(&mut first)?;
            Some(first.clone())
        }
    };
    if first.rows == 0 {
        return Ok(None);
    }
    first.rows = first.rows.min(SAMPLE);
    let frame = Frame::of_first(exec.isa, intercept, &first);
    let plan = Plan::new(&frame, terms);
    let mut counter = Counter::new();
    let mut used = 0;
    let rows = for_each_block(
        exec,
        source,
        begun,
        || Workspace::new(&plan),
        |part, work| product(exec.isa, &plan, part, work),
        |(gram, positive): (Vec<f64>, u64)| {
            counter.push(gram, sum);
            used += positive;
        },
    )?;
    let Some(gram) = counter.finish(sum) else { return Ok(None) };
    let triangle = cholesky(exec.isa, &plan, &gram, PIVOT.max(100.0 * tolerance * tolerance));
    Ok(triangle.map(|triangle| Folded { frame, triangle, rows, used }))
}

/// The layout of the rows that are multiplied: X, Y, then the intercept.
struct Plan {
    intercept: bool,
    terms: usize,
    /// Columns of [X Y].
    data: usize,
    /// Columns in all.
    order: usize,
    /// The distance between rows of a tile.
    stride: usize,
    /// Shifts and scales of [X Y].
    shift: Vec<f64>,
    scale: Vec<f64>,
    /// The same of X and of Y, in whole vectors.
    vectors: [[Vec<f64>; 2]; 2],
    root: f64,
}

impl Plan {
    fn new(frame: &Frame, terms: usize) -> Plan {
        let data = frame.shift.len();
        let order = data + usize::from(frame.intercept);
        let (shift, scale) = (frame.shift.clone(), frame.gauge.iter().map(|g| g.scale()).collect::<Vec<_>>());
        let part =
            |from: usize, to: usize| [whole_vectors(&shift[from..to]), whole_vectors(&scale[from..to])];
        Plan {
            intercept: frame.intercept,
            terms,
            data,
            order,
            stride: order.next_multiple_of(f64::LANES) + f64::LANES,
            vectors: [part(0, terms), part(terms, data)],
            shift,
            scale,
            root: frame.root.scale(),
        }
    }

    /// The place in a tile's row of column j of [1 X Y].
    fn place(&self, j: usize) -> usize {
        match (self.intercept, j) {
            (true, 0) => self.data,
            (true, j) => j - 1,
            (false, j) => j,
        }
    }
}

/// The numbers, and zeros up to whole vectors.
fn whole_vectors(v: &[f64]) -> Vec<f64> {
    let mut v = v.to_vec();
    v.resize(v.len().next_multiple_of(f64::LANES), 0.0);
    v
}

struct Workspace {
    tile: AlignedVec<f64>,
    roots: Vec<f64>,
    scratch: Scratch<f64>,
}

impl Workspace {
    fn new(plan: &Plan) -> Workspace {
        Workspace {
            tile: AlignedVec::zeros(TILE * plan.stride),
            roots: vec![1.0; TILE],
            scratch: Scratch::new(),
        }
    }
}

/// The Gram matrix of a block, on and above the diagonal, and its rows of positive weight.
fn product(isa: Isa, plan: &Plan, part: Part<'_>, work: &mut Workspace) -> (Vec<f64>, u64) {
    let m = plan.order;
    let mut gram = vec![0.0; m * m];
    let Workspace { tile, roots, scratch } = work;
    let weights = part.weights();
    for start in (0..part.rows()).step_by(TILE) {
        let end = (start + TILE).min(part.rows());
        if let Some(w) = weights {
            let from = w[start..end].iter();
            roots.iter_mut().zip(from).for_each(|(r, w)| *r = w.sqrt() * plan.root);
        }
        fill(isa, plan, part, (start, end), &roots[..end - start], tile);
        let rows = MatRef::with_stride(tile, end - start, m, plan.stride);
        gram_add(isa, rows, MatMut::new(&mut gram, m, m), start == 0, scratch);
    }
    let used = weights.map_or(part.rows(), |w| w.iter().filter(|&&w| w > 0.0).count());
    (gram, used as u64)
}

/// Writes rows of √W·[X Y 1] in the frame into the tile.
fn fill(
    isa: Isa,
    plan: &Plan,
    part: Part<'_>,
    (start, end): (usize, usize),
    roots: &[f64],
    tile: &mut [f64],
) {
    match part {
        Part::Matrices(m) => {
            let (x, y) = (m.x.rows_between(start, end), m.y.rows_between(start, end));
            for (from, first, [shift, scale]) in [(x, 0, &plan.vectors[0]), (y, plan.terms, &plan.vectors[1])]
            {
                if from.has_contiguous_rows() {
                    let (out, stride) = (&mut tile[first..], plan.stride);
                    let roots = if m.weights.is_some() { Ok(roots) } else { Err(roots.len()) };
                    f64::dispatch(isa, FillRows { from, shift, scale, roots, out, stride });
                } else {
                    for j in 0..from.cols() {
                        let values = from.t().row(j).iter().map(|&hi| (hi, 0.0));
                        fill_column(plan, first + j, values, roots, tile);
                    }
                }
            }
        }
        Part::Block(block) => {
            for c in 0..plan.data {
                let v = block.column(c).first(end);
                let values = v.hi[start..].iter().copied().zip(v.lo[start..].iter().copied());
                fill_column(plan, c, values, roots, tile);
            }
        }
    }
    if plan.intercept {
        roots.iter().enumerate().for_each(|(i, root)| tile[i * plan.stride + plan.data] = *root);
    }
}

fn fill_column(
    plan: &Plan,
    c: usize,
    values: impl Iterator<Item = (f64, f64)>,
    roots: &[f64],
    tile: &mut [f64],
) {
    let (shift, scale) = (plan.shift[c], plan.scale[c]);
    for (((hi, lo), root), row) in values.zip(roots).zip(tile.chunks_exact_mut(plan.stride)) {
        let (d, e) = planish_tensor::dd::two_sum(hi, -shift);
        row[c] = (d + (e + lo)) * scale * root;
    }
}

/// Contiguous rows, brought into the frame. Whole vectors are stored, so a row's end spoils what follows it.
struct FillRows<'a> {
    from: MatRef<'a, f64>,
    /// In whole vectors.
    shift: &'a [f64],
    scale: &'a [f64],
    /// The roots of the weights, or without weights how many rows.
    roots: Result<&'a [f64], usize>,
    out: &'a mut [f64],
    stride: usize,
}

impl LaneKernel<f64> for FillRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let FillRows { from, shift, scale, roots, out, stride } = self;
        let rows = roots.map_or_else(|n| n, <[f64]>::len);
        let p = from.cols();
        // Where rows lie side by side, a vector at the end of one reads on into the next, and needs no mask.
        let all = from.is_slice().then(|| from.joined().row(0));
        // Row by row, as they lie in memory.
        for i in 0..rows {
            let row = all.map_or_else(|| from.row(i), |all| &all[i * p..]);
            for j in (0..p).step_by(f64::LANES) {
                let v = s.load_at(row, j);
                s.prefetch(row.as_ptr().wrapping_add(j + AHEAD));
                let v = s.mul(s.sub(v, s.load_at(shift, j)), s.load_at(scale, j));
                let v = roots.map_or(v, |roots| s.mul(v, s.splat(roots[i])));
                s.store_at(&mut out[..], i * stride + j, v);
            }
        }
    }
}

fn sum(mut earlier: Vec<f64>, later: Vec<f64>) -> Vec<f64> {
    earlier.iter_mut().zip(later).for_each(|(a, b)| *a += b);
    earlier
}

/// R of [1 X Y] with RᵀR = G, the responses against the other columns only. `None` if a pivot is too small.
fn cholesky(isa: Isa, plan: &Plan, gram: &[f64], least: f64) -> Option<Triangle> {
    let m = plan.order;
    let in_range = |d: f64| d > RANGE.0 && d < RANGE.1;
    // Row by row, so that a row of R is subtracted from those below it.
    let mut r = vec![0.0; m * m];
    for i in 0..m {
        for j in i..m {
            let (a, b) = (plan.place(i), plan.place(j));
            r[i * m + j] = gram[a.min(b) * m + a.max(b)];
        }
    }
    let diagonal: Vec<f64> = (0..m).map(|i| r[i * m + i]).collect();
    let solved = usize::from(plan.intercept) + plan.terms;
    if !diagonal[..solved].iter().all(|&d| in_range(d)) || !diagonal[solved..].iter().all(|&d| d < RANGE.1) {
        return None;
    }
    for k in 0..solved {
        let (head, tail) = r.split_at_mut((k + 1) * m);
        let row = &mut head[k * m..];
        if row[k].is_nan() || row[k] <= least * diagonal[k] {
            return None;
        }
        let root = row[k].sqrt();
        row[k..].iter_mut().for_each(|x| *x /= root);
        for i in k + 1..m {
            let below = &mut tail[(i - k - 1) * m..(i - k) * m];
            reduce::axpy(isa, -row[i], &row[i..], &mut below[i..]);
        }
    }
    for k in solved..m {
        r[k * m + k] = r[k * m + k].max(0.0).sqrt();
        r[k * m + k + 1..(k + 1) * m].fill(0.0);
    }
    Some(Triangle::from_rows(m, &r))
}
