//! The best set of levels that go left. Few levels are tried one against all others; more are put in the order of their slopes, and the sets
//! that begin at either end are tried (Fisher 1958, as LightGBM does it), with more regularisation, since many sets are tried.

use super::judge::{Judge, Question};
use crate::histogram::{Cell, Sums};

/// Levels up to which each is tried alone.
const FEW: usize = 4;
/// Added to the second derivatives of a level before the order is made.
const SMOOTH: f64 = 10.0;
/// Added to λ where levels were put in order.
const MORE_L2: f64 = 10.0;
/// The most levels in the smaller set.
const MOST: usize = 32;

/// The best set of bins that go left; bin 0, of missing, rare and unknown levels, is a level too.
pub(super) fn search_levels(
    judge: &Judge,
    cells: &[Cell],
    min_group: usize,
) -> Option<(f64, Question, Sums)> {
    let used: Vec<(usize, Sums)> =
        cells.iter().enumerate().map(|(bin, &cell)| (bin, Sums::of(cell))).filter(|(_, s)| s.n > 0).collect();
    if used.len() < 2 {
        return None;
    }
    let (gain, set, left) = if used.len() <= FEW {
        one_against_all(judge, &used)
    } else {
        in_order(judge, used, min_group as i64)
    }?;
    // Levels that were not seen here go where most rows go.
    if 2 * left.n <= judge.parent.n {
        return Some((gain, Question::In(set), left));
    }
    let mut seen = [0; 4];
    cells
        .iter()
        .enumerate()
        .filter(|(_, c)| Sums::of(**c).n > 0)
        .for_each(|(bin, _)| seen[bin / 64] |= 1 << (bin % 64));
    let widened = std::array::from_fn(|i| set[i] | !seen[i]);
    Some((gain, Question::In(widened), left))
}

type Best = Option<(f64, [u64; 4], Sums)>;

fn one_against_all(judge: &Judge, used: &[(usize, Sums)]) -> Best {
    let mut best: Best = None;
    for &(bin, left) in used {
        let right = judge.parent - left;
        if !judge.allows(left, right) {
            continue;
        }
        let gain = judge.gain(left, right, 0.0);
        if gain > best.map_or(0.0, |b| b.0) {
            best = Some((gain, set_of([bin].into_iter()), left));
        }
    }
    best
}

fn in_order(judge: &Judge, mut used: Vec<(usize, Sums)>, min_group: i64) -> Best {
    // Levels of very few rows have no reliable slope: they stay right.
    used.retain(|(_, s)| s.n as f64 >= SMOOTH);
    let slope = |s: &Sums| s.g as f64 * judge.scale_g / (s.h as f64 * judge.scale_h + SMOOTH);
    used.sort_by(|a, b| slope(&a.1).total_cmp(&slope(&b.1)).then(a.0.cmp(&b.0)));
    let most = MOST.min(used.len().div_ceil(2));
    let mut best: (f64, bool, usize, Sums) = (0.0, false, 0, Sums::default());
    for from_end in [false, true] {
        let (mut left, mut in_group) = (Sums::default(), 0);
        for i in 0..most.min(used.len()) {
            let at = if from_end { used.len() - 1 - i } else { i };
            left = left + used[at].1;
            in_group += used[at].1.n;
            let right = judge.parent - left;
            if right.n < min_group {
                break;
            }
            if in_group < min_group || !judge.allows(left, right) {
                continue;
            }
            in_group = 0;
            let gain = judge.gain(left, right, MORE_L2);
            if gain > best.0 {
                best = (gain, from_end, i + 1, left);
            }
        }
    }
    let (gain, from_end, count, left) = best;
    let bins = used.iter().map(|u| u.0);
    let set = if from_end { set_of(bins.rev().take(count)) } else { set_of(bins.take(count)) };
    (gain > 0.0).then_some((gain, set, left))
}

fn set_of(bins: impl Iterator<Item = usize>) -> [u64; 4] {
    let mut set = [0; 4];
    bins.for_each(|bin| set[bin / 64] |= 1 << (bin % 64));
    set
}
