//! A JSON list of elements, flat or nested as its tensor is, read straight into one flat list: no tree of values is built between.

use crate::protocols::tensor::Elements;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Deepest nesting; a tensor's rank is bounded by less.
const DEEPEST: usize = 16;
/// Elements that there is room for from the start.
const FEW: usize = 32;

/// The elements and the lengths of the lists that they were in, outermost first.
#[derive(Debug)]
pub(crate) struct Nested<'a> {
    pub(crate) data: Elements<'a>,
    pub(crate) dims: Vec<usize>,
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Nested<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut read =
            Read { numbers: Vec::with_capacity(FEW), texts: Vec::new(), dims: Vec::new(), closed: false };
        Level { read: &mut read, depth: 0 }.deserialize(deserializer)?;
        let Read { numbers, mut texts, dims, .. } = read;
        let data = match texts.iter().any(Option::is_some) {
            false => Elements::Numbers(numbers),
            // Among texts the nulls are NaN in `numbers`; any other number is an error.
            true if texts.len() == numbers.len() => {
                if numbers.iter().zip(&texts).any(|(x, t)| t.is_none() && !x.is_nan()) {
                    return Err(D::Error::custom("data mixes texts and numbers"));
                }
                Elements::Texts(std::mem::take(&mut texts))
            }
            true => return Err(D::Error::custom("data mixes texts and numbers")),
        };
        Ok(Nested { data, dims })
    }
}

struct Read<'a> {
    numbers: Vec<f64>,
    /// Empty until the first text.
    texts: Vec<Option<Cow<'a, str>>>,
    /// The length of the lists at each depth, known from the first that ended.
    dims: Vec<usize>,
    /// Whether an element was read, so that no list may nest deeper.
    closed: bool,
}

struct Level<'r, 'a> {
    read: &'r mut Read<'a>,
    depth: usize,
}

impl Read<'_> {
    fn number(&mut self, x: f64, depth: usize) -> Result<(), &'static str> {
        self.element(depth)?;
        self.numbers.push(x);
        if !self.texts.is_empty() {
            self.texts.push(None);
        }
        Ok(())
    }

    /// Checks that an element is as deep as the first.
    fn element(&mut self, depth: usize) -> Result<(), &'static str> {
        match (self.closed, depth) {
            (_, 0) => Err("data must be a list"),
            (true, d) if d != self.dims.len() => Err("data nests unevenly"),
            _ => {
                self.closed = true;
                self.dims.resize(depth, usize::MAX);
                Ok(())
            }
        }
    }
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for Level<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Level<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers, texts, true, false or null, in lists")
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<(), E> {
        self.read.number(x, self.depth).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, x: i64) -> Result<(), E> {
        self.visit_f64(x as f64)
    }

    fn visit_u64<E: Error>(self, x: u64) -> Result<(), E> {
        self.visit_f64(x as f64)
    }

    fn visit_bool<E: Error>(self, x: bool) -> Result<(), E> {
        self.visit_f64(f64::from(u8::from(x)))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.visit_f64(f64::NAN)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        self.text(Cow::Borrowed(text)).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.text(Cow::Owned(text.to_owned())).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if self.depth >= DEEPEST || (self.read.closed && self.depth >= self.read.dims.len()) {
            return Err(A::Error::custom("data nests unevenly, or too deep"));
        }
        let mut length = 0;
        while seq.next_element_seed(Level { read: self.read, depth: self.depth + 1 })?.is_some() {
            length += 1;
        }
        if length == 0 {
            return Err(A::Error::custom("data has an empty list"));
        }
        match &mut self.read.dims[self.depth] {
            known if *known == usize::MAX => *known = length,
            known if *known == length => {}
            _ => return Err(A::Error::custom("data nests unevenly")),
        }
        Ok(())
    }
}

impl<'a> Level<'_, 'a> {
    fn text(self, text: Cow<'a, str>) -> Result<(), &'static str> {
        self.read.element(self.depth)?;
        self.read.texts.resize(self.read.numbers.len(), None);
        self.read.numbers.push(f64::NAN);
        self.read.texts.push(Some(text));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_and_nested_lists_become_flat_with_their_lengths() {
        let read = |text| serde_json::from_str::<Nested<'_>>(text).map(|n| (n.data, n.dims));
        assert_eq!(read("[1,2.5,true]").unwrap(), (Elements::Numbers(vec![1.0, 2.5, 1.0]), vec![3]));
        assert_eq!(read("[[1,2],[3,4],[5,6]]").unwrap().1, [3, 2]);
        let (data, dims) = read(r#"[[null],["a"],["\u00e9"]]"#).unwrap();
        assert_eq!(
            (data, dims),
            (Elements::Texts(vec![None, Some("a".into()), Some("é".into())]), vec![3, 1])
        );
        for bad in [
            "1",
            "[]",
            "[[1],[]]",
            "[[1],[2,3]]",
            "[1,[2]]",
            "[[1],2]",
            r#"[1,"a"]"#,
            r#"["a",1]"#,
            "{}",
            "[{}]",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
