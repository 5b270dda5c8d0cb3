//! Names of requests: the client's own, if it sent a plain one, else one of ours. They are in the answer and in the log, which also has
//! the client's `traceparent`.

use hyper::HeaderMap;
use hyper::header::HeaderName;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// The header, in requests and answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Where a client says which trace and span its request belongs to (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The longest name that is taken from a client.
const LONGEST: usize = 64;

/// Makes names that no two requests share, nor two runs of the service.
#[derive(Debug)]
pub(crate) struct RequestIds {
    run: u32,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> RequestIds {
        RequestIds { run: RandomState::new().hash_one(0) as u32, next: AtomicU64::new(1) }
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

/// The client's `traceparent`, if it has the form of version 00: `00-TRACE-SPAN-FLAGS`, of 32, 16 and 2 lower-case hexadecimal digits.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let parts = |text: &&str| {
        let is_hex = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let mut parts = text.split('-');
        let lengths = parts.clone().map(str::len);
        lengths.eq([2, 32, 16, 2]) && parts.next() == Some("00") && parts.all(is_hex)
    };
    headers.get(&TRACEPARENT)?.to_str().ok().filter(parts)
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
    fn a_trace_is_believed_in_its_one_form() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let of = |text: &str| {
            let headers = HeaderMap::from_iter([(TRACEPARENT, text.parse().unwrap())]);
            traceparent(&headers).map(str::to_owned)
        };
        assert_eq!(of(good).as_deref(), Some(good));
        let bad = [
            "",
            "00",
            "01",
            &good[..54],
            &good.to_uppercase(),
            &good.replace('-', "_"),
            &good.replace("af7", "xyz"),
        ];
        for text in bad.into_iter().chain([&*format!("{good}-00"), &*good.replacen("00", "ff", 1)]) {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(traceparent(&HeaderMap::new()), None);
    }

    #[test]
    fn names_are_in_hexadecimal() {
        for (run, number) in [(0, 0), (1, 1), (0xabc, 15), (7, 16), (u32::MAX, 0xfedc), (9, u64::MAX)] {
            assert_eq!(name(run, number), format!("{run:08x}-{number:x}"));
        }
    }
}
