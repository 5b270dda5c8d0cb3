//! The losses: where scores begin, their slopes, their mean, and the values of leaves. Scores of each output are a list of their own.

mod leaves;
mod link;
mod start;
mod value;

pub(crate) use leaves::leaf_values;
pub(crate) use start::base_scores;
pub(crate) use value::mean_loss;

use crate::data::{Data, Labels};
use crate::settings::Loss;
use planish_tensor::{Exec, Isa, math};
use rayon::prelude::*;

/// Rows that one thread works on at a time; sums are formed piece by piece, in order.
pub(crate) const PIECE: usize = 4096;

/// A row's first and second derivative of the loss by the score of one output.
pub(crate) type Derivatives = [f32; 2];

/// For softmax the logarithm of each row's sum of exponentials; empty for other losses.
pub(crate) fn normalisers(exec: Exec, loss: Loss, scores: &[Vec<f64>]) -> Vec<f64> {
    if !matches!(loss, Loss::Softmax) {
        return Vec::new();
    }
    let mut out = vec![0.0; scores[0].len()];
    for_each_piece(exec, &mut out, |start, out| log_sum_exp(exec.isa, scores, start, out));
    out
}

/// ln Σ eˢ of the rows from `start` on.
pub(crate) fn log_sum_exp(isa: Isa, scores: &[Vec<f64>], start: usize, out: &mut [f64]) {
    let n = out.len();
    let mut largest = scores[0][start..start + n].to_vec();
    for s in &scores[1..] {
        for (m, &s) in largest.iter_mut().zip(&s[start..start + n]) {
            *m = if s > *m { s } else { *m };
        }
    }
    out.fill(0.0);
    let mut e = vec![0.0; n];
    for s in scores {
        for i in 0..n {
            e[i] = s[start + i] - largest[i];
        }
        math::exp(isa, &mut e);
        for i in 0..n {
            out[i] += e[i];
        }
    }
    math::log(isa, out);
    for i in 0..n {
        out[i] += largest[i];
    }
}

/// Calls `work` with pieces of a list and where each begins, side by side if there are threads.
pub(crate) fn for_each_piece<T: Send>(exec: Exec, x: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    if exec.threads > 1 && x.len() > PIECE {
        x.par_chunks_mut(PIECE).enumerate().for_each(|(p, piece)| work(p * PIECE, piece));
    } else {
        x.chunks_mut(PIECE).enumerate().for_each(|(p, piece)| work(p * PIECE, piece));
    }
}

/// The derivatives of one output's scores for every row.
pub(crate) fn derivatives(
    exec: Exec,
    loss: Loss,
    data: &Data<'_>,
    (output, scores): (usize, &[f64]),
    normalisers: &[f64],
) -> Vec<Derivatives> {
    let mut pairs = vec![[0.0; 2]; scores.len()];
    let outputs = if let Labels::Classes { count, .. } = data.labels { count as f64 } else { 1.0 };
    for_each_piece(exec, &mut pairs, |start, out| {
        let s = &scores[start..start + out.len()];
        let mut p = s.to_vec();
        match loss {
            Loss::Squared | Loss::Absolute | Loss::Quantile { .. } | Loss::Huber { .. } => {}
            Loss::Poisson => math::exp(exec.isa, &mut p),
            Loss::Gamma => {
                p.iter_mut().for_each(|p| *p = -*p);
                math::exp(exec.isa, &mut p);
            }
            Loss::LogLoss => math::sigmoid(exec.isa, &mut p),
            Loss::Softmax => {
                p.iter_mut().zip(&normalisers[start..]).for_each(|(p, z)| *p -= z);
                math::exp(exec.isa, &mut p);
            }
        }
        for (i, out) in out.iter_mut().enumerate() {
            let row = start + i;
            let w = data.weight(row);
            let (g, h) = match data.labels {
                Labels::Numbers(y) => of_number(loss, y[row], p[i]),
                Labels::Classes { classes, .. } => {
                    let hit = |class: u32| f64::from(u8::from(classes[row] == class));
                    let curvature = p[i] * (1.0 - p[i]);
                    if matches!(loss, Loss::Softmax) {
                        (p[i] - hit(output as u32), curvature * outputs / (outputs - 1.0))
                    } else {
                        (p[i] - hit(1), curvature)
                    }
                }
            };
            *out = [(w * g) as f32, (w * h) as f32];
        }
    });
    pairs
}

/// Both derivatives for a number y; `p` is the score, or what became of it.
fn of_number(loss: Loss, y: f64, p: f64) -> (f64, f64) {
    let sign = |x: f64| f64::from(i8::from(x > 0.0) - i8::from(x < 0.0));
    match loss {
        Loss::Squared => (p - y, 1.0),
        Loss::Absolute => (sign(p - y), 1.0),
        Loss::Quantile { level } => (if p >= y { 1.0 - level } else { -level }, 1.0),
        Loss::Huber { delta } => ((p - y).clamp(-delta, delta), 1.0),
        Loss::Poisson => (p - y, p),
        Loss::Gamma => (1.0 - y * p, y * p),
        Loss::LogLoss | Loss::Softmax => (0.0, 0.0),
    }
}
