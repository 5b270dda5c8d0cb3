//! A binary counter of partial results: the results of n blocks are merged in a tree whose shape depends on n alone, and at most log₂ n
//! parts are kept. Rounding errors grow with log n, and the bits do not depend on how the blocks arrive.

/// Results of blocks from `start` on.
#[derive(Clone, Debug)]
pub(crate) struct Counter<T> {
    start: u64,
    parts: Vec<Node<T>>,
}

/// The result of 2^level blocks, from block number index·2^level on.
#[derive(Clone, Debug)]
struct Node<T> {
    level: u32,
    index: u64,
    result: T,
}

impl<T> Counter<T> {
    /// A counter of no blocks.
    pub(crate) fn new() -> Counter<T> {
        Counter::starting_at(0)
    }

    /// A counter of no blocks yet, whose first block will have this number.
    pub(crate) fn starting_at(start: u64) -> Counter<T> {
        Counter { start, parts: Vec::new() }
    }

    /// The number of the first block.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// The number that the next block will have.
    pub(crate) fn end(&self) -> u64 {
        self.parts.last().map_or(self.start, |p| (p.index + 1) << p.level)
    }

    /// Adds the result of a block; `merge` makes one of an earlier and a later result.
    pub(crate) fn push(&mut self, block: T, merge: impl Fn(T, T) -> T) {
        let index = self.end();
        self.add(Node { level: 0, index, result: block }, &merge);
    }

    /// Adds the results of the blocks that follow: the bits are those of one counter of all blocks.
    ///
    /// # Panics
    /// If other blocks follow.
    pub(crate) fn append(&mut self, later: Counter<T>, merge: impl Fn(T, T) -> T) {
        assert_eq!(self.end(), later.start, "the blocks do not follow each other");
        later.parts.into_iter().for_each(|part| self.add(part, &merge));
    }

    fn add(&mut self, mut part: Node<T>, merge: &impl Fn(T, T) -> T) {
        while let Some(last) = self.parts.pop_if(|last| last.level == part.level && last.index % 2 == 0) {
            let result = merge(last.result, part.result);
            part = Node { level: part.level + 1, index: part.index / 2, result };
        }
        self.parts.push(part);
    }

    /// The result of all blocks, the later and smaller parts merged first; none of no blocks.
    pub(crate) fn finish(self, merge: impl Fn(T, T) -> T) -> Option<T> {
        self.parts.into_iter().rev().map(|p| p.result).reduce(|later, earlier| merge(earlier, later))
    }

    /// The parts that are kept.
    pub(crate) fn parts_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.parts.iter_mut().map(|p| &mut p.result)
    }
}

/// The elementwise sum of two results, to be given as `merge`.
pub(crate) fn sum(mut earlier: Vec<f64>, later: Vec<f64>) -> Vec<f64> {
    earlier.iter_mut().zip(later).for_each(|(a, b)| *a += b);
    earlier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_a_function_of_the_number_of_blocks() {
        let merge = |a: String, b: String| format!("({a}{b})");
        let tree = |blocks: &str| {
            let mut counter = Counter::new();
            blocks.chars().for_each(|c| counter.push(c.to_string(), merge));
            counter.finish(merge)
        };
        assert_eq!(tree(""), None);
        assert_eq!(tree("a").unwrap(), "a");
        assert_eq!(tree("abcd").unwrap(), "((ab)(cd))");
        assert_eq!(tree("abcdefg").unwrap(), "(((ab)(cd))((ef)g))");
    }

    #[test]
    fn counters_cut_anywhere_make_the_tree_of_the_whole() {
        let merge = |a: String, b: String| format!("({a}{b})");
        let count = |start: usize, blocks: &str| {
            let mut counter = Counter::starting_at(start as u64);
            blocks.chars().for_each(|c| counter.push(c.to_string(), merge));
            counter
        };
        let blocks = "abcdefghijklmn";
        let whole = count(0, blocks).finish(merge);
        for first in 0..=blocks.len() {
            for second in first..=blocks.len() {
                let mut counter = count(0, &blocks[..first]);
                let mut later = count(first, &blocks[first..second]);
                later.append(count(second, &blocks[second..]), merge);
                counter.append(later, merge);
                assert_eq!(counter.finish(merge), whole, "cut at {first} and {second}");
            }
        }
    }
}
