//! Who watches a fit: long ones tell how far they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Hears of the steps of a fit.
pub trait Watch: Send + Sync {
    /// A step was made, the `done`th, of `all` where that is known. `what` names such steps, in the plural. Comes often and from any thread; nothing
    /// of the fit depends on it.
    fn step(&self, what: &'static str, done: usize, all: Option<usize>);
}

/// Counts the steps of one kind.
pub(crate) struct Steps {
    watch: Option<Arc<dyn Watch>>,
    what: &'static str,
    all: Option<usize>,
    done: AtomicUsize,
}

impl Steps {
    pub(crate) fn new(watch: Option<Arc<dyn Watch>>, what: &'static str, all: Option<usize>) -> Steps {
        Steps { watch, what, all, done: AtomicUsize::new(0) }
    }

    /// One more is made.
    pub(crate) fn count(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(watch) = &self.watch {
            watch.step(self.what, done, self.all);
        }
    }
}
