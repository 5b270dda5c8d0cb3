//! Rows of √W·[X Y 1] in scaled units as `f64`, a tile of rows at a time, from wherever they lie.

use crate::rows::part::Part;
use crate::rows::scaling::Scaling;
use planish_tensor::dd::lanes::two_sum;
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Isa, MatMut, MatRef, Number, Scalar, transpose};

/// How many numbers ahead the memory is prefetched: 2 KiB.
const AHEAD: usize = 256;
/// Rows that are shifted and scaled at a time.
pub(crate) const TILE: usize = 128;

/// Where the columns lie in a row of a tile: X, Y, then the intercept; and what brings them into scaled units.
pub(crate) struct Plan {
    pub(crate) intercept: bool,
    pub(crate) terms: usize,
    /// Columns of [X Y].
    pub(crate) data: usize,
    /// Columns in all.
    pub(crate) order: usize,
    /// The distance between rows of a tile.
    pub(crate) stride: usize,
    /// Shifts and scales of [X Y].
    shift: Vec<f64>,
    scale: Vec<f64>,
    /// The same of X and of Y, in whole vectors.
    vectors: [[Vec<f64>; 2]; 2],
    pub(crate) root: f64,
}

impl Plan {
    pub(crate) fn new(scaling: &Scaling, terms: usize) -> Plan {
        let data = scaling.shift.len();
        let order = data + usize::from(scaling.intercept);
        let (shift, scale) =
            (scaling.shift.clone(), scaling.exponents.iter().map(|g| g.scale()).collect::<Vec<_>>());
        let part =
            |from: usize, to: usize| [whole_vectors(&shift[from..to]), whole_vectors(&scale[from..to])];
        Plan {
            intercept: scaling.intercept,
            terms,
            data,
            order,
            stride: order.next_multiple_of(f64::LANES) + f64::LANES,
            vectors: [part(0, terms), part(terms, data)],
            shift,
            scale,
            root: scaling.root.scale(),
        }
    }

    /// The place in a tile's row of column j of [1 X Y].
    pub(crate) fn place(&self, j: usize) -> usize {
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

/// Writes rows of √W·[X Y 1] in scaled units into the tile.
pub(crate) fn fill(
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
            let n = end - start;
            let mut columns = vec![0.0; plan.data * TILE];
            for (c, out) in columns.chunks_exact_mut(TILE).enumerate() {
                let v = block.column(c).first(end);
                let values = [&v.hi[start..], &v.lo[start..]];
                let (shift, scale) = (plan.shift[c], plan.scale[c]);
                f64::dispatch(isa, ScaleColumn { values, shift, scale, roots, out: &mut out[..n] });
            }
            let columns = MatRef::with_stride(&columns, plan.data, n, TILE);
            transpose(isa, columns, MatMut::with_stride(tile, n, plan.stride - f64::LANES, plan.stride));
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

/// Rows of a column, shifted and scaled.
struct ScaleColumn<'a> {
    values: [&'a [f64]; 2],
    shift: f64,
    scale: f64,
    roots: &'a [f64],
    out: &'a mut [f64],
}

impl LaneKernel<f64> for ScaleColumn<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let [hi, lo] = self.values;
        let (shift, scale) = (s.splat(-self.shift), s.splat(self.scale));
        for i in (0..self.out.len()).step_by(f64::LANES) {
            let (d, e) = two_sum(s, s.load_at(hi, i), shift);
            let v = s.mul(s.add(d, s.add(e, s.load_at(lo, i))), scale);
            s.store_at(self.out, i, s.mul(v, s.load_at(self.roots, i)));
        }
    }
}

/// Contiguous rows, shifted and scaled. Whole vectors are stored, so a row's end spoils what follows it.
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
