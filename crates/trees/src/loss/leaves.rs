//! The values of a tree's leaves, from the rows themselves rather than from the rounded slopes: a Newton step −G/(H + λ), or, where the
//! second derivative says nothing or the best constant is known, that constant.

use super::Derivatives;
use super::start::weighted_quantile;
use crate::data::{Data, Labels};
use crate::grow::Grown;
use crate::settings::{Loss, Settings};
use planish_tensor::Exec;
use planish_tensor::math::log_one;
use rayon::prelude::*;

/// The value of each leaf, times the learning rate.
pub(crate) fn leaf_values(
    exec: Exec,
    settings: &Settings,
    data: &Data<'_>,
    scores: &[f64],
    slopes: &[Derivatives],
    grown: &Grown,
) -> Vec<f64> {
    let value = |leaf: &crate::grow::LeafDraft| {
        let rows = &leaf.rows;
        let value = match (settings.loss, data.labels) {
            (Loss::Absolute, Labels::Numbers(y)) => quantile(data, y, scores, rows, 0.5),
            (Loss::Quantile { level }, Labels::Numbers(y)) => quantile(data, y, scores, rows, level),
            (Loss::Huber { delta }, Labels::Numbers(y)) => huber(data, y, scores, rows, delta),
            // With g = w·(eˢ − y) and h = w·eˢ the best constant is ln(Σwy / Σweˢ); λ draws it to 0.
            (Loss::Poisson, _) => {
                let (g, h) = sums(slopes, rows);
                log_ratio(h - g, h, settings.l2)
            }
            // With g = w·(1 − y·e⁻ˢ) and h = w·y·e⁻ˢ it is ln(Σwy·e⁻ˢ / Σw).
            (Loss::Gamma, _) => {
                let (g, h) = sums(slopes, rows);
                log_ratio(h, g + h, settings.l2)
            }
            _ => {
                let (g, h) = sums(slopes, rows);
                if g == 0.0 { 0.0 } else { -g / (h + settings.l2) }
            }
        };
        let value = if value.is_finite() { value } else { 0.0 };
        settings.learning_rate * value.clamp(leaf.bounds.0, leaf.bounds.1)
    };
    if exec.threads > 1 && scores.len() > super::PIECE {
        grown.leaves.par_iter().map(value).collect()
    } else {
        grown.leaves.iter().map(value).collect()
    }
}

/// The sums of both derivatives, in four lanes, in the order of the rows.
fn sums(slopes: &[Derivatives], rows: &[u32]) -> (f64, f64) {
    let (mut g, mut h) = ([0.0; 4], [0.0; 4]);
    for four in rows.chunks(4) {
        for (lane, &row) in four.iter().enumerate() {
            let [dg, dh] = slopes[row as usize];
            g[lane] += f64::from(dg);
            h[lane] += f64::from(dh);
        }
    }
    ((g[0] + g[2]) + (g[1] + g[3]), (h[0] + h[2]) + (h[1] + h[3]))
}

fn log_ratio(a: f64, b: f64, l2: f64) -> f64 {
    let least = l2.max(1e-9);
    log_one((a.max(0.0) + least) / (b.max(0.0) + least))
}

fn residuals<'a>(
    data: &'a Data<'_>,
    y: &'a [f64],
    scores: &'a [f64],
    rows: &'a [u32],
) -> impl Iterator<Item = (f64, f64)> + 'a {
    rows.iter().map(|&r| r as usize).map(move |r| (y[r] - scores[r], data.weight(r)))
}

fn quantile(data: &Data<'_>, y: &[f64], scores: &[f64], rows: &[u32], level: f64) -> f64 {
    weighted_quantile(&mut residuals(data, y, scores, rows).collect::<Vec<_>>(), level)
}

/// The median, moved by the mean of what is left, cut off at δ (Friedman 2001, equation 21).
fn huber(data: &Data<'_>, y: &[f64], scores: &[f64], rows: &[u32], delta: f64) -> f64 {
    let median = quantile(data, y, scores, rows, 0.5);
    let (mut moved, mut weight) = (0.0, 0.0);
    for (r, w) in residuals(data, y, scores, rows) {
        moved += w * (r - median).clamp(-delta, delta);
        weight += w;
    }
    if weight > 0.0 { median + moved / weight } else { median }
}
