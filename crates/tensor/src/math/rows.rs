//! Kernels along rows: softmax, log-sum-exp, softmax with cross-entropy and sigmoid with binary cross-entropy.
//!
//! A slice holds rows of `units` numbers, one after the other. Sums follow the rule of [`crate::reduce`]: element i of a
//! row goes to virtual lane i mod 16 (8 for `f64`), and the lanes join in a fixed tree; so a row has the same bits on
//! every instruction set, alone or among others.
//!
//! Rows that are not finite: a NaN makes the whole row (or its value) NaN. In [`softmax`] and the losses so does a row of
//! −∞ alone or with a +∞; a −∞ beside finite numbers has probability zero. [`log_sum_exp`] is −∞ for a row of −∞, +∞ for a
//! row with +∞ and no NaN, and −∞ for an empty row; [`log_softmax`] subtracts that.

use crate::isa::Isa;
use crate::scalar::Scalar;
use crate::simd::{LaneKernel, LaneMath};

/// x ← e^(xᵢ − max) / Σ e^(xⱼ − max), a row at a time.
///
/// # Shapes
/// `x`: rows of `units` numbers.
///
/// # Panics
/// If `x` is no whole number of rows.
pub fn softmax<T: Scalar>(isa: Isa, units: usize, x: &mut [T]) {
    assert_rows(units, x.len());
    T::dispatch(isa, Softmax(units, x));
}

/// dy ← y·(dy − Σ dy·y), a row at a time: the gradient at softmax's input, from its output y and the gradient there.
///
/// # Shapes
/// `y`, `dy`: rows of `units` numbers.
///
/// # Panics
/// If the lengths differ or are no whole number of rows.
pub fn softmax_backward<T: Scalar>(isa: Isa, units: usize, y: &[T], dy: &mut [T]) {
    assert_rows(units, y.len());
    assert_eq!(y.len(), dy.len(), "outputs and gradients differ in length");
    T::dispatch(isa, SoftmaxBackward(units, y, dy));
}

/// x ← xᵢ − ln Σ eˣʲ, a row at a time.
///
/// # Shapes
/// `x`: rows of `units` numbers.
///
/// # Panics
/// If `x` is no whole number of rows.
pub fn log_softmax<T: Scalar>(isa: Isa, units: usize, x: &mut [T]) {
    assert_rows(units, x.len());
    T::dispatch(isa, LogSoftmax(units, x));
}

/// ln Σ eˣʲ of each row, as max + ln Σ e^(xⱼ − max).
///
/// # Shapes
/// `x`: rows of `units` numbers; `out`: a number a row.
///
/// # Panics
/// If `x` is not as many rows as `out` has numbers.
pub fn log_sum_exp<T: Scalar>(isa: Isa, units: usize, x: &[T], out: &mut [T]) {
    assert_eq!(x.len(), units * out.len(), "one result a row of {units}");
    T::dispatch(isa, LogSumExp(units, x, out));
}

/// Softmax cross-entropy with class indices: returns Σᵢ wᵢ·(ln Σⱼ e^zᵢⱼ − z at the class), and
/// delta ← wᵢ·scale·(softmax zᵢ − 1 at the class).
///
/// # Shapes
/// `logits`, `delta`: rows of `units` numbers; `classes`, `weights`: one a row.
///
/// # Panics
/// If the lengths do not fit, or a class is not below `units`.
///
/// # Numerics
/// Computed from logits shifted by their maximum: no overflow, and no lost gradient where the output is saturated. Row
/// losses are added in order in `f64`.
pub fn softmax_cross_entropy<T: Scalar>(
    isa: Isa,
    units: usize,
    logits: &[T],
    classes: &[u32],
    weights: Option<&[T]>,
    scale: f64,
    delta: &mut [T],
) -> f64 {
    assert_eq!(logits.len(), units * classes.len(), "one class a row of {units}");
    let target = Target::Classes(classes);
    T::dispatch(isa, CrossEntropy { units, logits, target, weights, scale, delta })
}

/// Softmax cross-entropy with a target distribution a row (one-hot, smoothed or soft labels): returns
/// Σᵢ wᵢ·Σⱼ tᵢⱼ·(ln Σₖ e^zᵢₖ − zᵢⱼ), and delta ← wᵢ·scale·(softmax zᵢ·Σⱼ tᵢⱼ − tᵢ).
///
/// # Shapes
/// `logits`, `targets`, `delta`: rows of `units` numbers; `weights`: one a row.
///
/// # Panics
/// If the lengths do not fit.
///
/// # Numerics
/// As [`softmax_cross_entropy`]. A target of zero adds nothing to the loss, even where the logit is −∞.
pub fn softmax_cross_entropy_soft<T: Scalar>(
    isa: Isa,
    units: usize,
    logits: &[T],
    targets: &[T],
    weights: Option<&[T]>,
    scale: f64,
    delta: &mut [T],
) -> f64 {
    assert_eq!(logits.len(), targets.len(), "logits and targets differ in length");
    let target = Target::Distributions(targets);
    T::dispatch(isa, CrossEntropy { units, logits, target, weights, scale, delta })
}

/// Binary cross-entropy on logits, element by element: value ← ln(1 + eᶻ) − y·z and slope ← 1/(1 + e⁻ᶻ) − y, from one exp.
///
/// # Panics
/// If the lengths differ.
pub fn sigmoid_bce<T: Scalar>(isa: Isa, logits: &[T], targets: &[T], value: &mut [T], slope: &mut [T]) {
    let lengths = [targets.len(), value.len(), slope.len()];
    assert_eq!([logits.len(); 3], lengths, "logits, targets and results differ in length");
    T::dispatch(isa, SigmoidBce { logits, targets, value, slope });
}

fn assert_rows(units: usize, len: usize) {
    assert!(len == 0 || len.is_multiple_of(units), "{len} numbers are no rows of {units}");
}

/// The rows of a slice.
fn rows<T>(units: usize, x: &[T]) -> std::slice::ChunksExact<'_, T> {
    x.chunks_exact(units.max(1))
}

/// The rows of a slice, to be changed.
fn rows_mut<T>(units: usize, x: &mut [T]) -> std::slice::ChunksExactMut<'_, T> {
    x.chunks_exact_mut(units.max(1))
}

/// The row's maximum; −∞ if it is empty, NaN or any number if it has a NaN.
#[inline(always)]
fn maximum<T: Scalar, S: LaneMath<T>>(s: S, x: &[T]) -> T {
    let lowest = T::from_f64(f64::NEG_INFINITY);
    let mut max = s.splat(lowest);
    for i in (0..x.len()).step_by(T::LANES) {
        max = s.max(max, s.load_at_or(x, i, lowest));
    }
    s.max_lane(max)
}

/// e^(x − shift) of the lanes at i, zero past the end.
#[inline(always)]
fn exp_at<T: Scalar, S: LaneMath<T>>(s: S, x: &[T], i: usize, shift: T) -> S::V {
    let rest = x.len() - i;
    if rest >= T::LANES {
        return s.exp(s.sub(s.load_at(x, i), s.splat(shift)));
    }
    // The lanes past the end take part as e⁰, which needs no second path, and are then cleared.
    let inside = s.lt(s.iota(), s.constant(rest as f64));
    let difference = s.sub(s.load_at(x, i), s.splat(shift));
    let zero = s.splat(T::ZERO);
    s.select(inside, s.exp(s.select(inside, difference, zero)), zero)
}

/// x ← e^(x − max); returns the maximum and the sum.
#[inline(always)]
fn exp_shifted<T: Scalar, S: LaneMath<T>>(s: S, x: &mut [T]) -> (T, T) {
    let max = maximum(s, x);
    let mut sum = s.splat(T::ZERO);
    for i in (0..x.len()).step_by(T::LANES) {
        let e = exp_at(s, x, i, max);
        sum = s.add(sum, e);
        s.store_at(x, i, e);
    }
    (max, s.sum(sum))
}

/// x ← factor·x
#[inline(always)]
fn scale_row<T: Scalar, S: LaneMath<T>>(s: S, factor: T, x: &mut [T]) {
    for i in (0..x.len()).step_by(T::LANES) {
        let v = s.mul(s.load_at(x, i), s.splat(factor));
        s.store_at(x, i, v);
    }
}

/// ln of one number.
#[inline(always)]
fn log_of<T: Scalar, S: LaneMath<T>>(s: S, x: T) -> T {
    let mut lanes = [T::ZERO; 16];
    s.store_at(&mut lanes, 0, s.log(s.splat(x)));
    lanes[0]
}

/// ln Σ eˣ of a row.
#[inline(always)]
fn log_sum_exp_row<T: Scalar, S: LaneMath<T>>(s: S, x: &[T]) -> T {
    let max = maximum(s, x);
    // ±∞ is no shift: the exponentials are then 0, 1 or ∞ (or NaN) by themselves.
    let shift = if max.is_finite() { max } else { T::ZERO };
    let mut sum = s.splat(T::ZERO);
    for i in (0..x.len()).step_by(T::LANES) {
        sum = s.add(sum, exp_at(s, x, i, shift));
    }
    shift + log_of(s, s.sum(sum))
}

struct Softmax<'a, T>(usize, &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for Softmax<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        for x in rows_mut(self.0, self.1) {
            let (_, sum) = exp_shifted(s, x);
            for i in (0..x.len()).step_by(T::LANES) {
                let y = s.div(s.load_at(x, i), s.splat(sum));
                s.store_at(x, i, y);
            }
        }
    }
}

struct SoftmaxBackward<'a, T>(usize, &'a [T], &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for SoftmaxBackward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        for (y, delta) in rows(self.0, self.1).zip(rows_mut(self.0, self.2)) {
            let mut dot = s.splat(T::ZERO);
            for i in (0..y.len()).step_by(T::LANES) {
                dot = s.fma(s.load_at(y, i), s.load_at(delta, i), dot);
            }
            let dot = s.splat(s.sum(dot));
            for i in (0..y.len()).step_by(T::LANES) {
                let dx = s.mul(s.load_at(y, i), s.sub(s.load_at(delta, i), dot));
                s.store_at(delta, i, dx);
            }
        }
    }
}

struct LogSoftmax<'a, T>(usize, &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for LogSoftmax<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        for x in rows_mut(self.0, self.1) {
            let lse = s.splat(log_sum_exp_row(s, x));
            for i in (0..x.len()).step_by(T::LANES) {
                let y = s.sub(s.load_at(x, i), lse);
                s.store_at(x, i, y);
            }
        }
    }
}

struct LogSumExp<'a, T>(usize, &'a [T], &'a mut [T]);

impl<T: Scalar> LaneKernel<T> for LogSumExp<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        for (i, y) in self.2.iter_mut().enumerate() {
            *y = log_sum_exp_row(s, &self.1[i * self.0..(i + 1) * self.0]);
        }
    }
}

/// What a softmax should have said.
#[derive(Clone, Copy)]
enum Target<'a, T> {
    Classes(&'a [u32]),
    Distributions(&'a [T]),
}

struct CrossEntropy<'a, T> {
    units: usize,
    logits: &'a [T],
    target: Target<'a, T>,
    weights: Option<&'a [T]>,
    scale: f64,
    delta: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for CrossEntropy<'_, T> {
    type Output = f64;
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) -> f64 {
        let CrossEntropy { units, logits, target, weights, scale, delta } = self;
        assert_rows(units, logits.len());
        assert_eq!(logits.len(), delta.len(), "logits and gradients differ in length");
        assert!(weights.is_none_or(|w| w.len() * units == logits.len()), "one weight a row");
        let mut total = 0.0;
        for (i, (z, d)) in rows(units, logits).zip(rows_mut(units, delta)).enumerate() {
            let w = weights.map_or(1.0, |w| w[i].to_f64());
            let factor = T::from_f64(w * scale);
            d.copy_from_slice(z);
            let (max, sum) = exp_shifted(s, d);
            let log_sum = log_of(s, sum).to_f64();
            total += w * match target {
                Target::Classes(classes) => {
                    let class = classes[i] as usize;
                    scale_row(s, factor / sum, d);
                    d[class] -= factor;
                    max.to_f64() + log_sum - z[class].to_f64()
                }
                Target::Distributions(targets) => {
                    let t = &targets[i * units..(i + 1) * units];
                    let (mass, dot) = expected_distance(s, t, z, max);
                    pull_towards(s, t, mass / sum, factor, d);
                    mass.to_f64() * log_sum + dot.to_f64()
                }
            };
        }
        total
    }
}

/// Σ tⱼ and Σ tⱼ·(max − zⱼ); a target of zero adds nothing.
#[inline(always)]
fn expected_distance<T: Scalar, S: LaneMath<T>>(s: S, t: &[T], z: &[T], max: T) -> (T, T) {
    let zero = s.splat(T::ZERO);
    let (mut mass, mut dot) = (zero, zero);
    for i in (0..t.len()).step_by(T::LANES) {
        let v = s.load_at(t, i);
        mass = s.add(mass, v);
        let distance = s.sub(s.splat(max), s.load_at(z, i));
        dot = s.fma(v, s.select(s.eq(v, zero), zero, distance), dot);
    }
    (s.sum(mass), s.sum(dot))
}

/// d ← factor·(share·d − t)
#[inline(always)]
fn pull_towards<T: Scalar, S: LaneMath<T>>(s: S, t: &[T], share: T, factor: T, d: &mut [T]) {
    for i in (0..t.len()).step_by(T::LANES) {
        let difference = s.fma(s.load_at(d, i), s.splat(share), s.neg(s.load_at(t, i)));
        s.store_at(d, i, s.mul(s.splat(factor), difference));
    }
}

struct SigmoidBce<'a, T> {
    logits: &'a [T],
    targets: &'a [T],
    value: &'a mut [T],
    slope: &'a mut [T],
}

impl<T: Scalar> LaneKernel<T> for SigmoidBce<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: LaneMath<T>>(self, s: S) {
        for i in (0..self.logits.len()).step_by(T::LANES) {
            let (value, slope) = s.sigmoid_bce(s.load_at(self.logits, i), s.load_at(self.targets, i));
            s.store_at(self.value, i, value);
            s.store_at(self.slope, i, slope);
        }
    }
}
