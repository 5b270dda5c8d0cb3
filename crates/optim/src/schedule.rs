//! Learning-rate schedules: a factor on the optimizer's learning rate, from the number of the step alone.
//!
//! A schedule has no state, so a resumed run needs the step's number only. Everything is computed in f64 with planish's own
//! exponential, logarithm and cosine, so the factors have the same bits everywhere. Some curves count steps, others span the
//! whole run: these see t = step/total, which goes from 0 to 1.

use crate::error::OptimError;
use crate::settings::need;
use planish_tensor::{Isa, math};
use serde::{Deserialize, Serialize};
use std::f64::consts::{LN_2, PI, TAU};

/// A curve, and a linear warm-up before it.
///
/// ```
/// use planish_optim::{Curve, Schedule};
///
/// let schedule = Schedule { warmup: 10, curve: Curve::Cosine { end: 0.0 } };
/// assert_eq!(schedule.factor(0, 110), 0.1); // the first of ten steps of warm-up
/// assert_eq!(schedule.factor(10, 110), 1.0); // the cosine begins
/// assert!((schedule.factor(60, 110) - 0.5).abs() < 1e-15);
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Schedule {
    /// Steps of warm-up: step i < warmup has (i + 1)/warmup of the curve's first factor, and the curve spans the rest of the run.
    #[serde(default)]
    pub warmup: u64,
    /// The curve after the warm-up.
    pub curve: Curve,
}

/// How the learning rate changes. Below, i is the number of the step, n the steps of the run, t = i/n; curves
/// over t keep their last factor after the run's end.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    /// 1
    #[default]
    Constant,
    /// The factor of the last boundary reached (Keras's `PiecewiseConstantDecay`, but a boundary's own step is after it).
    Piecewise {
        /// (first step, factor) in rising order of steps; before the first the factor is 1.
        steps: Vec<(u64, f64)>,
    },
    /// rate^(i/steps) (Keras's `ExponentialDecay`).
    Exponential {
        /// Factor over `steps` steps.
        rate: f64,
        /// Steps to the first whole factor.
        steps: u64,
        /// Whether i/steps is rounded down.
        staircase: bool,
    },
    /// 1/(1 + rate·i/steps) (Keras's `InverseTimeDecay`).
    InverseTime {
        /// How much the divisor grows over `steps` steps.
        rate: f64,
        /// Steps of one growth.
        steps: u64,
        /// Whether i/steps is rounded down.
        staircase: bool,
    },
    /// end + (1 − end)·(1 − t)^power (Keras's `PolynomialDecay`).
    Polynomial {
        /// Factor at the end.
        end: f64,
        /// The power; 1 is a straight line.
        power: f64,
    },
    /// end + (1 − end)·½(1 + cos πt) (Loshchilov and Hutter, "SGDR", 2017; Keras's `CosineDecay`).
    Cosine {
        /// Factor at the end.
        end: f64,
    },
    /// The cosine again and again, each time `t_mul` times as long and `m_mul` times as high (SGDR; Keras's `CosineDecayRestarts`).
    CosineRestarts {
        /// Steps of the first cosine.
        steps: u64,
        /// Growth of the length.
        t_mul: f64,
        /// Growth of the height.
        m_mul: f64,
        /// The least factor.
        end: f64,
    },
    /// Up from 1/div to 1 in the first `warm` of the run and down to 1/(div·final_div), both by half a cosine (Smith, "Super-convergence",
    /// 2018; PyTorch's `OneCycleLR`, whose defaults are 0.3, 25 and 10,000). The last step of the run has the last factor.
    OneCycle {
        /// Share of the run in which the rate rises.
        warm: f64,
        /// The first factor is 1/div.
        div: f64,
        /// The last factor is 1/(div·final_div).
        final_div: f64,
    },
    /// ½(1 − cos(2π·log₂(1 + 15t))): four waves, each longer than the last (Holzmüller et al., RealMLP, 2024, arXiv 2407.04491).
    Coslog4,
    /// 1 until `flat` of the run, then the cosine to `end` (fastai's `fit_flat_cos`; RealMLP's dropout and decay with ½).
    FlatCosine {
        /// Share of the run at the full rate.
        flat: f64,
        /// Factor at the end.
        end: f64,
    },
}

impl From<Curve> for Schedule {
    fn from(curve: Curve) -> Schedule {
        Schedule { warmup: 0, curve }
    }
}

impl Schedule {
    /// The factor on the learning rate at step `step` (from 0) of a run of `total` steps.
    pub fn factor(&self, step: u64, total: u64) -> f64 {
        let rest = total.saturating_sub(self.warmup).max(1);
        if step < self.warmup {
            self.curve.factor(0, rest) * ((step + 1) as f64 / self.warmup as f64)
        } else {
            self.curve.factor(step - self.warmup, rest)
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// As [`Curve::check`].
    pub fn check(&self) -> Result<(), OptimError> {
        self.curve.check()
    }
}

impl Curve {
    /// Each with its name, its numbers by default and a line about it.
    pub const CHOICES: &'static [(&'static str, Curve, &'static str)] = &[
        ("constant", Curve::Constant, "The learning rate stays"),
        (
            "piecewise",
            Curve::Piecewise { steps: Vec::new() },
            "Factors from given steps on (--schedule-factors)",
        ),
        (
            "exponential",
            Curve::Exponential { rate: 0.9, steps: 1000, staircase: false },
            "RATE to the power i/STEPS",
        ),
        (
            "inverse-time",
            Curve::InverseTime { rate: 0.9, steps: 1000, staircase: false },
            "1/(1 + RATE·i/STEPS)",
        ),
        (
            "polynomial",
            Curve::Polynomial { end: 0.0, power: 1.0 },
            "Down to END along (1 − t) to the power POWER",
        ),
        ("cosine", Curve::Cosine { end: 0.0 }, "Down to END along half a cosine"),
        (
            "cosine-restarts",
            Curve::CosineRestarts { steps: 1000, t_mul: 2.0, m_mul: 1.0, end: 0.0 },
            "Cosines of STEPS steps, each next one twice as long",
        ),
        ("one-cycle", Curve::one_cycle(), "Up from 1/25 in the first 30 % of the run, then down to 1/250000"),
        ("coslog4", Curve::Coslog4, "Four waves, each longer than the last"),
        (
            "flat-cosine",
            Curve::FlatCosine { flat: 0.5, end: 0.0 },
            "Constant for half the run, then a cosine down to END",
        ),
    ];

    /// PyTorch's one-cycle: 30 % of the run rising from 1/25, then falling to 1/250,000.
    pub const fn one_cycle() -> Curve {
        Curve::OneCycle { warm: 0.3, div: 25.0, final_div: 1e4 }
    }

    /// The factor at step i of n.
    fn factor(&self, i: u64, n: u64) -> f64 {
        let t = i.min(n) as f64 / n as f64;
        match *self {
            Curve::Constant => 1.0,
            Curve::Piecewise { ref steps } => {
                steps.iter().take_while(|(first, _)| *first <= i).last().map_or(1.0, |&(_, factor)| factor)
            }
            Curve::Exponential { rate, steps, staircase } => power(rate, elapsed(i, steps, staircase)),
            Curve::InverseTime { rate, steps, staircase } => {
                1.0 / (1.0 + rate * elapsed(i, steps, staircase))
            }
            Curve::Polynomial { end, power: p } => end + (1.0 - end) * power(1.0 - t, p),
            Curve::Cosine { end } => falling(1.0, end, t),
            Curve::CosineRestarts { steps, t_mul, m_mul, end } => {
                // Cosines are counted off one by one: their number grows with the logarithm of i unless t_mul is 1.
                let (mut i, mut length, mut height) = (i as f64, steps.max(1) as f64, 1.0);
                if t_mul == 1.0 {
                    let past = (i / length).floor();
                    height = power(m_mul, past);
                    i -= past * length;
                }
                while i >= length {
                    i -= length;
                    length *= t_mul;
                    height *= m_mul;
                }
                end + (1.0 - end) * height * half_cosine(i / length)
            }
            Curve::OneCycle { warm, div, final_div } => {
                let (first, last) = (1.0 / div, 1.0 / (div * final_div));
                let (i, end) = (i as f64, n as f64 - 1.0);
                let top = warm * n as f64 - 1.0;
                if i <= top && top > 0.0 {
                    falling(first, 1.0, i / top)
                } else {
                    falling(
                        1.0,
                        last,
                        if end > top { ((i - top) / (end - top)).clamp(0.0, 1.0) } else { 1.0 },
                    )
                }
            }
            Curve::Coslog4 => 0.5 * (1.0 - cosine(TAU * (math::log_one(1.0 + 15.0 * t) / LN_2))),
            Curve::FlatCosine { flat, end } => {
                if t < flat {
                    1.0
                } else {
                    falling(1.0, end, (t - flat) / (1.0 - flat))
                }
            }
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A factor, rate or length outside its range, or boundaries not in rising order.
    pub fn check(&self) -> Result<(), OptimError> {
        let share = |name, x: f64| need(name, x, (0.0..1.0).contains(&x), "it must lie in [0, 1)");
        let end = |x: f64| need("end", x, (0.0..=1.0).contains(&x), "it must lie in [0, 1]");
        let positive = |name, x: f64| need(name, x, x > 0.0, "it must be a positive number");
        let length = |n: u64| need("steps", n as f64, n > 0, "at least one is needed");
        match *self {
            Curve::Constant | Curve::Coslog4 => Ok(()),
            Curve::Piecewise { ref steps } => {
                for &(_, factor) in steps {
                    need("a factor", factor, factor >= 0.0, "it must not be negative")?;
                }
                let falls = steps.windows(2).find(|pair| pair[0].0 >= pair[1].0);
                falls.map_or(Ok(()), |pair| {
                    need("a boundary", pair[1].0 as f64, false, "boundaries must be in rising order")
                })
            }
            Curve::Exponential { rate, steps, .. } => positive("rate", rate).and(length(steps)),
            Curve::InverseTime { rate, steps, .. } => {
                need("rate", rate, rate >= 0.0, "it must not be negative").and(length(steps))
            }
            Curve::Polynomial { end: e, power } => end(e).and(positive("power", power)),
            Curve::Cosine { end: e } => end(e),
            Curve::CosineRestarts { steps, t_mul, m_mul, end: e } => length(steps)
                .and(need("t_mul", t_mul, t_mul >= 1.0, "it must be at least 1"))
                .and(positive("m_mul", m_mul))
                .and(end(e)),
            Curve::OneCycle { warm, div, final_div } => share("warm", warm)
                .and(need("div", div, div >= 1.0, "it must be at least 1"))
                .and(positive("final_div", final_div)),
            Curve::FlatCosine { flat, end: e } => share("flat", flat).and(end(e)),
        }
    }
}

/// i/steps, rounded down for a staircase.
fn elapsed(i: u64, steps: u64, staircase: bool) -> f64 {
    let steps = steps.max(1);
    if staircase { (i / steps) as f64 } else { i as f64 / steps as f64 }
}

/// From `first` at t = 0 to `last` at t = 1 along half a cosine; both ends are exact.
fn falling(first: f64, last: f64, t: f64) -> f64 {
    let c = half_cosine(t);
    first * c + last * (1.0 - c)
}

/// ½(1 + cos πt)
fn half_cosine(t: f64) -> f64 {
    0.5 * (1.0 + cosine(PI * t))
}

/// cos x of one number, the same bits everywhere.
fn cosine(x: f64) -> f64 {
    let mut v = [x];
    math::cos(Isa::SCALAR, &mut v);
    v[0]
}

/// x^p for x ≥ 0 and finite p, the same bits everywhere: whole powers by repeated squaring, others as e^(p·ln x).
pub(crate) fn power(x: f64, p: f64) -> f64 {
    if p >= 0.0 && p.fract() == 0.0 && p < 4294967296.0 {
        let (mut result, mut square, mut left) = (1.0, x, p as u64);
        while left > 0 {
            if left % 2 == 1 {
                result *= square;
            }
            square *= square;
            left /= 2;
        }
        return result;
    }
    if x == 0.0 {
        return if p > 0.0 { 0.0 } else { f64::INFINITY };
    }
    let mut v = [p * math::log_one(x)];
    math::exp(Isa::SCALAR, &mut v);
    v[0]
}

#[cfg(test)]
mod tests;
