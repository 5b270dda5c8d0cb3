//! Node by node: a row through a tree.

use crate::forest::Tree;

impl Tree<'_> {
    /// The leaf that a row of bins falls into.
    #[inline(always)]
    pub fn walk(&self, row: &[u8]) -> usize {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            at = usize::from(
                node.children[usize::from(node.goes_right(row[node.column as usize], self.sets))],
            );
        }
        at - self.nodes.len()
    }
}
