//! Under which names the service may be asked, and from which pages.
//!
//! A page of any site can send requests to a server on its visitor's own machine: under a name that it has pointed at 127.0.0.1 (DNS
//! rebinding), or across origins. So on loopback the `Host` must be a name of loopback or one that was allowed, and wherever a browser
//! says which page asks (`Origin`), that page must be ours.

use crate::error::{ApiError, Reason, quoted};
use hyper::header::{HOST, ORIGIN};
use hyper::{HeaderMap, Uri, Version};
use std::net::IpAddr;

/// The names that are accepted.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    /// Whether any name will do: the address is public and no names were given.
    any: bool,
    allowed: Vec<String>,
}

impl Hosts {
    pub(crate) fn new(listens_on: IpAddr, allowed: &[String]) -> Hosts {
        Hosts { any: !listens_on.is_loopback() && allowed.is_empty(), allowed: allowed.to_vec() }
    }

    /// Whether the request may be answered.
    pub(crate) fn check(&self, version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
        let sent = headers.get(HOST).map(|h| h.to_str().unwrap_or("?"));
        let authority = sent.or(uri.authority().map(|a| a.as_str()));
        match authority {
            None if version == Version::HTTP_10 => {}
            None => return Err(ApiError::bad_request("the header \"host\" is missing")),
            Some(host) if self.any || self.is_ours(name_of(host)) => {}
            Some(host) => {
                let what =
                    format!("this service is not {}: its names are given with --allow-host", quoted(host));
                return Err(ApiError::new(Reason::Host, what));
            }
        }
        let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
        let page = origin.to_str().ok().and_then(|o| o.split_once("://")).map(|(_, host)| host);
        match page {
            Some(page) if authority.is_some_and(|ours| page.eq_ignore_ascii_case(ours)) => Ok(()),
            _ => Err(ApiError::new(Reason::Host, "pages of another origin may not ask this service")),
        }
    }

    fn is_ours(&self, name: &str) -> bool {
        let address = || name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        name.eq_ignore_ascii_case("localhost")
            || self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
            || address().is_ok_and(|a| a.is_loopback())
    }
}

/// The name without the port.
fn name_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hosts: &Hosts, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        hosts.check(Version::HTTP_11, &Uri::from_static("/"), &headers).is_ok()
    }

    #[test]
    fn loopback_answers_to_its_own_names_only() {
        let hosts = Hosts::new([127, 0, 0, 1].into(), &["models.lan".to_owned()]);
        for ours in ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "127.9.9.9", "[::1]:80", "models.lan:1"] {
            assert!(check(&hosts, ours, None), "{ours}");
        }
        for other in ["evil.example", "localhost.evil.example:80", "10.0.0.1", "127.0.0.1.evil.example", ""] {
            assert!(!check(&hosts, other, None), "{other}");
        }
        assert!(check(&Hosts::new([0, 0, 0, 0].into(), &[]), "any.example", None));
        assert!(!check(&Hosts::new([0, 0, 0, 0].into(), &["a.b".to_owned()]), "any.example", None));
    }

    #[test]
    fn only_our_own_pages_may_ask() {
        let hosts = Hosts::new([127, 0, 0, 1].into(), &[]);
        assert!(check(&hosts, "localhost:80", Some("http://localhost:80")));
        for other in ["http://localhost:81", "http://evil.example", "null", "file://"] {
            assert!(!check(&hosts, "localhost:80", Some(other)), "{other}");
        }
    }

    #[test]
    fn a_request_without_a_name_is_of_the_old_protocol() {
        let hosts = Hosts::new([127, 0, 0, 1].into(), &[]);
        let bare = |version| hosts.check(version, &Uri::from_static("/"), &HeaderMap::new()).is_ok();
        assert!(bare(Version::HTTP_10) && !bare(Version::HTTP_11));
    }
}
