//! Answers that clients have not taken yet. Their bytes are counted, for each connection and for all together, from the moment that an
//! answer is made until its last byte is written to the socket, and both counts are bounded.
//!
//! A client of HTTP/2 may ask a hundred times over a connection and open no window for the answers; those of HTTP/1 may ask and not read.
//! Answers then stay in memory, so a request is not worked on while those before it on its connection wait to be taken ([`Unsent::turn`]), and
//! an answer for which there is no room is refused ([`Unsent::check`]). One answer a connection is always allowed, however long, as far as
//! all connections have room. How long an answer may wait is said in [`crate::net::activity`].

use crate::error::{ApiError, Reason};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use tokio::sync::Notify;

/// What an answer takes beside its bytes: its head and the state of its stream.
const STREAM: usize = 2 << 10;
/// A connection with as many bytes unsent or expected begins no other request.
const ENOUGH: usize = 1 << 20;
/// The length that is expected of an answer before the first.
const FIRST: usize = 64 << 10;
/// Bytes of each connection that the common count leaves out, so that cores do not contend for it over small answers.
const OWN: usize = 16 << 10;
/// One connection may have a fourth of what all may have.
const SHARE: usize = 4;

/// The bytes of all connections, beyond [`OWN`] of each.
#[derive(Debug)]
pub(crate) struct AllUnsent {
    bytes: AtomicUsize,
    most: usize,
}

impl AllUnsent {
    /// None yet of at most so many.
    pub(crate) fn new(most: usize) -> Arc<AllUnsent> {
        Arc::new(AllUnsent { bytes: AtomicUsize::new(0), most })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    /// Whether more than half of the room is taken.
    pub(crate) fn is_scarce(&self) -> bool {
        self.bytes() > self.most / 2
    }
}

/// What a connection has not sent yet. All of this happens on the connection's thread; the counts are atomic since its streams are tasks.
#[derive(Debug)]
pub(crate) struct Unsent {
    all: Arc<AllUnsent>,
    bytes: AtomicUsize,
    /// Requests that are worked on.
    begun: AtomicUsize,
    /// The length that their answers are expected to have; 0 before the first.
    expected: AtomicUsize,
    /// Requests that wait for their turn, and what wakes them.
    waiting: AtomicUsize,
    room: Notify,
    /// The connection is over.
    over: AtomicBool,
}

/// A request that is worked on, until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a>(&'a Unsent);

impl Unsent {
    pub(crate) fn new(all: Arc<AllUnsent>) -> Unsent {
        Unsent {
            all,
            bytes: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            expected: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            room: Notify::new(),
            over: AtomicBool::new(false),
        }
    }

    /// The connection is over: none of the requests that wait is worked on.
    pub(crate) fn close(&self) {
        self.over.store(true, SeqCst);
    }

    /// Waits until another request may be worked on.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        if let Some(turn) = self.try_turn() {
            return turn;
        }
        self.waiting.fetch_add(1, SeqCst);
        let _waits = Waits(&self.waiting);
        loop {
            // Registered before the check, so that room freed in between is noticed.
            let freed = self.room.notified();
            match self.try_turn() {
                Some(turn) => return turn,
                None => freed.await,
            }
        }
    }

    fn try_turn(&self) -> Option<Turn<'_>> {
        if self.over.load(Relaxed) {
            return None;
        }
        let (bytes, begun) = (self.bytes.load(SeqCst), self.begun.load(SeqCst));
        let expected = match self.expected.load(Relaxed) {
            0 => FIRST,
            of_late => of_late,
        };
        let to_come = (begun + 1).saturating_mul(expected + STREAM);
        let alone = bytes == 0 && begun == 0;
        if !alone && (bytes.saturating_add(to_come) > ENOUGH || self.all.bytes() > self.all.most) {
            return None;
        }
        self.begun.fetch_add(1, SeqCst);
        Some(Turn(self))
    }

    /// Whether there is room for an answer of this length.
    ///
    /// # Errors
    /// There is none, as clients do not take the answers that they have.
    pub(crate) fn check(&self, length: usize) -> Result<(), ApiError> {
        let (before, most) = (self.bytes.load(SeqCst), self.all.most);
        let after = before.saturating_add(length).saturating_add(STREAM);
        let (of_all, all) = (beyond_own(after) - beyond_own(before), self.all.bytes());
        let of_one = before == 0 || after <= most / SHARE;
        if of_one && (of_all == 0 || all == 0 || all.saturating_add(of_all) <= most) {
            return Ok(());
        }
        Err(ApiError::new(Reason::Unsent, "too many bytes of answers wait for clients to take them"))
    }

    /// An answer of this length is there; what is to be given back when it is sent.
    pub(crate) fn hold(&self, length: usize) -> usize {
        let held = length.saturating_add(STREAM);
        let before = self.bytes.fetch_add(held, SeqCst);
        let of_all = beyond_own(before.saturating_add(held)) - beyond_own(before);
        if of_all > 0 {
            self.all.bytes.fetch_add(of_all, Relaxed);
        }
        // A decaying maximum: one long answer is soon forgotten.
        let of_late = self.expected.load(Relaxed);
        self.expected.store(length.max(of_late - of_late / 8).max(1), Relaxed);
        held
    }

    /// An answer was sent, or will not be.
    pub(crate) fn give_back(&self, held: usize) {
        let before = self.bytes.fetch_sub(held, SeqCst);
        let of_all = beyond_own(before) - beyond_own(before.saturating_sub(held));
        if of_all > 0 {
            self.all.bytes.fetch_sub(of_all, Relaxed);
        }
        self.wake();
    }

    fn wake(&self) {
        if self.waiting.load(SeqCst) > 0 {
            self.room.notify_waiters();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.begun.fetch_sub(1, SeqCst);
        self.0.wake();
    }
}

/// One of those that wait.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// How many of a connection's bytes count among those of all.
fn beyond_own(bytes: usize) -> usize {
    bytes.saturating_sub(OWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    const MIB: usize = 1 << 20;

    #[test]
    fn what_is_held_is_given_back_whole_in_any_order() {
        let all = AllUnsent::new(64 * MIB);
        let (one, two) = (Unsent::new(all.clone()), Unsent::new(all.clone()));
        let held = [one.hold(100), one.hold(3 * MIB), one.hold(20_000)];
        let other = two.hold(100);
        assert_eq!(all.bytes(), 3 * MIB + 20_100 + 3 * STREAM - OWN, "small answers are a connection's own");
        two.give_back(other);
        [1, 0, 2].iter().for_each(|&i| one.give_back(held[i]));
        assert_eq!((all.bytes(), one.bytes.load(SeqCst)), (0, 0));
    }

    #[test]
    fn one_answer_is_always_allowed_and_more_to_a_part_of_the_whole() {
        let all = AllUnsent::new(8 * MIB);
        let (one, two) = (Unsent::new(all.clone()), Unsent::new(all.clone()));
        assert_eq!(one.check(100 * MIB), Ok(()), "nobody else is there");
        let held = one.hold(MIB);
        assert_eq!(one.check(MIB / 2), Ok(()));
        assert_eq!(one.check(2 * MIB).unwrap_err().reason, Reason::Unsent, "a fourth is one connection's");
        assert_eq!(two.check(6 * MIB), Ok(()));
        assert_eq!(two.check(8 * MIB).unwrap_err().reason, Reason::Unsent);
        one.give_back(held);
        let _held = one.hold(9 * MIB);
        assert!(all.is_scarce());
        assert_eq!(two.check(20_000).unwrap_err().reason, Reason::Unsent);
        assert_eq!(two.check(2000), Ok(()), "small answers need no room among all");
    }

    #[test]
    fn requests_wait_while_the_answers_before_them_do() {
        let unsent = Unsent::new(AllUnsent::new(64 * MIB));
        let mut cx = Context::from_waker(Waker::noop());
        let first = unsent.try_turn().unwrap();
        let held = unsent.hold(2 * MIB);
        drop(first);
        let mut next = pin!(unsent.turn());
        assert!(next.as_mut().poll(&mut cx).is_pending());
        unsent.give_back(held);
        assert!(matches!(next.as_mut().poll(&mut cx), Poll::Ready(_)), "one may always go");
        assert_eq!(unsent.waiting.load(SeqCst), 0);
        unsent.close();
        assert!(unsent.try_turn().is_none(), "nobody is there to answer");
    }

    #[test]
    fn as_many_requests_begin_as_answers_of_late_have_room() {
        let unsent = Unsent::new(AllUnsent::new(64 * MIB));
        let begin = || std::iter::from_fn(|| unsent.try_turn()).collect::<Vec<_>>().len();
        assert_eq!(begin(), ENOUGH / (FIRST + STREAM));
        unsent.give_back(unsent.hold(100));
        assert_eq!(begin(), ENOUGH / (100 + STREAM));
        unsent.give_back(unsent.hold(MIB));
        assert_eq!(begin(), 1);
        (0..100).for_each(|_| unsent.give_back(unsent.hold(100)));
        assert_eq!(begin(), ENOUGH / (100 + STREAM), "a long one is forgotten");
    }
}
