//! A tree as lists of reachable leaves, bin by bin.

use crate::forest::Tree;

/// The most leaves: a bit each.
pub(super) const MOST: usize = 64;

/// A column, and which leaves can be reached from each of its bins.
type List = (usize, Box<[u64; 256]>);

/// Lists that are used again from tree to tree.
#[derive(Default)]
pub(crate) struct Scratch {
    /// A list of each column that the tree asks.
    columns: Vec<List>,
    used: usize,
}

/// A tree that is asked for the leaves of many rows.
pub(crate) struct Reach<'a> {
    tree: Tree<'a>,
    /// None if the tree is walked.
    columns: Option<&'a [List]>,
    leaves: [f64; MOST],
}

impl<'a> Reach<'a> {
    /// Makes the lists of a tree.
    pub(crate) fn new(scratch: &'a mut Scratch, tree: Tree<'a>) -> Reach<'a> {
        let mut leaves = [0.0; MOST];
        if tree.leaves.len() > MOST {
            return Reach { tree, columns: None, leaves };
        }
        leaves[..tree.leaves.len()].copy_from_slice(tree.leaves);
        scratch.prepare(&tree);
        Reach { tree, columns: Some(&scratch.columns[..scratch.used]), leaves }
    }

    /// The value of the leaf that the row falls into.
    #[inline]
    pub(crate) fn value(&self, row: &[u8]) -> f64 {
        match self.columns {
            Some(columns) => {
                let mut reached = !0_u64;
                for (column, list) in columns {
                    reached &= list[usize::from(row[*column])];
                }
                self.leaves[(reached.trailing_zeros() & 63) as usize]
            }
            None => self.tree.leaves[self.tree.walk(row)],
        }
    }
}

impl Scratch {
    /// Makes the lists of a tree.
    fn prepare(&mut self, tree: &Tree<'_>) {
        self.used = 0;
        left_of(tree, |at, keep| {
            let node = &tree.nodes[at];
            let list = self.list(node.column as usize);
            if node.kind == 2 {
                for (bin, reached) in list.iter_mut().enumerate() {
                    *reached &= if node.goes_right(bin as u8, tree.sets) { keep } else { !0 };
                }
            } else {
                list[0] &= if node.kind == 1 { keep } else { !0 };
                list[usize::from(node.bin) + 1..].iter_mut().for_each(|reached| *reached &= keep);
            }
        });
    }

    /// The list of a column, new ones with all leaves.
    fn list(&mut self, column: usize) -> &mut [u64; 256] {
        let at = match self.columns[..self.used].iter().position(|c| c.0 == column) {
            Some(at) => at,
            None => {
                if self.used == self.columns.len() {
                    self.columns.push((column, Box::new([0; 256])));
                }
                self.columns[self.used].0 = column;
                self.columns[self.used].1.fill(!0);
                self.used += 1;
                self.used - 1
            }
        };
        &mut self.columns[at].1
    }
}

/// Calls `take` with each node of a tree of up to 64 leaves, and which leaves a row that goes right there can still reach.
pub(super) fn left_of(tree: &Tree<'_>, mut take: impl FnMut(usize, u64)) {
    let n = tree.nodes.len();
    // The first leaf below each node and the one behind its last; children stand behind their parents.
    let mut below = [(0_u32, 0_u32); 2 * MOST];
    for leaf in 0..=n {
        below[n + leaf] = (leaf as u32, leaf as u32 + 1);
    }
    for (at, node) in tree.nodes.iter().enumerate().rev() {
        let [left, right] = node.children.map(|c| below[usize::from(c)]);
        below[at] = (left.0, right.1);
        take(at, !(ones(left.1) & !ones(left.0)));
    }
}

/// The lowest `n` bits.
fn ones(n: u32) -> u64 {
    if n >= 64 { !0 } else { (1 << n) - 1 }
}
