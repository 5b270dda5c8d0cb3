//! The score of each output before the first tree: the constant with the least loss.

use super::PIECE;
use crate::data::{Data, Labels};
use crate::settings::Loss;
use planish_tensor::Isa;
use planish_tensor::math::{self, log_one};

/// The least share of a class that begins.
const LEAST_SHARE: f64 = 1e-6;

/// The base score of each output for these rows.
pub(crate) fn base_scores(loss: Loss, data: &Data<'_>, outputs: usize, rows: &[u32]) -> Vec<f64> {
    let total: f64 = sum(rows, |r| data.weight(r));
    match data.labels {
        Labels::Classes { classes, .. } => {
            let share = |class: u32| {
                let of = sum(rows, |r| if classes[r] == class { data.weight(r) } else { 0.0 });
                (of / total).max(LEAST_SHARE)
            };
            if matches!(loss, Loss::Softmax) {
                return (0..outputs).map(|k| log_one(share(k as u32))).collect();
            }
            let p = share(1).min(1.0 - LEAST_SHARE);
            vec![log_one(p / (1.0 - p))]
        }
        Labels::Numbers(y) => {
            let offset = |r: usize| data.offset.map_or(0.0, |o| o[r]);
            let mean = |f: &dyn Fn(usize) -> f64| sum(rows, |r| data.weight(r) * f(r)) / total;
            let e = |r: usize, sign: f64| exp_one(sign * offset(r));
            vec![match loss {
                Loss::Absolute | Loss::Huber { .. } => middle(data, rows, 0.5),
                Loss::Quantile { level } => middle(data, rows, level),
                Loss::Poisson => log_one((mean(&|r| y[r]) / mean(&|r| e(r, 1.0))).max(f64::MIN_POSITIVE)),
                Loss::Gamma => log_one(mean(&|r| y[r] * e(r, -1.0)).max(f64::MIN_POSITIVE)),
                Loss::Squared | Loss::LogLoss | Loss::Softmax => mean(&|r| y[r] - offset(r)),
            }]
        }
    }
}

fn exp_one(x: f64) -> f64 {
    let mut v = [x];
    math::exp(Isa::SCALAR, &mut v);
    v[0]
}

/// The quantile of the labels less their offsets.
fn middle(data: &Data<'_>, rows: &[u32], level: f64) -> f64 {
    let Labels::Numbers(y) = data.labels else { return 0.0 };
    let mut pairs: Vec<(f64, f64)> = rows
        .iter()
        .map(|&r| r as usize)
        .map(|r| (y[r] - data.offset.map_or(0.0, |o| o[r]), data.weight(r)))
        .collect();
    weighted_quantile(&mut pairs, level)
}

/// The least value at which the weights of all values up to it reach this share; halfway to the next if they reach it exactly.
pub(super) fn weighted_quantile(pairs: &mut [(f64, f64)], level: f64) -> f64 {
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let goal = level * pairs.iter().map(|p| p.1).sum::<f64>();
    let mut reached = 0.0;
    for (i, &(value, weight)) in pairs.iter().enumerate() {
        reached += weight;
        if reached > goal {
            return value;
        }
        if reached == goal && weight > 0.0 {
            return pairs.get(i + 1).map_or(value, |next| value / 2.0 + next.0 / 2.0);
        }
    }
    pairs.last().map_or(0.0, |p| p.0)
}

/// The sum over these rows, piece by piece, in order.
pub(super) fn sum(rows: &[u32], f: impl Fn(usize) -> f64) -> f64 {
    rows.chunks(PIECE).map(|piece| piece.iter().map(|&r| f(r as usize)).sum::<f64>()).sum()
}
