//! Who watches a search for the best blend.

use crate::record::CandidateScore;

/// Who watches the search.
pub trait AutoObserver {
    /// A candidate is tried: its name, its place from 1, and how many there are.
    fn begin(&mut self, name: &str, place: usize, of: usize);
    /// Who watches the network that is trained.
    fn network(&mut self) -> &mut dyn planish_train::Observer;
    /// Who watches the trees that are grown.
    fn trees(&mut self) -> &mut dyn planish_trees::Observer;
    /// What came of the candidate; its weight is not known yet.
    fn end(&mut self, score: &CandidateScore);
}

impl AutoObserver for () {
    fn begin(&mut self, _: &str, _: usize, _: usize) {}

    fn network(&mut self) -> &mut dyn planish_train::Observer {
        self
    }

    fn trees(&mut self) -> &mut dyn planish_trees::Observer {
        self
    }

    fn end(&mut self, _: &CandidateScore) {}
}
