//! The loops over the rows of a tile in compensated arithmetic (see `compensated`).
//!
//! Row i goes to virtual lane i mod 8, and each lane is one chain of compensated additions over the rows of a block, so that the sums depend neither
//! on the size of tiles nor on the instruction set.
//!
//! The long chains, residuals and XᵀWr, are *anchored*: a sum starts from a power of two σ that is at least four times what it can come to, so it
//! stays within a factor of two of σ. Then t = fl(sum + x·y) is one fused operation, t − sum is exact (Sterbenz), and x·y − (t − sum) is what the
//! rounding left, which a second fused operation finds: three operations a product for what takes nine without the anchor (Dekker's fast
//! two-sum; Rump, Ogita and Oishi, "Accurate floating-point summation", 2008, extract parts in this manner). At the end σ is subtracted, exactly.

use planish_tensor::dd::lanes::{V, two_sum};
use planish_tensor::simd::{LaneKernel, LaneMath};
use planish_tensor::{AlignedVec, Dd, Isa, Number, Scalar};

/// Columns of a tile.
#[derive(Clone, Copy)]
pub(crate) enum Columns<'a> {
    /// Column j begins at j·stride.
    Tile { data: &'a [f64], stride: usize, n: usize },
    /// Rows from `start` of columns with their low parts (of double-double numbers).
    Slices { of: &'a [(&'a [f64], Option<&'a [f64]>)], start: usize, n: usize },
}

impl<'a> Columns<'a> {
    /// Column j, and its low parts if it has any.
    #[inline(always)]
    pub(crate) fn column(self, j: usize) -> (&'a [f64], Option<&'a [f64]>) {
        match self {
            Columns::Tile { data, stride, n } => (&data[j * stride..j * stride + n], None),
            Columns::Slices { of, start, n } => {
                let (hi, lo) = of[j];
                (&hi[start..start + n], lo.map(|lo| &lo[start..start + n]))
            }
        }
    }
}

/// A tile and one response.
pub(crate) struct Tile<'a> {
    pub(crate) x: Columns<'a>,
    pub(crate) y: (&'a [f64], Option<&'a [f64]>),
    /// The power of two of y.
    pub(crate) unit: f64,
    pub(crate) weights: Option<&'a [f64]>,
    pub(crate) intercept: Dd,
    pub(crate) coef: &'a [Dd],
    /// The anchor of residuals; none if no bound of the columns is known.
    pub(crate) anchor: Option<f64>,
    /// The shift of y in the moments; none after the first pass, which alone sums moments.
    pub(crate) shift: Option<f64>,
    /// Buffers for r and w·r.
    pub(crate) r: &'a mut [AlignedVec<f64>; 4],
    /// Sums and their errors, a number a lane: a pair for each coefficient, and five (see `compensated::BlockSums`).
    pub(crate) lanes: &'a mut [[[f64; 8]; 2]],
}

impl Tile<'_> {
    pub(crate) fn run(self, isa: Isa) {
        f64::dispatch(isa, self);
    }
}

impl LaneKernel<f64> for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: LaneMath<f64>>(self, s: S) {
        let n = self.y.0.len();
        let [rh, rl, wh, wl] = self.r;
        let (rh, rl) = (&mut rh[..n], &mut rl[..n]);
        let start = (self.intercept, self.coef);
        match self.anchor {
            Some(anchor) => anchored_residual(s, &self.x, (self.y, self.unit), start, anchor, (rh, rl)),
            None => residual(s, &self.x, (self.y, self.unit), start, (rh, rl)),
        }
        let (products, rest) = self.lanes.split_at_mut(self.coef.len());
        let (rh, rl) = (&*rh, &*rl);
        let (wh, wl) = match self.weights {
            None => (rh, rl),
            Some(w) => {
                let (wh, wl) = (&mut wh[..n], &mut wl[..n]);
                weigh(s, (rh, rl), w, wh, wl);
                (&*wh, &*wl)
            }
        };
        squares(s, (rh, rl), (wh, wl), rest);
        if let Some(shift) = self.shift {
            moments(s, (self.y, self.unit), self.weights, shift, rest);
        }
        let mut pairs = products.chunks_exact_mut(2);
        for (k, pair) in pairs.by_ref().enumerate() {
            cross(s, [self.x.column(2 * k), self.x.column(2 * k + 1)], (wh, wl), pair);
        }
        let last = pairs.into_remainder();
        if !last.is_empty() {
            let j = self.coef.len() - 1;
            cross(s, [self.x.column(j)], (wh, wl), last);
        }
    }
}

#[inline(always)]
fn load<S: LaneMath<f64>>(s: S, sum: &[[f64; 8]; 2]) -> V<S> {
    (s.load_at(&sum[0], 0), s.load_at(&sum[1], 0))
}

#[inline(always)]
fn store<S: LaneMath<f64>>(s: S, sum: &mut [[f64; 8]; 2], v: V<S>) {
    s.store_at(&mut sum[0], 0, v.0);
    s.store_at(&mut sum[1], 0, v.1);
}

/// sum + x, where sum's second part gathers errors.
#[inline(always)]
fn add<S: LaneMath<f64>>(s: S, sum: V<S>, x: V<S>) -> V<S> {
    let (a, e) = two_sum(s, sum.0, x.0);
    (a, s.add(sum.1, s.add(e, x.1)))
}

/// x·y, not normalised.
#[inline(always)]
fn product<S: LaneMath<f64>>(s: S, x: S::V, y: V<S>) -> V<S> {
    let p = s.mul(x, y.0);
    (p, s.fma(x, y.1, s.fma(x, y.0, s.neg(p))))
}

/// x·y of two pairs, not normalised.
#[inline(always)]
fn pair_product<S: LaneMath<f64>>(s: S, x: V<S>, y: V<S>) -> V<S> {
    let (p, e) = product(s, x.0, y);
    (p, s.fma(x.1, y.0, e))
}

/// sum + x·y, where sum's first part is anchored and its second gathers what is rounded off.
#[inline(always)]
fn anchored_product<S: LaneMath<f64>>(s: S, sum: V<S>, x: S::V, y: V<S>) -> V<S> {
    let t = s.fma(x, y.0, sum.0);
    let taken = s.sub(t, sum.0);
    let rest = s.fma(x, y.1, s.fma(x, y.0, s.neg(taken)));
    (t, s.add(sum.1, rest))
}

/// r ← y − intercept − X·coef
#[inline(always)]
fn residual<S: LaneMath<f64>>(
    s: S,
    x: &Columns<'_>,
    (y, unit): ((&[f64], Option<&[f64]>), f64),
    (intercept, coef): (Dd, &[Dd]),
    (rh, rl): (&mut [f64], &mut [f64]),
) {
    let unit = s.splat(unit);
    let c = (s.splat(-intercept.hi), s.splat(-intercept.lo));
    for i in (0..rh.len()).step_by(f64::LANES) {
        let rest = y.1.map_or(s.splat(0.0), |lo| s.load_at(lo, i));
        let mut r = add(s, (s.mul(s.load_at(y.0, i), unit), s.mul(rest, unit)), c);
        for (j, b) in coef.iter().enumerate() {
            let b = (s.splat(-b.hi), s.splat(-b.lo));
            let (hi, lo) = x.column(j);
            let v = s.load_at(hi, i);
            let xb = match lo {
                None => product(s, v, b),
                Some(lo) => pair_product(s, (v, s.load_at(lo, i)), b),
            };
            r = add(s, r, xb);
        }
        store_pair(s, r, i, rh, rl);
    }
}

/// Stores a pair, normalised.
#[inline(always)]
fn store_pair<S: LaneMath<f64>>(s: S, r: V<S>, i: usize, rh: &mut [f64], rl: &mut [f64]) {
    let h = s.add(r.0, r.1);
    s.store_at(rh, i, h);
    s.store_at(rl, i, s.sub(r.1, s.sub(h, r.0)));
}

/// As [`residual`], with an anchor for every residual: two vectors of rows at a time, so that one chain does not wait for itself.
#[inline(always)]
fn anchored_residual<S: LaneMath<f64>>(
    s: S,
    x: &Columns<'_>,
    y: ((&[f64], Option<&[f64]>), f64),
    start: (Dd, &[Dd]),
    anchor: f64,
    (rh, rl): (&mut [f64], &mut [f64]),
) {
    let n = rh.len();
    let mut i = 0;
    while i < n {
        if i + f64::LANES < n {
            anchored_rows::<S, 2>(s, x, y, start, anchor, i, (&mut *rh, &mut *rl));
        } else {
            anchored_rows::<S, 1>(s, x, y, start, anchor, i, (&mut *rh, &mut *rl));
        }
        i += 2 * f64::LANES;
    }
}

/// The residuals of N vectors of rows from row i.
#[inline(always)]
fn anchored_rows<S: LaneMath<f64>, const N: usize>(
    s: S,
    x: &Columns<'_>,
    (y, unit): ((&[f64], Option<&[f64]>), f64),
    (intercept, coef): (Dd, &[Dd]),
    anchor: f64,
    i: usize,
    (rh, rl): (&mut [f64], &mut [f64]),
) {
    let (anchor, zero, unit) = (s.splat(anchor), s.splat(0.0), s.splat(unit));
    let one = s.splat(1.0);
    let c = (s.splat(-intercept.hi), s.splat(-intercept.lo));
    let mut r = [(anchor, zero); N];
    for (v, r) in r.iter_mut().enumerate() {
        let at = i + v * f64::LANES;
        let rest = y.1.map_or(zero, |lo| s.load_at(lo, at));
        *r = anchored_product(s, *r, one, (s.mul(s.load_at(y.0, at), unit), s.mul(rest, unit)));
        *r = anchored_product(s, *r, one, c);
    }
    for (j, b) in coef.iter().enumerate() {
        let b = (s.splat(-b.hi), s.splat(-b.lo));
        let (hi, lo) = x.column(j);
        for (v, r) in r.iter_mut().enumerate() {
            let at = i + v * f64::LANES;
            *r = anchored_product(s, *r, s.load_at(hi, at), b);
            if let Some(lo) = lo {
                r.1 = s.fma(s.load_at(lo, at), b.0, r.1);
            }
        }
    }
    for (v, r) in r.iter().enumerate() {
        store_pair(s, (s.sub(r.0, anchor), r.1), i + v * f64::LANES, rh, rl);
    }
}

/// w·r
#[inline(always)]
fn weigh<S: LaneMath<f64>>(s: S, r: (&[f64], &[f64]), w: &[f64], wh: &mut [f64], wl: &mut [f64]) {
    for i in (0..w.len()).step_by(f64::LANES) {
        let p = product(s, s.load_at(w, i), (s.load_at(r.0, i), s.load_at(r.1, i)));
        s.store_at(wh, i, p.0);
        s.store_at(wl, i, p.1);
    }
}

/// Adds Σ w·r and Σ w·r².
#[inline(always)]
fn squares<S: LaneMath<f64>>(s: S, r: (&[f64], &[f64]), wr: (&[f64], &[f64]), rest: &mut [[[f64; 8]; 2]]) {
    let (mut sum, mut square) = (load(s, &rest[0]), load(s, &rest[1]));
    for i in (0..r.0.len()).step_by(f64::LANES) {
        let v = (s.load_at(r.0, i), s.load_at(r.1, i));
        let w = (s.load_at(wr.0, i), s.load_at(wr.1, i));
        sum = add(s, sum, w);
        square = add(s, square, pair_product(s, v, w));
    }
    store(s, &mut rest[0], sum);
    store(s, &mut rest[1], square);
}

/// Adds Σ w (with weights), Σ w·(y − shift) and Σ w·(y − shift)².
#[inline(always)]
fn moments<S: LaneMath<f64>>(
    s: S,
    (y, unit): ((&[f64], Option<&[f64]>), f64),
    weights: Option<&[f64]>,
    shift: f64,
    rest: &mut [[[f64; 8]; 2]],
) {
    let (zero, unit) = (s.splat(0.0), s.splat(unit));
    let (mut weight, mut sum, mut square) = (load(s, &rest[2]), load(s, &rest[3]), load(s, &rest[4]));
    for i in (0..y.0.len()).step_by(f64::LANES) {
        // Past the end y is its shift, and what is left nothing.
        let lo = y.1.map_or(zero, |lo| s.load_at(lo, i));
        let v = add(s, (s.load_at_or(y.0, i, shift), lo), (s.splat(-shift), zero));
        // A number near its shift may be smaller than its rest.
        let (high, low) = two_sum(s, v.0, v.1);
        let v = (s.mul(high, unit), s.mul(low, unit));
        let wv = match weights {
            None => v,
            Some(w) => {
                let w = s.load_at(w, i);
                weight = add(s, weight, (w, zero));
                product(s, w, v)
            }
        };
        sum = add(s, sum, wv);
        square = add(s, square, pair_product(s, v, wv));
    }
    store(s, &mut rest[2], weight);
    store(s, &mut rest[3], sum);
    store(s, &mut rest[4], square);
}

/// Adds xᵀ·w·r of N columns to their anchored sums.
#[inline(always)]
fn cross<S: LaneMath<f64>, const N: usize>(
    s: S,
    x: [(&[f64], Option<&[f64]>); N],
    wr: (&[f64], &[f64]),
    sums: &mut [[[f64; 8]; 2]],
) {
    let mut acc = [(s.splat(0.0), s.splat(0.0)); N];
    acc.iter_mut().zip(&*sums).for_each(|(acc, sum)| *acc = load(s, sum));
    for i in (0..wr.0.len()).step_by(f64::LANES) {
        let w = (s.load_at(wr.0, i), s.load_at(wr.1, i));
        for (acc, (hi, lo)) in acc.iter_mut().zip(x) {
            *acc = anchored_product(s, *acc, s.load_at(hi, i), w);
            if let Some(lo) = lo {
                acc.1 = s.fma(s.load_at(lo, i), w.0, acc.1);
            }
        }
    }
    sums.iter_mut().zip(acc).for_each(|(sum, acc)| store(s, sum, acc));
}
