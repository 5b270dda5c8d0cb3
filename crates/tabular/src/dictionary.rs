//! The different texts of a column, each stored once and known by a code: its place in the order in which they came.

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Different texts with codes.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    texts: Vec<String>,
    /// The codes, by the hashes of their texts.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Dictionary {
    /// The code of this text, which gets one if it has none.
    pub fn code(&mut self, text: &str) -> u32 {
        self.code_with(text.as_bytes(), || text.to_owned())
    }

    /// The code of bytes that must be UTF-8, which is checked only when they are seen for the first time.
    ///
    /// # Errors
    /// Bytes that are not UTF-8.
    pub fn code_of_bytes(&mut self, bytes: &[u8]) -> Result<u32, std::str::Utf8Error> {
        if let Some(code) = self.find(bytes) {
            return Ok(code);
        }
        let text = std::str::from_utf8(bytes)?;
        Ok(self.code(text))
    }

    fn code_with(&mut self, bytes: &[u8], text: impl FnOnce() -> String) -> u32 {
        let Dictionary { texts, index, hasher } = self;
        let hash = hasher.hash_one(bytes);
        let is_same = |&code: &u32| texts[code as usize].as_bytes() == bytes;
        match index.entry(hash, is_same, |&code| hasher.hash_one(texts[code as usize].as_bytes())) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let code = texts.len() as u32;
                free.insert(code);
                texts.push(text());
                code
            }
        }
    }

    fn find(&self, bytes: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one(bytes);
        self.index.find(hash, |&code| self.texts[code as usize].as_bytes() == bytes).copied()
    }

    /// The code of a text that has one.
    pub fn place(&self, text: &str) -> Option<u32> {
        self.find(text.as_bytes())
    }

    /// The text with this code.
    pub fn text(&self, code: u32) -> Option<&str> {
        self.texts.get(code as usize).map(String::as_str)
    }

    /// The texts in the order of their codes.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

impl<T: AsRef<str>> FromIterator<T> for Dictionary {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Dictionary {
        let mut dictionary = Dictionary::default();
        texts.into_iter().for_each(|t| _ = dictionary.code(t.as_ref()));
        dictionary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_codes_in_the_order_in_which_they_came() {
        let mut d = Dictionary::default();
        let codes: Vec<u32> = ["b", "a", "b", "", "a"].map(|t| d.code(t)).into();
        assert_eq!(codes, [0, 1, 0, 2, 1]);
        assert_eq!((d.place("a"), d.place("c"), d.text(2), d.text(9)), (Some(1), None, Some(""), None));
        assert_eq!(d.code_of_bytes("é".as_bytes()), Ok(3));
        assert!(d.code_of_bytes(b"\xe9").is_err() && d.len() == 4);
        (0..10_000).for_each(|i| _ = d.code(&i.to_string()));
        assert!((0..10_000).all(|i| d.place(&i.to_string()) == Some(i + 4)));
    }
}
