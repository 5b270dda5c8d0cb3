//! How often one client may ask: a bucket of tokens for each key, or for each address where no key is asked for. A bucket holds
//! a second's worth of requests and fills steadily; who finds it empty is told when to come again.

use crate::error::{ApiError, Reason};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Buckets that are kept; beyond, those that are full again are let go.
const KEPT: usize = 16384;

/// Whose bucket it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    Key(Arc<str>),
    /// An address; of IPv6 its first 64 bits, as one household has them all.
    Peer(IpAddr),
}

impl Client {
    pub(crate) fn new(key: Option<Arc<str>>, peer: IpAddr) -> Client {
        match (key, peer) {
            (Some(key), _) => Client::Key(key),
            (None, IpAddr::V6(a)) if a.to_ipv4_mapped().is_none() => {
                Client::Peer(IpAddr::V6((a.to_bits() >> 64 << 64).into()))
            }
            (None, peer) => Client::Peer(peer),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// The buckets of all clients.
#[derive(Debug)]
pub(crate) struct Rates {
    per_second: f64,
    buckets: Mutex<HashMap<Client, Bucket>>,
}

impl Rates {
    /// This many requests a second; 0: no limit.
    pub(crate) fn new(per_second: u32) -> Rates {
        Rates { per_second: f64::from(per_second), buckets: Mutex::default() }
    }

    /// Takes a token.
    pub(crate) fn take(&self, client: Client, now: Instant) -> Result<(), ApiError> {
        if self.per_second == 0.0 {
            return Ok(());
        }
        let filled = |b: &Bucket| {
            let more = now.saturating_duration_since(b.at).as_secs_f64() * self.per_second;
            (b.tokens + more).min(self.per_second)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT && !buckets.contains_key(&client) {
            buckets.retain(|_, b| filled(b) < self.per_second);
            if buckets.len() >= KEPT {
                return Err(ApiError::new(Reason::Rate(1), "too many clients at once"));
            }
        }
        let bucket = buckets.entry(client).or_insert(Bucket { tokens: self.per_second, at: now });
        *bucket = Bucket { tokens: filled(bucket), at: now };
        if bucket.tokens < 1.0 {
            let wait = ((1.0 - bucket.tokens) / self.per_second).ceil() as u32;
            return Err(ApiError::new(Reason::Rate(wait.max(1)), "too many requests from this client"));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_for_each_client_apart() {
        let (rates, began) = (Rates::new(4), Instant::now());
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let take = |peer, millis| {
            rates.take(Client::new(None, peer), began + Duration::from_millis(millis)).map_err(|e| e.reason)
        };
        (0..4).for_each(|_| assert_eq!(take(a, 0), Ok(())));
        assert_eq!(take(a, 0), Err(Reason::Rate(1)));
        assert_eq!(take(b, 0), Ok(()));
        assert_eq!(
            (take(a, 249), take(a, 250), take(a, 250)),
            (Err(Reason::Rate(1)), Ok(()), Err(Reason::Rate(1)))
        );
        (0..4).for_each(|_| assert_eq!(take(a, 99_000), Ok(()), "no more than a second's worth is saved"));
        assert!(take(a, 99_000).is_err());
    }

    #[test]
    fn a_house_has_one_bucket_whatever_its_address() {
        let of = |text: &str| Client::new(None, text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("::ffff:10.0.0.1"), of("::ffff:10.0.0.2"));
    }

    #[test]
    fn the_buckets_themselves_are_bounded() {
        let (rates, now) = (Rates::new(1), Instant::now());
        for i in 0..KEPT as u32 {
            rates.take(Client::new(None, IpAddr::V4(i.into())), now).unwrap();
        }
        let next = || Client::new(None, IpAddr::from([255, 0, 0, 1]));
        assert!(rates.take(next(), now).is_err());
        assert!(rates.take(next(), now + Duration::from_secs(2)).is_ok());
        assert_eq!(rates.buckets.lock().unwrap().len(), 1);
    }
}
