//! Names of requests: the client's own, if it sent a plain one, else one of ours. They are in the answer and in the log.

use hyper::HeaderMap;
use hyper::header::HeaderName;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// The header, in requests and answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that is taken from a client.
const LONGEST: usize = 64;

/// Makes names that no two requests share, nor two runs of the service.
#[derive(Debug)]
pub(crate) struct Ids {
    run: u32,
    next: AtomicU64,
}

impl Ids {
    pub(crate) fn new() -> Ids {
        Ids { run: RandomState::new().hash_one(0) as u32, next: AtomicU64::new(1) }
    }

    /// The name of this request. One that a client sent has letters, digits and `._-` only, so it cannot forge a line of the log.
    pub(crate) fn of(&self, headers: &HeaderMap) -> String {
        let plain = |id: &&str| {
            (1..=LONGEST).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        match headers.get(&HEADER).and_then(|id| id.to_str().ok()).filter(plain) {
            Some(id) => id.to_owned(),
            None => format!("{:08x}-{:x}", self.run, self.next.fetch_add(1, Ordering::Relaxed)),
        }
    }
}
