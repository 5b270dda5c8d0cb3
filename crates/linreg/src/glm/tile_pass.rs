//! One pass in `f64`, a tile of rows at a time and blocks by any number of threads: for families of one predictor.
//!
//! The curvature XᵀCX is formed in scaled units as a symmetric product of the rows times √c, half the work of a general one, and brought into
//! the basis at the end. That multiplies its error by up to κ², κ the condition number of the columns at unit norm: see [`is_enough`].

use super::basis::Basis;
use super::family::{Family, Slopes, add};
use crate::error::FitError;
use crate::linalg::counter::Counter;
use crate::linalg::counter::sum;
use crate::rows::block::{BlockSource, same_rows};
use crate::rows::part::{Part, for_each_block};
use crate::rows::tiles::{Plan, TILE, fill};
use planish_tensor::gemm::{Scratch, Start, gram_add, matmul};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{AlignedVec, Dd, Exec, Isa, MatMut, MatRef, Matrix, Number, Scalar, reduce};

/// The largest κ² for which the curvature is formed in scaled units: errors of it, and so of standard errors, stay below about 1e-9.
const LARGEST_SQUARE: f64 = 1e6;
/// Most columns: a block's curvature then takes 8 MiB.
const MAX_COLUMNS: usize = 1024;

/// What the pass finds, in the order of the basis's columns.
pub(super) struct Found {
    /// −Σ w·l without the penalty.
    pub(super) loss: Dd,
    /// Σ w·∂l/∂β in scaled units.
    pub(super) gradient: Vec<Dd>,
    /// The curvature of the loss in the basis, row-major.
    pub(super) information: Vec<f64>,
}

/// The same of a block, by place in a tile's row.
struct BlockSums {
    loss: f64,
    gradient: AlignedVec<f64>,
    curvature: Vec<f64>,
}

/// Whether curvatures formed in scaled units are good enough.
pub(super) fn is_enough(basis: &Basis, family: Family) -> bool {
    family.predictors() == 1 && basis.len() <= MAX_COLUMNS && basis.square_condition() <= LARGEST_SQUARE
}

/// The pass at these coefficients in scaled units; `rows` is what the source must have.
pub(super) fn run<S: BlockSource>(
    exec: Exec,
    family: Family,
    basis: &Basis,
    source: &mut S,
    rows: u64,
    beta: &[f64],
) -> Result<Found, FitError<S::Error>> {
    let plan = Plan::new(&basis.scaling, source.terms());
    let mut by_place = vec![0.0; plan.order];
    places(basis, &plan).zip(beta).for_each(|(place, &b)| by_place[place] = b);
    let (mut loss, mut gradient, mut curvature) =
        (Dd::ZERO, vec![Dd::ZERO; plan.order], Counter::<Vec<f64>>::new());
    let read = for_each_block(
        exec,
        source,
        None,
        || Workspace::new(&plan, basis.isa, family),
        |part, work| work.block(basis.isa, &plan, &by_place, part),
        |block| {
            add(&mut loss, block.loss);
            gradient.iter_mut().zip(&block.gradient[..]).for_each(|(g, x)| add(g, *x));
            curvature.push(block.curvature, sum);
        },
    );
    same_rows(rows, read.map_err(FitError::Source)?)?;
    let curvature = curvature.finish(sum).unwrap_or_else(|| vec![0.0; plan.order * plan.order]);
    Ok(Found {
        loss,
        gradient: places(basis, &plan).map(|place| gradient[place]).collect(),
        information: in_basis(exec, basis, &plan, &curvature),
    })
}

/// Where the basis's columns lie in a row of a tile.
fn places<'a>(basis: &'a Basis, plan: &'a Plan) -> impl Iterator<Item = usize> + Clone + 'a {
    let intercept = (basis.first == 1).then(|| plan.place(0));
    intercept.into_iter().chain(basis.kept.iter().map(|&term| plan.place(basis.first + term)))
}

/// R⁻ᵀ·C·R⁻¹ for the upper triangle C, by place.
fn in_basis(exec: Exec, basis: &Basis, plan: &Plan, curvature: &[f64]) -> Vec<f64> {
    let at: Vec<usize> = places(basis, plan).collect();
    let (m, order) = (at.len(), plan.order);
    let c = Matrix::from_fn(m, m, |i, j| curvature[at[i].min(at[j]) * order + at[i].max(at[j])]);
    let (mut half, mut whole) = (Matrix::zeros(m, m), vec![0.0; m * m]);
    let mut scratch = Scratch::new();
    matmul(exec, c.view(), basis.inverse.view(), half.view_mut(), Start::Zero, &mut scratch);
    let out = MatMut::new(&mut whole, m, m);
    matmul(exec, basis.inverse.view().t(), half.view(), out, Start::Zero, &mut scratch);
    whole
}

/// Buffers of a thread.
struct Workspace {
    tile: AlignedVec<f64>,
    ones: Vec<f64>,
    y: Vec<f64>,
    eta: [Vec<f64>; 1],
    roots: Vec<f64>,
    slopes: Slopes,
    scratch: Scratch<f64>,
}

impl Workspace {
    fn new(plan: &Plan, isa: Isa, family: Family) -> Workspace {
        Workspace {
            tile: AlignedVec::zeros(TILE * plan.stride),
            ones: vec![1.0; TILE],
            y: Vec::new(),
            eta: [Vec::new()],
            roots: Vec::new(),
            slopes: Slopes::new(isa, family),
            scratch: Scratch::new(),
        }
    }

    fn block(&mut self, isa: Isa, plan: &Plan, beta: &[f64], part: Part<'_>) -> BlockSums {
        let m = plan.order;
        let mut sums = BlockSums {
            loss: 0.0,
            gradient: AlignedVec::zeros(m.next_multiple_of(f64::LANES)),
            curvature: vec![0.0; m * m],
        };
        let Workspace { tile, ones, y, eta, roots, slopes, scratch } = self;
        for start in (0..part.rows()).step_by(TILE) {
            let end = (start + TILE).min(part.rows());
            let n = end - start;
            fill(isa, plan, part, (start, end), &ones[..n], tile);
            eta[0].clear();
            eta[0].extend(tile.chunks(plan.stride).take(n).map(|row| reduce::dot(isa, &row[..m], beta)));
            part.response(start, end, y);
            sums.loss += slopes.take(&eta[..], y, part.weights().map(|w| &w[start..end]));
            slopes.curvature(0, 0, roots);
            roots.iter_mut().for_each(|c| *c = c.sqrt());
            let gradient = &mut sums.gradient;
            let slope = &slopes.slope[0];
            f64::dispatch(isa, Weigh { tile: &mut *tile, stride: plan.stride, slope, roots, gradient });
            let rows = MatRef::with_stride(tile, n, m, plan.stride);
            gram_add(isa, rows, MatMut::new(&mut sums.curvature, m, m), start == 0, scratch);
        }
        sums
    }
}

/// Adds Σ slopeᵢ·xᵢ to the gradient, and multiplies each row xᵢ of the tile by its root.
struct Weigh<'a> {
    tile: &'a mut [f64],
    stride: usize,
    slope: &'a [f64],
    roots: &'a [f64],
    /// In whole vectors.
    gradient: &'a mut [f64],
}

impl LaneKernel<f64> for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let Weigh { tile, stride, slope, roots, gradient } = self;
        for ((row, slope), root) in tile.chunks_exact_mut(stride).zip(slope).zip(roots) {
            let (slope, root) = (s.splat(*slope), s.splat(*root));
            for j in (0..gradient.len()).step_by(f64::LANES) {
                let v = s.load_at(&*row, j);
                let sum = s.fma(v, slope, s.load_at(&*gradient, j));
                s.store_at(&mut *gradient, j, sum);
                s.store_at(&mut *row, j, s.mul(v, root));
            }
        }
    }
}
