//! The loops over rows in double-double: residuals, weighting, inner products and predictions.
//!
//! A column is shifted and scaled while it is read, so a pass writes nothing but the residuals.

use planish_tensor::dd::{DdSlice, DdVec, lanes};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{Dd, Isa, MatRef, Number, Scalar};

/// A column shifted and scaled: (x − shift)·scale.
#[derive(Clone, Copy)]
pub(crate) struct Column<'a> {
    pub(crate) values: DdSlice<'a>,
    pub(crate) shift: f64,
    pub(crate) scale: f64,
}

impl Column<'_> {
    /// Rows `i..` of the column. Lanes past its end hold finite numbers without meaning.
    #[inline(always)]
    fn load<S: LaneMath<f64>>(&self, s: S, i: usize) -> lanes::V<S> {
        let raw = (s.load_at(self.values.hi, i), s.load_at(self.values.lo, i));
        let (hi, lo) = lanes::add(s, raw, (s.splat(-self.shift), s.splat(0.0)));
        let scale = s.splat(self.scale);
        (s.mul(hi, scale), s.mul(lo, scale))
    }
}

#[inline(always)]
fn splat<S: LaneMath<f64>>(s: S, x: Dd) -> lanes::V<S> {
    (s.splat(x.hi), s.splat(x.lo))
}

struct Residual<'a> {
    y: Column<'a>,
    x: &'a [Column<'a>],
    intercept: Dd,
    coef: &'a [Dd],
    out: &'a mut DdVec,
}

impl LaneKernel<f64> for Residual<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let n = self.y.values.hi.len();
        let (hi, lo) = (&mut self.out.hi[..n], &mut self.out.lo[..n]);
        for i in (0..n).step_by(2 * f64::LANES) {
            let (of, start) = ((self.y, self.x), (self.intercept, self.coef));
            // Two vectors at a time, so that one chain does not wait for itself.
            if i + f64::LANES < n {
                residual_rows::<S, 2>(s, of, start, i, (&mut *hi, &mut *lo));
            } else {
                residual_rows::<S, 1>(s, of, start, i, (&mut *hi, &mut *lo));
            }
        }
    }
}

/// The residuals of N vectors of rows from row i.
#[inline(always)]
fn residual_rows<S: LaneMath<f64>, const N: usize>(
    s: S,
    (y, x): (Column<'_>, &[Column<'_>]),
    (intercept, coef): (Dd, &[Dd]),
    i: usize,
    (hi, lo): (&mut [f64], &mut [f64]),
) {
    let mut r = [splat(s, Dd::ZERO); N];
    for (v, r) in r.iter_mut().enumerate() {
        *r = lanes::add(s, y.load(s, i + v * f64::LANES), splat(s, -intercept));
    }
    for (x, &b) in x.iter().zip(coef) {
        let b = splat(s, -b);
        for (v, r) in r.iter_mut().enumerate() {
            *r = lanes::add(s, *r, lanes::mul(s, x.load(s, i + v * f64::LANES), b));
        }
    }
    for (v, r) in r.iter().enumerate() {
        s.store_at(hi, i + v * f64::LANES, r.0);
        s.store_at(lo, i + v * f64::LANES, r.1);
    }
}

/// out ← y − intercept − X·coef, in scaled units.
pub(crate) fn residual(
    isa: Isa,
    y: Column<'_>,
    x: &[Column<'_>],
    intercept: Dd,
    coef: &[Dd],
    out: &mut DdVec,
) {
    f64::dispatch(isa, Residual { y, x, intercept, coef, out });
}

struct Weigh<'a> {
    r: DdSlice<'a>,
    weights: &'a [f64],
    out: &'a mut DdVec,
}

impl LaneKernel<f64> for Weigh<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let n = self.r.hi.len();
        let (hi, lo) = (&mut self.out.hi[..n], &mut self.out.lo[..n]);
        for i in (0..n).step_by(f64::LANES) {
            let w = s.load_at(self.weights, i);
            let v = lanes::mul(s, (s.load_at(self.r.hi, i), s.load_at(self.r.lo, i)), (w, s.splat(0.0)));
            s.store_at(hi, i, v.0);
            s.store_at(lo, i, v.1);
        }
    }
}

/// outᵢ ← wᵢ·rᵢ
pub(crate) fn weigh(isa: Isa, r: DdSlice<'_>, weights: &[f64], out: &mut DdVec) {
    f64::dispatch(isa, Weigh { r, weights, out });
}

struct Cross<'a>(Column<'a>, DdSlice<'a>);

impl LaneKernel<f64> for Cross<'_> {
    type Output = Dd;
    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) -> Dd {
        let Cross(x, r) = self;
        let mut acc = (s.splat(0.0), s.splat(0.0));
        for i in (0..r.hi.len()).step_by(f64::LANES) {
            // Lanes of r past the end are zero, whatever those of x hold.
            let b = (s.load_at(r.hi, i), s.load_at(r.lo, i));
            acc = lanes::add(s, acc, lanes::mul(s, x.load(s, i), b));
        }
        let (mut hi, mut lo) = ([0.0; 8], [0.0; 8]);
        s.store_at(&mut hi, 0, acc.0);
        s.store_at(&mut lo, 0, acc.1);
        (0..8).fold(Dd::ZERO, |t, i| t + Dd { hi: hi[i], lo: lo[i] })
    }
}

/// xᵀ·r, with x in scaled units.
pub(crate) fn cross(isa: Isa, x: Column<'_>, r: DdSlice<'_>) -> Dd {
    f64::dispatch(isa, Cross(x, r))
}

struct Predict<'a> {
    x: &'a [DdSlice<'a>],
    intercept: Dd,
    coef: &'a [Dd],
    out: &'a mut [f64],
}

impl LaneKernel<f64> for Predict<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let n = self.out.len();
        for i in (0..n).step_by(2 * f64::LANES) {
            let intercept = splat(s, self.intercept);
            if i + f64::LANES < n {
                predict_rows(s, self.x, [intercept; 2], self.coef, i, &mut *self.out);
            } else {
                predict_rows(s, self.x, [intercept], self.coef, i, &mut *self.out);
            }
        }
    }
}

/// The predictions of N vectors of rows from row i.
#[inline(always)]
fn predict_rows<S: LaneMath<f64>, const N: usize>(
    s: S,
    x: &[DdSlice<'_>],
    mut sums: [lanes::V<S>; N],
    coef: &[Dd],
    i: usize,
    out: &mut [f64],
) {
    for (x, &b) in x.iter().zip(coef) {
        let b = splat(s, b);
        for (v, sum) in sums.iter_mut().enumerate() {
            let at = i + v * f64::LANES;
            *sum = lanes::add(s, *sum, lanes::mul(s, (s.load_at(x.hi, at), s.load_at(x.lo, at)), b));
        }
    }
    for (v, sum) in sums.iter().enumerate() {
        s.store_at(out, i + v * f64::LANES, s.add(sum.0, sum.1));
    }
}

/// outᵢ ← intercept + Σⱼ coefⱼ·xᵢⱼ, summed in double-double and rounded once.
///
/// # Panics
/// If the shapes disagree.
pub(crate) fn predict(isa: Isa, x: &[DdSlice<'_>], intercept: Dd, coef: &[Dd], out: &mut [f64]) {
    assert_eq!(x.len(), coef.len(), "columns of x against terms");
    for c in x {
        assert!(c.hi.len() == out.len() && c.lo.len() == out.len(), "lengths differ");
    }
    f64::dispatch(isa, Predict { x, intercept, coef, out });
}

/// The columns of a matrix.
pub(crate) fn columns_of(x: MatRef<'_, f64>) -> Vec<DdVec> {
    let column = |j| {
        let mut c = DdVec::zeros(x.rows());
        (0..x.rows()).for_each(|i| c.hi[i] = x.at(i, j));
        c
    };
    (0..x.cols()).map(column).collect()
}
