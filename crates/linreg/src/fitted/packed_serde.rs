//! Long lists of `f64` in serialised records: one text of 16 hexadecimal digits a number, which are its bits.
//!
//! A triangle of 51 columns has 1,326 numbers; as decimals they would take a third more, and the artifact of a model of 50 columns is
//! to stay below 64 KiB.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(x: &[f64], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&x.iter().map(|v| format!("{:016x}", v.to_bits())).collect::<String>())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<f64>, D::Error> {
    let text = String::deserialize(d)?;
    if !text.len().is_multiple_of(16) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(D::Error::custom("a list of numbers needs 16 hexadecimal digits each"));
    }
    let number = |at: usize| u64::from_str_radix(&text[at..at + 16], 16).map(f64::from_bits);
    (0..text.len()).step_by(16).map(|at| number(at).map_err(D::Error::custom)).collect()
}
