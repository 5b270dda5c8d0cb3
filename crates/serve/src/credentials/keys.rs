//! Who may ask: keys with scopes.
//!
//! A file of keys holds one a line, `NAME SCOPES sha256:DIGEST`; only the digest of a key is kept, in the file and in memory. A key
//! of 128 random bits or more needs no slower hash. All digests are compared, each in constant time.

use crate::credentials::reread::{FileError, Reread};
use crate::error::{ApiError, Reason, ServeError};
use crate::failure::{Failure, Subject};
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// What a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Asking models, and what they are.
    Predict,
    /// Reading `/metrics`.
    Metrics,
    /// Reading models again.
    Admin,
}

impl Scope {
    const ALL: [Scope; 3] = [Scope::Predict, Scope::Metrics, Scope::Admin];

    /// Its name in a file of keys.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Predict => "predict",
            Scope::Metrics => "metrics",
            Scope::Admin => "admin",
        }
    }
}

/// The keys of a service: those of a file, which is read again while the service runs, and others.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    file: Option<Arc<Reread<Vec<Key>, 1>>>,
    others: Vec<Key>,
}

#[derive(Clone, Debug)]
struct Key {
    name: Arc<str>,
    scopes: Vec<Scope>,
    digest: [u8; 32],
}

impl Keys {
    /// The keys of a file, `NAME SCOPE,SCOPE sha256:DIGEST` a line, which a running service reads again with its models. Empty lines and
    /// those that begin with `#` say nothing.
    ///
    /// # Errors
    /// A file that cannot be read, has a line of another form, or has no key in it.
    pub fn open(path: &Path) -> Result<Keys, ServeError> {
        let file = Reread::open(Subject::Keys, [path.to_owned()], of_file);
        let file = file.map_err(ServeError::Unreadable)?;
        Ok(Keys { file: Some(Arc::new(file)), others: Vec::new() })
    }

    /// Reads the file again, if there is one; whether there was something new in it.
    pub(crate) fn reload(&self) -> Result<bool, Failure> {
        self.file.as_ref().map_or(Ok(false), |file| file.reload())
    }

    /// Adds a key itself, with all scopes but admin.
    ///
    /// # Errors
    /// A key that is shorter than 16 characters.
    pub fn add(&mut self, name: &str, key: &str) -> Result<(), ServeError> {
        if key.len() < 16 {
            return Err(ServeError::Key {
                place: name.to_owned(),
                what: "the key is shorter than 16 characters".to_owned(),
            });
        }
        let scopes = vec![Scope::Predict, Scope::Metrics];
        self.others.push(Key { name: name.into(), scopes, digest: Sha256::digest(key).into() });
        Ok(())
    }

    /// Whether there are none, so that everybody may ask.
    pub fn is_empty(&self) -> bool {
        self.file.is_none() && self.others.is_empty()
    }

    /// The name of the key that the request shows, if it is good for this; nothing if no keys are asked for.
    ///
    /// Without keys everybody may predict and read metrics; nobody has the scope admin.
    pub(crate) fn check(&self, headers: &HeaderMap, scope: Scope) -> Result<Option<Arc<str>>, ApiError> {
        if self.is_empty() && scope != Scope::Admin {
            return Ok(None);
        }
        let shown = headers.get(AUTHORIZATION).and_then(|v| v.as_bytes().strip_prefix(b"Bearer "));
        let Some(shown) = shown else {
            return Err(ApiError::new(
                Reason::NoKey,
                "a key is needed: send the header \"authorization: Bearer KEY\"",
            ));
        };
        let digest: [u8; 32] = Sha256::digest(shown).into();
        let of_file = self.file.as_ref().map(|file| file.current());
        let mut found = None;
        for key in self.others.iter().chain(of_file.iter().flat_map(|keys| keys.iter())) {
            if bool::from(key.digest.ct_eq(&digest)) {
                found = Some(key);
            }
        }
        match found {
            None => Err(ApiError::new(Reason::NoKey, "the key is not known")),
            Some(key) if key.scopes.contains(&scope) => Ok(Some(key.name.clone())),
            Some(_) => {
                Err(ApiError::new(Reason::Scope, format!("the key has not the scope {}", scope.name())))
            }
        }
    }
}

/// The keys of a file, one at least: a file that was emptied by mistake must not open the door to all.
fn of_file([text]: &[String; 1]) -> Result<Vec<Key>, FileError> {
    let error = |line, what: &str| FileError { file: 0, line, reason: what.to_owned() };
    let said = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    let keys = said.map(|(i, line)| parse_line(line).map_err(|what| error(Some(i + 1), what)));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(error(None, "there is no key in it"));
    }
    Ok(keys)
}

fn parse_line(line: &str) -> Result<Key, &'static str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, scopes, digest] = words[..] else {
        return Err("a key has three words, NAME SCOPES sha256:DIGEST");
    };
    let scopes = parse_scopes(scopes).ok_or("scopes are predict, metrics and admin, joined by commas")?;
    let digest = digest.strip_prefix("sha256:").and_then(parse_digest);
    let digest = digest.ok_or("the digest has the form sha256: and 64 hexadecimal digits")?;
    Ok(Key { name: name.into(), scopes, digest })
}

fn parse_scopes(text: &str) -> Option<Vec<Scope>> {
    text.split(',').map(|name| Scope::ALL.into_iter().find(|s| s.name() == name)).collect()
}

fn parse_digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
        *byte =
            u8::from_str_radix(text.get(at..at + 2)?, 16).ok().filter(|_| !text[at..].starts_with('+'))?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(key: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {key}").parse().unwrap());
        headers
    }

    #[test]
    fn a_key_opens_what_its_scopes_say() {
        // The digest of "abc", from FIPS 180-2.
        let line =
            "team predict,metrics sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
        let others = of_file(&[format!("# ours\n\n{line}")]).unwrap();
        let keys = Keys { file: None, others };
        let ask = |headers: &HeaderMap, scope| keys.check(headers, scope).map_err(|e| e.reason);
        assert_eq!(ask(&shown("abc"), Scope::Predict), Ok(Some("team".into())));
        assert_eq!(ask(&shown("abc"), Scope::Admin), Err(Reason::Scope));
        assert_eq!(ask(&shown("abd"), Scope::Predict), Err(Reason::NoKey));
        assert_eq!(ask(&HeaderMap::new(), Scope::Metrics), Err(Reason::NoKey));
    }

    #[test]
    fn without_keys_everybody_predicts_and_nobody_administers() {
        let keys = Keys::default();
        assert_eq!(keys.check(&HeaderMap::new(), Scope::Predict), Ok(None));
        assert_eq!(keys.check(&shown("x"), Scope::Admin).unwrap_err().reason, Reason::NoKey);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let digest = "0".repeat(64);
        for (line, part) in [
            ("team predict".to_owned(), "three words"),
            (format!("team everything sha256:{digest}"), "scopes are"),
            (format!("team predict sha256:{}", "+f".repeat(32)), "64 hexadecimal digits"),
            (format!("team predict {digest}"), "64 hexadecimal digits"),
        ] {
            let error = of_file(&[format!("\n{line}")]).unwrap_err();
            assert!(error.line == Some(2) && error.reason.contains(part), "{error:?}");
        }
        let e = Keys::default().add("PLANISH_KEY", "short").unwrap_err().to_string();
        assert_eq!(e, "PLANISH_KEY: the key is shorter than 16 characters");
    }
}
