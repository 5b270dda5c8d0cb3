//! One row through all trees, column by column (QuickScorer: Lucchese and others, 2015). The nodes of all trees that ask one column stand in
//! the order of their limits, so those that send a row right are the first so many of them, and nothing is to be foreseen. Each of them
//! strikes out the leaves to its left; the first leaf that is left over in a tree is the row's.

use super::masks::{MOST, left_of};
use crate::bins::BinnedRows;
use crate::forest::Forest;
use planish_tensor::Exec;

/// The nodes of a forest, by column; for few rows.
#[derive(Clone, Debug)]
pub struct Quick {
    columns: Vec<Asked>,
}

/// The nodes that ask one column.
#[derive(Clone, Debug)]
struct Asked {
    column: usize,
    /// Nodes with a limit; missing values go left, or right.
    limits: [Limits; 2],
    /// Nodes with a set, their trees, and the leaves that they keep.
    sets: Vec<([u64; 4], u32, u64)>,
}

/// Nodes in the order of their limits.
#[derive(Clone, Debug, Default)]
struct Limits {
    /// How many have a limit below each bin.
    below: Vec<u32>,
    /// Their trees.
    trees: Vec<u32>,
    /// The leaves that can be reached from the right child, and those outside the node.
    keep: Vec<u64>,
}

/// A node: column, kind, limit, tree, the leaves that it keeps, set.
type Listed = (u32, u8, u8, u32, u64, [u64; 4]);

impl Quick {
    /// Rows up to which this is quicker than [`Forest::predict`].
    pub const FEW: usize = 64;

    /// The lists of a forest.
    ///
    /// # Panics
    /// If the forest is not [valid](Forest::validate).
    pub fn new(forest: &Forest) -> Quick {
        let mut nodes: Vec<Listed> = Vec::new();
        for t in 0..forest.trees() {
            let tree = forest.tree(t);
            if tree.leaves.len() > MOST {
                continue;
            }
            left_of(&tree, |at, keep| {
                let node = &tree.nodes[at];
                let set = if node.kind == 2 { tree.sets[usize::from(node.set)] } else { [0; 4] };
                nodes.push((node.column, node.kind, node.bin, t as u32, keep, set));
            });
        }
        nodes.sort_unstable_by_key(|n| (n.0, n.1, n.2, n.3, n.4));
        let of_column = |nodes: &[Listed]| {
            let of_kind = nodes.chunk_by(|a, b| a.1 == b.1).map(|of| (of[0].1, of));
            let mut asked =
                Asked { column: nodes[0].0 as usize, limits: Default::default(), sets: Vec::new() };
            asked.limits.iter_mut().for_each(|l| l.below = vec![0; 256]);
            of_kind.for_each(|(kind, nodes)| match asked.limits.get_mut(usize::from(kind)) {
                None => asked.sets = nodes.iter().map(|n| (n.5, n.3, n.4)).collect(),
                Some(limits) => {
                    limits.below = (0..=255).map(|bin| nodes.partition_point(|n| n.2 < bin) as u32).collect();
                    (limits.trees, limits.keep) = nodes.iter().map(|n| (n.3, n.4)).unzip();
                }
            });
            asked
        };
        Quick { columns: nodes.chunk_by(|a, b| a.0 == b.0).map(of_column).collect() }
    }

    /// As [`Forest::predict`] of the same forest.
    pub fn predict(&self, exec: Exec, forest: &Forest, rows: &BinnedRows) -> Vec<f64> {
        let outputs = forest.outputs();
        let mut out = forest.base.repeat(rows.rows());
        let mut reached = Vec::new();
        for (i, out) in out.chunks_mut(outputs).enumerate() {
            self.add_row(forest, rows.row(i), &mut reached, out);
        }
        forest.loss.predictions(exec.isa, outputs, &mut out);
        out
    }

    /// Adds each tree's leaf to the score of its output, tree after tree.
    fn add_row(&self, forest: &Forest, row: &[u8], reached: &mut Vec<u64>, out: &mut [f64]) {
        reached.clear();
        reached.resize(forest.trees(), !0);
        for asked in &self.columns {
            let bin = row[asked.column];
            for (kind, limits) in asked.limits.iter().enumerate() {
                // A missing value is above every limit where it goes right.
                let count = if kind == 1 && bin == 0 {
                    limits.trees.len()
                } else {
                    limits.below[usize::from(bin)] as usize
                };
                for (&tree, keep) in limits.trees[..count].iter().zip(&limits.keep[..count]) {
                    reached[tree as usize] &= keep;
                }
            }
            for (set, tree, keep) in &asked.sets {
                let goes_right = set[usize::from(bin >> 6)] >> (bin & 63) & 1 == 0;
                reached[*tree as usize] &= if goes_right { *keep } else { !0 };
            }
        }
        let (mut start, outputs) = (0, out.len());
        for (t, reached) in reached.iter().enumerate() {
            let end = forest.node_ends[t] as usize + t + 1;
            let leaves = &forest.leaves[start..end];
            let leaf = if leaves.len() > MOST {
                forest.tree(t).walk(row)
            } else {
                reached.trailing_zeros() as usize
            };
            out[t % outputs] += leaves[leaf];
            start = end;
        }
    }
}
