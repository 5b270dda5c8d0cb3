//! The page that a browser gets at `/`: one HTML text with its style and its script inside, for a form, predictions, curves, tables, and what
//! the model learned.
//!
//! Its policy lets the browser run this script and no other, and ask this service and nobody else.

use crate::protocols::reply::{self, Reply};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::StatusCode;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const STYLE: &str = include_str!("page.css");
/// A file a concern. The first has what the others use, the last starts the page.
const SCRIPT: &str = concat!(
    include_str!("base.js"),
    include_str!("form.js"),
    include_str!("parts.js"),
    include_str!("answer.js"),
    include_str!("chart.js"),
    include_str!("what_if.js"),
    include_str!("table.js"),
    include_str!("copy.js"),
    include_str!("learned.js"),
    include_str!("confusion.js"),
    include_str!("coefficients.js"),
    include_str!("about.js"),
    include_str!("start.js"),
);
const FRAME: &str = include_str!("page.html");

static PAGE: LazyLock<String> =
    LazyLock::new(|| FRAME.replace("/*STYLE*/", STYLE).replace("/*SCRIPT*/", SCRIPT));

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

/// The page.
pub(crate) fn home() -> Reply {
    let mut page = reply::whole(StatusCode::OK, "text/html; charset=utf-8", PAGE.as_str());
    let headers = page.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_no_other_host_and_builds_nothing_from_text() {
        assert!(PAGE.contains("<style>:root") && PAGE.contains("\"use strict\""), "the parts are in place");
        let hosts: Vec<&str> = PAGE
            .match_indices("//")
            .filter(|(at, _)| PAGE[..*at].ends_with(':'))
            .map(|(at, _)| &PAGE[at - 6..at + 30])
            .collect();
        // The one that is named is the name of a vocabulary, which nobody asks.
        assert!(hosts.iter().all(|h| h.contains("//www.w3.org/2000/svg")), "{hosts:?}");
        for bad in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "onclick="] {
            assert!(!PAGE.contains(bad), "{bad}");
        }
    }

    #[test]
    fn the_policy_allows_the_page_s_own_script_alone() {
        let page = home();
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
