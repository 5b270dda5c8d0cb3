//! Long lists of `f64` in serialised records: one text, `~` and then the little-endian bytes of all numbers in base 64, four digits for three bytes, without
//! padding.
//!
//! A triangle of 51 columns has 1,326 numbers; as decimals they would take twice as much, and the artifact of a model of 50 columns is to stay
//! below 64 KiB. A text without `~` has 16 hexadecimal digits a number, as it was once written; what was read so is written so again.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::Deref;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Numbers that are kept as one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Packed {
    numbers: Vec<f64>,
    hexadecimal: bool,
}

impl From<Vec<f64>> for Packed {
    fn from(numbers: Vec<f64>) -> Packed {
        Packed { numbers, hexadecimal: false }
    }
}

impl Deref for Packed {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.numbers
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.hexadecimal {
            return s
                .serialize_str(&self.iter().map(|v| format!("{:016x}", v.to_bits())).collect::<String>());
        }
        s.serialize_str(&packed(self.iter().flat_map(|v| v.to_le_bytes())))
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Packed, D::Error> {
        let text = String::deserialize(d)?;
        if text.starts_with('~') {
            return numbers(&text, f64::from_le_bytes).map(Packed::from).ok_or_else(damaged);
        }
        if !text.len().is_multiple_of(16) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(D::Error::custom("a list of numbers needs 16 hexadecimal digits each"));
        }
        let number = |at: usize| u64::from_str_radix(&text[at..at + 16], 16).map(f64::from_bits);
        let numbers: Result<Vec<f64>, _> = (0..text.len()).step_by(16).map(number).collect();
        Ok(Packed { numbers: numbers.map_err(D::Error::custom)?, hexadecimal: true })
    }
}

/// Numbers that complete others, as `f32`.
pub(crate) mod halves {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(x: &[f64], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&packed(x.iter().flat_map(|v| (*v as f32).to_le_bytes())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<f64>, D::Error> {
        let text = String::deserialize(d)?;
        numbers(&text, |bytes| f64::from(f32::from_le_bytes(bytes))).ok_or_else(damaged)
    }
}

fn damaged<E: Error>() -> E {
    E::custom("a list of numbers is damaged")
}

/// The bytes as text.
fn packed(bytes: impl Iterator<Item = u8>) -> String {
    let mut out = String::from("~");
    for three in bytes.collect::<Vec<u8>>().chunks(3) {
        let all = three.iter().enumerate().fold(0_u32, |all, (i, b)| all | u32::from(*b) << (16 - 8 * i));
        out.extend((0..=three.len()).map(|i| char::from(DIGITS[(all >> (18 - 6 * i)) as usize & 63])));
    }
    out
}

/// The numbers of N bytes each of a text; none where it is no such text.
fn numbers<const N: usize>(text: &str, number: impl Fn([u8; N]) -> f64) -> Option<Vec<f64>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for four in text.as_bytes().strip_prefix(b"~")?.chunks(4) {
        let mut all = 0_u32;
        for (i, digit) in four.iter().enumerate() {
            all |= (DIGITS.iter().position(|d| d == digit)? as u32) << (18 - 6 * i);
        }
        bytes.extend((0..four.len() - 1).map(|i| (all >> (16 - 8 * i)) as u8));
    }
    let whole = bytes.len().is_multiple_of(N);
    whole.then(|| bytes.chunks_exact(N).filter_map(|b| b.try_into().ok()).map(number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_bit_by_bit_and_old_ones_are_written_as_they_were() {
        for n in 0..7 {
            let x: Vec<f64> = (0..n).map(|i| (f64::from(i) - 2.5) / 7.0).collect();
            let json = serde_json::to_string(&Packed::from(x.clone())).unwrap();
            assert_eq!(serde_json::from_str::<Packed>(&json).unwrap(), Packed::from(x));
        }
        for text in ["\"~AAA\"", "\"~AAA*AAAAAAA\"", "\"00\"", "\"zzzzzzzzzzzzzzzz\""] {
            assert!(serde_json::from_str::<Packed>(text).is_err(), "{text}");
        }
        let old = "\"3ff00000000000004000000000000000\"";
        let read: Packed = serde_json::from_str(old).unwrap();
        assert_eq!((&*read, serde_json::to_string(&read).unwrap().as_str()), (&[1.0, 2.0][..], old));
    }
}
