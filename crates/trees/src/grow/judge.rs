//! What a tree grows on, what a split is, and by what it is judged: by how much the loss, in second order, falls when both children have values
//! of their own: ½·[G_l²/(H_l + λ) + G_r²/(H_r + λ) − G²/(H + λ)].

use crate::histogram::{Scales, Source, Sums};
use crate::settings::Settings;
use planish_tensor::Exec;

/// The least sum of second derivatives on a side.
pub(super) const MIN_HESSIAN: f64 = 1e-3;

/// What a tree grows on.
#[derive(Clone, Copy)]
pub(crate) struct Growth<'a> {
    pub(crate) exec: Exec,
    pub(crate) source: Source<'a>,
    /// The bins of all rows, column after column.
    pub(crate) by_column: &'a [u8],
    pub(crate) scales: Scales,
    pub(crate) settings: &'a Settings,
    /// Which columns are of levels.
    pub(crate) is_levels: &'a [bool],
    /// For each column whether the prediction may only rise or fall with it.
    pub(crate) monotone: &'a [i8],
    /// Which columns this tree may use.
    pub(crate) may_use: &'a [bool],
}

/// A split of a leaf.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Split {
    pub(crate) column: usize,
    pub(crate) question: Question,
    pub(crate) gain: f64,
    pub(crate) left: Sums,
    pub(crate) right: Sums,
}

/// What a split asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Question {
    AtMost { bin: u8, missing_left: bool },
    In([u64; 4]),
}

/// A leaf that is to be split: its sums and the bounds of its value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Parent {
    pub(crate) sums: Sums,
    pub(crate) bounds: (f64, f64),
}

/// What splits are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge {
    pub(crate) l2: f64,
    pub(crate) min_rows: i64,
    pub(crate) scale_g: f64,
    pub(crate) scale_h: f64,
    pub(crate) bounds: (f64, f64),
    /// Whether the bounds bind.
    pub(crate) bounded: bool,
    pub(crate) parent: Sums,
    /// What the parent gains by a value of its own.
    pub(crate) parent_gain: f64,
}

impl Judge {
    pub(crate) fn new(growth: &Growth<'_>, parent: &Parent) -> Judge {
        let bounded = parent.bounds.0 > f64::NEG_INFINITY || parent.bounds.1 < f64::INFINITY;
        let mut judge = Judge {
            l2: growth.settings.l2,
            min_rows: growth.settings.min_rows_in_leaf as i64,
            scale_g: growth.scales.g,
            scale_h: growth.scales.h,
            bounds: parent.bounds,
            bounded,
            parent: parent.sums,
            parent_gain: 0.0,
        };
        judge.parent_gain = judge.side(parent.sums, 0.0);
        judge
    }

    /// The value of a leaf with these sums.
    pub(crate) fn value(&self, s: Sums, more_l2: f64) -> f64 {
        let (g, h) = (s.g as f64 * self.scale_g, s.h as f64 * self.scale_h);
        let value = if g == 0.0 { 0.0 } else { -g / (h + self.l2 + more_l2) };
        value.clamp(self.bounds.0, self.bounds.1)
    }

    /// Twice what a side gains by its own value.
    #[inline(always)]
    fn side(&self, s: Sums, more_l2: f64) -> f64 {
        let (g, h) = (s.g as f64 * self.scale_g, s.h as f64 * self.scale_h + self.l2 + more_l2);
        if self.bounded {
            let w = self.value(s, more_l2);
            return -(2.0 * g * w + h * w * w);
        }
        if h > 0.0 { g * g / h } else { 0.0 }
    }

    /// Whether both sides have enough rows and curvature.
    #[inline(always)]
    pub(crate) fn allows(&self, left: Sums, right: Sums) -> bool {
        let enough = |s: Sums| s.n >= self.min_rows && s.h as f64 * self.scale_h >= MIN_HESSIAN;
        enough(left) && enough(right)
    }

    /// The gain of this split.
    #[inline(always)]
    pub(crate) fn gain(&self, left: Sums, right: Sums, more_l2: f64) -> f64 {
        0.5 * (self.side(left, more_l2) + self.side(right, more_l2) - self.parent_gain)
    }
}
