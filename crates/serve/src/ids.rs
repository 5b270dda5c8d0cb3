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
            None => name(self.run, self.next.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

/// Both numbers in hexadecimal digits; every request needs one, so the digits are written here.
fn name(run: u32, number: u64) -> String {
    let digit = |x: u64, at: u32| char::from(b"0123456789abcdef"[(x >> (4 * at)) as usize & 15]);
    let length = (67 - (number | 1).leading_zeros()) / 4;
    let run = (0..8).rev().map(|at| digit(run.into(), at));
    run.chain(['-']).chain((0..length).rev().map(|at| digit(number, at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_hexadecimal() {
        for (run, number) in [(0, 0), (1, 1), (0xabc, 15), (7, 16), (u32::MAX, 0xfedc), (9, u64::MAX)] {
            assert_eq!(name(run, number), format!("{run:08x}-{number:x}"));
        }
    }
}
