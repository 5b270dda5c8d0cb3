//! Leaf-wise growth (Shi 2007, as in LightGBM): of all leaves the one with the best split is split next.

use super::draft::{Draft, Grown, LeafDraft};
use super::judge::{Growth, Judge, Parent, Split};
use super::partition::partition;
use super::search::search;
use crate::histogram::{Cell, Sums, subtract};
use planish_tensor::Exec;
use std::ops::Range;

/// Cells to be searched from which threads share the columns.
const WORTH_A_THREAD: usize = 8192;
/// Rows of leaves that are split side by side; larger ones are split by all threads together.
const SIDE_BY_SIDE: usize = 8192;
/// No bounds.
const FREE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// A leaf that may be split.
struct Open {
    rows: Vec<u32>,
    histogram: Vec<Cell>,
    parent: Parent,
    depth: usize,
    best: Option<Split>,
    /// What it is split into, if that is known already.
    children: Option<Box<[Open; 2]>>,
}

impl Open {
    fn gain(&self) -> f64 {
        self.best.as_ref().map_or(0.0, |b| b.gain)
    }
}

/// Grows a tree on these rows.
pub(crate) fn grow(growth: &Growth<'_>, rows: Vec<u32>) -> Grown {
    let mut draft = Draft::default();
    let mut open = vec![growth.root(rows)];
    while open.len() < growth.settings.leaves {
        let Some(leaf) = best(&open) else { break };
        if open[leaf].children.is_none() {
            growth.split_best(&mut open);
        }
        let (Some(split), Some(children)) = (open[leaf].best.take(), open[leaf].children.take()) else {
            break;
        };
        draft.split(leaf, split);
        let [left, right] = *children;
        open[leaf] = left;
        open.push(right);
    }
    draft.finish(open.into_iter().map(|o| LeafDraft { rows: o.rows, bounds: o.parent.bounds }).collect())
}

/// The leaf with the best split, the first of equals.
fn best(open: &[Open]) -> Option<usize> {
    let mut at = 0;
    for i in 1..open.len() {
        if open[i].gain() > open[at].gain() {
            at = i;
        }
    }
    open[at].best.as_ref().map(|_| at)
}

impl Growth<'_> {
    /// The bins of a column.
    fn column(&self, column: usize) -> &[u8] {
        let rows = self.source.rows.rows();
        &self.by_column[column * rows..][..rows]
    }

    /// The leaf of all rows.
    fn root(&self, rows: Vec<u32>) -> Open {
        let mut sums = Sums::default();
        for &row in &rows {
            let [g, h] = self.source.slopes[row as usize];
            sums = sums + Sums { g: i64::from(g), h: i64::from(h), n: 1 };
        }
        let parent = Parent { sums, bounds: FREE };
        let histogram = self.source.histogram(self.exec, &rows);
        let best = self.search(self.exec, &histogram, &parent, 0..self.may_use.len());
        Open { rows, histogram, parent, depth: 0, best, children: None }
    }

    /// Splits the leaf with the best split, and beside it, if there are threads, those that come next: most of them will be split anyway,
    /// and if not, nothing is changed by it.
    fn split_best(&self, open: &mut [Open]) {
        let left = self.settings.leaves - open.len();
        let last = left == 1;
        let mut order: Vec<&mut Open> =
            open.iter_mut().filter(|o| o.best.is_some() && o.children.is_none()).collect();
        order.sort_by(|a, b| b.gain().total_cmp(&a.gain()));
        let small = order.iter().take_while(|o| o.rows.len() < SIDE_BY_SIDE).count();
        order.truncate(small.min(self.exec.threads).min(left).max(1));
        // The largest for this thread, so that it does not wait for the others.
        order.sort_by_key(|o| std::cmp::Reverse(o.rows.len()));
        self.split_each(&mut order, last);
    }

    /// Splits these leaves, side by side.
    fn split_each(&self, leaves: &mut [&mut Open], last: bool) {
        if leaves.len() > 1 {
            let (a, b) = leaves.split_at_mut(leaves.len() / 2);
            self.exec.join_awake(|| self.split_each(a, last), || self.split_each(b, last));
        } else if let [leaf] = leaves {
            leaf.children = self.children(leaf, last);
        }
    }

    /// What a leaf is split into. The children of the last split are not searched.
    fn children(&self, leaf: &mut Open, last: bool) -> Option<Box<[Open; 2]>> {
        let split = leaf.best.as_ref()?;
        let bounds = self.bounds(&leaf.parent, split);
        let rows = partition(self.exec, self.column(split.column), &split.question, &leaf.rows);
        let depth = leaf.depth + 1;
        let parents =
            [(split.left, bounds[0]), (split.right, bounds[1])].map(|(sums, bounds)| Parent { sums, bounds });
        let [left, right] = rows;
        let closed =
            |rows, parent| Open { rows, histogram: Vec::new(), parent, depth, best: None, children: None };
        let mut children = Box::new([closed(left, parents[0]), closed(right, parents[1])]);
        let can_split = children.iter().any(|c| c.rows.len() >= 2 * self.settings.min_rows_in_leaf);
        if last || depth == self.settings.depth || !can_split {
            return Some(children);
        }
        let smaller = usize::from(children[1].rows.len() < children[0].rows.len());
        let of_smaller = self.source.histogram(self.exec, &children[smaller].rows);
        let mut of_larger = std::mem::take(&mut leaf.histogram);
        subtract(&mut of_larger, &of_smaller);
        children[smaller].histogram = of_smaller;
        children[1 - smaller].histogram = of_larger;
        let search = |c: &Open| self.search(self.exec, &c.histogram, &c.parent, 0..self.may_use.len());
        let [a, b] = &*children;
        let (a, b) = if a.histogram.len() >= WORTH_A_THREAD {
            self.exec.join_awake(|| search(a), || search(b))
        } else {
            (search(a), search(b))
        };
        (children[0].best, children[1].best) = (a, b);
        Some(children)
    }

    /// The best split of a leaf in these columns.
    fn search(
        &self,
        exec: Exec,
        histogram: &[Cell],
        parent: &Parent,
        columns: Range<usize>,
    ) -> Option<Split> {
        if exec.threads > 1
            && columns.len() > 1
            && self.source.layout.cells_of(&columns).len() >= WORTH_A_THREAD
        {
            let middle = columns.start + columns.len() / 2;
            let half = exec.half();
            let (a, b) = exec.join_awake(
                || self.search(half, histogram, parent, columns.start..middle),
                || self.search(half, histogram, parent, middle..columns.end),
            );
            return better(a, b);
        }
        search(self, histogram, parent, &columns)
    }

    /// The bounds of the children's values: where the prediction may only rise or fall, halfway between them.
    fn bounds(&self, parent: &Parent, split: &Split) -> [(f64, f64); 2] {
        let (low, high) = parent.bounds;
        let direction = self.monotone[split.column];
        if direction == 0 {
            return [parent.bounds; 2];
        }
        let judge = Judge::new(self, parent);
        let middle = (judge.value(split.left, 0.0) + judge.value(split.right, 0.0)) / 2.0;
        if direction > 0 { [(low, middle), (middle, high)] } else { [(middle, high), (low, middle)] }
    }
}

/// The split with the larger gain, the first of equals.
fn better(a: Option<Split>, b: Option<Split>) -> Option<Split> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.gain > a.gain { b } else { a }),
        (a, b) => a.or(b),
    }
}
