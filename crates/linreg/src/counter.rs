//! A binary counter of partial results: what comes of n blocks is merged in a tree that is a function of n alone, and at most log₂ n
//! parts are kept. Rounding errors grow with log n, and the bits do not depend on how the blocks arrive.

/// Element i is the result of 2^i blocks, if the number of blocks has that binary digit.
#[derive(Clone, Debug)]
pub(crate) struct Counter<T>(Vec<Option<T>>);

impl<T> Counter<T> {
    /// Of no blocks.
    pub(crate) fn new() -> Counter<T> {
        Counter(Vec::new())
    }

    /// Adds the result of a block; `merge` makes one of an earlier and a later result.
    pub(crate) fn push(&mut self, mut block: T, merge: impl Fn(T, T) -> T) {
        for digit in &mut self.0 {
            match digit.take() {
                None => {
                    *digit = Some(block);
                    return;
                }
                Some(earlier) => block = merge(earlier, block),
            }
        }
        self.0.push(Some(block));
    }

    /// The result of all blocks, the later and smaller parts merged first; none of no blocks.
    pub(crate) fn finish(self, merge: impl Fn(T, T) -> T) -> Option<T> {
        self.0.into_iter().flatten().reduce(|later, earlier| merge(earlier, later))
    }

    /// The parts that are kept.
    pub(crate) fn parts_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().flatten()
    }
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
}
