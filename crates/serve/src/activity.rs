//! What a connection does, seen from outside the HTTP library: when its last request began or ended, and whether a head is on its way.
//!
//! The library's own timer bounds a head, but not the first bytes that tell one version of HTTP from another, a connection that
//! never sends any, or an answer that nobody reads. The rules here hold for all of them.

use crate::options::Options;
use atomic_waker::AtomicWaker;
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
    working: AtomicU32,
    last: AtomicU64,
    head_since: AtomicU64,
    any_bytes: AtomicBool,
    http2: AtomicBool,
    over: AtomicBool,
    stopping: AtomicBool,
    /// Wakes the connection when one of these two is set.
    waker: AtomicWaker,
}

impl Activity {
    pub(crate) fn new() -> Activity {
        Activity {
            began: Instant::now(),
            working: AtomicU32::new(0),
            last: AtomicU64::new(0),
            head_since: AtomicU64::new(NONE),
            any_bytes: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            over: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// A request's head is there.
    pub(crate) fn request_began(&self) {
        self.working.fetch_add(1, Relaxed);
        self.last.store(self.now(), Relaxed);
        self.head_since.store(NONE, Relaxed);
    }

    /// A request has its answer.
    pub(crate) fn request_ended(&self) {
        self.working.fetch_sub(1, Relaxed);
        self.last.store(self.now(), Relaxed);
    }

    /// Bytes came from the client.
    pub(crate) fn bytes_came(&self, bytes: &[u8]) {
        if !self.any_bytes.swap(true, Relaxed) && bytes.starts_with(b"PRI ") {
            self.http2.store(true, Relaxed);
        }
        // In the second version frames come at any time, and its heads are bounded by their number.
        let idle = self.working.load(Relaxed) == 0 && !bytes.is_empty() && !self.http2.load(Relaxed);
        if idle && self.head_since.load(Relaxed) == NONE {
            self.head_since.store(self.now(), Relaxed);
        }
    }

    /// Whether the connection has had its time: a head, or a first request, that takes too long, or nothing to do for long.
    fn is_over(&self, options: &Options) -> bool {
        let (now, millis) = (self.now(), |d: Duration| d.as_millis() as u64);
        if self.working.load(Relaxed) > 0 {
            return false;
        }
        let (head, last) = (self.head_since.load(Relaxed), self.last.load(Relaxed));
        let late_head = head != NONE && now.saturating_sub(head) > millis(options.header_timeout);
        late_head || now.saturating_sub(last) > millis(options.idle_timeout)
    }

    /// Ends the connection if it has had its time.
    pub(crate) fn look_at(&self, options: &Options) {
        if self.is_over(options) {
            self.over.store(true, Release);
            self.waker.wake();
        }
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
