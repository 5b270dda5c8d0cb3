//! The texts that a column had last, with their codes: most cells of a column are one of a few short texts, and those are found here without hashing
//! and comparing them byte by byte. A text of at most sixteen bytes is known by its length, its first and its last eight bytes.

/// Bytes of the longest text that is kept.
const LONGEST: usize = 16;
/// Texts that are kept: some 1.5 KiB a column.
const SLOTS: usize = 64;

/// A text: its ends, which may overlap, and its length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Short {
    first: u64,
    last: u64,
    len: u64,
}

/// Texts with codes, each in the one slot that it may have.
pub(super) struct Recent {
    slots: Vec<(Short, u32)>,
}

impl Short {
    /// None if the text is too long.
    #[inline(always)]
    pub(super) fn of(text: &[u8]) -> Option<Short> {
        let len = text.len();
        let (first, last) = if len >= 8 {
            if len > LONGEST {
                return None;
            }
            (eight(text, 0), eight(text, len - 8))
        } else if len >= 4 {
            (four(text, 0), four(text, len - 4))
        } else if len > 0 {
            (u64::from(text[0]) << 8 | u64::from(text[len / 2]), u64::from(text[len - 1]))
        } else {
            (0, 0)
        };
        Some(Short { first, last, len: len as u64 })
    }

    #[inline(always)]
    fn slot(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ self.len).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 58) as usize % SLOTS
    }
}

impl Default for Recent {
    /// Nothing was seen.
    fn default() -> Recent {
        // No text has this length.
        let none = Short { first: 0, last: 0, len: u64::MAX };
        Recent { slots: vec![(none, 0); SLOTS] }
    }
}

impl Recent {
    /// The code of a text, if it is there.
    #[inline(always)]
    pub(super) fn code(&self, text: Short) -> Option<u32> {
        let (known, code) = self.slots[text.slot()];
        (known == text).then_some(code)
    }

    /// Keeps a text in place of the one in its slot.
    pub(super) fn keep(&mut self, text: Short, code: u32) {
        self.slots[text.slot()] = (text, code);
    }
}

#[inline(always)]
fn eight(text: &[u8], at: usize) -> u64 {
    text[at..].first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

#[inline(always)]
fn four(text: &[u8], at: usize) -> u64 {
    text[at..].first_chunk().map_or(0, |chunk| u64::from(u32::from_le_bytes(*chunk)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_texts_of_up_to_sixteen_bytes_are_different() {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for len in 0..=LONGEST {
            let text: Vec<u8> = (0..len as u8).map(|i| b'a' + i).collect();
            // Every byte counts.
            for i in 0..len {
                let mut other = text.clone();
                other[i] = b'z';
                texts.push(other);
            }
            texts.push(text);
        }
        texts.extend([b"\0".to_vec(), b"\0\0".to_vec(), b"aba".to_vec(), b"aab".to_vec()]);
        let shorts: Vec<Short> = texts.iter().map(|t| Short::of(t).unwrap()).collect();
        for (i, a) in shorts.iter().enumerate() {
            assert!(shorts[..i].iter().all(|b| a != b), "{:?}", texts[i]);
        }
        assert!(Short::of(&[b'a'; LONGEST + 1]).is_none());
    }

    #[test]
    fn a_text_is_known_until_another_takes_its_slot() {
        let mut recent = Recent::default();
        let short = |i: u32| Short::of(i.to_string().as_bytes()).unwrap();
        assert!((0..1000).all(|i| recent.code(short(i)).is_none()));
        for i in 0..1000 {
            recent.keep(short(i), i);
            assert_eq!(recent.code(short(i)), Some(i));
        }
        let known = (0..1000).filter(|&i| recent.code(short(i)) == Some(i)).count();
        let wrong = (0..1000).filter(|&i| recent.code(short(i)).is_some_and(|code| code != i)).count();
        assert!(known > SLOTS / 2 && known <= SLOTS && wrong == 0, "{known} {wrong}");
    }
}
