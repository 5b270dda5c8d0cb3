//! The trees themselves, as flat lists: what a model file holds, what predicts, what is explained.
//!
//! The nodes of a tree stand in preorder, and its leaves from left to right. A child is counted within its tree: below the number of the
//! tree's nodes it is a node, from there on a leaf. With several outputs tree t belongs to output t mod outputs.

use crate::bins::Binner;
use crate::error::TreesError;
use crate::settings::{Loss, MAX_LEAVES};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a node asks of a row's bin in its column; yes leads left. Bin 0 is a missing value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Test {
    /// Is the bin at most this one? Missing values go left if the flag says so, else right.
    AtMost {
        /// The last bin that goes left.
        bin: u8,
        /// Where missing values go.
        missing_left: bool,
    },
    /// Is the bin in this set of the forest's sets?
    In {
        /// Its place among the sets of the tree.
        set: u16,
    },
}

/// A node, in twelve bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Node {
    /// The column of the binner.
    pub column: u32,
    /// The left and the right child.
    pub children: [u16; 2],
    /// The place of its set among those of the tree, if it has one.
    pub set: u16,
    /// The last bin that goes left.
    pub bin: u8,
    /// 0: missing values go left; 1: they go right; 2: it has a set.
    pub kind: u8,
}

impl Node {
    /// Its question.
    pub fn test(&self) -> Test {
        match self.kind {
            2 => Test::In { set: self.set },
            kind => Test::AtMost { bin: self.bin, missing_left: kind == 0 },
        }
    }

    /// Whether a row with this bin goes right.
    #[inline(always)]
    pub(crate) fn goes_right(&self, bin: u8, sets: &[[u64; 4]]) -> bool {
        if self.kind == 2 {
            let set = &sets[self.set as usize];
            set[usize::from(bin >> 6)] >> (bin & 63) & 1 == 0
        } else {
            // A missing value, bin 0, becomes 255 where it goes right, and is above every limit then.
            bin.wrapping_sub(self.kind) > self.bin.wrapping_sub(self.kind)
        }
    }
}

/// Trees, and what they start from.
#[derive(Clone, PartialEq, Debug)]
pub struct Forest {
    /// The loss that they were fitted for; it says how a score becomes a prediction.
    pub loss: Loss,
    /// Each output's score before the first tree.
    pub base: Vec<f64>,
    /// Where the nodes of each tree end.
    pub node_ends: Vec<u32>,
    /// Where the sets of each tree end.
    pub set_ends: Vec<u32>,
    /// All nodes.
    pub nodes: Vec<Node>,
    /// By how much each node's split was expected to lower the loss.
    pub gains: Vec<f32>,
    /// All sets of bins, bit by bit.
    pub sets: Vec<[u64; 4]>,
    /// All leaves: what they add to the score.
    pub leaves: Vec<f64>,
    /// The rows that each leaf had in its tree's sample.
    pub covers: Vec<u32>,
}

/// One tree of a forest.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    /// Its nodes.
    pub nodes: &'a [Node],
    /// Their gains.
    pub gains: &'a [f32],
    /// Its sets.
    pub sets: &'a [[u64; 4]],
    /// Its leaves, one more than nodes.
    pub leaves: &'a [f64],
    /// Their rows.
    pub covers: &'a [u32],
}

/// The stretch of a list that part `i` takes, whose parts end at `ends`.
fn part(ends: &[u32], i: usize) -> Range<usize> {
    let start = if i == 0 { 0 } else { ends[i - 1] as usize };
    start..ends[i] as usize
}

impl Forest {
    /// A forest without trees.
    pub fn new(loss: Loss, base: Vec<f64>) -> Forest {
        Forest {
            loss,
            base,
            node_ends: Vec::new(),
            set_ends: Vec::new(),
            nodes: Vec::new(),
            gains: Vec::new(),
            sets: Vec::new(),
            leaves: Vec::new(),
            covers: Vec::new(),
        }
    }

    /// The number of scores of a row: 1, or with softmax one a class.
    pub fn outputs(&self) -> usize {
        self.base.len()
    }

    /// The number of trees.
    pub fn trees(&self) -> usize {
        self.node_ends.len()
    }

    /// The number of rounds.
    pub fn rounds(&self) -> usize {
        self.trees() / self.outputs()
    }

    /// A tree.
    pub fn tree(&self, i: usize) -> Tree<'_> {
        let nodes = part(&self.node_ends, i);
        // A tree has one leaf more than nodes.
        let leaves = nodes.start + i..nodes.end + i + 1;
        Tree {
            sets: &self.sets[part(&self.set_ends, i)],
            gains: &self.gains[nodes.clone()],
            nodes: &self.nodes[nodes],
            leaves: &self.leaves[leaves.clone()],
            covers: &self.covers[leaves],
        }
    }

    /// Appends a tree.
    pub(crate) fn push(&mut self, tree: Tree<'_>) {
        self.nodes.extend_from_slice(tree.nodes);
        self.gains.extend_from_slice(tree.gains);
        self.sets.extend_from_slice(tree.sets);
        self.leaves.extend_from_slice(tree.leaves);
        self.covers.extend_from_slice(tree.covers);
        self.node_ends.push(self.nodes.len() as u32);
        self.set_ends.push(self.sets.len() as u32);
    }

    /// Keeps the first rounds alone.
    pub(crate) fn truncate(&mut self, rounds: usize) {
        let trees = rounds * self.outputs();
        if trees >= self.trees() {
            return;
        }
        let end = |ends: &[u32]| if trees == 0 { 0 } else { ends[trees - 1] as usize };
        let (nodes, sets) = (end(&self.node_ends), end(&self.set_ends));
        self.node_ends.truncate(trees);
        self.set_ends.truncate(trees);
        self.nodes.truncate(nodes);
        self.gains.truncate(nodes);
        self.sets.truncate(sets);
        self.leaves.truncate(nodes + trees);
        self.covers.truncate(nodes + trees);
    }

    /// Refuses a forest that could not have been grown on these columns: lists of other lengths, children that are not there or form a
    /// circle, leaves that are no numbers.
    ///
    /// # Errors
    /// What is wrong.
    pub fn validate(&self, binner: &Binner) -> Result<(), TreesError> {
        let fail = |what: &str| Err(TreesError::inconsistent(what));
        let (trees, nodes) = (self.trees(), self.nodes.len());
        let rising = |ends: &[u32], last: usize| {
            ends.is_sorted() && ends.last().map_or(last == 0, |&e| e as usize == last)
        };
        if !rising(&self.node_ends, nodes)
            || self.set_ends.len() != trees
            || !rising(&self.set_ends, self.sets.len())
            || self.gains.len() != nodes
            || self.leaves.len() != nodes + trees
            || self.covers.len() != nodes + trees
        {
            return fail("the lists of the trees have lengths that do not belong together");
        }
        let one = !matches!(self.loss, Loss::Softmax);
        if self.base.is_empty() || one && self.base.len() != 1 || trees % self.base.len() != 0 {
            return fail("the trees are not of as many outputs as the loss has");
        }
        if self.base.iter().chain(&self.leaves).any(|x| !x.is_finite())
            || self.gains.iter().any(|g| !g.is_finite())
        {
            return fail("a leaf or a gain of a tree is not finite");
        }
        (0..trees).try_for_each(|i| self.tree(i).validate(binner))
    }
}

impl Tree<'_> {
    /// Nodes in preorder and leaves from left to right allow neither circles nor a child with two parents.
    fn validate(&self, binner: &Binner) -> Result<(), TreesError> {
        let fail = |what: &str| Err(TreesError::inconsistent(what));
        let n = self.nodes.len();
        if n >= MAX_LEAVES {
            return fail("a tree has too many leaves");
        }
        let (mut next_leaf, mut pending) = (n, Vec::new());
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(column) = binner.columns.get(node.column as usize) else {
                return fail("a node of a tree is of a column that is not there");
            };
            let set_is_there = (node.set as usize) < self.sets.len();
            if node.kind > 2 || (node.kind == 2) != column.bins.is_levels() || node.kind == 2 && !set_is_there
            {
                return fail("a node of a tree asks what its column cannot answer");
            }
            if node.kind == 1 && node.bin == 0 {
                return fail("a node of a tree has a limit that no row passes");
            }
            if at > 0 && !take_next(&mut pending, at, n, &mut next_leaf) {
                return fail("the nodes of a tree do not form a tree");
            }
            pending.push(node.children[1]);
            pending.push(node.children[0]);
        }
        while let Some(child) = pending.pop() {
            if child as usize != next_leaf {
                return fail("the nodes of a tree do not form a tree");
            }
            next_leaf += 1;
        }
        if n == 0 || next_leaf == 2 * n + 1 { Ok(()) } else { fail("the nodes of a tree do not form a tree") }
    }
}

/// Takes leaves that come next from the stack until the node `at` is on top, and takes it.
fn take_next(pending: &mut Vec<u16>, at: usize, nodes: usize, next_leaf: &mut usize) -> bool {
    while let Some(child) = pending.pop().map(usize::from) {
        if child < nodes {
            return child == at;
        }
        if child != *next_leaf {
            return false;
        }
        *next_leaf += 1;
    }
    false
}
