//! Shapley values of a prediction, exact for trees (TreeSHAP: Lundberg and others, 2020, algorithm 2, with the path's own rows): how much of
//! the score each column accounts for, where a column that is not known sends a row both ways, by the shares of the training rows.

use crate::bins::{BinnedRows, Binner};
use crate::forest::{Forest, Tree};
use planish_tensor::Exec;
use rayon::prelude::*;

/// A step of the path from the root: a column, the share of paths without and with it, and the weight of its subsets.
#[derive(Clone, Copy, Default)]
struct Step {
    column: usize,
    zero: f64,
    one: f64,
    weight: f64,
}

impl Forest {
    /// Each column's part in the score of each row, and last the score that all rows have in common:
    /// `[rows × outputs × (columns + 1)]`. The parts of a row add up to its score.
    pub fn contributions(&self, exec: Exec, binner: &Binner, rows: &BinnedRows) -> Vec<f64> {
        let (outputs, width) = (self.outputs(), binner.sources + 1);
        let covers: Vec<Vec<f64>> = (0..self.trees()).map(|t| covers(&self.tree(t))).collect();
        let mut out = vec![0.0; rows.rows() * outputs * width];
        let of_row = |(row, out): (usize, &mut [f64])| {
            for (output, out) in out.chunks_mut(width).enumerate() {
                out[width - 1] = self.base[output];
            }
            for (t, covers) in covers.iter().enumerate() {
                let at = (t % outputs) * width;
                let walk = Walk { tree: self.tree(t), covers, binner, row: rows.row(row) };
                walk.add(&mut out[at..at + width]);
            }
        };
        if exec.threads > 1 {
            out.par_chunks_mut(outputs * width).enumerate().for_each(of_row);
        } else {
            out.chunks_mut(outputs * width).enumerate().for_each(of_row);
        }
        out
    }
}

/// The rows of each node and then of each leaf. A leaf that no row reached counts for one.
fn covers(tree: &Tree<'_>) -> Vec<f64> {
    let n = tree.nodes.len();
    let mut out = vec![0.0; 2 * n + 1];
    for (out, &cover) in out[n..].iter_mut().zip(tree.covers) {
        *out = f64::from(cover.max(1));
    }
    for (at, node) in tree.nodes.iter().enumerate().rev() {
        out[at] = node.children.iter().map(|&c| out[usize::from(c)]).sum();
    }
    out
}

struct Walk<'a> {
    tree: Tree<'a>,
    covers: &'a [f64],
    binner: &'a Binner,
    row: &'a [u8],
}

impl Walk<'_> {
    fn add(&self, out: &mut [f64]) {
        let n = self.tree.nodes.len();
        let last = out.len() - 1;
        let mean: f64 = self.tree.leaves.iter().zip(&self.covers[n..]).map(|(v, c)| v * c).sum();
        out[last] += mean / self.covers[0];
        // Whether a node is yet to be visited, with the path down to it.
        let mut pending =
            vec![(0_usize, extended(&[], Step { column: last, zero: 1.0, one: 1.0, weight: 0.0 }))];
        while let Some((at, path)) = pending.pop() {
            let Some(node) = self.tree.nodes.get(at) else {
                let value = self.tree.leaves[at - n];
                for i in 1..path.len() {
                    let step = path[i];
                    out[step.column] += unwound_sum(&path, i) * (step.one - step.zero) * value;
                }
                continue;
            };
            let column = self.binner.columns[node.column as usize].source as usize;
            let right = node.goes_right(self.row[node.column as usize], self.tree.sets);
            let (mut zero, mut one, mut path) = (1.0, 1.0, path);
            if let Some(k) = path[1..].iter().position(|s| s.column == column) {
                (zero, one) = (path[k + 1].zero, path[k + 1].one);
                unwind(&mut path, k + 1);
            }
            for (side, &child) in node.children.iter().enumerate() {
                let child = usize::from(child);
                let share = self.covers[child] / self.covers[at];
                let goes = (side == 1) == right;
                let step =
                    Step { column, zero: zero * share, one: if goes { one } else { 0.0 }, weight: 0.0 };
                pending.push((child, extended(&path, step)));
            }
        }
    }
}

/// The path with one more step.
fn extended(path: &[Step], step: Step) -> Vec<Step> {
    let mut out = path.to_vec();
    let depth = path.len();
    out.push(Step { weight: if depth == 0 { 1.0 } else { 0.0 }, ..step });
    for i in (0..depth).rev() {
        out[i + 1].weight += step.one * out[i].weight * (i + 1) as f64 / (depth + 1) as f64;
        out[i].weight = step.zero * out[i].weight * (depth - i) as f64 / (depth + 1) as f64;
    }
    out
}

/// Takes the step `k` out of the path.
fn unwind(path: &mut Vec<Step>, k: usize) {
    let depth = path.len() - 1;
    let Step { zero, one, .. } = path[k];
    let mut next = path[depth].weight;
    for i in (0..depth).rev() {
        if one != 0.0 {
            let weight = path[i].weight;
            path[i].weight = next * (depth + 1) as f64 / ((i + 1) as f64 * one);
            next = weight - path[i].weight * zero * (depth - i) as f64 / (depth + 1) as f64;
        } else {
            path[i].weight *= (depth + 1) as f64 / (zero * (depth - i) as f64);
        }
    }
    for i in k..depth {
        let weight = path[i].weight;
        path[i] = Step { weight, ..path[i + 1] };
    }
    path.pop();
}

/// The sum of the weights of the path without its step `k`.
fn unwound_sum(path: &[Step], k: usize) -> f64 {
    let depth = path.len() - 1;
    let Step { zero, one, .. } = path[k];
    let (mut next, mut total) = (path[depth].weight, 0.0);
    for i in (0..depth).rev() {
        if one != 0.0 {
            let weight = next * (depth + 1) as f64 / ((i + 1) as f64 * one);
            total += weight;
            next = path[i].weight - weight * zero * (depth - i) as f64 / (depth + 1) as f64;
        } else {
            total += path[i].weight * (depth + 1) as f64 / (zero * (depth - i) as f64);
        }
    }
    total
}
