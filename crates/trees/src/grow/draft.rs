//! A tree while it grows: splits in the order in which they were made. At the end it is written down in preorder.

use super::judge::{Question, Split};
use crate::forest::{Node, Tree};

/// What hangs below a split.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Link {
    Leaf(usize),
    Split(usize),
}

/// A leaf: its rows, and the bounds of its value.
#[derive(Debug)]
pub(crate) struct LeafDraft {
    pub(crate) rows: Vec<u32>,
    pub(crate) bounds: (f64, f64),
}

/// A tree while it grows.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    splits: Vec<(Split, [Link; 2])>,
    /// The split above each leaf and the side; empty as long as there is but a root.
    above: Vec<(usize, usize)>,
}

/// A tree that has grown, without the values of its leaves.
#[derive(Debug, Default)]
pub(crate) struct Grown {
    pub(crate) nodes: Vec<Node>,
    pub(crate) gains: Vec<f32>,
    pub(crate) sets: Vec<[u64; 4]>,
    /// The leaves from left to right.
    pub(crate) leaves: Vec<LeafDraft>,
}

impl Draft {
    /// Splits a leaf, which becomes the left child; the right one is a new leaf.
    pub(crate) fn split(&mut self, leaf: usize, split: Split) {
        let (place, new) = (self.splits.len(), self.splits.len() + 1);
        self.splits.push((split, [Link::Leaf(leaf), Link::Leaf(new)]));
        match self.above.get_mut(leaf) {
            None => self.above.push((place, 0)),
            Some(above) => {
                let (split, side) = std::mem::replace(above, (place, 0));
                self.splits[split].1[side] = Link::Split(place);
            }
        }
        self.above.push((place, 1));
    }

    /// Nodes in preorder, leaves from left to right.
    pub(crate) fn finish(self, leaves: Vec<LeafDraft>) -> Grown {
        let mut leaves: Vec<Option<LeafDraft>> = leaves.into_iter().map(Some).collect();
        let mut grown = Grown::default();
        let nodes = self.splits.len();
        let root = if nodes == 0 { Link::Leaf(0) } else { Link::Split(0) };
        // What is still to be written down, and where its place is to be noted.
        let mut pending: Vec<(Link, Option<(usize, usize)>)> = vec![(root, None)];
        while let Some((link, parent)) = pending.pop() {
            let place = match link {
                Link::Leaf(leaf) => {
                    grown.leaves.extend(leaves[leaf].take());
                    nodes + grown.leaves.len() - 1
                }
                Link::Split(place) => {
                    let (split, links) = &self.splits[place];
                    let at = grown.nodes.len();
                    grown.nodes.push(node(split, &mut grown.sets));
                    grown.gains.push(split.gain as f32);
                    pending.push((links[1], Some((at, 1))));
                    pending.push((links[0], Some((at, 0))));
                    at
                }
            };
            if let Some((node, side)) = parent {
                grown.nodes[node].children[side] = place as u16;
            }
        }
        grown
    }
}

impl Grown {
    /// The tree with these values of its leaves.
    pub(crate) fn tree<'a>(&'a self, leaves: &'a [f64], covers: &'a [u32]) -> Tree<'a> {
        Tree { nodes: &self.nodes, gains: &self.gains, sets: &self.sets, leaves, covers }
    }
}

fn node(split: &Split, sets: &mut Vec<[u64; 4]>) -> Node {
    let column = split.column as u32;
    match split.question {
        Question::AtMost { bin, missing_left } => {
            Node { column, children: [0; 2], set: 0, bin, kind: u8::from(!missing_left) }
        }
        Question::In(set) => {
            sets.push(set);
            Node { column, children: [0; 2], set: (sets.len() - 1) as u16, bin: 0, kind: 2 }
        }
    }
}
