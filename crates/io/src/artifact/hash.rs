//! The artifact's BLAKE3 hash: over the whole file, with the hash's own 64 digits taken as zeros.

use super::tree;
use planish_tensor::reduce::all_finite;
use std::sync::atomic::{AtomicBool, Ordering};

/// What stands for the hash while the file is hashed.
pub(super) const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const KEY: &str = "\"blake3\":\"";

/// The hash's field in the header.
pub(super) fn field(hash: &str) -> String {
    format!("{KEY}{hash}\"")
}

/// Hashes more bytes, with all cores if there are many.
pub(super) fn update(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    if bytes.len() < tree::PARALLEL {
        hasher.update(bytes);
    } else {
        hasher.update_rayon(bytes);
    }
}

/// Checks the hash of a file whose header this is. While it is read for that, says whether what follows the header is known to be
/// finite numbers, `f32` as this machine has them.
pub(super) fn verify(header: &[u8], bytes: &[u8]) -> Result<bool, &'static str> {
    let text = std::str::from_utf8(header).map_err(|_| "this is not a Planish model")?;
    let start = text.find(KEY).ok_or("this is not a Planish model")? + KEY.len();
    let stored = text.get(start..start + NO_HASH.len()).ok_or("the file is damaged")?;
    let (digits, data) = (8 + start..8 + start + NO_HASH.len(), 8 + header.len());
    let finite = AtomicBool::new(cfg!(target_endian = "little"));
    let hash = tree::hash(bytes.len(), &|hasher, piece| {
        let at = |i: usize| i.clamp(piece.start, piece.end);
        hasher.update(&bytes[piece.start..at(digits.start)]);
        hasher.update(&NO_HASH.as_bytes()[..at(digits.end) - at(digits.start)]);
        hasher.update(&bytes[at(digits.end)..piece.end]);
        if !are_finite(&bytes[at(data)..piece.end]) {
            finite.store(false, Ordering::Relaxed);
        }
    });
    if hash.to_hex().as_str() == stored {
        Ok(finite.into_inner())
    } else {
        Err("the file is damaged: its hash does not match its content")
    }
}

/// Whether these bytes are whole finite numbers that lie as in memory.
fn are_finite(bytes: &[u8]) -> bool {
    bytemuck::try_cast_slice(bytes).is_ok_and(all_finite::<f32>)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with this many bytes before the hash's digits in its header, and these numbers.
    fn file(before: usize, numbers: &[f32]) -> (Vec<u8>, usize) {
        let header = format!("{}{}", " ".repeat(before), field(NO_HASH));
        let header = header.clone() + &" ".repeat((8 + header.len()).next_multiple_of(64) - 8 - header.len());
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        numbers.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
        let hash = blake3::hash(&bytes).to_hex();
        let at = 8 + before + KEY.len();
        bytes[at..at + NO_HASH.len()].copy_from_slice(hash.as_bytes());
        (bytes, 8 + header.len())
    }

    #[test]
    fn a_hash_is_found_right_wherever_its_digits_are() {
        let mut numbers = vec![1.5_f32; 2 << 20];
        // Within a piece, over the end of one, and over that of the first half.
        for before in [0, 1000, (256 << 10) - 40, (4 << 20) - 80] {
            let (mut bytes, data) = file(before, &numbers);
            assert_eq!(verify(&bytes[8..data], &bytes), Ok(true), "{before}");
            for at in [data, bytes.len() - 1] {
                bytes[at] ^= 1;
                assert!(verify(&bytes[8..data], &bytes).is_err(), "{before}, byte {at}");
                bytes[at] ^= 1;
            }
        }
        for at in [0, 1 << 20, (2 << 20) - 1] {
            let good = std::mem::replace(&mut numbers[at], f32::NAN);
            let (bytes, data) = file(7, &numbers);
            assert_eq!(verify(&bytes[8..data], &bytes), Ok(false), "number {at}");
            numbers[at] = good;
        }
    }
}
