//! What the prediction threads have still to do, and whether one more request may wait for it.
//!
//! Under sustained load, a queue that is bounded by memory alone makes every request wait for all of it. So its time is bounded too: a
//! request that would wait longer than the service's limit is refused at once, and those that were accepted are answered in time. A
//! burst after a calm is accepted whole, and a few requests a thread may always wait, so that slow models are served at all.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How long a burst may last, and how long the calm before it must.
const BURST: Duration = Duration::from_millis(100);
/// Requests a thread that may always wait, however long theirs take.
const ALWAYS: usize = 4;

/// How long a model's rows take, smoothed.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Nanoseconds a row; 0 before the first.
    row: AtomicU64,
}

impl Pace {
    /// How long this many rows will take.
    pub(crate) fn expected(&self, rows: usize) -> Duration {
        Duration::from_nanos(self.row.load(Relaxed).saturating_mul(rows as u64))
    }

    /// Records how long rows took.
    pub(crate) fn took(&self, rows: usize, time: Duration) {
        let (now, before) = (time.as_nanos() as u64 / rows.max(1) as u64, self.row.load(Relaxed));
        self.row.store(if before == 0 { now } else { before - before / 8 + now / 8 }, Relaxed);
    }
}

/// The time of all predictions that wait or are being made.
#[derive(Debug)]
pub(crate) struct Backlog {
    threads: u32,
    longest_wait: Duration,
    owed: Duration,
    /// When the current burst began, and when a request last found others waiting.
    burst: Option<Instant>,
    last: Option<Instant>,
}

impl Backlog {
    /// For so many threads; a longest wait of zero: no limit.
    pub(crate) fn new(threads: usize, longest_wait: Duration) -> Backlog {
        let threads = u32::try_from(threads.max(1)).unwrap_or(u32::MAX);
        Backlog { threads, longest_wait, owed: Duration::ZERO, burst: None, last: None }
    }

    /// Whether one more may wait behind so many requests.
    pub(crate) fn admits(&mut self, waiting: usize, now: Instant) -> bool {
        if waiting > 0 {
            let goes_on = self.last.is_some_and(|last| now.saturating_duration_since(last) < BURST);
            self.burst = self.burst.filter(|_| goes_on).or(Some(now));
            self.last = Some(now);
        }
        let lasts = self.burst.is_some_and(|began| now.saturating_duration_since(began) >= BURST);
        let long = !self.longest_wait.is_zero() && self.owed / self.threads > self.longest_wait;
        !(long && lasts && waiting >= ALWAYS * self.threads as usize)
    }

    /// A request was accepted that is expected to take this long.
    pub(crate) fn add(&mut self, time: Duration) {
        self.owed += time;
    }

    /// It is done, or abandoned.
    pub(crate) fn remove(&mut self, time: Duration) {
        self.owed = self.owed.saturating_sub(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_load_that_lasts_is_bounded_by_its_time_and_a_burst_is_not() {
        let (mut backlog, start) = (Backlog::new(2, 20 * MS), Instant::now());
        backlog.add(50 * MS);
        assert!(backlog.admits(8, start) && backlog.admits(50, start + 99 * MS), "a burst");
        assert!(!backlog.admits(8, start + 100 * MS), "25 ms on each of two threads");
        assert!(backlog.admits(7, start + 100 * MS), "fewer than four a thread");
        backlog.remove(10 * MS);
        assert!(backlog.admits(8, start + 101 * MS), "20 ms");
        backlog.add(MS);
        assert!(!backlog.admits(8, start + 150 * MS));
        assert!(backlog.admits(0, start + 240 * MS), "nobody waits: this is calm");
        assert!(backlog.admits(8, start + 250 * MS), "a burst after a calm");
        assert!(Backlog::new(1, Duration::ZERO).admits(1 << 20, start), "no limit");
    }

    #[test]
    fn the_pace_follows_what_is_measured() {
        let pace = Pace::default();
        assert_eq!(pace.expected(10), Duration::ZERO);
        pace.took(4, 8 * MS);
        assert_eq!(pace.expected(10), 20 * MS);
        (0..100).for_each(|_| pace.took(2, 2 * MS));
        let settled = pace.expected(1).as_nanos();
        assert!((1_000_000..1_000_100).contains(&settled), "{settled}");
        pace.took(0, MS);
    }
}
