//! The triangular factor by Cholesky's method from the Gram matrix of [1 X Y] in scaled units.
//!
//! Each block of 4096 rows is shifted and scaled some rows at a time, while they are in the cache, and multiplied with itself. The
//! products of blocks are added as a binary counter, in a tree that is a function of their number alone. This costs one multiplication for
//! each pair of columns and row, half of what reflections cost, but squares the condition number κ of the unit-norm columns. So it is trusted
//! only where that does no harm:
//!
//! - Let G be the exact Gram matrix of the columns at unit norm and E the error of the computed RᵀR. One step of refinement
//!   multiplies the error of the coefficients by at most ‖(RᵀR)⁻¹E‖ ≤ about κ²·‖E‖, and ‖E‖ ≤ (4096 + 2m + log₂(n/4096))·m·u in the worst
//!   case, √ of that typically, for m columns and u = 2⁻⁵³. With κ ≤ 10⁵ that is κ²·u = 1.1e-6 times a number that is
//!   some hundreds in practice: three digits a step or more.
//! - No pivot may fall to 1e-5 of its column's norm: decisions about rank are left to the reflections. Where a penalty makes them needless, a
//!   column of which nothing but rounding is left may stay, with a row of zeros ([`Dependent::Kept`]).
//! - No sum may leave the range of numbers: the reflections then tell what is wrong with the data, or grow the scaling.

use crate::factor::fold::Folded;
use crate::linalg::counter::{Counter, sum};
use crate::linalg::triangle::Triangle;
use crate::rows::block::{Block, BlockSource};
use crate::rows::part::{Part, copy, for_each_block};
use crate::rows::scaling::Scaling;
use crate::rows::tiles::{Plan, TILE, fill};
use planish_tensor::gemm::{Scratch, gram_add};
use planish_tensor::{AlignedVec, Exec, Isa, MatMut, MatRef, reduce};

/// The largest condition number of the unit-norm columns (its upper bound `Factor::inverse_norm`) for this method.
pub(crate) const LARGEST_CONDITION: f64 = 1e5;
/// The least part of its squared norm that must be left of a column when the columns before it are eliminated.
const PIVOT: f64 = 1e-10;
/// What counts as rounding of an element of the Gram matrix, as a part of the norms of its columns.
const ROUNDING: f64 = 1e-12;
/// Squared norms in scaled units for which nothing overflows, and what underflows does not count.
const RANGE: (f64, f64) = (1e-250, 1e250);
/// The first rows, of which the scaling is made.
const SAMPLE: usize = 256;

/// The factor of [1 X Y], or `None` if the method cannot be trusted with these data, or they are wrong.
pub(crate) fn fold<S: BlockSource>(
    exec: Exec,
    source: &mut S,
    intercept: bool,
    tolerance: f64,
) -> Result<Option<Folded>, S::Error> {
    let dependent = Dependent::Refused { tolerance };
    fold_watching(exec, source, intercept, dependent, |_| (), |()| ())
}

/// What is done about a column that depends on those before it.
#[derive(Clone, Copy)]
pub(crate) enum Dependent {
    /// No factor, if at most this part of the column's norm, or 1e-5, is left of it.
    Refused {
        /// As [`LinearRegression::tolerance`](crate::LinearRegression::tolerance).
        tolerance: f64,
    },
    /// Its row of R is zero, if nothing but rounding is left of the column. For fits with a penalty, which need no decision about rank.
    Kept,
}

/// The same, with a look at the rows on the way: `look` runs on each block, in any thread, and `watch` gets its results in the order of the blocks.
pub(crate) fn fold_watching<S: BlockSource, E: Send>(
    exec: Exec,
    source: &mut S,
    intercept: bool,
    dependent: Dependent,
    look: impl Fn(Part<'_>) -> E + Sync,
    mut watch: impl FnMut(E),
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
    let scaling = Scaling::of_first(exec.isa, intercept, &first);
    let plan = Plan::new(&scaling, terms);
    let mut counter = Counter::new();
    let mut used = 0;
    let rows = for_each_block(
        exec,
        source,
        begun,
        || Workspace::new(&plan),
        |part, work| (product(exec.isa, &plan, part, work), look(part)),
        |((gram, positive), seen)| {
            counter.push(gram, sum);
            used += positive;
            watch(seen);
        },
    )?;
    let Some(gram) = counter.finish(sum) else { return Ok(None) };
    let triangle = cholesky(exec.isa, &plan, &gram, dependent);
    Ok(triangle.map(|triangle| Folded { scaling, triangle, rows, used }))
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

/// R of [1 X Y] with RᵀR = G, the responses against the other columns only. `None` if a pivot is too small.
fn cholesky(isa: Isa, plan: &Plan, gram: &[f64], dependent: Dependent) -> Option<Triangle> {
    let m = plan.order;
    let least = match dependent {
        Dependent::Refused { tolerance } => PIVOT.max(100.0 * tolerance * tolerance),
        Dependent::Kept => PIVOT,
    };
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
        if row[k].is_nan() {
            return None;
        }
        if row[k] <= least * diagonal[k] {
            let nothing = |(x, d): (&f64, &f64)| x.abs() <= ROUNDING * (diagonal[k] * d).sqrt();
            let rounding = row[k..m].iter().zip(&diagonal[k..]).all(nothing);
            if !(rounding && matches!(dependent, Dependent::Kept)) {
                return None;
            }
            row[k..m].fill(0.0);
            continue;
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
