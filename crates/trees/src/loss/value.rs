//! The mean loss of some rows.

use super::{PIECE, log_sum_exp};
use crate::data::{Data, Labels};
use crate::settings::Loss;
use planish_tensor::{Exec, math};
use rayon::prelude::*;

/// The weighted mean loss of these rows; NaN if they weigh nothing.
pub(crate) fn mean_loss(exec: Exec, loss: Loss, data: &Data<'_>, scores: &[Vec<f64>], rows: &[u32]) -> f64 {
    let piece = |rows: &[u32]| {
        let of = losses(exec, loss, data, scores, rows);
        let weighted: f64 = rows.iter().zip(of).map(|(&r, l)| data.weight(r as usize) * l).sum();
        (weighted, rows.iter().map(|&r| data.weight(r as usize)).sum::<f64>())
    };
    let sums: Vec<(f64, f64)> = if exec.threads > 1 && rows.len() > PIECE {
        rows.par_chunks(PIECE).map(piece).collect()
    } else {
        rows.chunks(PIECE).map(piece).collect()
    };
    let (loss, weight) = sums.iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    loss / weight
}

/// The loss of each of these rows.
fn losses(exec: Exec, loss: Loss, data: &Data<'_>, scores: &[Vec<f64>], rows: &[u32]) -> Vec<f64> {
    let of = |output: usize| rows.iter().map(|&r| scores[output][r as usize]).collect::<Vec<f64>>();
    match data.labels {
        Labels::Classes { classes, .. } if matches!(loss, Loss::Softmax) => {
            let gathered: Vec<Vec<f64>> = (0..scores.len()).map(of).collect();
            let mut z = vec![0.0; rows.len()];
            log_sum_exp(exec.isa, &gathered, 0, &mut z);
            rows.iter().enumerate().map(|(i, &r)| z[i] - gathered[classes[r as usize] as usize][i]).collect()
        }
        Labels::Classes { classes, .. } => {
            let mut s = of(0);
            for (s, &r) in s.iter_mut().zip(rows) {
                *s = if classes[r as usize] == 1 { -*s } else { *s };
            }
            math::softplus(exec.isa, &mut s);
            s
        }
        Labels::Numbers(y) => {
            let s = of(0);
            let mut e: Vec<f64> =
                s.iter().map(|&s| if matches!(loss, Loss::Gamma) { -s } else { s }).collect();
            if matches!(loss, Loss::Poisson | Loss::Gamma) {
                math::exp(exec.isa, &mut e);
            }
            rows.iter().enumerate().map(|(i, &r)| of_number(loss, y[r as usize], s[i], e[i])).collect()
        }
    }
}

/// The loss for a number y; `e` is what the exponential made of the score.
fn of_number(loss: Loss, y: f64, s: f64, e: f64) -> f64 {
    let d = y - s;
    match loss {
        Loss::Squared => 0.5 * d * d,
        Loss::Absolute => d.abs(),
        Loss::Quantile { level } => {
            if d >= 0.0 {
                level * d
            } else {
                (level - 1.0) * d
            }
        }
        Loss::Huber { delta } => {
            if d.abs() <= delta {
                0.5 * d * d
            } else {
                delta * (d.abs() - 0.5 * delta)
            }
        }
        Loss::Poisson => e - y * s,
        Loss::Gamma => y * e + s,
        Loss::LogLoss | Loss::Softmax => 0.0,
    }
}
