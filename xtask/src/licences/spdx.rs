//! Judges SPDX licence expressions: can `(MIT OR Apache-2.0) AND Unicode-3.0` be satisfied by the licences
//! allowed?
//!
//! A recursive-descent parser that evaluates as it reads. AND binds closer than OR; `X WITH Y` is one
//! licence, allowed by that very text; the `/` of old manifests is an OR; `X+` (or a later version) is
//! allowed where `X` is.
//!
//! Source: SPDX specification 2.3, annex D.

use anyhow::{Result, bail};

/// Whether the expression can be satisfied by licences for which `allowed` is true.
///
/// # Errors
/// When the text is not an expression.
pub(super) fn satisfied(expression: &str, allowed: impl Fn(&str) -> bool) -> Result<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut parser = Parser { words: spaced.split_whitespace().peekable(), allowed };
    let result = parser.any()?;
    match parser.words.next() {
        None => Ok(result),
        Some(word) => bail!("unexpected {word:?} after the expression"),
    }
}

struct Parser<'a, W: Iterator<Item = &'a str>, F> {
    words: std::iter::Peekable<W>,
    allowed: F,
}

impl<'a, W: Iterator<Item = &'a str>, F: Fn(&str) -> bool> Parser<'a, W, F> {
    /// `a OR b OR …`
    fn any(&mut self) -> Result<bool> {
        let mut result = self.all()?;
        while self.words.next_if_eq(&"OR").is_some() {
            result |= self.all()?;
        }
        Ok(result)
    }

    /// `a AND b AND …`
    fn all(&mut self) -> Result<bool> {
        let mut result = self.one()?;
        while self.words.next_if_eq(&"AND").is_some() {
            result &= self.one()?;
        }
        Ok(result)
    }

    /// A licence, a licence with an exception, or an expression in parentheses.
    fn one(&mut self) -> Result<bool> {
        let licence = self.word()?;
        if licence == "(" {
            let result = self.any()?;
            return match self.word()? {
                ")" => Ok(result),
                word => bail!("expected \")\", found {word:?}"),
            };
        }
        if matches!(licence, ")" | "AND" | "OR" | "WITH") {
            bail!("expected a licence, found {licence:?}");
        }
        if self.words.next_if_eq(&"WITH").is_some() {
            let exception = self.word()?;
            return Ok((self.allowed)(&format!("{licence} WITH {exception}")));
        }
        Ok((self.allowed)(licence) || (self.allowed)(licence.trim_end_matches('+')))
    }

    fn word(&mut self) -> Result<&'a str> {
        match self.words.next() {
            Some(word) => Ok(word),
            None => bail!("the expression ends too early"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(expression: &str) -> bool {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
        satisfied(expression, |licence| allowed.contains(&licence)).unwrap()
    }

    #[test]
    fn one_allowed_licence_of_an_or_is_enough() {
        assert!(judge("MIT"));
        assert!(judge("GPL-3.0-only OR MIT"));
        assert!(judge("MIT OR Apache-2.0 OR LGPL-2.1-or-later"));
        assert!(!judge("GPL-3.0-only OR LGPL-2.1-or-later"));
    }

    #[test]
    fn every_licence_of_an_and_must_be_allowed() {
        assert!(judge("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!judge("MIT AND OpenSSL"));
    }

    #[test]
    fn and_binds_closer_than_or() {
        assert!(judge("MIT OR GPL-3.0-only AND OpenSSL"));
        assert!(!judge("(MIT OR GPL-3.0-only) AND OpenSSL"));
    }

    #[test]
    fn the_slash_of_old_manifests_is_an_or() {
        assert!(judge("Unlicense/MIT"));
        assert!(!judge("Unlicense/WTFPL"));
    }

    #[test]
    fn an_exception_is_part_of_the_licence() {
        assert!(judge("Apache-2.0 WITH LLVM-exception"));
        assert!(!judge("MIT WITH LLVM-exception"));
        assert!(judge("CC0-1.0 OR MIT WITH LLVM-exception OR Apache-2.0"));
    }

    #[test]
    fn a_later_version_is_allowed_where_the_version_is() {
        assert!(judge("Apache-2.0+"));
    }

    #[test]
    fn a_malformed_expression_is_an_error() {
        for text in ["", "MIT OR", "(MIT", "MIT)", "OR MIT", "MIT Apache-2.0"] {
            assert!(satisfied(text, |_| true).is_err(), "{text:?}");
        }
    }
}
