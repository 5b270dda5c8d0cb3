//! The binary tensor extension: a tensor's elements as little-endian bytes; each of `BYTES` is a length of four bytes and as many bytes.

use super::datatype::Datatype;
use crate::protocols::tensor::Elements;
use std::borrow::Cow;

/// The elements in these bytes, which must be exactly as many as the shape has.
pub(crate) fn read<'a>(datatype: Datatype, bytes: &'a [u8], elements: usize) -> Result<Elements<'a>, String> {
    let Some(size) = datatype.size() else { return texts(bytes, elements) };
    let needed = elements.checked_mul(size);
    if needed != Some(bytes.len()) {
        return Err(format!(
            "{elements} elements of {size} bytes are not the {} bytes that it has",
            bytes.len()
        ));
    }
    macro_rules! numbers {
        ($t:ty) => {
            bytes
                .chunks_exact(size_of::<$t>())
                .map(|b| <$t>::from_le_bytes(b.try_into().expect("its size")) as f64)
                .collect()
        };
    }
    Ok(Elements::Numbers(match datatype {
        Datatype::Bool => bytes.iter().map(|&b| f64::from(u8::from(b != 0))).collect(),
        Datatype::Int(8, true) => numbers!(i8),
        Datatype::Int(16, true) => numbers!(i16),
        Datatype::Int(32, true) => numbers!(i32),
        Datatype::Int(_, true) => numbers!(i64),
        Datatype::Int(8, false) => numbers!(u8),
        Datatype::Int(16, false) => numbers!(u16),
        Datatype::Int(32, false) => numbers!(u32),
        Datatype::Int(_, false) => numbers!(u64),
        Datatype::Float(16) => {
            bytes.chunks_exact(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f64()).collect()
        }
        Datatype::Float(32) => numbers!(f32),
        Datatype::Float(_) | Datatype::Bytes => numbers!(f64),
    }))
}

fn texts(mut bytes: &[u8], elements: usize) -> Result<Elements<'_>, String> {
    let mut texts = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let (text, rest) = rest.split_at_checked(length).ok_or("the bytes end within an element")?;
        let text = std::str::from_utf8(text).map_err(|_| format!("element {} is not UTF-8", texts.len()))?;
        texts.push(Some(Cow::Borrowed(text)));
        bytes = rest;
    }
    if !bytes.is_empty() || texts.len() != elements {
        return Err(format!("{elements} elements are needed, its bytes hold {}", texts.len()));
    }
    Ok(Elements::Texts(texts))
}

/// Appends numbers.
pub(crate) fn put_numbers(out: &mut Vec<u8>, numbers: &[f64]) {
    numbers.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
}

/// Appends texts.
pub(crate) fn put_texts<'a>(out: &mut Vec<u8>, texts: impl Iterator<Item = &'a str>) {
    for text in texts {
        out.extend_from_slice(&(text.len() as u32).to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }
}
