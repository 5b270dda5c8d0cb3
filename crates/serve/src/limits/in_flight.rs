//! How many requests are worked on at once.

use crate::error::{ApiError, Reason};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The number of requests that are worked on.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    requests: AtomicUsize,
}

/// One of them, until this is dropped.
pub(crate) struct InFlightGuard<'a>(&'a InFlight);

impl InFlight {
    /// Counts one more, if there are fewer than the limit.
    pub(crate) fn enter(&self, limit: usize) -> Result<InFlightGuard<'_>, ApiError> {
        let guard = InFlightGuard(self);
        if self.requests.fetch_add(1, Relaxed) >= limit {
            return Err(ApiError::new(Reason::Busy, "too many requests at once"));
        }
        Ok(guard)
    }

    /// Their number.
    pub(crate) fn count(&self) -> usize {
        self.requests.load(Relaxed)
    }
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Relaxed);
    }
}
