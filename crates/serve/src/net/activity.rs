//! What a connection does, seen from outside the HTTP library: whether a head is arriving, how many requests are worked on, and which
//! answers the client reads.
//!
//! Its time-outs, the same for HTTP/1 and HTTP/2:
//!
//! - `header_timeout`: from the start until the first head is complete, or HTTP/2's preface and settings; and for a later head of HTTP/1
//!   from its first byte.
//! - A request's own, for its body and its answer.
//! - `write_timeout`: an answer of which the client reads nothing for so long ends the connection. It starts anew whenever some of the
//!   answer is read, so a slow reader is not cut off, and one that reads some answers and leaves others is.
//! - `idle_timeout`: while none of these is going on.
//!
//! No request sets a timer: one task looks at all connections now and then (see [`crate::net::connections`]). It knows unread answers by
//! two generations: those that were made or read from in the current one, and older ones. A generation lasts for `write_timeout`, so an
//! answer that is still in the older one at its end has had its time.

use crate::limits::unsent::{AllUnsent, Unsent};
use crate::options::Options;
use atomic_waker::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::task::Context;
use std::time::{Duration, Instant};

/// No head is arriving.
const NONE: u64 = u64::MAX;

/// What a connection has done, in milliseconds since it began.
#[derive(Debug)]
pub(crate) struct Activity {
    began: Instant,
    /// The number of requests that are worked on or whose answers are not sent.
    working: AtomicU32,
    last: AtomicU64,
    head_since: AtomicU64,
    /// The bytes of answers that are not sent.
    pub(crate) unsent: Unsent,
    progress: AnswerProgress,
    over: AtomicBool,
    stopping: AtomicBool,
    /// Wakes the connection's task when one of the two above is set.
    waker: AtomicWaker,
}

/// Why a connection is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseReason {
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
            // The time of the first head begins with the connection.
            head_since: AtomicU64::new(0),
            unsent: Unsent::new(all),
            progress: AnswerProgress::default(),
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

    /// The client speaks HTTP/2: from now on frames may come at any time, and heads have no time-out.
    pub(crate) fn speaks_http2(&self) {
        self.head_since.store(NONE, Relaxed);
    }

    /// Whether a time-out has passed, and which.
    fn is_over(&self, options: &Options, write_timeout: Duration) -> Option<CloseReason> {
        let (now, millis) = (self.now(), |d: Duration| d.as_millis() as u64);
        if self.progress.has_stopped(now, millis(write_timeout)) {
            return Some(CloseReason::Unread);
        }
        if self.working.load(Relaxed) > 0 {
            return None;
        }
        let (head, last) = (self.head_since.load(Relaxed), self.last.load(Relaxed));
        if head != NONE && now.saturating_sub(head) > millis(options.header_timeout) {
            return Some(CloseReason::SlowHead);
        }
        (now.saturating_sub(last) > millis(options.idle_timeout)).then_some(CloseReason::Idle)
    }

    /// Ends the connection if a time-out has passed; returns which, the first time.
    pub(crate) fn look_at(&self, options: &Options, write_timeout: Duration) -> Option<CloseReason> {
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

    /// Whether the connection is to end; its task is woken when that changes.
    pub(crate) fn state(&self, connection: &Context<'_>) -> ConnectionState {
        self.waker.register(connection.waker());
        ConnectionState { over: self.over.load(Acquire), stopping: self.stopping.load(Acquire) }
    }
}

/// Whether a connection is to end, at once or after its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionState {
    /// A time-out has passed.
    pub(crate) over: bool,
    /// It is to end after its request.
    pub(crate) stopping: bool,
}

/// A request, from its head until its answer is sent or the client has left.
#[derive(Debug)]
pub(crate) struct ActiveRequest(Arc<Activity>);

impl ActiveRequest {
    /// A request's head is there.
    pub(crate) fn begin(activity: &Arc<Activity>) -> ActiveRequest {
        activity.working.fetch_add(1, Relaxed);
        activity.last.store(activity.now(), Relaxed);
        activity.head_since.store(NONE, Relaxed);
        ActiveRequest(activity.clone())
    }

    /// The same request once more, for a part of its answer.
    pub(crate) fn again(&self) -> ActiveRequest {
        self.0.working.fetch_add(1, Relaxed);
        ActiveRequest(self.0.clone())
    }

    /// There is an answer of this length, which is to be sent.
    pub(crate) fn answered_with(self, length: usize) -> PendingAnswer {
        let (bytes, generation) = (self.0.unsent.hold(length), self.0.progress.begin());
        PendingAnswer { working: self, bytes, generation }
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.0.last.store(self.0.now(), Relaxed);
        self.0.working.fetch_sub(1, Relaxed);
    }
}

/// An answer that is not sent: what it holds, and the generation that it was last read from in.
#[derive(Debug)]
pub(crate) struct PendingAnswer {
    working: ActiveRequest,
    bytes: usize,
    generation: u32,
}

impl PendingAnswer {
    /// The client read some of it.
    pub(crate) fn went_on(&mut self) {
        self.generation = self.working.0.progress.go_on(self.generation);
    }
}

impl Drop for PendingAnswer {
    fn drop(&mut self) {
        self.working.0.unsent.give_back(self.bytes);
        self.working.0.progress.end(self.generation);
    }
}

/// How many unsent answers were made or last read from in each generation: the current one, and all before.
#[derive(Debug, Default)]
struct AnswerProgress {
    generation: AtomicU32,
    /// When it began.
    since: AtomicU64,
    answers: [AtomicU32; 2],
}

impl AnswerProgress {
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

    /// Whether the current generation has lasted for `time` and an answer of the older one is left. If none is left, a new one begins.
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
        let progress = AnswerProgress::default();
        let (mut slow, stuck) = (progress.begin(), progress.begin());
        assert!(!progress.has_stopped(10, 10), "its time is not over");
        assert!(!progress.has_stopped(11, 10), "it may have begun just now");
        slow = progress.go_on(slow);
        assert!(!progress.has_stopped(12, 10));
        assert!(progress.has_stopped(22, 10));
        progress.end(stuck);
        for turn in 3..20 {
            assert!(!progress.has_stopped(11 * turn, 10), "{turn}");
            slow = progress.go_on(slow);
        }
        assert!(!progress.has_stopped(11 * 20, 10));
        assert!(progress.has_stopped(11 * 21, 10), "it goes on no more");
        progress.end(slow);
        assert!(!progress.has_stopped(11 * 22, 10));
    }
}
