//! A line search for the strong Wolfe conditions (Nocedal and Wright, 2006, Algorithms 3.5 and 3.6), trial steps by cubic
//! interpolation.
//!
//! Along a direction d, with φ(a) = f(x + a·d), a step a is accepted when φ(a) ≤ φ(0) + c₁·a·φ′(0) and |φ′(a)| ≤ c₂·|φ′(0)|:
//! the function has fallen enough, and so has its slope. Near a minimum the fall is lost in the rounding of f while the slope is
//! still exact, so a rise within that rounding is no fault if the slope fell (Hager and Zhang, "A new conjugate gradient method
//! with guaranteed descent and an efficient line search", 2005, the approximate Wolfe conditions).

use planish_tensor::Isa;
use planish_tensor::reduce::dot;

/// c₁, the share of the slope that the function must fall by.
const DECREASE: f64 = 1e-4;
/// c₂, the share of the slope that may be left.
const CURVATURE: f64 = 0.9;
/// A relative difference of two values that may be rounding.
const ROUNDING: f64 = 1e-12;
/// Most evaluations of one search.
const TRIALS: usize = 40;

/// A point, with the function's value and gradient there.
#[derive(Clone)]
pub(crate) struct Point {
    pub(crate) x: Vec<f64>,
    pub(crate) g: Vec<f64>,
    pub(crate) value: f64,
}

/// A line to search along.
pub(crate) struct Line<'a> {
    pub(crate) isa: Isa,
    pub(crate) start: &'a Point,
    pub(crate) direction: &'a [f64],
}

/// A step with the function's value and slope there.
#[derive(Clone, Copy)]
struct Trial {
    step: f64,
    value: f64,
    slope: f64,
}

impl Trial {
    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.slope.is_finite()
    }
}

impl Line<'_> {
    /// Searches from the step `first` and leaves the accepted point in `point`. Returns whether there is one, and the evaluations
    /// used. If no step meets both conditions, the lowest that fell enough is accepted.
    pub(crate) fn search(
        &self,
        first: f64,
        most: usize,
        point: &mut Point,
        f: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> (bool, usize) {
        let start =
            Trial { step: 0.0, value: self.start.value, slope: dot(self.isa, self.direction, &self.start.g) };
        if start.slope >= 0.0 {
            return (false, 0);
        }
        // `low` is the best step that fell enough. Once `high` is known, an acceptable step lies between the two.
        let (mut low, mut high) = (start, None::<Trial>);
        let mut step = first;
        let most = most.min(TRIALS);
        // The last evaluation is kept for returning to the lowest step.
        for used in 1..most {
            let trial = self.evaluate(step, point, f);
            let limit = start.value + DECREASE * step * start.slope;
            let level = start.value + ROUNDING * start.value.abs();
            if trial.value <= limit.max(level) && trial.slope.abs() <= -CURVATURE * start.slope {
                return (true, used);
            }
            if !trial.is_finite() || trial.value > limit || trial.value >= low.value {
                high = Some(trial);
            } else {
                // The minimum lies on the side to which the slope falls.
                let beyond = high.map_or(1.0, |h| h.step - low.step);
                if trial.slope * beyond >= 0.0 {
                    high = Some(low);
                }
                low = trial;
            }
            step = match high {
                Some(high) => between(low, high),
                None => 2.0 * low.step,
            };
            if step == low.step || !step.is_finite() {
                return self.settle(low, used, point, f);
            }
        }
        self.settle(low, most.saturating_sub(1), point, f)
    }

    /// Accepts the lowest step found, if any fell: the point is computed again.
    fn settle(
        &self,
        low: Trial,
        used: usize,
        point: &mut Point,
        f: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> (bool, usize) {
        if low.step == 0.0 {
            return (false, used);
        }
        self.evaluate(low.step, point, f);
        (true, used + 1)
    }

    fn evaluate(&self, step: f64, point: &mut Point, f: &mut impl FnMut(&[f64], &mut [f64]) -> f64) -> Trial {
        for (x, (from, d)) in point.x.iter_mut().zip(self.start.x.iter().zip(self.direction)) {
            *x = from + step * d;
        }
        point.value = f(&point.x, &mut point.g);
        Trial { step, value: point.value, slope: dot(self.isa, self.direction, &point.g) }
    }
}

/// The minimum of the cubic through two trials with their slopes (Nocedal and Wright, equation 3.59), kept a tenth of the
/// interval away from both; the middle if it has none, or if the far end is not finite.
fn between(low: Trial, high: Trial) -> f64 {
    let width = high.step - low.step;
    let middle = low.step + 0.5 * width;
    if !high.is_finite() {
        return middle;
    }
    let d1 = low.slope + high.slope - 3.0 * (low.value - high.value) / (low.step - high.step);
    let square = d1 * d1 - low.slope * high.slope;
    if square < 0.0 {
        return middle;
    }
    let d2 = if width > 0.0 { square.sqrt() } else { -square.sqrt() };
    let share = 1.0 - (high.slope + d2 - d1) / (high.slope - low.slope + 2.0 * d2);
    if share.is_nan() { middle } else { low.step + share.clamp(0.1, 0.9) * width }
}
