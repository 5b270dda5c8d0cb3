//! What a connection does, seen from outside the HTTP library: whether a head is on its way, what is worked on, which answers are taken.
//!
//! The rules of its time, the same for HTTP/1 and HTTP/2:
//!
//! - A client has the time of a head to say something: a whole first head, or HTTP/2's preface and settings. A later head of HTTP/1
//!   has the same time from its first byte.
//! - A request has its own times, for its body and its answer.
//! - An answer of which nothing is taken for the time of writing ends the connection. Each answer has that time anew whenever some of it
//!   is taken, so a slow reader is not cut, and one that reads some answers and leaves others is.
//! - With nothing of these to do, a connection has its idle time.
//!
//! No request sets a timer: one task looks at all connections now and then (see [`crate::connections`]). For answers that are not taken it
//! counts in two generations: all that were made, or went on, since its last turn, and those before. The latter have had their time when a
//! generation is as long as that.

use crate::options::Options;
use crate::unsent::{AllUnsent, Unsent};
use atomic_waker::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::task::Context;
use std::time::{Duration, Instant};

/// No head is on its way.
const NONE: u64 = u64::MAX;

/// What a connection has done, in milliseconds since it began.
#[derive(Debug)]
pub(crate) struct Activity {
    began: Instant,
    /// Requests that are worked on or whose answers are not sent.
    working: AtomicU32,
    last: AtomicU64,
    head_since: AtomicU64,
    /// Answers that are not sent, and how far they came.
    pub(crate) unsent: Unsent,
    taking: Taking,
    over: AtomicBool,
    stopping: AtomicBool,
    /// Wakes the connection when one of these two is set.
    waker: AtomicWaker,
}

/// Why a connection is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// A head did not come in time.
    SlowHead,
    /// An answer was not taken in time.
    Unread,
    /// There was nothing to do for long.
    Idle,
}

impl Activity {
    pub(crate) fn new(all: Arc<AllUnsent>) -> Activity {
        Activity {
            began: Instant::now(),
            working: AtomicU32::new(0),
            last: AtomicU64::new(0),
            // The first head is on its way from the beginning.
            head_since: AtomicU64::new(0),
            unsent: Unsent::new(all),
            taking: Taking::default(),
            over: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Bytes of HTTP/1, or of what is neither version yet, came from the client.
    pub(crate) fn bytes_came(&self) {
        if self.working.load(Relaxed) == 0 && self.head_since.load(Relaxed) == NONE {
            self.head_since.store(self.now(), Relaxed);
        }
    }

    /// The client has said that it speaks HTTP/2: from now on frames come at any time, and heads are bounded by their number.
    pub(crate) fn speaks_http2(&self) {
        self.head_since.store(NONE, Relaxed);
    }

    /// Whether the connection has had its time, and for what.
    fn is_over(&self, options: &Options, write_timeout: Duration) -> Option<Over> {
        let (now, millis) = (self.now(), |d: Duration| d.as_millis() as u64);
        if self.taking.has_stopped(now, millis(write_timeout)) {
            return Some(Over::Unread);
        }
        if self.working.load(Relaxed) > 0 {
            return None;
        }
        let (head, last) = (self.head_since.load(Relaxed), self.last.load(Relaxed));
        if head != NONE && now.saturating_sub(head) > millis(options.header_timeout) {
            return Some(Over::SlowHead);
        }
        (now.saturating_sub(last) > millis(options.idle_timeout)).then_some(Over::Idle)
    }

    /// Ends the connection if it has had its time; why, if that is news.
    pub(crate) fn look_at(&self, options: &Options, write_timeout: Duration) -> Option<Over> {
        if self.over.load(Relaxed) {
            return None;
        }
        let why = self.is_over(options, write_timeout)?;
        self.over.store(true, Release);
        self.waker.wake();
        Some(why)
    }

    /// Asks the connection to end after its request.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Release);
        self.waker.wake();
    }

    /// What the connection was told, which wakes it from now on when that changes.
    pub(crate) fn told(&self, connection: &Context<'_>) -> Told {
        self.waker.register(connection.waker());
        Told { over: self.over.load(Acquire), stopping: self.stopping.load(Acquire) }
    }
}

/// What a connection is told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// It has had its time.
    pub(crate) over: bool,
    /// It is to end after its request.
    pub(crate) stopping: bool,
}

/// A request, from its head until it has its answer and that is sent, or the client has gone.
#[derive(Debug)]
pub(crate) struct Working(Arc<Activity>);

impl Working {
    /// A request's head is there.
    pub(crate) fn begin(activity: &Arc<Activity>) -> Working {
        activity.working.fetch_add(1, Relaxed);
        activity.last.store(activity.now(), Relaxed);
        activity.head_since.store(NONE, Relaxed);
        Working(activity.clone())
    }

    /// The same request once more, for a part of its answer.
    pub(crate) fn again(&self) -> Working {
        self.0.working.fetch_add(1, Relaxed);
        Working(self.0.clone())
    }

    /// There is an answer of this length, which is to be sent.
    pub(crate) fn holds(self, length: usize) -> Held {
        let (bytes, generation) = (self.0.unsent.hold(length), self.0.taking.begin());
        Held { working: self, bytes, generation }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.last.store(self.0.now(), Relaxed);
        self.0.working.fetch_sub(1, Relaxed);
    }
}

/// What an answer holds until it is sent.
#[derive(Debug)]
pub(crate) struct Held {
    working: Working,
    bytes: usize,
    generation: u32,
}

impl Held {
    /// Some of it was taken.
    pub(crate) fn went_on(&mut self) {
        self.generation = self.working.0.taking.go_on(self.generation);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.working.0.unsent.give_back(self.bytes);
        self.working.0.taking.end(self.generation);
    }
}

/// Answers that are not sent, by the generation in which each was made or last went on: this one, or the one before.
#[derive(Debug, Default)]
struct Taking {
    generation: AtomicU32,
    /// When it began.
    since: AtomicU64,
    answers: [AtomicU32; 2],
}

impl Taking {
    fn of(&self, generation: u32) -> &AtomicU32 {
        &self.answers[(generation & 1) as usize]
    }

    fn begin(&self) -> u32 {
        let generation = self.generation.load(Relaxed);
        self.of(generation).fetch_add(1, Relaxed);
        generation
    }

    fn go_on(&self, from: u32) -> u32 {
        let generation = self.generation.load(Relaxed);
        if generation == from {
            return from;
        }
        self.of(generation).fetch_add(1, Relaxed);
        self.end(from);
        generation
    }

    fn end(&self, generation: u32) {
        self.of(generation).fetch_sub(1, Relaxed);
    }

    /// Whether an answer went on neither in this generation nor at the end of the one before; a new one begins when this has had its time.
    fn has_stopped(&self, now: u64, time: u64) -> bool {
        let generation = self.generation.load(Relaxed);
        if now.saturating_sub(self.since.load(Relaxed)) <= time {
            return false;
        }
        if self.of(generation.wrapping_sub(1)).load(Relaxed) > 0 {
            return true;
        }
        self.since.store(now, Relaxed);
        self.generation.store(generation.wrapping_add(1), Relaxed);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_goes_on_is_not_cut_and_one_beside_it_that_does_not_is() {
        let taking = Taking::default();
        let (mut slow, stuck) = (taking.begin(), taking.begin());
        assert!(!taking.has_stopped(10, 10), "its time is not over");
        assert!(!taking.has_stopped(11, 10), "it may have begun just now");
        slow = taking.go_on(slow);
        assert!(!taking.has_stopped(12, 10));
        assert!(taking.has_stopped(22, 10));
        taking.end(stuck);
        for turn in 3..20 {
            assert!(!taking.has_stopped(11 * turn, 10), "{turn}");
            slow = taking.go_on(slow);
        }
        assert!(!taking.has_stopped(11 * 20, 10));
        assert!(taking.has_stopped(11 * 21, 10), "it goes on no more");
        taking.end(slow);
        assert!(!taking.has_stopped(11 * 22, 10));
    }
}
